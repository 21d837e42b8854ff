#include "submit/job_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "submit/batch.h"
#include "submit/request.h"

enum {
    MOST_NODES = 1000,
    SMALL_ARRAY = 100, /* children that one request describes */
};

static void clear_found(struct pulse_job_parts *parts)
{
    json_decref(parts->details);
    free(parts->all);
    parts->details = NULL;
    parts->all = NULL;
    parts->n = 0;
}

void pulse_job_parts_clear(struct pulse_job_parts *parts)
{
    clear_found(parts);
    *parts = (struct pulse_job_parts){.n = 0};
}

/* ---- Asking ------------------------------------------------------------------------ */

/* Descriptions of parts 0 to n - 1; NULL with an error. */
static json_t *describe_first(const struct pulse_aws *batch, const struct pulse_job *job, int64_t n,
                              struct pulse_err *err)
{
    json_t *details = NULL;
    char **ids = pulse_calloc(n, sizeof *ids, "the nodes", err);
    int rc = ids == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        ids[i] = pulse_print(err, "%s%c%lld", job->id, job->kind == PULSE_JOB_MULTI ? '#' : ':',
                             (long long)i);
        rc = ids[i] == NULL ? -1 : 0;
    }
    if (rc == 0)
        details = pulse_batch_describe(batch, (const char *const *)ids, n, err);
    for (int64_t i = 0; ids != NULL && i < n; i++)
        free(ids[i]);
    free(ids);
    return details;
}

/* Puts descriptions, which name the log, in the place of the first summaries. */
static int describe_some(const struct pulse_aws *batch, json_t *summaries, struct pulse_err *err)
{
    const char *ids[SMALL_ARRAY];
    int64_t n = 0;
    for (size_t i = 0; i < json_array_size(summaries) && n < SMALL_ARRAY; i++) {
        const json_t *id = json_object_get(json_array_get(summaries, i), "jobId");
        if (json_is_string(id))
            ids[n++] = json_string_value(id);
    }
    json_t *details = n == 0 ? NULL : pulse_batch_describe(batch, ids, n, err);
    if (details == NULL)
        return n == 0 ? 0 : -1;
    for (size_t i = 0; i < json_array_size(details); i++) {
        json_t *detail = json_array_get(details, i);
        const json_t *id = json_object_get(detail, "jobId");
        for (size_t k = 0; k < json_array_size(summaries) && k < SMALL_ARRAY; k++)
            if (json_equal(json_object_get(json_array_get(summaries, k), "jobId"), id))
                (void)json_array_set(summaries, k, detail);
    }
    json_decref(details);
    return 0;
}

/* The failed children of a large array. Who may not list them can still describe them all. */
static json_t *ask_failed(const struct pulse_aws *batch, const struct pulse_job *job,
                          struct pulse_err *err)
{
    const int64_t n = job->parts < PULSE_MOST_CHILDREN ? job->parts : PULSE_MOST_CHILDREN;
    json_t *found = pulse_batch_list_children(batch, job->id, "FAILED", n, err);
    if (found == NULL && err->kind == PULSE_E_STORAGE) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        return describe_first(batch, job, n, err);
    }
    if (found != NULL && describe_some(batch, found, err) == 0)
        return found;
    json_decref(found);
    return NULL;
}

/* ---- Reading ----------------------------------------------------------------------- */

static bool has_failed(const struct pulse_job *job)
{
    return strcmp(job->status, "FAILED") == 0;
}

static int compare_parts(const void *a, const void *b)
{
    const struct pulse_job *x = a, *y = b;
    if (has_failed(x) != has_failed(y))
        return has_failed(x) ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Takes `details`. */
static int read_parts(json_t *details, bool failed_only, struct pulse_job_parts *parts,
                      struct pulse_err *err)
{
    const int64_t found = (int64_t)json_array_size(details);
    clear_found(parts);
    parts->details = details;
    parts->all = pulse_calloc(found, sizeof *parts->all, "the nodes", err);
    if (parts->all == NULL)
        return -1;
    for (int64_t i = 0; i < found; i++) {
        struct pulse_job *part = &parts->all[parts->n];
        if (pulse_job_read(json_array_get(details, (size_t)i), part) &&
            (!failed_only || has_failed(part)))
            parts->n++;
    }
    qsort(parts->all, (size_t)parts->n, sizeof *parts->all, compare_parts);
    return 0;
}

static int update_large(const struct pulse_aws *batch, const struct pulse_job *job,
                        struct pulse_job_parts *parts, struct pulse_err *err)
{
    const int64_t failed = pulse_job_children_in(job, "FAILED");
    const bool known = parts->looked ? failed == parts->failed : failed == 0;
    if (known && !has_failed(job)) /* the counts come late: at the end they are not trusted */
        return 0;
    json_t *details = ask_failed(batch, job, err);
    if (details == NULL || read_parts(details, true, parts, err) != 0)
        return -1;
    parts->looked = true;
    parts->failed = failed;
    return 0;
}

int pulse_job_parts_update(const struct pulse_aws *batch, const struct pulse_job *job,
                           struct pulse_job_parts *parts, struct pulse_err *err)
{
    const bool multi = job->kind == PULSE_JOB_MULTI;
    if ((!multi && job->kind != PULSE_JOB_ARRAY) || job->parts < 1) {
        clear_found(parts);
        return 0;
    }
    if (!multi && job->parts > SMALL_ARRAY)
        return update_large(batch, job, parts, err);
    json_t *details =
        describe_first(batch, job, job->parts < MOST_NODES ? job->parts : MOST_NODES, err);
    return details == NULL ? -1 : read_parts(details, false, parts, err);
}

enum pulse_fate pulse_job_parts_fate(const struct pulse_job *job,
                                     const struct pulse_job_parts *parts)
{
    if (job->kind != PULSE_JOB_ARRAY || job->fate != PULSE_FATE_FAILED || parts->n == 0 ||
        !has_failed(&parts->all[0]))
        return job->fate;
    for (int64_t i = 1; i < parts->n && has_failed(&parts->all[i]); i++)
        if (parts->all[i].fate != parts->all[0].fate)
            return job->fate;
    return parts->all[0].fate;
}
