#include "submit/job_poll.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "submit/batch.h"

enum { MOST_NODES = 1000, MOST_CHILDREN = 100 };

static void clear_parts(struct pulse_job_poll *one)
{
    json_decref(one->part_details);
    free(one->parts);
    one->part_details = NULL;
    one->parts = NULL;
    one->n_parts = 0;
}

void pulse_job_poll_clear(struct pulse_job_poll *one)
{
    clear_parts(one);
    json_decref(one->detail);
    pulse_streams_clear(&one->streams);
    *one = (struct pulse_job_poll){.id = NULL};
}

struct pulse_job_view pulse_job_poll_view(const struct pulse_job_poll *one)
{
    return (struct pulse_job_view){.id = one->id,
                                   .job = one->detail == NULL ? NULL : &one->job,
                                   .parts = one->parts,
                                   .n_parts = one->n_parts,
                                   .why = &one->why,
                                   .streams = &one->streams,
                                   .fate = one->fate};
}

/* ---- Nodes and children --------------------------------------------------------- */

/* Ids of the nodes or children, each to be freed, in a new array; NULL where there are none or with
 * an error. */
static char **ids_of_parts(const struct pulse_job *job, int64_t *n, struct pulse_err *err)
{
    const bool multi = job->kind == PULSE_JOB_MULTI;
    const int64_t most = multi ? MOST_NODES : MOST_CHILDREN;
    *n = 0;
    if ((!multi && job->kind != PULSE_JOB_ARRAY) || job->parts < 1)
        return NULL;
    const int64_t count = job->parts < most ? job->parts : most;
    char **ids = pulse_calloc(count, sizeof *ids, "the nodes", err);
    for (int64_t i = 0; ids != NULL && i < count; i++) {
        ids[i] = pulse_print(err, "%s%c%lld", job->id, multi ? '#' : ':', (long long)i);
        *n += ids[i] != NULL;
    }
    return ids;
}

static int by_index(const void *a, const void *b)
{
    const struct pulse_job *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int poll_parts(const struct pulse_aws *batch, struct pulse_job_poll *one,
                      struct pulse_err *err)
{
    int64_t n = 0;
    char **ids = ids_of_parts(&one->job, &n, err);
    int rc = err->kind == PULSE_OK ? 0 : -1;
    clear_parts(one);
    if (rc == 0 && n > 0) {
        one->part_details = pulse_batch_describe(batch, (const char *const *)ids, n, err);
        rc = one->part_details == NULL ? -1 : 0;
    }
    const int64_t found = rc == 0 ? (int64_t)json_array_size(one->part_details) : 0;
    if (found > 0) {
        one->parts = pulse_calloc(found, sizeof *one->parts, "the nodes", err);
        rc = one->parts == NULL ? -1 : 0;
    }
    for (int64_t i = 0; rc == 0 && i < found; i++)
        if (pulse_job_read(json_array_get(one->part_details, (size_t)i), &one->parts[one->n_parts]))
            one->n_parts++;
    if (one->n_parts > 1)
        qsort(one->parts, (size_t)one->n_parts, sizeof *one->parts, by_index);
    for (int64_t i = 0; ids != NULL && i < n; i++)
        free(ids[i]);
    free(ids);
    return rc;
}

static int collect_streams(struct pulse_job_poll *one, struct pulse_err *err)
{
    for (int64_t i = 0; i < one->n_parts; i++)
        if (pulse_streams_collect(&one->streams, &one->parts[i], &one->job, err) != 0)
            return -1;
    return pulse_streams_collect(&one->streams, &one->job, NULL, err);
}

/* ---- Waiting -------------------------------------------------------------------- */

/* What cannot be looked at, for want of permission or an answer, is left out of the explanation. */
static bool explain_wait(const struct pulse_aws *batch, struct pulse_job_poll *one)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const struct pulse_job *job = &one->job;
    json_t *environments = NULL, *queue = pulse_batch_queue(batch, job->queue, &ignored);
    if (queue != NULL)
        environments = pulse_batch_environments(batch, queue, &ignored);
    const int position = queue == NULL ? 0 : pulse_batch_position(batch, job->queue, job->arn);
    const bool never = pulse_job_explain(job, queue, environments, position, &one->why);
    json_decref(queue);
    json_decref(environments);
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
    if (poll_parts(batch, one, err) != 0 || collect_streams(one, err) != 0)
        return -1;
    const bool never = strcmp(job.status, "RUNNABLE") == 0 && explain_wait(batch, one);
    one->hopeless = never ? one->hopeless + 1 : 0;
    one->fate = one->hopeless >= patience->hopeless ? PULSE_FATE_HOPELESS : job.fate;
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
