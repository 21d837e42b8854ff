#include "submit/job_poll.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "submit/batch.h"

enum { MOST_DEPENDENCIES = 20, MOST_CHILD_LOGS = 25 };

void pulse_job_poll_clear(struct pulse_job_poll *one)
{
    pulse_job_parts_clear(&one->parts);
    json_decref(one->detail);
    pulse_streams_clear(&one->streams);
    *one = (struct pulse_job_poll){.id = NULL};
}

struct pulse_job_view pulse_job_poll_view(const struct pulse_job_poll *one)
{
    return (struct pulse_job_view){.id = one->id,
                                   .job = one->detail == NULL ? NULL : &one->job,
                                   .parts = one->parts.all,
                                   .n_parts = one->parts.n,
                                   .why = &one->why,
                                   .streams = &one->streams,
                                   .fate = one->fate};
}

/* Of an array the logs of what has failed, of the first few: whoever wants those of another child
 * names it. */
static int collect_streams(struct pulse_job_poll *one, struct pulse_err *err)
{
    const bool array = one->job.kind == PULSE_JOB_ARRAY;
    const int64_t n = array && one->parts.n > MOST_CHILD_LOGS ? MOST_CHILD_LOGS : one->parts.n;
    for (int64_t i = 0; i < n; i++) {
        const struct pulse_job *part = &one->parts.all[i];
        if (array && strcmp(part->status, "FAILED") != 0)
            break;
        if (pulse_streams_collect(&one->streams, part, &one->job, err) != 0)
            return -1;
    }
    return pulse_streams_collect(&one->streams, &one->job, NULL, err);
}

/* ---- Waiting -------------------------------------------------------------------- */

/* What cannot be looked at, for want of permission or an answer, is left out of the explanation. */
static bool explain_wait(const struct pulse_aws *batch, const struct pulse_job *job,
                         struct pulse_findings *why)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    json_t *environments = NULL, *queue = pulse_batch_queue(batch, job->queue, &ignored);
    if (queue != NULL)
        environments = pulse_batch_environments(batch, queue, &ignored);
    const int position = queue == NULL ? 0 : pulse_batch_position(batch, job->queue, job->arn);
    const bool never = pulse_job_explain(job, queue, environments, position, why);
    json_decref(queue);
    json_decref(environments);
    return never;
}

/* Of a job that is PENDING, or has failed with one of those that it depends on. */
static void explain_dependencies(const struct pulse_aws *batch, struct pulse_job_poll *one)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const json_t *list = json_object_get(one->detail, "dependsOn");
    const char *ids[MOST_DEPENDENCIES];
    int64_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < MOST_DEPENDENCIES; i++) {
        const json_t *id = json_object_get(json_array_get(list, i), "jobId");
        if (json_is_string(id))
            ids[n++] = json_string_value(id);
    }
    json_t *others = n == 0 ? NULL : pulse_batch_describe(batch, ids, n, &ignored);
    if (n == 0 || others != NULL)
        pulse_job_explain_dependencies(&one->job, others, &one->why);
    json_decref(others);
}

/* A child of an array that waits for an instance: it stands for the others. Of a large array, whose
 * children are not looked at, Batch is asked for one. A new reference; NULL without one. */
static json_t *find_waiting_child(const struct pulse_aws *batch, const struct pulse_job_poll *one)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    json_t *found = NULL;
    if (one->job.kind != PULSE_JOB_ARRAY || pulse_job_children_in(&one->job, "RUNNABLE") < 1)
        return NULL;
    for (int64_t i = 0; found == NULL && i < one->parts.n; i++)
        if (strcmp(one->parts.all[i].status, "RUNNABLE") == 0)
            found = json_incref((json_t *)one->parts.all[i].detail);
    if (found == NULL) {
        json_t *some = pulse_batch_list_children(batch, one->job.id, "RUNNABLE", 1, &ignored);
        const char *id = json_string_value(json_object_get(json_array_get(some, 0), "jobId"));
        json_t *details = id == NULL ? NULL : pulse_batch_describe(batch, &id, 1, &ignored);
        found = json_incref(json_array_get(details, 0));
        json_decref(details);
        json_decref(some);
    }
    return found;
}

/* True when it can never be placed. */
static bool explain_job(const struct pulse_aws *batch, struct pulse_job_poll *one)
{
    const char *state = pulse_job_state(&one->job);
    struct pulse_job child;
    bool never = false;
    if (strcmp(state, "RUNNABLE") == 0)
        return explain_wait(batch, &one->job, &one->why);
    if (strcmp(state, "STARTING") == 0)
        pulse_job_explain_start(&one->why);
    else if (strcmp(state, "PENDING") == 0 || pulse_job_failed_with_another(&one->job)) {
        json_t *waiting = find_waiting_child(batch, one);
        if (waiting != NULL && pulse_job_read(waiting, &child))
            never = explain_wait(batch, &child, &one->why);
        else
            explain_dependencies(batch, one);
        json_decref(waiting);
    }
    return never;
}

/* ---- One look ------------------------------------------------------------------- */

static json_t *find_detail(json_t *details, const char *id)
{
    for (size_t i = 0; i < json_array_size(details); i++) {
        json_t *detail = json_array_get(details, i);
        const char *job_id = json_string_value(json_object_get(detail, "jobId"));
        const char *arn = json_string_value(json_object_get(detail, "jobArn"));
        if ((job_id != NULL && strcmp(job_id, id) == 0) || (arn != NULL && strcmp(arn, id) == 0))
            return detail;
    }
    return NULL;
}

static int update_job(const struct pulse_aws *batch, struct pulse_job_poll *one, json_t *detail,
                      const struct pulse_patience *patience, struct pulse_err *err)
{
    struct pulse_job job;
    if (detail == NULL || !pulse_job_read(detail, &job)) {
        one->missing++;
        if (one->missing >= patience->missing)
            one->fate = PULSE_FATE_UNKNOWN;
        return 0;
    }
    one->missing = 0;
    json_decref(one->detail);
    one->detail = json_incref(detail);
    one->job = job;
    one->why.n = 0;
    if (pulse_job_parts_update(batch, &job, &one->parts, err) != 0 ||
        collect_streams(one, err) != 0)
        return -1;
    one->job.fate = pulse_job_parts_fate(&job, &one->parts);
    one->hopeless = explain_job(batch, one) ? one->hopeless + 1 : 0;
    pulse_job_explain_end(&one->job, one->parts.all, one->parts.n, &one->why);
    one->fate = one->hopeless >= patience->hopeless ? PULSE_FATE_HOPELESS : one->job.fate;
    return 0;
}

int pulse_job_poll_update(const struct pulse_aws *batch, struct pulse_job_poll *all, int64_t n,
                          const struct pulse_patience *patience, struct pulse_err *err)
{
    int64_t asked = 0;
    json_t *details = NULL;
    const char **ids = pulse_calloc(n, sizeof *ids, "the jobs", err);
    int rc = ids == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        if (all[i].fate == PULSE_FATE_OPEN)
            ids[asked++] = all[i].id;
    if (rc == 0 && asked > 0) {
        details = pulse_batch_describe(batch, ids, asked, err);
        rc = details == NULL ? -1 : 0;
    }
    for (int64_t i = 0; rc == 0 && i < n; i++)
        if (all[i].fate == PULSE_FATE_OPEN)
            rc = update_job(batch, &all[i], find_detail(details, all[i].id), patience, err);
    json_decref(details);
    free(ids);
    return rc;
}
