#include "submit/flow/job_request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/store.h"
#include "submit/flow/plan.h"

enum { MOST_MARKS = 2, TIMEOUT_SECONDS = 86400, ATTEMPTS = 3 };

const char *pulse_flow_queue(const struct pulse_flow *flow, const struct pulse_flow_step *step)
{
    return step->queue != NULL   ? step->queue
           : flow->queue != NULL ? flow->queue
                                 : "pulse-retrodiction-job-queue";
}

char *pulse_flow_definition(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                            struct pulse_err *err)
{
    return pulse_print(err, "%s%s",
                       flow->definition != NULL ? flow->definition : "pulse-retrodiction-training",
                       step->nodes > 1 ? "-multinode" : "");
}

char *pulse_flow_job_name(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          const char *stamp, char out[PULSE_JOB_NAME])
{
    char prefix[2 * PULSE_FLOW_NAME + 2];
    (void)snprintf(prefix, sizeof prefix, "%s-%s", flow->name, step->name);
    return pulse_request_name(prefix, step->key, stamp, out);
}

/* ---- The marks --------------------------------------------------------------------- */

/* --on-success URI=TEXT, twice at most: the champion, then what says that the step is done. */
struct marks {
    const char *words[2 * MOST_MARKS];
    char *texts[MOST_MARKS]; /* owned */
    int n;
};

static int add_mark(struct marks *marks, char *uri, const char *text, struct pulse_err *err)
{
    const int i = marks->n / 2;
    marks->texts[i] = uri == NULL ? NULL : pulse_print(err, "%s=%s", uri, text);
    free(uri);
    if (marks->texts[i] == NULL)
        return -1;
    marks->words[marks->n++] = "--on-success";
    marks->words[marks->n++] = marks->texts[i];
    return 0;
}

static int make_marks(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                      struct marks *marks, struct pulse_err *err)
{
    const char *promoted = pulse_flow_promoted(step);
    if (promoted != NULL && add_mark(marks, pulse_flow_champion_uri(flow, err), promoted, err) != 0)
        return -1;
    return add_mark(marks, pulse_flow_mark_uri(flow, step, err), step->key, err);
}

/* ---- The request ------------------------------------------------------------------- */

/* A command line too long for Batch goes to S3, beside the marks. */
static int move_argv(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                     struct pulse_request *request, struct pulse_flow_job_request *out,
                     struct pulse_err *err)
{
    char sha256[65];
    out->file = pulse_request_argv_file(request->argv, request->argc, sha256, err);
    out->uri = pulse_print(err, "%s/flow/%s-%s.json", flow->results, step->name, step->key);
    out->named = out->uri == NULL ? NULL : pulse_print(err, "%s#sha256=%s", out->uri, sha256);
    request->argv_file = out->named;
    return out->file == NULL || out->named == NULL ? -1 : 0;
}

static int build_json(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                      struct pulse_request *request, struct pulse_flow_job_request *out,
                      struct pulse_err *err)
{
    out->json = pulse_request_build(request, err);
    if (out->json != NULL && !pulse_request_fits(out->json)) {
        json_decref(out->json);
        out->json = move_argv(flow, step, request, out, err) != 0
                        ? NULL
                        : pulse_request_build(request, err);
    }
    if (out->json == NULL)
        return -1;
    return json_object_set_new(out->json, "jobName", json_string(out->name)) == 0
               ? 0
               : pulse_fail(err, PULSE_E_MEMORY, "out of memory for the request");
}

int pulse_flow_job_request(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                           const struct pulse_flow_job_target *target,
                           struct pulse_flow_job_request *out, struct pulse_err *err)
{
    struct marks marks = {.n = 0};
    int status = -1;
    char *definition = pulse_flow_definition(flow, step, err);
    const char **argv = pulse_calloc(step->argv.n, sizeof *argv, "a command line", err);
    if (definition == NULL || argv == NULL || make_marks(flow, step, &marks, err) != 0)
        goto done;
    for (int64_t i = 1; i < step->argv.n; i++)
        argv[i - 1] = step->argv.all[i].text;
    struct pulse_request request = {
        .queue = pulse_flow_queue(flow, step),
        .definition = definition,
        .program = step->program->spreads ? NULL : step->program->name,
        .node_words = marks.words,
        .n_node_words = marks.n,
        .argv = argv,
        .argc = (int)step->argv.n - 1,
        .region = target->region,
        .share_identifier = flow->share,
        .priority = flow->share != NULL && !target->definition.has_priority ? 0 : -1,
        .depends_on = target->depends_on,
        .n_depends_on = target->n_depends_on,
        .memory_mib = step->memory_mib,
        .timeout_seconds = TIMEOUT_SECONDS,
        .layout = target->definition.layout,
        .nodes = (int)step->nodes,
        .children = (int)step->workers,
        .multi = step->nodes > 1,
        .vcpus = (int)step->vcpus,
        .ranks = (int)step->vcpus,
        .attempts = ATTEMPTS};
    (void)pulse_flow_job_name(flow, step, target->stamp, out->name);
    status = build_json(flow, step, &request, out, err);
done:
    for (int i = 0; i < MOST_MARKS; i++)
        free(marks.texts[i]);
    free(argv);
    free(definition);
    return status;
}

void pulse_flow_job_request_clear(struct pulse_flow_job_request *request)
{
    json_decref(request->json);
    free(request->file);
    free(request->uri);
    free(request->named);
    *request = (struct pulse_flow_job_request){.json = NULL};
}

/* ---- Locations ------------------------------------------------------------------------ */

static int check_list(const struct pulse_flow *flow, const struct pulse_flow_words *paths,
                      struct pulse_err *err)
{
    for (int64_t i = 0; i < paths->n; i++)
        if (!pulse_store_is_s3(paths->all[i].text))
            return pulse_flow_fail(flow, paths->all[i].line, err,
                                   "%.300s would be a path in the job's container: in Batch steps "
                                   "read and write s3://BUCKET/KEY",
                                   paths->all[i].text);
    return 0;
}

int pulse_flow_check_locations(const struct pulse_flow *flow, struct pulse_err *err)
{
    if (!pulse_store_is_s3(flow->results))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: results: %s would be lost with the jobs' containers: name "
                          "s3://BUCKET/PREFIX",
                          flow->path, flow->results);
    for (int64_t i = 0; i < flow->n; i++)
        if (check_list(flow, &flow->steps[i].inputs, err) != 0 ||
            check_list(flow, &flow->steps[i].outputs, err) != 0)
            return -1;
    return 0;
}
