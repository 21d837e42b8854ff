/* pulse-tune submit: workers as a job, or an array of jobs, of AWS Batch. */
#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/aws/config.h"
#include "store/aws/retry_state.h"
#include "submit/batch.h"
#include "submit/lifecycle.h"
#include "submit/request.h"
#include "submit/survey.h"
#include "tune/command.h"
#include "tune/space/trial_words.h"
#include "tune/study.h"

static const char doc[] =
    "Submit workers of a study in S3 to AWS Batch: one job, or an array of K jobs, which take the "
    "trials between them. K is how many run at once at most. A worker that is lost is started "
    "again, and its trials are taken by others; the same command later goes on with what is left."
    "\v"
    "Examples:\n"
    "  pulse-tune submit s3://market-data/studies/spring --parallel 20\n"
    "  pulse-tune submit s3://market-data/studies/spring --dry-run\n\n"
    "pulse-status --job-id ID --monitor follows the workers; pulse-tune show has the leaderboard "
    "at any time.";

struct arguments {
    int64_t parallel, vcpus, memory_mib, timeout_seconds, attempts;
    const char *queue, *definition, *share_identifier;
    bool retry_failed, no_preflight, dry_run, json;
};

#define AT(field) offsetof(struct arguments, field)

static const struct pulse_arg rows[] = {
    {"parallel", 'k', "K", "Workers at once (1)", pulse_arg_read_int, .at = AT(parallel),
     .least = 1, .most = PULSE_MOST_CHILDREN},
    {"retry-failed", 0, NULL, "Run trials that failed again", pulse_arg_read_flag,
     .at = AT(retry_failed)},
    {"job-queue", 0, "QUEUE", "Where to (pulse-retrodiction-job-queue)", pulse_arg_read_text,
     .at = AT(queue)},
    {"job-definition", 0, "NAME", "What to run (pulse-retrodiction-training)", pulse_arg_read_text,
     .at = AT(definition)},
    {"vcpus", 0, "N", "vCPUs of a worker (1)", pulse_arg_read_int, .at = AT(vcpus), .least = 1,
     .most = 1024},
    {"memory", 0, "MIB", "Memory of a worker in MiB (2048)", pulse_arg_read_int,
     .at = AT(memory_mib), .least = 4, .most = 100000000},
    {"job-timeout", 0, "SECONDS", "A worker is ended after that time (86400)", pulse_arg_read_int,
     .at = AT(timeout_seconds), .least = PULSE_LEAST_TIMEOUT, .most = 31536000},
    {"retry-attempts", 0, "N", "Maximum attempts of a worker whose host is lost (3)",
     pulse_arg_read_int, .at = AT(attempts), .least = 1, .most = PULSE_MOST_ATTEMPTS},
    {"share-identifier", 0, "NAME", "Whose share it is, in a queue with a scheduling policy",
     pulse_arg_read_text, .at = AT(share_identifier)},
    {"no-preflight", 0, NULL, "Do not look first whether queue, definition and data are there",
     pulse_arg_read_flag, .at = AT(no_preflight)},
    {"dry-run", 0, NULL, "Print the request; send nothing", pulse_arg_read_flag, .at = AT(dry_run)},
    {"json", 'j', NULL, "JSON: an object", pulse_arg_read_flag, .at = AT(json)},
    {0}};

struct submission {
    struct arguments arguments;
    struct pulse_tune_target target;
    struct pulse_space space;
    struct pulse_trial_words words; /* of the default, for its data */
    struct pulse_options train;
    struct pulse_aws batch;
    struct pulse_definition definition;
    json_t *request;
    char name[PULSE_JOB_NAME], id[PULSE_JOB_ID];
};

/* ---- Looking first ------------------------------------------------------------------- */

/* The study is good, and all that workers need is where they see it. */
static int check_study(struct submission *s, struct pulse_err *err)
{
    if (!pulse_store_is_s3(s->target.study))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: workers in Batch see studies in S3 alone: pulse-data put "
                          "%s/space.yaml s3://BUCKET/PREFIX/space.yaml, and name that",
                          s->target.study, s->target.study);
    if (pulse_study_read_space(s->target.study, &s->space, err) != 0 ||
        pulse_trial_words_make(&s->space, NULL, false, &s->words, err) != 0 ||
        pulse_trial_words_parse(&s->words, &s->train, err) != 0)
        return -1;
    return pulse_store_is_s3(s->train.data)
               ? 0
               : pulse_fail(err, PULSE_E_USAGE,
                            "--data %s would be a path in the workers' containers: put the data "
                            "into S3",
                            s->train.data);
}

static int report_findings(const struct pulse_findings *findings, struct pulse_err *err)
{
    for (int i = 0; i < findings->n; i++)
        if (findings->finding[i].fatal && err->kind == PULSE_OK)
            (void)pulse_fail(err, PULSE_E_INPUT,
                             "%s; nothing was submitted (--no-preflight submits it all the same)",
                             findings->finding[i].text);
        else
            pulse_warn("%s", findings->finding[i].text);
    return err->kind == PULSE_OK ? 0 : -1;
}

static int look_first(struct submission *s, struct pulse_err *err)
{
    const struct arguments *a = &s->arguments;
    const struct pulse_survey survey = {.batch = &s->batch,
                                        .need = {.queue = a->queue,
                                                 .definition = a->definition,
                                                 .nodes = 1,
                                                 .vcpus = (int)a->vcpus,
                                                 .memory_mib = a->memory_mib,
                                                 .share_identifier = a->share_identifier},
                                        .train = &s->train};
    struct pulse_findings findings = {0};
    json_t *described = NULL;
    int status = pulse_survey_run(&survey, &described, &findings, err);
    if (status == 0 && described != NULL)
        s->definition = pulse_definition_read(described);
    if (status == 0)
        status = report_findings(&findings, err);
    json_decref(described);
    return status;
}

/* ---- The request --------------------------------------------------------------------- */

static int build_request(struct submission *s, struct pulse_err *err)
{
    const struct arguments *a = &s->arguments;
    const char *const argv[] = {"run", s->target.study, "--no-progress", "--retry-failed"};
    const struct pulse_request request = {
        .queue = a->queue,
        .definition = a->definition,
        .program = "pulse-tune",
        .argv = argv,
        .argc = a->retry_failed ? 4 : 3,
        .region = s->batch.region,
        .share_identifier = a->share_identifier,
        .priority = a->share_identifier != NULL && !s->definition.has_priority ? 0 : -1,
        .memory_mib = a->memory_mib,
        .timeout_seconds = a->timeout_seconds,
        .layout = s->definition.layout,
        .nodes = 1,
        .children = (int)a->parallel,
        .vcpus = (int)a->vcpus,
        .ranks = (int)a->vcpus,
        .attempts = (int)a->attempts};
    char digest[PULSE_JOB_DIGEST], stamp[PULSE_JOB_STAMP];
    s->request = pulse_request_build(&request, err);
    if (s->request == NULL)
        return -1;
    if (!pulse_request_fits(s->request))
        return pulse_fail(err, PULSE_E_USAGE, "%s: too long a name for a request to Batch",
                          s->target.study);
    if (pulse_request_digest(s->request, digest, err) != 0)
        return -1;
    (void)pulse_request_name("pulse-tune", digest,
                             pulse_request_stamp(pulse_retry_state_server_time(), stamp), s->name);
    return json_object_set_new(s->request, "jobName", json_string(s->name)) == 0
               ? 0
               : pulse_fail(err, PULSE_E_MEMORY, "out of memory for the request");
}

/* ---- In order ------------------------------------------------------------------------ */

static void print_json(json_t *value)
{
    (void)json_dumpf(value, stdout, JSON_INDENT(2) | pulse_lifecycle_json());
    (void)putchar('\n');
    json_decref(value);
}

static void announce_job(const struct submission *s)
{
    const struct arguments *a = &s->arguments;
    if (a->json) {
        print_json(json_pack("{s:s, s:s, s:s, s:s, s:I, s:O}", "job_id", s->id, "job_name", s->name,
                             "job_queue", a->queue, "study", s->target.study, "workers",
                             (json_int_t)a->parallel, "request", s->request));
        return;
    }
    (void)printf("submitted %s\n       as %s, %lld worker%s\n       to %s in %s\n", s->id, s->name,
                 (long long)a->parallel, a->parallel == 1 ? "" : "s", a->queue, s->batch.region);
    (void)printf("follow it: pulse-status --job-id %s --monitor\nlook at it: pulse-tune show %s\n",
                 s->id, s->target.study);
}

/* Where the environment says where S3 is, --endpoint-url is Batch's, as of pulse-submit. */
static void configure_store(const struct submission *s)
{
    struct pulse_store_options store = s->target.store;
    if (pulse_aws_env("AWS_ENDPOINT_URL_S3") == NULL)
        return;
    store.endpoint_url = NULL;
    pulse_store_configure(&store);
}

static int submit_workers(struct submission *s, struct pulse_err *err)
{
    const struct arguments *a = &s->arguments;
    configure_store(s);
    if (check_study(s, err) != 0 || pulse_aws_init(&s->batch, "batch", s->target.store.region,
                                                   s->target.store.endpoint_url, err) != 0)
        return -1;
    if (!a->no_preflight && !a->dry_run && look_first(s, err) != 0)
        return -1;
    if (build_request(s, err) != 0)
        return -1;
    if (a->dry_run) {
        (void)fputs("nothing was sent; SubmitJob would receive:\n", stderr);
        print_json(json_incref(s->request));
        return 0;
    }
    if (pulse_batch_submit(&s->batch, s->request, s->id, err) != 0)
        return -1;
    announce_job(s);
    return 0;
}

int pulse_tune_submit(int argc, char **argv)
{
    static struct submission s = {.arguments = {.parallel = 1,
                                                .vcpus = 1,
                                                .memory_mib = 2048,
                                                .timeout_seconds = 86400,
                                                .attempts = 3,
                                                .queue = "pulse-retrodiction-job-queue",
                                                .definition = "pulse-retrodiction-training"}};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_tune_parse(doc, rows, &s.arguments, &s.target, argc, argv, &err) == 0)
        (void)submit_workers(&s, &err);
    json_decref(s.request);
    pulse_aws_clear(&s.batch);
    pulse_options_clear(&s.train);
    pulse_trial_words_clear(&s.words);
    pulse_space_clear(&s.space);
    pulse_store_finish();
    (void)H5close();
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
