/* pulse-submit: from a command line to a job in AWS Batch. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/terminal.h"
#include "store/aws/config.h"
#include "store/aws/retry_state.h"
#include "store/store.h"
#include "submit/batch.h"
#include "submit/lifecycle.h"
#include "submit/preflight.h"
#include "submit/request.h"
#include "submit/submit_options.h"
#include "submit/survey.h"
#include "submit/watch.h"

struct submission {
    struct pulse_submit_options options;
    struct pulse_aws batch, logs;
    struct pulse_node_count_choice choice;
    struct pulse_request request;
    char *definition;     /* owned */
    char *argv_file;      /* the options as a file, owned; NULL: they fit into the request */
    char *argv_file_uri;  /* where it goes */
    char *argv_file_name; /* the same with its digest, as the job gets it */
    json_t *json;         /* the request */
    char name[PULSE_JOB_NAME], digest[PULSE_JOB_DIGEST], stamp[PULSE_JOB_STAMP];
    struct pulse_findings findings;
    char id[PULSE_JOB_ID];
    char record[64]; /* the file that says what was submitted; "" */
};

static void clear_submission(struct submission *s)
{
    free(s->definition);
    free(s->argv_file);
    free(s->argv_file_uri);
    free(s->argv_file_name);
    json_decref(s->json);
    pulse_aws_clear(&s->batch);
    pulse_aws_clear(&s->logs);
    pulse_submit_options_clear(&s->options);
}

/* ---- How much, how many --------------------------------------------------------- */

static bool is_dataset(const char *name)
{
    static const char *const endings[] = {".csv", ".parquet", ".h5", ".pkl"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* Variables to train: those named, else the datasets under a prefix; 0 where that is not known. */
static int64_t count_variables(const struct pulse_submit_options *o)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_listing listing = {.n = 0};
    bool prefix = false;
    int64_t n = 0;
    if (o->train.n_variables > 0 || o->dry_run || !pulse_store_is_s3(o->train.data))
        return o->train.n_variables;
    if (pulse_store_is_directory(o->train.data, &prefix, &ignored) != 0 ||
        (prefix && pulse_store_list(o->train.data, false, &listing, &ignored) != 0))
        pulse_warn("%s", ignored.text);
    for (int64_t i = 0; i < listing.n; i++)
        n += is_dataset(listing.entries[i].name);
    pulse_listing_clear(&listing);
    return n;
}

static int choose_node_count(struct submission *s, struct pulse_err *err)
{
    struct pulse_cost cost = {.options = NULL};
    const int64_t variables = count_variables(&s->options);
    int rc = variables > 0 ? pulse_cost_init(&cost, &s->options.train, variables, err) : 0;
    if (rc == 0)
        rc = pulse_node_count_choose(&s->options.wish, variables > 0 ? &cost : NULL, &s->choice,
                                     err);
    pulse_cost_clear(&cost);
    return rc;
}

/* ---- The request ---------------------------------------------------------------- */

static void describe_request(struct submission *s)
{
    const struct pulse_submit_options *o = &s->options;
    s->request = (struct pulse_request){.queue = o->queue,
                                        .definition = s->definition,
                                        .multi = s->choice.multi,
                                        .nodes = s->choice.nodes,
                                        .vcpus = (int)o->vcpus,
                                        .memory_mib = o->memory_mib,
                                        .ranks = o->wish.ranks_per_node,
                                        .timeout_seconds = o->timeout_seconds,
                                        .attempts = (int)o->attempts,
                                        .argv = (const char *const *)o->argv + 1,
                                        .argc = (int)o->argc - 1,
                                        .region = s->batch.region,
                                        .share_identifier = o->share_identifier,
                                        .priority = (int)o->priority,
                                        .depends_on = (const char *const *)o->depends_on,
                                        .n_depends_on = (int)o->n_depends_on,
                                        .tags = (const char *const *)o->tags,
                                        .n_tags = (int)o->n_tags};
}

/* Options too long for Batch go to S3, and the job gets their URI and digest. */
static int move_argv(struct submission *s, struct pulse_err *err)
{
    char sha256[65];
    const char *output = s->options.train.output;
    if (!pulse_store_is_s3(output))
        return pulse_fail(
            err, PULSE_E_USAGE,
            "the options are longer than Batch takes (8192 characters); with --output "
            "in S3 they are put there for the job");
    free(s->argv_file);
    free(s->argv_file_uri);
    free(s->argv_file_name);
    s->argv_file_uri = s->argv_file_name = NULL;
    s->argv_file = pulse_request_argv_file(s->request.argv, s->request.argc, sha256, err);
    char *folder = s->argv_file == NULL ? NULL : pulse_store_join(output, "jobs", err);
    if (folder != NULL)
        s->argv_file_uri = pulse_print(err, "%s/%.16s.json", folder, sha256);
    free(folder);
    if (s->argv_file_uri == NULL)
        return -1;
    s->argv_file_name = pulse_print(err, "%s#sha256=%s", s->argv_file_uri, sha256);
    s->request.argv_file = s->argv_file_name;
    return s->argv_file_name == NULL ? -1 : 0;
}

static int build_json(struct submission *s, struct pulse_err *err)
{
    json_decref(s->json);
    s->json = pulse_request_build(&s->request, err);
    if (s->json != NULL && !pulse_request_fits(s->json)) {
        json_decref(s->json);
        s->json = move_argv(s, err) != 0 ? NULL : pulse_request_build(&s->request, err);
    }
    if (s->json == NULL || pulse_request_digest(s->json, s->digest, err) != 0)
        return -1;
    (void)pulse_request_name(s->options.name_prefix, s->digest, s->stamp, s->name);
    return json_object_set_new(s->json, "jobName", json_string(s->name)) == 0
               ? 0
               : pulse_fail(err, PULSE_E_MEMORY, "out of memory for the request");
}

static int build_request(struct submission *s, struct pulse_err *err)
{
    const struct pulse_submit_options *o = &s->options;
    s->definition = o->definition != NULL ? pulse_strdup(o->definition, err)
                                          : pulse_print(err, "pulse-retrodiction-training%s",
                                                        s->choice.multi ? "-multinode" : "");
    if (s->definition == NULL)
        return -1;
    describe_request(s);
    (void)pulse_request_stamp(pulse_retry_state_server_time(), s->stamp);
    return build_json(s, err);
}

/* The request again, in the words that this definition takes. */
static int adapt_request(struct submission *s, const struct pulse_definition *definition,
                         struct pulse_err *err)
{
    struct pulse_request *r = &s->request;
    const bool share = r->share_identifier != NULL && r->priority < 0 && !definition->has_priority;
    if (definition->layout != PULSE_LAYOUT_EKS && !share)
        return 0;
    r->layout = definition->layout;
    r->priority = share ? 0 : r->priority;
    return build_json(s, err);
}

/* ---- Looking first -------------------------------------------------------------- */

static int run_preflight(struct submission *s, struct pulse_err *err)
{
    const struct pulse_submit_options *o = &s->options;
    const struct pulse_survey survey = {.batch = &s->batch,
                                        .need = {.queue = o->queue,
                                                 .definition = s->definition,
                                                 .multi = s->choice.multi,
                                                 .nodes = s->choice.nodes,
                                                 .vcpus = (int)o->vcpus,
                                                 .memory_mib = o->memory_mib,
                                                 .share_identifier = o->share_identifier},
                                        .depends_on = (const char *const *)o->depends_on,
                                        .n_depends_on = o->n_depends_on,
                                        .train = &o->train};
    json_t *definition = NULL;
    int rc = pulse_survey_run(&survey, &definition, &s->findings, err);
    if (rc == 0 && definition != NULL) {
        const struct pulse_definition read = pulse_definition_read(definition);
        rc = adapt_request(s, &read, err);
    }
    json_decref(definition);
    return rc;
}

/* Says what was found; the first fatal finding is the error. */
static int report_findings(const struct submission *s, struct pulse_err *err)
{
    for (int i = 0; i < s->findings.n; i++) {
        const struct pulse_finding *finding = &s->findings.finding[i];
        if (finding->fatal && err->kind == PULSE_OK)
            (void)pulse_fail(err, PULSE_E_INPUT,
                             "%s; nothing was submitted (--no-preflight submits it all the same)",
                             finding->text);
        else
            pulse_warn("%s", finding->text);
    }
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The same request may be under way from a command before this one. */
static int refuse_twice(struct submission *s, struct pulse_err *err)
{
    char same[PULSE_JOB_NAME];
    (void)pulse_request_name(s->options.name_prefix, s->digest, "*", same);
    json_t *jobs = pulse_batch_list(&s->batch, s->options.queue, same, NULL, 100, err);
    if (jobs == NULL)
        return pulse_survey_note_unchecked(&s->findings, "whether the same is under way", err) < 0
                   ? -1
                   : 0;
    for (size_t i = 0; i < json_array_size(jobs) && err->kind == PULSE_OK; i++) {
        const json_t *job = json_array_get(jobs, i);
        const char *status = json_string_value(json_object_get(job, "status"));
        const char *id = json_string_value(json_object_get(job, "jobId"));
        if (status != NULL && id != NULL && strcmp(status, "SUCCEEDED") != 0 &&
            strcmp(status, "FAILED") != 0)
            (void)pulse_fail(err, PULSE_E_USAGE,
                             "the same is under way: job %s is %s; --again submits it once more",
                             id, status);
    }
    json_decref(jobs);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* ---- What is said --------------------------------------------------------------- */

static json_t *summarize_submission(const struct submission *s)
{
    const struct pulse_submit_options *o = &s->options;
    json_t *warnings = json_array();
    for (int i = 0; i < s->findings.n; i++)
        (void)json_array_append_new(warnings, json_string(s->findings.finding[i].text));
    json_t *all = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:I,s:s,s:o,s:O}", "job_name", s->name, "job_queue",
        o->queue, "job_definition", s->definition, "region", s->batch.region, "submitted_at",
        s->stamp, "mode", s->choice.multi ? "multi" : "single", "nodes", s->choice.nodes,
        "ranks_per_node", o->wish.ranks_per_node, "vcpus", (json_int_t)o->vcpus, "memory_mib",
        (json_int_t)o->memory_mib, "why", s->choice.why, "warnings", warnings, "request", s->json);
    if (all != NULL && s->id[0] != '\0')
        (void)json_object_set_new(all, "job_id", json_string(s->id));
    if (all != NULL && s->argv_file_uri != NULL)
        (void)json_object_set_new(all, "specification", json_string(s->argv_file_uri));
    return all;
}

/* One value over several lines, or where others follow it on one line. */
static void print_json(const json_t *value, bool others_follow)
{
    (void)json_dumpf(value, stdout,
                     (others_follow ? JSON_COMPACT : JSON_INDENT(2)) | pulse_lifecycle_json());
    (void)printf("\n");
}

/* batch_job_TIME.json. The job is submitted: that its file cannot be written is a warning. */
static void write_record(struct submission *s)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_writer writer = {.stream = NULL};
    json_t *all = summarize_submission(s);
    (void)snprintf(s->record, sizeof s->record, "batch_job_%s.json", s->stamp);
    for (int i = 2; i < 1000 && access(s->record, F_OK) == 0; i++) /* two in one second */
        (void)snprintf(s->record, sizeof s->record, "batch_job_%s-%d.json", s->stamp, i);
    int rc = pulse_writer_open(&writer, s->record, &err);
    if (rc == 0) {
        if (json_dumpf(all, writer.stream, JSON_INDENT(2)) != 0 ||
            fputc('\n', writer.stream) == EOF)
            rc = pulse_fail(&err, PULSE_E_STORAGE, "%s: cannot be written", s->record);
        else
            rc = pulse_writer_commit(&writer, &err);
    }
    pulse_writer_discard(&writer);
    json_decref(all);
    if (rc != 0) {
        pulse_warn("%s; the job %s is submitted all the same", err.text, s->id);
        s->record[0] = '\0';
    }
}

static void announce_job(const struct submission *s)
{
    if (s->options.json) {
        json_t *all = summarize_submission(s);
        print_json(all, s->options.monitor);
        json_decref(all);
    } else {
        char id[PULSE_JOB_ID * PULSE_TERMINAL_ESCAPE];
        (void)pulse_terminal_escape(s->id, id, sizeof id);
        (void)printf("%s\nsubmitted %s\n       as %s\n       to %s in %s\n", s->choice.why, id,
                     s->name, s->options.queue, s->batch.region);
        if (s->record[0] != '\0')
            (void)printf("written %s\n", s->record);
        if (!s->options.monitor)
            (void)printf("follow it: pulse-status --job-id %s --monitor --show-logs\n", id);
    }
    (void)fflush(stdout);
}

static void show_plan(const struct submission *s)
{
    if (s->options.json) {
        json_t *all = summarize_submission(s);
        print_json(all, false);
        json_decref(all);
        return;
    }
    (void)fprintf(stderr, "%s\n", s->choice.why);
    if (s->argv_file != NULL)
        (void)fprintf(stderr, "%s would receive: %s\n", s->argv_file_uri, s->argv_file);
    (void)fprintf(stderr, "nothing was sent; SubmitJob would receive:\n");
    print_json(s->json, false);
}

/* ---- In order ------------------------------------------------------------------- */

static void warn_of_locations(const struct pulse_submit_options *o)
{
    if (!pulse_store_is_s3(o->train.data))
        pulse_warn("--data %s is a path inside the job's container", o->train.data);
    if (!pulse_store_is_s3(o->train.output))
        pulse_warn("--output %s is a path inside the job's container: what is there is lost with "
                   "it, unless it is a volume",
                   o->train.output);
}

static int submit_job(struct submission *s, struct pulse_err *err)
{
    if (!s->options.no_preflight && (run_preflight(s, err) != 0 || report_findings(s, err) != 0))
        return -1;
    if (!s->options.again && refuse_twice(s, err) != 0)
        return -1;
    if (s->argv_file != NULL &&
        pulse_store_put(s->argv_file, (int64_t)strlen(s->argv_file), s->argv_file_uri, err) != 0)
        return -1;
    if (pulse_batch_submit(&s->batch, s->json, s->id, err) != 0)
        return -1;
    write_record(s);
    announce_job(s);
    return 0;
}

static int follow_job(const struct submission *s, int *code, struct pulse_err *err)
{
    const char *const ids[] = {s->id};
    const struct pulse_watch watch = {.batch = &s->batch,
                                      .logs = &s->logs,
                                      .endpoint = s->options.endpoint_url,
                                      .ids = ids,
                                      .n = 1,
                                      .monitor = true,
                                      .poll_seconds = s->options.poll_seconds,
                                      .show_logs = s->options.show_logs,
                                      .json = s->options.json};
    return pulse_watch(&watch, code, err);
}

static int run_submission(struct submission *s, int *code, struct pulse_err *err)
{
    const struct pulse_submit_options *o = &s->options;
    struct pulse_store_options store = o->train.store;
    pulse_log_set_level(o->train.log_level);
    store.stop = pulse_lifecycle_signal;
    if (pulse_aws_env("AWS_ENDPOINT_URL_S3") == NULL)
        store.endpoint_url = o->endpoint_url;
    pulse_store_configure(&store);
    warn_of_locations(o);
    if (pulse_aws_init(&s->batch, "batch", o->region, o->endpoint_url, err) != 0 ||
        pulse_aws_init(&s->logs, "logs", o->region, o->endpoint_url, err) != 0 ||
        choose_node_count(s, err) != 0 || build_request(s, err) != 0)
        return -1;
    if (o->dry_run) {
        show_plan(s);
        return 0;
    }
    if (submit_job(s, err) != 0)
        return -1;
    return o->monitor ? follow_job(s, code, err) : 0;
}

int main(int argc, char **argv)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct submission s = {.id = ""};
    int code = 0;
    pulse_file_begin_process();
    pulse_lifecycle_begin();
    if (pulse_submit_options_parse(&s.options, argc, argv, &err) == 0)
        (void)run_submission(&s, &code, &err);
    clear_submission(&s);
    return pulse_lifecycle_end(&err, code);
}
