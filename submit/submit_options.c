#include "submit/submit_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "store/store.h"
#include "submit/commandline.h"

enum {
    KEY_QUEUE = 0x100,
    KEY_DEFINITION,
    KEY_NAME_PREFIX,
    KEY_MODE,
    KEY_NODES,
    KEY_MAX_NODES,
    KEY_TARGET_HOURS,
    KEY_VCPUS,
    KEY_MEMORY,
    KEY_USE_DASK,
    KEY_DASK_THREADS,
    KEY_TIMEOUT,
    KEY_ATTEMPTS,
    KEY_DEPENDS_ON,
    KEY_TAGS,
    KEY_NO_PREFLIGHT,
    KEY_AGAIN,
    KEY_DRY_RUN,
    KEY_JSON,
    KEY_MONITOR,
    KEY_POLL,
    KEY_SHOW_LOGS,
    KEY_REGION,
    KEY_ENDPOINT
};

static const struct argp_option option_table[] = {
    {NULL, 0, NULL, 0, "The job", 1},
    {"job-queue", KEY_QUEUE, "QUEUE", 0, "Where to (pulse-retrodiction-job-queue)", 0},
    {"job-definition", KEY_DEFINITION, "NAME", 0,
     "What to run (pulse-retrodiction-training, with -multinode behind it for several nodes)", 0},
    {"job-name-prefix", KEY_NAME_PREFIX, "PREFIX", 0,
     "The job's name begins with it (pulse-retrodiction); a digest and the time follow", 0},
    {"vcpus", KEY_VCPUS, "N", 0, "vCPUs of a node, and ranks on it (4)", 0},
    {"memory", KEY_MEMORY, "MIB", 0, "Memory of a node in MiB (14336)", 0},
    {"use-dask", KEY_USE_DASK, NULL, 0, "As many ranks on a node as --dask-threads says", 0},
    {"dask-threads", KEY_DASK_THREADS, "N", 0, "Ranks on a node with --use-dask (2)", 0},
    {"job-timeout", KEY_TIMEOUT, "SECONDS", 0, "An attempt is ended after that time (86400)", 0},
    {"retry-attempts", KEY_ATTEMPTS, "N", 0,
     "Attempts in all, when one ends for the time being or its host is lost (3)", 0},
    {"depends-on", KEY_DEPENDS_ON, "ID...", 0, "Jobs that must have succeeded first", 0},
    {"tags", KEY_TAGS, "KEY=VALUE...", 0, "Tags of the job and its containers", 0},

    {NULL, 0, NULL, 0, "One node or several", 2},
    {"mode", KEY_MODE, "MODE", 0,
     "auto (the fewest nodes whose memory holds the training and that reach the target), single or "
     "multi",
     0},
    {"nodes", KEY_NODES, "N", 0, "Exactly so many nodes", 0},
    {"max-nodes", KEY_MAX_NODES, "N", 0, "At most so many (16)", 0},
    {"target-hours", KEY_TARGET_HOURS, "HOURS", 0, "Enough nodes to be done in that time", 0},

    {NULL, 0, NULL, 0, "Submitting", 3},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the request and why it is so; send nothing", 0},
    {"no-preflight", KEY_NO_PREFLIGHT, NULL, 0,
     "Do not look first whether queue, definition and environment can ever run it", 0},
    {"again", KEY_AGAIN, NULL, 0, "Submit it although the same is under way already", 0},
    {"monitor", KEY_MONITOR, NULL, 0, "Follow the job to its end, and end as it did", 0},
    {"show-logs", KEY_SHOW_LOGS, NULL, 0, "With --monitor: show its logs as they come", 0},
    {"poll-interval", KEY_POLL, "SECONDS", 0, "With --monitor: time between two looks (30)", 0},
    {"json", KEY_JSON, NULL, 0, "Print JSON", 0},
    {"aws-region", KEY_REGION, "REGION", 0, "Region (AWS_REGION, else the profile's)", 0},
    {"endpoint-url", KEY_ENDPOINT, "URL", 0,
     "Another server in place of AWS, here and not in the job (AWS_ENDPOINT_URL_BATCH, _LOGS, _S3, "
     "AWS_ENDPOINT_URL)",
     0},

    {NULL, 0, NULL, 0,
     "The training: every option of pulse-train may be given, and goes on to it; among them", 4},
    {"variables", PULSE_OPTION_PASSED, "NAME...", 0, "Variables to train (all that the data hold)",
     0},
    {"start-date", PULSE_OPTION_PASSED, "YYYY-MM-DD", 0, "First day (2022-01-01)", 0},
    {"end-date", PULSE_OPTION_PASSED, "YYYY-MM-DD", 0, "Last day, included (today)", 0},
    {"batch-size-days", PULSE_OPTION_PASSED, "DAYS", 0, "Calendar days in a window (30)", 0},
    {"batch-limit", PULSE_OPTION_PASSED, "N", 0, "Keep only the first N windows", 0},
    {"data", PULSE_OPTION_PASSED, "URI", 0, "The data, s3://BUCKET/KEY", 0},
    {"output", PULSE_OPTION_PASSED, "URI", 0, "Where results go, s3://BUCKET/PREFIX", 0},
    {"s3-data-bucket", PULSE_OPTION_PASSED, "BUCKET", 0, "In place of --data", 0},
    {"s3-data-prefix", PULSE_OPTION_PASSED, "PREFIX", 0, "Where in it (datasets/)", 0},
    {"s3-results-bucket", PULSE_OPTION_PASSED, "BUCKET", 0, "In place of --output", 0},
    {"s3-results-prefix", PULSE_OPTION_PASSED, "PREFIX", 0, "Where in it (results/)", 0},
    {"s3-output-file", PULSE_OPTION_PASSED, "URI", 0, "The summary alone goes there as well", 0},
    {"log-level", PULSE_OPTION_PASSED, "LEVEL", 0, "debug, info, warning or error (info)", 0},
    {"help", PULSE_OPTION_PASSED, NULL, 0, "Give this help list", -1},
    {"version", PULSE_OPTION_PASSED, NULL, 0, "Print program version", -1},
    {0}};

static const char doc[] =
    "Submit a training to AWS Batch, to one node or to as many as it needs."
    "\v"
    "Examples:\n"
    "  pulse-submit --s3-data-bucket market-data --s3-results-bucket results \\\n"
    "      --variables spx_close vix_close --monitor --show-logs\n"
    "  pulse-submit --data s3://market-data/all.parquet --output s3://results/a/ \\\n"
    "      --start-date 2005-01-01 --target-hours 2 --dry-run\n\n"
    "Writes batch_job_TIME.json, which says what was submitted. pulse-train --help explains the "
    "training.\n\n"
    "Exit codes: 0 submitted; 2 bad command line, or it could never run: nothing was submitted; 3 "
    "AWS refused; 75 no answer, the message says whether there may be a job; 130, 143 interrupted. "
    "With --monitor those of pulse-status.";

static const struct argp argp = {option_table, NULL, NULL, doc, NULL, NULL, NULL};

/* ---- One option ----------------------------------------------------------------- */

static int keep_word(void *user, char *word, struct pulse_err *err)
{
    struct pulse_submit_options *o = user;
    if (pulse_grow(&o->words, &o->cap_words, o->n_words + 2, sizeof *o->words, "the command line",
                   err) != 0)
        return -1;
    o->words[o->n_words++] = word;
    o->words[o->n_words] = NULL;
    return 0;
}

static int add(char **list, int64_t *n, int64_t most, const char *option, char *value,
               struct pulse_err *err)
{
    if (*n >= most)
        return pulse_fail(err, PULSE_E_USAGE, "--%s: more than %lld", option, (long long)most);
    list[(*n)++] = value;
    return 0;
}

static int take_dependency(struct pulse_submit_options *o, char *value, struct pulse_err *err)
{
    const size_t length = strlen(value);
    if (length == 0 || length > 128 ||
        strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:") !=
            length)
        return pulse_fail(err, PULSE_E_USAGE, "--depends-on %s: expected the id of a job", value);
    return add(o->depends_on, &o->n_depends_on, PULSE_MOST_DEPENDENCIES, "depends-on", value, err);
}

static int take_mode(struct pulse_submit_options *o, const char *value, struct pulse_err *err)
{
    static const char *const names[] = {"auto", "single", "multi"};
    for (int i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            o->wish.mode = (enum pulse_node_count)i;
            return 0;
        }
    return pulse_fail(err, PULSE_E_USAGE, "--mode %s: expected auto, single or multi", value);
}

/* Options whose value is a whole number. */
static const struct {
    int key;
    const char *name;
    long long least, most;
    size_t at; /* an int64_t of the options */
} numbers[] = {
    {KEY_VCPUS, "vcpus", 1, 1024, offsetof(struct pulse_submit_options, vcpus)},
    {KEY_MEMORY, "memory", 4, 100000000, offsetof(struct pulse_submit_options, memory_mib)},
    {KEY_DASK_THREADS, "dask-threads", 1, 1024,
     offsetof(struct pulse_submit_options, dask_threads)},
    {KEY_TIMEOUT, "job-timeout", PULSE_LEAST_TIMEOUT, 31536000,
     offsetof(struct pulse_submit_options, timeout_seconds)},
    {KEY_ATTEMPTS, "retry-attempts", 1, PULSE_MOST_ATTEMPTS,
     offsetof(struct pulse_submit_options, attempts)},
};

static int take_number(struct pulse_submit_options *o, int key, const char *value,
                       struct pulse_err *err)
{
    long long number = 0;
    int rc;
    switch (key) {
    case KEY_POLL:
        return pulse_commandline_number("poll-interval", value, 0.1, 3600, &o->poll_seconds, err);
    case KEY_TARGET_HOURS:
        return pulse_commandline_number("target-hours", value, 1e-6, 8760, &o->wish.target_hours,
                                        err);
    case KEY_NODES:
        rc = pulse_commandline_int("nodes", value, 1, 1000, &number, err);
        o->wish.nodes = (int)number;
        return rc;
    case KEY_MAX_NODES:
        rc = pulse_commandline_int("max-nodes", value, 1, 1000, &number, err);
        o->wish.max_nodes = (int)number;
        return rc;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].key == key) {
            rc = pulse_commandline_int(numbers[i].name, value, numbers[i].least, numbers[i].most,
                                       &number, err);
            *(int64_t *)(void *)((char *)o + numbers[i].at) = number;
            return rc;
        }
    return pulse_fail(err, PULSE_E_USAGE, "unknown option with value %s", value);
}

static int take_region(struct pulse_submit_options *o, char *value, struct pulse_err *err)
{
    static char name[] = "--aws-region";
    o->region = value;
    return keep_word(o, name, err) != 0 ? -1 : keep_word(o, value, err);
}

static int take(void *user, int key, char *value, struct pulse_err *err)
{
    struct pulse_submit_options *o = user;
    switch (key) {
    case KEY_QUEUE:
        o->queue = value;
        return 0;
    case KEY_DEFINITION:
        o->definition = value;
        return 0;
    case KEY_NAME_PREFIX:
        o->name_prefix = value;
        return 0;
    case KEY_MODE:
        return take_mode(o, value, err);
    case KEY_USE_DASK:
        o->use_dask = true;
        return 0;
    case KEY_DEPENDS_ON:
        return take_dependency(o, value, err);
    case KEY_TAGS:
        return add(o->tags, &o->n_tags, PULSE_MOST_TAGS, "tags", value, err);
    case KEY_NO_PREFLIGHT:
        o->no_preflight = true;
        return 0;
    case KEY_AGAIN:
        o->again = true;
        return 0;
    case KEY_DRY_RUN:
        o->dry_run = true;
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case KEY_MONITOR:
        o->monitor = true;
        return 0;
    case KEY_SHOW_LOGS:
        o->show_logs = true;
        return 0;
    case KEY_REGION:
        return take_region(o, value, err);
    case KEY_ENDPOINT:
        o->endpoint_url = value;
        return 0;
    default:
        return take_number(o, key, value, err);
    }
}

/* ---- The whole ------------------------------------------------------------------ */

/* What pulse-train makes of its part. Without a start the original's is given to it. */
static int parse_training(struct pulse_submit_options *o, struct pulse_err *err)
{
    static char option[] = "--start-date", start[] = "2022-01-01";
    int rc = pulse_options_parse(&o->train, (int)o->n_words, o->words, err);
    if (rc == 0 && !o->train.has_start) {
        pulse_options_clear(&o->train);
        rc = keep_word(o, option, err) != 0 || keep_word(o, start, err) != 0
                 ? -1
                 : pulse_options_parse(&o->train, (int)o->n_words, o->words, err);
    }
    return rc;
}

static int check(const struct pulse_submit_options *o, struct pulse_err *err)
{
    if (!pulse_store_is_s3(o->train.output) && strcmp(o->train.output, "results") == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "the results would be lost with the container: name --s3-results-bucket "
                          "or --output s3://BUCKET/PREFIX");
    if (o->queue[0] == '\0' || (o->definition != NULL && o->definition[0] == '\0'))
        return pulse_fail(err, PULSE_E_USAGE, "--job-queue and --job-definition need a name");
    if (o->show_logs && !o->monitor)
        return pulse_fail(err, PULSE_E_USAGE, "--show-logs goes with --monitor");
    return 0;
}

int pulse_submit_options_parse(struct pulse_submit_options *o, int argc, char **argv,
                               struct pulse_err *err)
{
    static char train[] = "pulse-train";
    const struct pulse_commandline words = {
        .argp = &argp, .program = "pulse-submit", .take = take, .other = keep_word, .user = o};
    *o = (struct pulse_submit_options){.queue = "pulse-retrodiction-job-queue",
                                       .name_prefix = "pulse-retrodiction",
                                       .wish = {.max_nodes = 16},
                                       .vcpus = 4,
                                       .memory_mib = 14336,
                                       .dask_threads = 2,
                                       .timeout_seconds = 86400,
                                       .attempts = 3,
                                       .poll_seconds = 30};
    if (keep_word(o, train, err) != 0 || pulse_commandline_parse(&words, argc, argv, err) != 0 ||
        parse_training(o, err) != 0 || check(o, err) != 0)
        return -1;
    o->wish.ranks_per_node = (int)(o->use_dask ? o->dask_threads : o->vcpus);
    o->wish.memory_mib = o->memory_mib;
    return 0;
}

void pulse_submit_options_clear(struct pulse_submit_options *o)
{
    pulse_options_clear(&o->train);
    free(o->words);
    *o = (struct pulse_submit_options){.words = NULL};
}
