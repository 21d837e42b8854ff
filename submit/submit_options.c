#include "submit/submit_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/mem.h"
#include "store/store.h"

#define AT(field) offsetof(struct pulse_submit_options, field)

/* ---- Values of one option's own kind ----------------------------------------------- */

static const struct pulse_arg_choice modes[] = {{"auto", PULSE_NODE_COUNT_AUTO},
                                                {"single", PULSE_NODE_COUNT_SINGLE},
                                                {"multi", PULSE_NODE_COUNT_MULTI},
                                                {0}};

/* A word of the command line that the job will have. */
static int keep_word(struct pulse_submit_options *o, char *word, struct pulse_err *err)
{
    if (pulse_grow(&o->argv, &o->cap_argv, o->argc + 2, sizeof *o->argv, "the command line", err) !=
        0)
        return -1;
    o->argv[o->argc++] = word;
    o->argv[o->argc] = NULL;
    return 0;
}

/* The job has no file of --config: its command line holds what that brought. */
static int keep_expanded(struct pulse_submit_options *o, struct pulse_err *err)
{
    char *const *words = o->train.config.argv;
    o->argc = 0;
    for (int i = 0; i < o->train.config.argc; i++)
        if (keep_word(o, words[i], err) != 0)
            return -1;
    return 0;
}

static int take_word(void *user, char **word, struct pulse_err *err)
{
    return keep_word(user, *word, err);
}

static int add_value(const struct pulse_arg *arg, char **list, int64_t *n, int64_t most,
                     char *value, struct pulse_err *err)
{
    if (*n >= most)
        return pulse_fail(err, PULSE_E_USAGE, "--%s: more than %lld", arg->name, (long long)most);
    list[(*n)++] = value;
    return 0;
}

static int read_dependency(const struct pulse_arg *arg, char *text, void *values,
                           struct pulse_err *err)
{
    struct pulse_submit_options *o = values;
    const size_t length = strlen(text);
    if (length == 0 || length > 128 ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:") != length)
        return pulse_arg_refuse(arg, text, "the id of a job", err);
    return add_value(arg, o->depends_on, &o->n_depends_on, PULSE_MOST_DEPENDENCIES, text, err);
}

static int read_tag(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct pulse_submit_options *o = values;
    return add_value(arg, o->tags, &o->n_tags, PULSE_MOST_TAGS, text, err);
}

static int read_share(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    const size_t length = strlen(text);
    if (length == 0 || length > 255 ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != length)
        return pulse_arg_refuse(arg, text, "a name of letters and digits, at most 255", err);
    return pulse_arg_read_text(arg, text, values, err);
}

/* The region holds for the job too. */
static int read_region(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    static char name[] = "--aws-region";
    if (keep_word(values, name, err) != 0 || keep_word(values, text, err) != 0)
        return -1;
    return pulse_arg_read_text(arg, text, values, err);
}

/* ---- The table --------------------------------------------------------------------- */

static const struct pulse_arg option_table[] = {
    {.help = "The job", .group = 1},
    {"job-queue", 0, "QUEUE", "Where to (pulse-retrodiction-job-queue)", pulse_arg_read_text,
     .at = AT(queue)},
    {"job-definition", 0, "NAME",
     "What to run (pulse-retrodiction-training, with -multinode behind it for several nodes)",
     pulse_arg_read_text, .at = AT(definition)},
    {"job-name-prefix", 0, "PREFIX",
     "The job's name begins with it (pulse-retrodiction); a digest and the time follow",
     pulse_arg_read_text, .at = AT(name_prefix)},
    {"vcpus", 0, "N", "vCPUs of a node, and ranks on it (4)", pulse_arg_read_int, .at = AT(vcpus),
     .least = 1, .most = 1024},
    {"memory", 0, "MIB", "Memory of a node in MiB (14336)", pulse_arg_read_int,
     .at = AT(memory_mib), .least = 4, .most = 100000000},
    {"use-dask", 0, NULL, "As many ranks on a node as --dask-threads says", pulse_arg_read_flag,
     .at = AT(use_dask)},
    {"dask-threads", 0, "N", "Ranks on a node with --use-dask (2)", pulse_arg_read_int,
     .at = AT(dask_threads), .least = 1, .most = 1024},
    {"job-timeout", 0, "SECONDS", "An attempt is ended after that time (86400)", pulse_arg_read_int,
     .at = AT(timeout_seconds), .least = PULSE_LEAST_TIMEOUT, .most = 31536000},
    {"retry-attempts", 0, "N",
     "Maximum attempts, after a temporary failure, a lost host or a fault of the container runtime "
     "(3)",
     pulse_arg_read_int, .at = AT(attempts), .least = 1, .most = PULSE_MOST_ATTEMPTS},
    {"depends-on", 0, "ID...", "Jobs that must have succeeded first", read_dependency,
     .at = AT(depends_on)},
    {"share-identifier", 0, "NAME", "Whose share it is, in a queue with a scheduling policy",
     read_share, .at = AT(share_identifier)},
    {"scheduling-priority", 0, "N",
     "Its priority within the share, 0 to 9999 (the definition's, else 0)", pulse_arg_read_int,
     .at = AT(priority), .least = 0, .most = 9999},
    {"tags", 0, "KEY=VALUE...", "Tags of the job and its containers", read_tag, .at = AT(tags)},

    {.help = "One node or several", .group = 2},
    {"mode", 0, "MODE",
     "auto (the fewest nodes whose memory holds the training and that reach the target), single or "
     "multi",
     pulse_arg_read_choice, .at = AT(wish.mode), .choices = modes},
    {"nodes", 0, "N", "Exactly so many nodes", pulse_arg_read_count, .at = AT(wish.nodes),
     .least = 1, .most = 1000},
    {"max-nodes", 0, "N", "At most so many (16)", pulse_arg_read_count, .at = AT(wish.max_nodes),
     .least = 1, .most = 1000},
    {"target-hours", 0, "HOURS", "Enough nodes to be done in that time", pulse_arg_read_real,
     .at = AT(wish.target_hours), .low = 1e-6, .high = 8760},

    {.help = "Submitting", .group = 3},
    {"dry-run", 0, NULL, "Print the request and why it is so; send nothing", pulse_arg_read_flag,
     .at = AT(dry_run)},
    {"no-preflight", 0, NULL,
     "Do not look first whether the data are there, and whether queue, definition and environment "
     "can ever run it",
     pulse_arg_read_flag, .at = AT(no_preflight)},
    {"again", 0, NULL, "Submit it although the same is under way already", pulse_arg_read_flag,
     .at = AT(again)},
    {"monitor", 0, NULL, "Follow the job to its end, and end as it did", pulse_arg_read_flag,
     .at = AT(monitor)},
    {"show-logs", 0, NULL, "With --monitor: show its logs as they come", pulse_arg_read_flag,
     .at = AT(show_logs)},
    {"poll-interval", 0, "SECONDS", "With --monitor: time between two looks (30)",
     pulse_arg_read_real, .at = AT(poll_seconds), .low = 0.1, .high = 3600},
    {"json", 0, NULL, "JSON: an object; with --monitor an object a line", pulse_arg_read_flag,
     .at = AT(json)},
    {"aws-region", 0, "REGION", "Region (AWS_REGION, else the profile's)", read_region,
     .at = AT(region)},
    {"endpoint-url", 0, "URL",
     "Another server instead of AWS, here and not in the job (AWS_ENDPOINT_URL_BATCH, "
     "_CLOUDWATCH_LOGS, _S3, AWS_ENDPOINT_URL, the profile's)",
     pulse_arg_read_text, .at = AT(endpoint_url)},

    {.help =
         "The training: every option of pulse-train may be given, and goes on to it; among them",
     .group = 4},
    {"variables", 0, "NAME...", "Variables to train (all that the data hold)", NULL, .at = 0},
    {"start-date", 0, "YYYY-MM-DD", "First day (the first date found)", NULL, .at = 0},
    {"end-date", 0, "YYYY-MM-DD", "Last day, included (today)", NULL, .at = 0},
    {"batch-size-days", 0, "DAYS", "Calendar days in a window (30)", NULL, .at = 0},
    {"batch-limit", 0, "N", "Keep only the first N windows", NULL, .at = 0},
    {"data", 0, "URI", "The data, s3://BUCKET/KEY", NULL, .at = 0},
    {"output", 0, "URI", "Where results go, s3://BUCKET/PREFIX", NULL, .at = 0},
    {"s3-data-bucket", 0, "BUCKET", "Instead of --data", NULL, .at = 0},
    {"s3-data-prefix", 0, "PREFIX", "Prefix of the datasets in it (datasets/)", NULL, .at = 0},
    {"s3-results-bucket", 0, "BUCKET", "Instead of --output", NULL, .at = 0},
    {"s3-results-prefix", 0, "PREFIX", "Prefix of the results in it (results/)", NULL, .at = 0},
    {"s3-output-file", 0, "URI", "The summary alone goes there as well", NULL, .at = 0},
    {"log-level", 0, "LEVEL", "debug, info, warning or error (info)", NULL, .at = 0},

    /* As the other programs have it; pulse-train's own would check its part alone. */
    {"check-options", 0, NULL, "Check the command line, and stop", pulse_arg_read_flag,
     .at = AT(only_checks), .group = -1},
    {0}};

static const char doc[] =
    "Submit a training to AWS Batch, to one node or to as many as it needs."
    "\v"
    "Without --start-date a job begins where the data do, as pulse-train does (its Python original "
    "began on 2022-01-01).\n\n"
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

/* ---- The whole ------------------------------------------------------------------ */

static int check_together(const struct pulse_submit_options *o, struct pulse_err *err)
{
    if (!pulse_store_is_s3(o->train.output) && strcmp(o->train.output, "results") == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "the results would be lost with the container: name --s3-results-bucket "
                          "or --output s3://BUCKET/PREFIX");
    if (o->queue[0] == '\0' || (o->definition != NULL && o->definition[0] == '\0'))
        return pulse_fail(err, PULSE_E_USAGE, "--job-queue and --job-definition need a name");
    if (o->priority >= 0 && o->share_identifier == NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--scheduling-priority is one within a share: add --share-identifier");
    if (o->show_logs && !o->monitor)
        return pulse_fail(err, PULSE_E_USAGE, "--show-logs goes with --monitor");
    return 0;
}

int pulse_submit_options_parse(struct pulse_submit_options *o, int argc, char **argv,
                               struct pulse_err *err)
{
    static char train[] = "pulse-train";
    const struct pulse_args args = {.program = "pulse-submit",
                                    .doc = doc,
                                    .tables = {{option_table, o, NULL, 0}},
                                    .take_word = take_word,
                                    .is_other = pulse_options_have,
                                    .user = o};
    *o = (struct pulse_submit_options){.queue = "pulse-retrodiction-job-queue",
                                       .name_prefix = "pulse-retrodiction",
                                       .wish = {.max_nodes = 16},
                                       .vcpus = 4,
                                       .memory_mib = 14336,
                                       .dask_threads = 2,
                                       .timeout_seconds = 86400,
                                       .attempts = 3,
                                       .priority = -1,
                                       .poll_seconds = 30};
    if (keep_word(o, train, err) != 0 || pulse_args_parse_own(&args, argc, argv, err) != 0 ||
        pulse_options_parse(&o->train, (int)o->argc, o->argv, err) != 0 ||
        keep_expanded(o, err) != 0 || check_together(o, err) != 0)
        return -1;
    if (o->only_checks)
        pulse_args_end_check(&args);
    o->wish.ranks_per_node = (int)(o->use_dask ? o->dask_threads : o->vcpus);
    o->wish.memory_mib = o->memory_mib;
    return 0;
}

void pulse_submit_options_clear(struct pulse_submit_options *o)
{
    pulse_options_clear(&o->train);
    free(o->argv);
    *o = (struct pulse_submit_options){.argv = NULL};
}
