/* pulse-status: what became of jobs, their logs, why they wait. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/date.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/spelling.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "store/aws/config.h"
#include "submit/batch.h"
#include "submit/job_view.h"
#include "submit/lifecycle.h"
#include "submit/watch.h"

enum { MOST_IDS = 10000 };

/* In the order in which they are listed. */
static const struct pulse_arg_choice states[] = {
    {"RUNNING", 0},   {"STARTING", 1}, {"RUNNABLE", 2},  {"PENDING", 3},
    {"SUBMITTED", 4}, {"FAILED", 5},   {"SUCCEEDED", 6}, {0}};

struct options {
    const char **ids; /* borrowed texts */
    int64_t n_ids, cap_ids;
    bool list, monitor, show_logs, json, terminate;
    double poll_seconds;
    int64_t tail, last;
    const char *reason, *queue, *state, *region, *endpoint;
    char arn_region[64]; /* of jobs that are named by their ARNs; "" without one */
};

/* ---- Command line --------------------------------------------------------------- */

/* Of an ARN, "arn:aws:batch:REGION:ACCOUNT:job/ID", *id is what Batch is asked for. All are to be
 * of one region. */
static int read_arn(struct options *o, const char **id, struct pulse_err *err)
{
    char region[sizeof o->arn_region];
    int end = 0;
    if (sscanf(*id, "arn:%*[a-z-]:batch:%63[a-z0-9-]:%*[0-9]:job/%n", region, &end) != 1 ||
        end == 0)
        return 0;
    if (o->arn_region[0] != '\0' && strcmp(o->arn_region, region) != 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "jobs in %s and in %s: look at those of one region at a time",
                          o->arn_region, region);
    (void)strcpy(o->arn_region, region);
    *id += end;
    return 0;
}

static int add_id(struct options *o, const char *id, struct pulse_err *err)
{
    if (read_arn(o, &id, err) != 0)
        return -1;
    if (id[0] == '\0' || strlen(id) > 512 || !pulse_utf8_valid(id))
        return pulse_fail(err, PULSE_E_USAGE, "'%.40s' is no id of a job", id);
    for (int64_t i = 0; i < o->n_ids; i++)
        if (strcmp(o->ids[i], id) == 0)
            return 0;
    if (o->n_ids == MOST_IDS)
        return pulse_fail(err, PULSE_E_USAGE, "more than %d jobs at once", MOST_IDS);
    if (pulse_grow(&o->ids, &o->cap_ids, o->n_ids + 1, sizeof *o->ids, "the jobs", err) != 0)
        return -1;
    o->ids[o->n_ids++] = id;
    return 0;
}

static int take_word(void *user, char **word, struct pulse_err *err)
{
    struct options *o = user;
    if (*word[0] == '-')
        return pulse_fail(err, PULSE_E_USAGE, "%s: unknown option", *word);
    if (strcmp(*word, "list") == 0 && o->n_ids == 0) {
        o->list = true;
        return 0;
    }
    if (pulse_spelling_distance(*word, "list") == 1)
        return pulse_fail(err, PULSE_E_USAGE,
                          "no command '%s', did you mean list? A job of that name is --job-id %s",
                          *word, *word);
    return add_id(o, *word, err);
}

static int read_state(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    int state = 0;
    return pulse_arg_choose(arg, text, &state, err) != 0
               ? -1
               : pulse_arg_read_text(arg, text, values, err);
}

/* JSON is UTF-8, and takes nothing else. */
static int read_words(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_utf8_valid(text) ? pulse_arg_read_text(arg, text, values, err)
                                  : pulse_arg_refuse(arg, text, "text in UTF-8", err);
}

static int read_id(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    (void)arg;
    return add_id(values, text, err);
}

/* An option that says something of single jobs; NULL: none was given. */
static const char *name_of_jobs(const struct options *o)
{
    return o->monitor          ? "monitor"
           : o->show_logs      ? "show-logs"
           : o->tail > 0       ? "tail"
           : o->terminate      ? "terminate"
           : o->reason != NULL ? "reason"
                               : NULL;
}

static int check_options(void *user, struct pulse_err *err)
{
    const struct options *o = user;
    const char *of_jobs = o->n_ids > 0 ? "job-id" : name_of_jobs(o);
    if (!o->list && o->n_ids == 0)
        return pulse_fail(err, PULSE_E_USAGE, "which job? --job-id ID, or pulse-status list");
    if (o->list && of_jobs != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "list takes no --%s: it shows a whole queue",
                          of_jobs);
    if (o->region != NULL && o->arn_region[0] != '\0' && strcmp(o->region, o->arn_region) != 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--aws-region %s: the job's ARN says %s; leave the option out", o->region,
                          o->arn_region);
    if (!o->list && o->state != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--job-status %s: of pulse-status list alone, not of jobs that are named",
                          o->state);
    return 0;
}

#define AT(field) offsetof(struct options, field)

static const struct pulse_arg option_table[] = {
    {.help = "Jobs", .group = 1},
    {"job-id", 0, "ID...",
     "Jobs to look at, by id or ARN; ID#N is a node of a multi-node job, ID:N a child of an array",
     read_id, .at = AT(ids)},
    {"monitor", 0, NULL, "Follow them until all have ended", pulse_arg_read_flag,
     .at = AT(monitor)},
    {"poll-interval", 0, "SECONDS", "Time between two looks (30)", pulse_arg_read_real,
     .at = AT(poll_seconds), .low = 0.1, .high = 3600},
    {"show-logs", 0, NULL,
     "Show where the logs are and what they say, of each node and attempt; with --monitor as it "
     "comes",
     pulse_arg_read_flag, .at = AT(show_logs)},
    {"tail", 0, "N", "Begin with the last N lines of each log (all)", pulse_arg_read_int,
     .at = AT(tail), .least = 1, .most = 10000},
    {"json", 0, NULL, "JSON: an array; with --monitor or --show-logs an object a line",
     pulse_arg_read_flag, .at = AT(json)},
    {"terminate", 0, NULL, "End them, in whatever state they are", pulse_arg_read_flag,
     .at = AT(terminate)},
    {"reason", 0, "TEXT", "Why, for --terminate", read_words, .at = AT(reason)},

    {.help = "pulse-status list", .group = 2},
    {"job-queue", 0, "QUEUE", "Jobs of this queue (pulse-retrodiction-job-queue)", read_words,
     .at = AT(queue)},
    {"job-status", 0, "STATUS",
     "Those in this state: RUNNING, STARTING, RUNNABLE, PENDING, SUBMITTED, FAILED or SUCCEEDED "
     "(all that Batch remembers)",
     read_state, .at = AT(state), .choices = states},
    {"last", 0, "N", "At most N of each state (20)", pulse_arg_read_int, .at = AT(last), .least = 1,
     .most = 10000},

    {.help = "AWS", .group = 3},
    {"aws-region", 0, "REGION", "Region (AWS_REGION, else the profile's)", pulse_arg_read_text,
     .at = AT(region)},
    {"endpoint-url", 0, "URL",
     "Another server instead of AWS (AWS_ENDPOINT_URL_BATCH and _CLOUDWATCH_LOGS, "
     "AWS_ENDPOINT_URL, the "
     "profile's)",
     pulse_arg_read_text, .at = AT(endpoint)},
    {0}};

static const char doc[] =
    "Say what became of jobs in AWS Batch, show their logs, and explain why they wait."
    "\v"
    "Examples:\n"
    "  pulse-status 4f1cbd40-35d5-4a2e-9c6f-0d7e7c1a2b3c --monitor --show-logs\n"
    "  pulse-status 4f1cbd40-35d5-4a2e-9c6f-0d7e7c1a2b3c --terminate --monitor\n"
    "  pulse-status list --job-status RUNNING\n\n"
    "Exit codes: 0 succeeded (or, without --monitor, under way); 1 failed (also where it "
    "trained but some windows failed, which is said); 2 bad command line; 3 "
    "not found, or refused; 4 timed out; 5 terminated or cancelled; 6 cannot be placed; 75 no "
    "answer, try again; 130, 143 interrupted. Of several jobs the first that did not succeed "
    "counts.";

/* ---- list ----------------------------------------------------------------------- */

static int print_summary(const json_t *job, struct pulse_err *err)
{
    struct pulse_job read;
    char created[PULSE_INSTANT_TEXT];
    if (!pulse_job_read(job, &read))
        return 0;
    (void)pulse_format_instant(read.created_ms / 1000 * PULSE_NS_PER_SECOND, created);
    char *line = pulse_print(err, "%-36s  %-9s  %s  %s", read.id, read.status, created, read.name);
    if (line == NULL)
        return -1;
    pulse_terminal_write(stdout, line, 0);
    (void)putchar('\n');
    free(line);
    return 0;
}

static int list_jobs(const struct options *o, const struct pulse_aws *batch, struct pulse_err *err)
{
    json_t *all = json_array();
    int rc = all == NULL ? pulse_fail(err, PULSE_E_MEMORY, "out of memory for a list") : 0;
    for (size_t i = 0; rc == 0 && states[i].name != NULL; i++) {
        if (o->state != NULL && strcmp(o->state, states[i].name) != 0)
            continue;
        json_t *some = pulse_batch_list(batch, o->queue, NULL, states[i].name, o->last, err);
        rc = some == NULL ? -1 : json_array_extend(all, some);
        json_decref(some);
    }
    if (rc == 0 && o->json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2) | pulse_lifecycle_json());
        (void)printf("\n");
    }
    for (size_t i = 0; rc == 0 && !o->json && i < json_array_size(all); i++)
        rc = print_summary(json_array_get(all, i), err);
    json_decref(all);
    return rc;
}

/* ---- terminate ------------------------------------------------------------------ */

/* An array; an object a line where others follow. */
static void print_ended(const json_t *ended, bool others_follow)
{
    for (size_t i = 0; others_follow && i < json_array_size(ended); i++) {
        (void)json_dumpf(json_array_get(ended, i), stdout, JSON_COMPACT | pulse_lifecycle_json());
        (void)printf("\n");
    }
    if (!others_follow) {
        (void)json_dumpf(ended, stdout, JSON_INDENT(2) | pulse_lifecycle_json());
        (void)printf("\n");
    }
}

/* Batch takes the termination of a job that it does not know without a word, so they are looked up
 * first. */
static int terminate_jobs(const struct options *o, const struct pulse_aws *batch,
                          struct pulse_err *err)
{
    enum { MOST_REASON = 900 }; /* Batch takes 1024 characters */
    char reason[MOST_REASON + 64];
    const char *why = o->reason == NULL ? "" : o->reason;
    (void)snprintf(reason, sizeof reason, PULSE_TERMINATED_BY "%s%.*s", why[0] == '\0' ? "" : ": ",
                   (int)pulse_utf8_cut(why, MOST_REASON), why);
    json_t *known = pulse_batch_find(batch, o->ids, o->n_ids, err);
    int rc = known == NULL ? -1 : 0;
    if (rc == 0 && (int64_t)json_array_size(known) < o->n_ids)
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "--terminate: Batch knows only %zu of these %lld jobs in %s; none was "
                        "terminated",
                        json_array_size(known), (long long)o->n_ids, batch->region);
    json_t *ended = json_array();
    for (int64_t i = 0; rc == 0 && i < o->n_ids; i++) {
        rc = pulse_batch_terminate(batch, o->ids[i], reason, err);
        if (rc == 0 && !o->json)
            (void)printf("%s is being terminated\n", o->ids[i]);
        else if (rc == 0)
            (void)json_array_append_new(ended,
                                        json_pack("{s:s,s:b}", "jobId", o->ids[i], "ending", 1));
    }
    if (o->json)
        print_ended(ended, o->monitor);
    json_decref(ended);
    json_decref(known);
    return rc;
}

/* ---- All ------------------------------------------------------------------------ */

static int run_status(const struct options *o, int *code, struct pulse_err *err)
{
    struct pulse_aws batch = {.service = NULL}, logs = {.service = NULL};
    const char *region = o->region == NULL && o->arn_region[0] != '\0' ? o->arn_region : o->region;
    pulse_aws_name_region(region);
    int rc = pulse_aws_init(&batch, "batch", region, o->endpoint, err);
    if (rc == 0)
        rc = pulse_aws_init(&logs, "logs", region, o->endpoint, err);
    if (rc == 0 && o->list)
        rc = list_jobs(o, &batch, err);
    else if (rc == 0) {
        const struct pulse_watch watch = {.batch = &batch,
                                          .logs = &logs,
                                          .endpoint = o->endpoint,
                                          .ids = o->ids,
                                          .n = o->n_ids,
                                          .monitor = o->monitor,
                                          .poll_seconds = o->poll_seconds,
                                          .show_logs = o->show_logs,
                                          .tail = o->tail,
                                          .json = o->json};
        if (o->terminate)
            rc = terminate_jobs(o, &batch, err);
        if (rc == 0 && (!o->terminate || o->monitor))
            rc = pulse_watch(&watch, code, err);
    }
    pulse_aws_clear(&batch);
    pulse_aws_clear(&logs);
    return rc;
}

int main(int argc, char **argv)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct options options = {
        .poll_seconds = 30, .last = 20, .queue = "pulse-retrodiction-job-queue"};
    const struct pulse_args args = {.program = "pulse-status",
                                    .usage = "ID...\nlist",
                                    .doc = doc,
                                    .tables = {{option_table, &options, NULL, 0}},
                                    .take_word = take_word,
                                    .check = check_options,
                                    .user = &options};
    int code = 0;
    pulse_file_begin_process();
    pulse_lifecycle_begin();
    if (pulse_args_parse(&args, argc, argv, &err) == 0)
        (void)run_status(&options, &code, &err);
    free(options.ids);
    return pulse_lifecycle_end(&err, code);
}
