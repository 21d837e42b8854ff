#include "submit/flow/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "submit/job.h"
#include "submit/logs.h"

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
    else if (strcmp(job->status, "RUNNING") == 0)
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

/* ---- Jobs ----------------------------------------------------------------------------- */

/* The job of that id among descriptions. */
static bool find_job(const json_t *details, const char *id, struct pulse_job *job)
{
    for (size_t i = 0; i < json_array_size(details); i++)
        if (pulse_job_read(json_array_get(details, i), job) && strcmp(job->id, id) == 0)
            return true;
    return false;
}

/* In the workflow's order: a job in vain names the step before it. `logs` may be NULL. */
static void take_jobs(struct pulse_flow_record *record, const json_t *details,
                      const struct pulse_aws *logs)
{
    for (int64_t k = 0; k < record->flow->n; k++) {
        const int64_t i = record->flow->order[k];
        struct pulse_flow_state *state = &record->states[i];
        struct pulse_job job;
        if (!pulse_flow_has_open_job(state))
            continue;
        if (find_job(details, state->job_id, &job)) {
            take_job(record, i, &job);
            if (logs != NULL && state->fate == PULSE_FLOW_FAILED && job.has_exit_code)
                add_words(logs, &job, state);
            continue;
        }
        state->fate = PULSE_FLOW_STOPPED;
        (void)snprintf(state->why, sizeof state->why, "Batch does not know job %s", state->job_id);
    }
}

static int poll_jobs(const struct pulse_aws *batch, const struct pulse_aws *logs,
                     struct pulse_flow_record *record, struct pulse_err *err)
{
    int64_t n = 0;
    const char **ids = pulse_calloc(record->flow->n, sizeof *ids, "the jobs", err);
    if (ids == NULL)
        return -1;
    for (int64_t i = 0; i < record->flow->n; i++)
        if (pulse_flow_has_open_job(&record->states[i]))
            ids[n++] = record->states[i].job_id;
    json_t *details = n == 0 ? json_array() : pulse_batch_describe(batch, ids, n, err);
    if (details != NULL)
        take_jobs(record, details, logs);
    const int status = details == NULL ? -1 : 0;
    json_decref(details);
    free(ids);
    return status;
}

int pulse_flow_poll(const struct pulse_aws *batch, struct pulse_flow_record *record,
                    struct pulse_err *err)
{
    return poll_jobs(batch, NULL, record, err);
}

int pulse_flow_poll_once(const char *region, const char *endpoint_url,
                         struct pulse_flow_record *record, struct pulse_err *err)
{
    struct pulse_aws batch = {0}, logs = {0};
    int64_t n = 0;
    for (int64_t i = 0; i < record->flow->n; i++)
        n += pulse_flow_has_open_job(&record->states[i]);
    if (n == 0)
        return 0;
    const int status = pulse_aws_init(&batch, "batch", region, endpoint_url, err) != 0 ||
                               pulse_aws_init(&logs, "logs", region, endpoint_url, err) != 0
                           ? -1
                           : poll_jobs(&batch, &logs, record, err);
    pulse_aws_clear(&logs);
    pulse_aws_clear(&batch);
    return status;
}
