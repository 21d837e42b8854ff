#include "submit/flow/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "submit/job.h"
#include "submit/job_parts.h"
#include "submit/logs.h"

struct poll {
    const struct pulse_aws *batch, *logs; /* logs: NULL, nobody asks for a failure's own words */
    struct pulse_flow_record *record;
};

/* The step that a job was in vain for, whose failure made it one: -1 if it failed by itself. */
static int64_t find_failed(const struct pulse_flow_record *record, int64_t step)
{
    for (int64_t i = 0; i < record->flow->n; i++)
        if (record->flow->steps[step].waits[i] && (record->states[i].fate == PULSE_FLOW_FAILED ||
                                                   record->states[i].fate == PULSE_FLOW_NOT_RUN))
            return i;
    return -1;
}

static void note_failure(struct pulse_flow_record *record, int64_t step,
                         const struct pulse_job *job)
{
    struct pulse_flow_state *state = &record->states[step];
    const int64_t failed = job->started_ms == 0 ? find_failed(record, step) : -1;
    state->fate = failed >= 0                          ? PULSE_FLOW_NOT_RUN
                  : job->fate == PULSE_FATE_TERMINATED ? PULSE_FLOW_STOPPED
                                                       : PULSE_FLOW_FAILED;
    state->exit_code = job->has_exit_code ? job->exit_code : 1;
    if (failed < 0 && job->has_exit_code)
        (void)snprintf(state->why, sizeof state->why, "exit code %d: %.300s", job->exit_code,
                       job->reason);
    else if (failed < 0)
        (void)snprintf(state->why, sizeof state->why, "%.390s", job->reason);
    else if (record->states[failed].fate == PULSE_FLOW_FAILED)
        (void)snprintf(state->why, sizeof state->why, "%s failed",
                       record->flow->steps[failed].name);
    else
        (void)memmove(state->why, record->states[failed].why, sizeof state->why);
}

static void take_job(struct pulse_flow_record *record, int64_t step, const struct pulse_job *job)
{
    struct pulse_flow_state *state = &record->states[step];
    state->began = (double)job->started_ms / 1000;
    state->ended = (double)job->stopped_ms / 1000;
    state->why[0] = '\0';
    if (strcmp(job->status, "SUCCEEDED") == 0)
        state->fate = PULSE_FLOW_DONE;
    else if (strcmp(job->status, "FAILED") == 0)
        note_failure(record, step, job);
    else if (strcasecmp(pulse_job_state(job), "RUNNING") == 0)
        state->fate = PULSE_FLOW_RUNNING;
    else if (strcmp(job->status, "PENDING") != 0)
        (void)snprintf(state->why, sizeof state->why, "%.40s %.300s", job->status, job->reason);
}

/* ---- What the log of a failed job says ------------------------------------------------ */

/* Keeps the last line that is an error. */
static void keep_error(void *user, int64_t time_ms, const char *text)
{
    static const char begin[] = "error: ";
    (void)time_ms;
    if (strncmp(text, begin, sizeof begin - 1) == 0)
        (void)snprintf(user, PULSE_FLOW_WHY, "%.300s", text + sizeof begin - 1);
}

/* Puts the program's own words into `why`. A log that cannot be read leaves Batch's there. */
static void add_words(const struct pulse_aws *logs, const struct pulse_job *job,
                      struct pulse_flow_state *state)
{
    enum { LINES = 100 };
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_streams streams = {0};
    char words[PULSE_FLOW_WHY] = "";
    const struct pulse_log_sink sink = {.take = keep_error, .user = words};
    int64_t events;
    int status = pulse_streams_collect(&streams, job, NULL, &ignored);
    for (int64_t i = 0; status == 0 && i < streams.n; i++)
        status = pulse_logs_read(logs, &streams.all[i].log, LINES, &sink, &events, &ignored);
    if (words[0] != '\0')
        (void)snprintf(state->why, sizeof state->why, "exit code %d: %.300s", job->exit_code,
                       words);
    pulse_streams_clear(&streams);
}

/* ---- Arrays --------------------------------------------------------------------------- */

static void count_workers(const struct pulse_job *job, struct pulse_flow_workers *workers)
{
    workers->all = job->parts;
    workers->running = pulse_job_children_in(job, "RUNNING");
    workers->done = pulse_job_children_in(job, "SUCCEEDED");
    workers->failed = pulse_job_children_in(job, "FAILED");
}

/* What an array has not and its children have: since when they run, and of one that failed the exit
 * code and log. What Batch does not say of them stays unknown. */
static void take_array(const struct poll *poll, int64_t step, struct pulse_job *job)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_job_parts parts = {.n = 0};
    struct pulse_flow_state *state = &poll->record->states[step];
    count_workers(job, &state->workers);
    (void)pulse_job_parts_update(poll->batch, job, &parts, &ignored);
    for (int64_t i = 0; i < parts.n; i++)
        if (parts.all[i].started_ms > 0 &&
            (job->started_ms == 0 || parts.all[i].started_ms < job->started_ms))
            job->started_ms = parts.all[i].started_ms;
    take_job(poll->record, step, job);
    if (state->fate == PULSE_FLOW_FAILED && parts.n > 0 && parts.all[0].has_exit_code) {
        note_failure(poll->record, step, &parts.all[0]);
        if (poll->logs != NULL)
            add_words(poll->logs, &parts.all[0], state);
    }
    pulse_job_parts_clear(&parts);
}

/* ---- Jobs ----------------------------------------------------------------------------- */

/* The job of that id among descriptions. */
static bool find_job(const json_t *details, const char *id, struct pulse_job *job)
{
    for (size_t i = 0; i < json_array_size(details); i++)
        if (pulse_job_read(json_array_get(details, i), job) && strcmp(job->id, id) == 0)
            return true;
    return false;
}

/* In the workflow's order: a job in vain names the step before it. */
static void take_jobs(const struct poll *poll, const json_t *details)
{
    struct pulse_flow_record *record = poll->record;
    for (int64_t k = 0; k < record->flow->n; k++) {
        const int64_t i = record->flow->order[k];
        struct pulse_flow_state *state = &record->states[i];
        struct pulse_job job;
        if (!pulse_flow_has_open_job(state))
            continue;
        if (find_job(details, state->job_id, &job)) {
            if (job.kind == PULSE_JOB_ARRAY)
                take_array(poll, i, &job);
            else
                take_job(record, i, &job);
            if (poll->logs != NULL && state->fate == PULSE_FLOW_FAILED && job.has_exit_code)
                add_words(poll->logs, &job, state);
            continue;
        }
        state->fate = PULSE_FLOW_STOPPED;
        (void)snprintf(state->why, sizeof state->why, "Batch does not know job %s", state->job_id);
    }
}

static int poll_jobs(const struct poll *poll, struct pulse_err *err)
{
    const struct pulse_flow_record *record = poll->record;
    int64_t n = 0;
    const char **ids = pulse_calloc(record->flow->n, sizeof *ids, "the jobs", err);
    if (ids == NULL)
        return -1;
    for (int64_t i = 0; i < record->flow->n; i++)
        if (pulse_flow_has_open_job(&record->states[i]))
            ids[n++] = record->states[i].job_id;
    /* A new job that is taken for one that is gone would be submitted once more. */
    json_t *details = n == 0 ? json_array() : pulse_batch_find(poll->batch, ids, n, err);
    if (details != NULL)
        take_jobs(poll, details);
    const int status = details == NULL ? -1 : 0;
    json_decref(details);
    free(ids);
    return status;
}

int pulse_flow_poll(const struct pulse_aws *batch, struct pulse_flow_record *record,
                    struct pulse_err *err)
{
    return poll_jobs(&(struct poll){.batch = batch, .record = record}, err);
}

int pulse_flow_poll_once(const char *region, const char *endpoint_url,
                         struct pulse_flow_record *record, struct pulse_err *err)
{
    struct pulse_aws batch = {0}, logs = {0};
    const struct poll poll = {.batch = &batch, .logs = &logs, .record = record};
    int64_t n = 0;
    for (int64_t i = 0; i < record->flow->n; i++)
        n += pulse_flow_has_open_job(&record->states[i]);
    if (n == 0)
        return 0;
    const int status = pulse_aws_init(&batch, "batch", region, endpoint_url, err) != 0 ||
                               pulse_aws_init(&logs, "logs", region, endpoint_url, err) != 0
                           ? -1
                           : poll_jobs(&poll, err);
    pulse_aws_clear(&logs);
    pulse_aws_clear(&batch);
    return status;
}
