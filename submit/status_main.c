/* pulse-status: what became of jobs, their logs, why they wait. */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "submit/batch.h"
#include "submit/commandline.h"
#include "submit/job_view.h"
#include "submit/lifecycle.h"
#include "submit/watch.h"

enum {
    KEY_JOB_ID = 0x100,
    KEY_MONITOR,
    KEY_POLL,
    KEY_SHOW_LOGS,
    KEY_TAIL,
    KEY_JSON,
    KEY_TERMINATE,
    KEY_REASON,
    KEY_QUEUE,
    KEY_STATE,
    KEY_LAST,
    KEY_REGION,
    KEY_ENDPOINT,
    MOST_IDS = 10000
};

static const struct argp_option option_table[] = {
    {NULL, 0, NULL, 0, "Jobs", 1},
    {"job-id", KEY_JOB_ID, "ID...", 0,
     "Jobs to look at; ID#N is a node of a multi-node job, ID:N a child of an array", 0},
    {"monitor", KEY_MONITOR, NULL, 0, "Follow them until all have ended", 0},
    {"poll-interval", KEY_POLL, "SECONDS", 0, "Time between two looks (30)", 0},
    {"show-logs", KEY_SHOW_LOGS, NULL, 0,
     "Show where the logs are and what they say, of each node and attempt; with --monitor as it "
     "comes",
     0},
    {"tail", KEY_TAIL, "N", 0, "Begin with the last N lines of each log (all)", 0},
    {"json", KEY_JSON, NULL, 0, "JSON: an array; with --monitor an object a line", 0},
    {"terminate", KEY_TERMINATE, NULL, 0, "End them, in whatever state they are", 0},
    {"reason", KEY_REASON, "TEXT", 0, "Why, for --terminate", 0},
    {NULL, 0, NULL, 0, "pulse-status list", 2},
    {"job-queue", KEY_QUEUE, "QUEUE", 0, "Jobs of this queue (pulse-retrodiction-job-queue)", 0},
    {"job-status", KEY_STATE, "STATUS", 0, "Those in this state (all that Batch remembers)", 0},
    {"last", KEY_LAST, "N", 0, "At most N of each state (20)", 0},
    {NULL, 0, NULL, 0, "AWS", 3},
    {"aws-region", KEY_REGION, "REGION", 0, "Region (AWS_REGION, else the profile's)", 0},
    {"endpoint-url", KEY_ENDPOINT, "URL", 0,
     "Another server in place of AWS (AWS_ENDPOINT_URL_BATCH and _LOGS, AWS_ENDPOINT_URL)", 0},
    {"help", PULSE_OPTION_PASSED, NULL, 0, "Give this help list", -1},
    {"version", PULSE_OPTION_PASSED, NULL, 0, "Print program version", -1},
    {0}};

static const char doc[] =
    "Say what became of jobs in AWS Batch, show their logs, and explain why they wait."
    "\v"
    "Examples:\n"
    "  pulse-status --job-id 4f1c… --monitor --show-logs\n"
    "  pulse-status --job-id 4f1c… --terminate --monitor\n"
    "  pulse-status list --job-status RUNNING\n\n"
    "Exit codes: 0 succeeded (or, without --monitor, under way); 1 failed; 2 bad command line; 3 "
    "not found, or refused; 4 timed out; 5 terminated or cancelled; 6 cannot be placed; 75 no "
    "answer, try again; 130, 143 interrupted. Of several jobs the first that did not succeed "
    "counts.";

static const struct argp argp = {option_table, NULL, "[list] [ID...]", doc, NULL, NULL, NULL};

struct options {
    const char **ids; /* borrowed texts */
    int64_t n_ids, cap_ids;
    bool list, monitor, show_logs, json, terminate;
    double poll_seconds;
    int64_t tail, last;
    const char *reason, *queue, *state, *region, *endpoint;
};

/* ---- Command line --------------------------------------------------------------- */

static int take_id(struct options *o, const char *id, struct pulse_err *err)
{
    if (id[0] == '\0' || strlen(id) > 512)
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

static int take_word(void *user, char *word, struct pulse_err *err)
{
    struct options *o = user;
    if (word[0] == '-')
        return pulse_fail(err, PULSE_E_USAGE, "%s: unknown option; see pulse-status --help", word);
    if (strcmp(word, "list") == 0 && o->n_ids == 0) {
        o->list = true;
        return 0;
    }
    return take_id(o, word, err);
}

static int take_number(struct options *o, int key, const char *value, struct pulse_err *err)
{
    long long number;
    if (key == KEY_POLL)
        return pulse_commandline_number("poll-interval", value, 0.1, 3600, &o->poll_seconds, err);
    const char *name = key == KEY_TAIL ? "tail" : "last";
    if (pulse_commandline_int(name, value, 1, 10000, &number, err) != 0)
        return -1;
    *(key == KEY_TAIL ? &o->tail : &o->last) = number;
    return 0;
}

static int take(void *user, int key, char *value, struct pulse_err *err)
{
    struct options *o = user;
    switch (key) {
    case KEY_JOB_ID:
        return take_id(o, value, err);
    case KEY_MONITOR:
        o->monitor = true;
        return 0;
    case KEY_SHOW_LOGS:
        o->show_logs = true;
        return 0;
    case KEY_JSON:
        o->json = true;
        return 0;
    case KEY_TERMINATE:
        o->terminate = true;
        return 0;
    case KEY_REASON:
        o->reason = value;
        return 0;
    case KEY_QUEUE:
        o->queue = value;
        return 0;
    case KEY_STATE:
        o->state = value;
        return 0;
    case KEY_REGION:
        o->region = value;
        return 0;
    case KEY_ENDPOINT:
        o->endpoint = value;
        return 0;
    default:
        return take_number(o, key, value, err);
    }
}

static const char *const states[] = {"RUNNING",   "STARTING", "RUNNABLE", "PENDING",
                                     "SUBMITTED", "FAILED",   "SUCCEEDED"};

static int check(const struct options *o, struct pulse_err *err)
{
    bool known = o->state == NULL;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        known = known || strcmp(o->state, states[i]) == 0;
    if (!known)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--job-status %s: expected RUNNING, STARTING, RUNNABLE, PENDING, "
                          "SUBMITTED, FAILED or SUCCEEDED",
                          o->state);
    if (!o->list && o->n_ids == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "which job? --job-id ID, or pulse-status list; see pulse-status --help");
    if (o->list && o->n_ids > 0)
        return pulse_fail(err, PULSE_E_USAGE, "list takes no --job-id: it shows a whole queue");
    return 0;
}

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
    pulse_utf8_tame(line, "");
    (void)printf("%s\n", line);
    free(line);
    return 0;
}

static int list(const struct options *o, const struct pulse_aws *batch, struct pulse_err *err)
{
    json_t *all = json_array();
    int rc = all == NULL ? pulse_fail(err, PULSE_E_MEMORY, "out of memory for a list") : 0;
    for (size_t i = 0; rc == 0 && i < sizeof states / sizeof *states; i++) {
        if (o->state != NULL && strcmp(o->state, states[i]) != 0)
            continue;
        json_t *some = pulse_batch_list(batch, o->queue, NULL, states[i], o->last, err);
        rc = some == NULL ? -1 : json_array_extend(all, some);
        json_decref(some);
    }
    if (rc == 0 && o->json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    for (size_t i = 0; rc == 0 && !o->json && i < json_array_size(all); i++)
        rc = print_summary(json_array_get(all, i), err);
    json_decref(all);
    return rc;
}

/* ---- terminate ------------------------------------------------------------------ */

/* Batch takes the termination of a job that it does not know without a word, so they are looked up
 * first. */
static int terminate(const struct options *o, const struct pulse_aws *batch, struct pulse_err *err)
{
    char reason[512];
    (void)snprintf(reason, sizeof reason, PULSE_TERMINATED_BY "%s%.400s",
                   o->reason == NULL ? "" : ": ", o->reason == NULL ? "" : o->reason);
    json_t *known = pulse_batch_describe(batch, o->ids, o->n_ids, err);
    int rc = known == NULL ? -1 : 0;
    if (rc == 0 && (int64_t)json_array_size(known) < o->n_ids)
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "--terminate: Batch knows only %zu of these %lld jobs in %s; none was "
                        "terminated",
                        json_array_size(known), (long long)o->n_ids, batch->region);
    for (int64_t i = 0; rc == 0 && i < o->n_ids; i++) {
        rc = pulse_batch_terminate(batch, o->ids[i], reason, err);
        if (rc == 0 && !o->json)
            (void)printf("%s is being terminated\n", o->ids[i]);
    }
    json_decref(known);
    return rc;
}

/* ---- All ------------------------------------------------------------------------ */

static int run(const struct options *o, int *code, struct pulse_err *err)
{
    struct pulse_aws batch = {.service = NULL}, logs = {.service = NULL};
    int rc = pulse_aws_init(&batch, "batch", o->region, o->endpoint, err);
    if (rc == 0)
        rc = pulse_aws_init(&logs, "logs", o->region, o->endpoint, err);
    if (rc == 0 && o->list)
        rc = list(o, &batch, err);
    else if (rc == 0) {
        const struct pulse_watch watch = {.batch = &batch,
                                          .logs = &logs,
                                          .ids = o->ids,
                                          .n = o->n_ids,
                                          .monitor = o->monitor,
                                          .poll_seconds = o->poll_seconds,
                                          .show_logs = o->show_logs,
                                          .tail = o->tail,
                                          .json = o->json};
        if (o->terminate)
            rc = terminate(o, &batch, err);
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
    const struct pulse_commandline words = {.argp = &argp,
                                            .program = "pulse-status",
                                            .take = take,
                                            .other = take_word,
                                            .user = &options};
    int code = 0;
    pulse_lifecycle_begin();
    if (pulse_commandline_parse(&words, argc, argv, &err) == 0 && check(&options, &err) == 0)
        (void)run(&options, &code, &err);
    free(options.ids);
    return pulse_lifecycle_end(&err, code);
}
