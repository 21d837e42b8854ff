#include "submit/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/progress.h"
#include "store/aws/retry_policy.h"
#include "store/aws/retry_state.h"

enum { MOST_IDS = 100, MOST_PAGES = 1000, LOOKS = 3 };

/* One call to its end: its answer, owned by the caller, or NULL with an error. `body` is taken. */
static json_t *call_batch(const struct pulse_aws *aws, const char *what, const char *path,
                          json_t *body, struct pulse_err *err)
{
    struct pulse_aws_call call = {.what = what, .path = path, .body = body};
    json_t *answer = NULL;
    if (body == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "%s: out of memory for the request", what);
    else if (pulse_aws_perform(aws, &call, err) == 0)
        answer = json_incref(call.answer);
    pulse_aws_call_clear(&call);
    json_decref(body);
    return answer;
}

/* Appends what `name` of an answer holds to `all`; -1 when it is no list. */
static int append_list(json_t *all, const json_t *answer, const char *name, const char *what,
                       struct pulse_err *err)
{
    json_t *some = json_object_get(answer, name);
    if (!json_is_array(some))
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "%s: the answer has no list '%s'; try again later", what, name);
    for (size_t i = 0; i < json_array_size(some); i++)
        if (json_is_object(json_array_get(some, i)) &&
            json_array_append(all, json_array_get(some, i)) != 0)
            return pulse_fail(err, PULSE_E_MEMORY, "%s: out of memory for the answer", what);
    return 0;
}

static json_t *new_array(struct pulse_err *err)
{
    json_t *array = json_array();
    if (array == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a list");
    return array;
}

/* ---- Jobs ----------------------------------------------------------------------- */

json_t *pulse_batch_describe(const struct pulse_aws *aws, const char *const *ids, int64_t n,
                             struct pulse_err *err)
{
    json_t *all = new_array(err);
    int rc = all == NULL ? -1 : 0;
    for (int64_t first = 0; rc == 0 && first < n; first += MOST_IDS) {
        json_t *some = json_array();
        for (int64_t i = first; i < n && i < first + MOST_IDS; i++)
            (void)json_array_append_new(some, json_string(ids[i]));
        json_t *answer = call_batch(aws, "DescribeJobs", "/v1/describejobs",
                                    json_pack("{s:o}", "jobs", some), err);
        rc = answer == NULL ? -1 : append_list(all, answer, "jobs", "DescribeJobs", err);
        json_decref(answer);
    }
    if (rc == 0)
        return all;
    json_decref(all);
    return NULL;
}

json_t *pulse_batch_find(const struct pulse_aws *aws, const char *const *ids, int64_t n,
                         struct pulse_err *err)
{
    json_t *found = pulse_batch_describe(aws, ids, n, err);
    for (int look = 1; look < LOOKS && found != NULL && (int64_t)json_array_size(found) < n;
         look++) {
        json_decref(found);
        found = pulse_retry_state_sleep(pulse_seconds() + 1, err) != 0
                    ? NULL
                    : pulse_batch_describe(aws, ids, n, err);
    }
    return found;
}

/* A call whose answers come in pages, each with some of a list. */
struct paged {
    const char *what, *path, *list;
};

static const struct paged list_jobs = {"ListJobs", "/v1/listjobs", "jobSummaryList"};

/* At most `most` of the list over all pages of the answer to `request`, which is taken. */
static json_t *call_pages(const struct pulse_aws *aws, const struct paged *call, json_t *request,
                          int64_t most, struct pulse_err *err)
{
    json_t *all = new_array(err), *token = NULL;
    int rc = all == NULL ? -1 : 0;
    for (int page = 0; rc == 0 && page < MOST_PAGES; page++) {
        json_t *body = json_copy(request);
        if (token != NULL)
            (void)json_object_set(body, "nextToken", token);
        json_decref(token);
        token = NULL;
        json_t *answer = call_batch(aws, call->what, call->path, body, err);
        rc = answer == NULL ? -1 : append_list(all, answer, call->list, call->what, err);
        const char *next = json_string_value(json_object_get(answer, "nextToken"));
        if (rc == 0 && next != NULL && next[0] != '\0')
            token = json_incref(json_object_get(answer, "nextToken"));
        json_decref(answer);
        if (token == NULL || (int64_t)json_array_size(all) >= most)
            break;
    }
    /* Half of a list would be taken for all of it: a job that is there would be submitted again. */
    if (rc == 0 && token != NULL && (int64_t)json_array_size(all) < most)
        rc = pulse_fail(err, PULSE_E_TEMPORARY,
                        "%s: the list does not end after %d pages; try again later", call->what,
                        MOST_PAGES);
    json_decref(token);
    json_decref(request);
    while (rc == 0 && (int64_t)json_array_size(all) > most)
        (void)json_array_remove(all, json_array_size(all) - 1);
    if (rc == 0)
        return all;
    json_decref(all);
    return NULL;
}

json_t *pulse_batch_list(const struct pulse_aws *aws, const char *queue, const char *name,
                         const char *status, int64_t most, struct pulse_err *err)
{
    json_t *request = json_pack("{s:s}", "jobQueue", queue);
    if (name != NULL)
        (void)json_object_set_new(request, "filters",
                                  json_pack("[{s:s,s:[s]}]", "name", "JOB_NAME", "values", name));
    else
        (void)json_object_set_new(request, "jobStatus", json_string(status));
    return call_pages(aws, &list_jobs, request, most, err);
}

json_t *pulse_batch_list_children(const struct pulse_aws *aws, const char *array,
                                  const char *status, int64_t most, struct pulse_err *err)
{
    return call_pages(aws, &list_jobs,
                      json_pack("{s:s,s:s}", "arrayJobId", array, "jobStatus", status), most, err);
}

int pulse_batch_terminate(const struct pulse_aws *aws, const char *job_id, const char *reason,
                          struct pulse_err *err)
{
    json_t *body = json_pack("{s:s,s:s}", "jobId", job_id, "reason", reason);
    struct pulse_aws_call call = {
        .what = "TerminateJob", .path = "/v1/terminatejob", .body = body, .empty = true};
    int rc = body == NULL ? pulse_fail(err, PULSE_E_MEMORY, "out of memory for TerminateJob")
                          : pulse_aws_perform(aws, &call, err);
    pulse_aws_call_clear(&call);
    json_decref(body);
    return rc;
}

/* ---- Submitting once ------------------------------------------------------------ */

/* It is printed for others to copy into a command line: nothing that is no id gets there. */
static bool read_id(const json_t *answer, char job_id[PULSE_JOB_ID])
{
    const char *id = json_string_value(json_object_get(answer, "jobId"));
    static const char legal[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:#";
    if (id == NULL || id[0] == '\0' || strlen(id) >= PULSE_JOB_ID ||
        strspn(id, legal) != strlen(id))
        return false;
    (void)strcpy(job_id, id);
    return true;
}

static const char *name_of(const json_t *request)
{
    return json_string_value(json_object_get(request, "jobName"));
}

/* Looks the job up by its name, a few times since a new job shows after a moment. 0 with *found. */
static int look_up(const struct pulse_aws *aws, const json_t *request, char job_id[PULSE_JOB_ID],
                   bool *found, struct pulse_err *err)
{
    const char *queue = json_string_value(json_object_get(request, "jobQueue"));
    *found = false;
    for (int look = 0; look < LOOKS && !*found; look++) {
        if (look > 0 && pulse_retry_state_sleep(pulse_seconds() + 1, err) != 0)
            return -1;
        json_t *jobs = pulse_batch_list(aws, queue, name_of(request), NULL, 1, err);
        if (jobs == NULL)
            return -1;
        *found = json_array_size(jobs) > 0 && read_id(json_array_get(jobs, 0), job_id);
        json_decref(jobs);
    }
    return 0;
}

/* Of a process that was asked to end: what may be left. */
static void explain_leftover(const json_t *request, struct pulse_err *err)
{
    if (err->kind != PULSE_E_SIGINT && err->kind != PULSE_E_SIGTERM)
        return;
    (void)pulse_fail(err, err->kind,
                     "interrupted while submitting: there may be a job %s; pulse-status list shows "
                     "it, and the same command finds it before it submits",
                     name_of(request));
}

/* After an attempt whose end is not known. */
static int resolve_attempt(const struct pulse_aws *aws, const json_t *request,
                           char job_id[PULSE_JOB_ID], bool *found, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    pulse_warn("%s; looking for the job before it is sent again", err->text);
    if (look_up(aws, request, job_id, found, &why) == 0)
        return 0;
    if (why.kind == PULSE_E_SIGINT || why.kind == PULSE_E_SIGTERM)
        *err = why;
    else
        (void)pulse_fail(err, PULSE_E_TEMPORARY,
                         "SubmitJob: the answer was lost and the job cannot be looked up (%.300s); "
                         "look for the name %s in the queue before submitting again",
                         why.text, name_of(request));
    return -1;
}

/* One attempt; *unclear when it failed and there may be a job all the same. */
static int submit_once(const struct pulse_aws *aws, json_t *request, char job_id[PULSE_JOB_ID],
                       bool *unclear, struct pulse_err *err)
{
    struct pulse_aws_call call = {
        .what = "SubmitJob", .path = "/v1/submitjob", .body = request, .once = true};
    int rc = pulse_aws_perform(aws, &call, err);
    *unclear = rc != 0 && call.ambiguous;
    if (rc == 0 && !read_id(call.answer, job_id)) {
        *unclear = true;
        rc = pulse_fail(err, PULSE_E_TEMPORARY, "SubmitJob: the answer names no job");
    }
    pulse_aws_call_clear(&call);
    return rc;
}

int pulse_batch_submit(const struct pulse_aws *aws, json_t *request, char job_id[PULSE_JOB_ID],
                       struct pulse_err *err)
{
    const int attempts = pulse_retry_policy_max_attempts();
    bool unclear, found = false;
    int rc = submit_once(aws, request, job_id, &unclear, err);
    for (int attempt = 1; rc != 0 && unclear; attempt++) {
        if (resolve_attempt(aws, request, job_id, &found, err) != 0)
            break;
        if (!found && attempt >= attempts)
            break;
        *err = (struct pulse_err){.kind = PULSE_OK};
        rc = 0;
        if (!found)
            rc = pulse_retry_state_sleep(
                pulse_seconds() + pulse_retry_policy_delay_seconds(attempt, "", 0.5), err);
        if (!found && rc == 0)
            rc = submit_once(aws, request, job_id, &unclear, err);
    }
    if (rc != 0)
        explain_leftover(request, err);
    return rc;
}

/* ---- What jobs run on ----------------------------------------------------------- */

static json_t *first_of(json_t *answer, const char *name)
{
    json_t *first = json_incref(json_array_get(json_object_get(answer, name), 0));
    json_decref(answer);
    return first;
}

json_t *pulse_batch_queue(const struct pulse_aws *aws, const char *queue, struct pulse_err *err)
{
    return first_of(call_batch(aws, "DescribeJobQueues", "/v1/describejobqueues",
                               json_pack("{s:[s]}", "jobQueues", queue), err),
                    "jobQueues");
}

json_t *pulse_batch_definition(const struct pulse_aws *aws, const char *definition,
                               struct pulse_err *err)
{
    static const struct paged describe = {"DescribeJobDefinitions", "/v1/describejobdefinitions",
                                          "jobDefinitions"};
    const char *slash = strrchr(definition, '/'); /* of an ARN what follows is NAME[:REVISION] */
    const char *name = slash == NULL ? definition : slash + 1;
    json_t *newest = NULL, *body;
    if (strchr(name, ':') != NULL)
        body = json_pack("{s:[s],s:s}", "jobDefinitions", definition, "status", "ACTIVE");
    else
        body = json_pack("{s:s,s:s}", "jobDefinitionName", name, "status", "ACTIVE");
    json_t *all = call_pages(aws, &describe, body, INT64_MAX, err);
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        if (newest == NULL || json_integer_value(json_object_get(one, "revision")) >
                                  json_integer_value(json_object_get(newest, "revision")))
            newest = one;
    }
    json_incref(newest);
    json_decref(all);
    return newest;
}

json_t *pulse_batch_environments(const struct pulse_aws *aws, const json_t *queue,
                                 struct pulse_err *err)
{
    json_t *names = json_array(), *all = new_array(err);
    const json_t *order = json_object_get(queue, "computeEnvironmentOrder");
    for (size_t i = 0; i < json_array_size(order); i++)
        (void)json_array_append(names,
                                json_object_get(json_array_get(order, i), "computeEnvironment"));
    if (all != NULL && json_array_size(names) > 0) {
        json_t *answer =
            call_batch(aws, "DescribeComputeEnvironments", "/v1/describecomputeenvironments",
                       json_pack("{s:O}", "computeEnvironments", names), err);
        if (answer == NULL || append_list(all, answer, "computeEnvironments",
                                          "DescribeComputeEnvironments", err) != 0) {
            json_decref(all);
            all = NULL;
        }
        json_decref(answer);
    }
    json_decref(names);
    return all;
}

int pulse_batch_position(const struct pulse_aws *aws, const char *queue, const char *job_arn)
{
    /* Not every account and region has this one; without it the position is not known. */
    struct pulse_err ignored = {.kind = PULSE_OK};
    json_t *answer = call_batch(aws, "GetJobQueueSnapshot", "/v1/getjobqueuesnapshot",
                                json_pack("{s:s}", "jobQueue", queue), &ignored);
    const json_t *front = json_object_get(json_object_get(answer, "frontOfQueue"), "jobs");
    int position = 0;
    for (size_t i = 0; i < json_array_size(front) && position == 0; i++) {
        const char *arn = json_string_value(json_object_get(json_array_get(front, i), "jobArn"));
        if (arn != NULL && strcmp(arn, job_arn) == 0)
            position = (int)i + 1;
    }
    json_decref(answer);
    return position;
}
