#include "submit/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "submit/aws.h"

/* Milliseconds since 1970; 0 for what is none, or more than nanoseconds in 64 bits hold. */
static int64_t time_of(const json_t *object, const char *name)
{
    const int64_t ms = pulse_aws_whole(object, name);
    return ms > 0 && ms <= INT64_MAX / 1000000 ? ms : 0;
}

/* A number written as text, as a whole one: less than 1 is 0, and no more than a million. */
static int whole_of(const char *text)
{
    double value = 0;
    (void)pulse_parse_real(text, 0, INFINITY, &value);
    return value >= 1e6 ? 1000000 : (int)value;
}

int pulse_fate_exit_code(enum pulse_fate fate)
{
    static const int codes[] = {0, 0, 1, 4, 5, 3, 6};
    return codes[fate];
}

const char *pulse_fate_name(enum pulse_fate fate)
{
    static const char *const names[] = {"open",       "succeeded", "failed",          "timed out",
                                        "terminated", "not found", "cannot be placed"};
    return names[fate];
}

const char *pulse_job_explain_code(int64_t code)
{
    static const struct {
        int code;
        const char *words;
    } known[] = {
        {PULSE_EXIT_INCOMPLETE, " (trained, but some windows failed: summary.json says why)"},
        {2, " (options or data are wrong: see its log)"},
        {3, " (a disk, S3 or AWS refused: see its log)"},
        {75, " (a failure that may pass: submit it again, it resumes)"},
        {127, " (the image has no such program)"},
        {134, " (it crashed)"},
        {137, " (killed, perhaps for want of memory: more --memory may do)"},
        {139, " (it crashed)"},
        {143, " (ended from outside)"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code)
            return known[i].words;
    return "";
}

/* ---- Description ---------------------------------------------------------------- */

const json_t *pulse_job_attempts(const json_t *detail)
{
    const json_t *pods = json_object_get(detail, "eksAttempts");
    return json_array_size(pods) > 0 ? pods : json_object_get(detail, "attempts");
}

const json_t *pulse_job_container(const json_t *holder)
{
    const json_t *pod = json_object_get(json_object_get(holder, "eksProperties"), "podProperties");
    const json_t *task = json_object_get(holder, "ecsProperties"), *several;
    task = json_object_get(task == NULL ? holder : task, "taskProperties");
    if (json_is_object(json_object_get(holder, "container")))
        return json_object_get(holder, "container");
    several = json_object_get(json_array_size(task) > 0 ? json_array_get(task, 0)
                              : pod != NULL             ? pod
                                                        : holder,
                              "containers");
    for (size_t i = 0; i < json_array_size(several); i++)
        if (pulse_aws_whole(json_array_get(several, i), "exitCode") != 0)
            return json_array_get(several, i);
    return json_array_get(several, 0);
}

static const json_t *last_attempt(const json_t *detail)
{
    const json_t *attempts = pulse_job_attempts(detail);
    const size_t n = json_array_size(attempts);
    return n == 0 ? NULL : json_array_get(attempts, n - 1);
}

static bool says_timeout(const json_t *object)
{
    return strstr(pulse_aws_text(object, "statusReason"), "exceeded timeout") != NULL;
}

/* What Batch says when it cancels a job that its queue lets wait no longer. */
#define BY_TIME_LIMIT "Canceled by JobStateTimeLimit action"

static enum pulse_fate fate_of(const struct pulse_job *job)
{
    const json_t *d = job->detail;
    if (strcmp(job->status, "SUCCEEDED") == 0)
        return PULSE_FATE_SUCCEEDED;
    if (strcmp(job->status, "FAILED") != 0)
        return PULSE_FATE_OPEN;
    if (strncmp(job->reason, BY_TIME_LIMIT, strlen(BY_TIME_LIMIT)) == 0)
        return PULSE_FATE_HOPELESS;
    if (json_is_true(json_object_get(d, "isTerminated")) ||
        json_is_true(json_object_get(d, "isCancelled")) ||
        strncmp(job->reason, PULSE_TERMINATED_BY, strlen(PULSE_TERMINATED_BY)) == 0)
        return PULSE_FATE_TERMINATED;
    return says_timeout(d) || says_timeout(last_attempt(d)) ? PULSE_FATE_TIMED_OUT
                                                            : PULSE_FATE_FAILED;
}

static void read_kind(struct pulse_job *job)
{
    const json_t *d = job->detail, *node = json_object_get(d, "nodeDetails");
    const json_t *nodes = json_object_get(d, "nodeProperties");
    const json_t *array = json_object_get(d, "arrayProperties");
    const char *colon = strrchr(job->id, ':');
    job->kind = PULSE_JOB_SINGLE;
    if (json_is_object(node) && strchr(job->id, '#') != NULL) {
        job->kind = PULSE_JOB_NODE;
        job->index = pulse_aws_whole(node, "nodeIndex");
        job->main = json_is_true(json_object_get(node, "isMainNode"));
    } else if (json_is_object(nodes)) {
        job->kind = PULSE_JOB_MULTI;
        job->parts = pulse_aws_whole(nodes, "numNodes");
    } else if (json_is_integer(json_object_get(array, "size"))) {
        job->kind = PULSE_JOB_ARRAY;
        job->parts = pulse_aws_whole(array, "size");
    } else if (json_is_integer(json_object_get(array, "index"))) {
        job->kind = PULSE_JOB_CHILD;
        job->index = pulse_aws_whole(array, "index");
    } else if (colon != NULL && pulse_parse_int(colon + 1, 0, INT32_MAX, &job->index))
        job->kind = PULSE_JOB_CHILD; /* some leave the index to the id */
}

static void read_exit(struct pulse_job *job, const json_t *container)
{
    const json_t *code = json_object_get(container, "exitCode");
    if (json_is_integer(code)) {
        job->has_exit_code = true;
        job->exit_code = (int)json_integer_value(code);
    }
    if (pulse_aws_text(container, "reason")[0] != '\0')
        job->exit_reason = pulse_aws_text(container, "reason");
    if (pulse_aws_text(container, "logStreamName")[0] != '\0')
        job->stream = pulse_aws_text(container, "logStreamName");
}

bool pulse_job_read(const json_t *detail, struct pulse_job *out)
{
    const json_t *container = json_object_get(detail, "container");
    const json_t *interfaces = json_object_get(container, "networkInterfaces");
    *out = (struct pulse_job){
        .detail = detail,
        .id = pulse_aws_text(detail, "jobId"),
        .arn = pulse_aws_text(detail, "jobArn"),
        .name = pulse_aws_text(detail, "jobName"),
        .queue = pulse_aws_text(detail, "jobQueue"),
        .definition = pulse_aws_text(detail, "jobDefinition"),
        .status = pulse_aws_text(detail, "status"),
        .reason = pulse_aws_text(detail, "statusReason"),
        .created_ms = time_of(detail, "createdAt"),
        .started_ms = time_of(detail, "startedAt"),
        .stopped_ms = time_of(detail, "stoppedAt"),
        .exit_reason = "",
        .stream = "",
        .address = pulse_aws_text(json_array_get(interfaces, 0), "privateIpv4Address")};
    out->attempts = (int64_t)json_array_size(pulse_job_attempts(detail));
    read_kind(out);
    read_exit(out, pulse_job_container(last_attempt(detail)));
    read_exit(out, pulse_job_container(detail));
    out->fate = fate_of(out);
    return out->id[0] != '\0' && out->status[0] != '\0';
}

int64_t pulse_job_children_in(const struct pulse_job *job, const char *state)
{
    const json_t *array = json_object_get(job->detail, "arrayProperties");
    return pulse_aws_whole(json_object_get(array, "statusSummary"), state);
}

const char *pulse_job_state(const struct pulse_job *job)
{
    const bool runs =
        pulse_job_children_in(job, "RUNNING") > 0 || pulse_job_children_in(job, "STARTING") > 0;
    return runs && strcmp(job->status, "PENDING") == 0 ? "running" : job->status;
}

/* ---- What it asks for ----------------------------------------------------------- */

/* The container that stands for all nodes. */
static const json_t *container_of(const struct pulse_job *job)
{
    const json_t *nodes = json_object_get(job->detail, "nodeProperties");
    const json_t *first = json_array_get(json_object_get(nodes, "nodeRangeProperties"), 0);
    return job->kind == PULSE_JOB_MULTI ? json_object_get(first, "container")
                                        : json_object_get(job->detail, "container");
}

struct pulse_need pulse_job_need(const struct pulse_job *job)
{
    const json_t *container = container_of(job);
    const char *slash = strrchr(job->queue, '/'); /* of an ARN the name is enough */
    const json_t *resources = json_object_get(container, "resourceRequirements");
    struct pulse_need need = {.queue = slash == NULL ? job->queue : slash + 1,
                              .definition = job->definition,
                              .multi = job->kind == PULSE_JOB_MULTI,
                              .nodes = job->kind == PULSE_JOB_MULTI ? (int)job->parts : 1,
                              .vcpus = (int)pulse_aws_whole(container, "vcpus"),
                              .memory_mib = pulse_aws_whole(container, "memory"),
                              .platform = pulse_definition_platform(job->detail),
                              .is_submitted = true};
    for (size_t i = 0; i < json_array_size(resources); i++) {
        const json_t *one = json_array_get(resources, i);
        const char *type = pulse_aws_text(one, "type");
        if (strcmp(type, "VCPU") == 0) /* a quarter of one is less than any instance has */
            need.vcpus = whole_of(pulse_aws_text(one, "value"));
        else if (strcmp(type, "MEMORY") == 0)
            (void)pulse_parse_int(pulse_aws_text(one, "value"), 0, INT64_MAX, &need.memory_mib);
    }
    return need;
}

/* ---- Log streams ---------------------------------------------------------------- */

/* Of the container of newer definitions' first task. */
static const json_t *task_container_of(const struct pulse_job *job)
{
    const json_t *tasks =
        json_object_get(json_object_get(job->detail, "ecsProperties"), "taskProperties");
    return json_array_get(json_object_get(json_array_get(tasks, 0), "containers"), 0);
}

/* An option of the log driver, of the job's own definition or of its parent's; "" without one. */
static const char *log_option(const struct pulse_job *job, const struct pulse_job *parent,
                              const char *name)
{
    const json_t *log = json_object_get(container_of(job), "logConfiguration");
    if (log == NULL)
        log = json_object_get(task_container_of(job), "logConfiguration");
    const char *value = pulse_aws_text(json_object_get(log, "options"), name);
    return value[0] == '\0' && parent != NULL ? log_option(parent, NULL, name) : value;
}

/* Where the streams of a job are, and what they are called. */
struct stream_source {
    const char *group, *region;
    char label[48];
};

static int add_stream(struct pulse_streams *streams, const struct stream_source *source,
                      const char *name, struct pulse_err *err)
{
    if (name[0] == '\0')
        return 0;
    for (int64_t i = 0; i < streams->n; i++)
        if (strcmp(streams->all[i].log.name, name) == 0)
            return 0;
    if (pulse_grow(&streams->all, &streams->cap, streams->n + 1, sizeof *streams->all,
                   "the log streams", err) != 0)
        return -1;
    struct pulse_stream *stream = &streams->all[streams->n];
    *stream = (struct pulse_stream){
        .log = {.group = pulse_strdup(source->group, err), .name = pulse_strdup(name, err)}};
    if (source->region[0] != '\0')
        stream->log.region = pulse_strdup(source->region, err);
    (void)snprintf(stream->label, sizeof stream->label, "%s", source->label);
    streams->n++;
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_streams_clear(struct pulse_streams *streams)
{
    for (int64_t i = 0; i < streams->n; i++)
        pulse_log_stream_clear(&streams->all[i].log);
    free(streams->all);
    *streams = (struct pulse_streams){.n = 0};
}

/* "node 1, attempt 2"; the parts that say nothing are left out. */
static void label_of(const struct pulse_job *job, int64_t attempt, char out[48])
{
    char part[32] = "", again[32] = "";
    if (job->kind == PULSE_JOB_NODE)
        (void)snprintf(part, sizeof part, "node %lld", (long long)job->index);
    else if (job->kind == PULSE_JOB_CHILD)
        (void)snprintf(part, sizeof part, "child %lld", (long long)job->index);
    else if (job->kind == PULSE_JOB_MULTI)
        (void)snprintf(part, sizeof part, "main node");
    if (attempt > 1)
        (void)snprintf(again, sizeof again, "attempt %lld", (long long)attempt);
    (void)snprintf(out, 48, "%.20s%s%.24s", part, part[0] != '\0' && again[0] != '\0' ? ", " : "",
                   again);
}

/* The streams of a container, or of the containers of newer definitions' tasks. */
static int add_all(struct pulse_streams *streams, const json_t *holder,
                   const struct stream_source *source, struct pulse_err *err)
{
    const json_t *tasks = json_object_get(holder, "taskProperties");
    if (add_stream(streams, source,
                   pulse_aws_text(json_object_get(holder, "container"), "logStreamName"), err) != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const json_t *containers = json_object_get(json_array_get(tasks, i), "containers");
        for (size_t k = 0; k < json_array_size(containers); k++)
            if (add_stream(streams, source,
                           pulse_aws_text(json_array_get(containers, k), "logStreamName"),
                           err) != 0)
                return -1;
    }
    return 0;
}

int pulse_streams_collect(struct pulse_streams *streams, const struct pulse_job *job,
                          const struct pulse_job *parent, struct pulse_err *err)
{
    const json_t *attempts = json_object_get(job->detail, "attempts");
    const struct pulse_job *counts = job->kind == PULSE_JOB_NODE && parent != NULL ? parent : job;
    const bool ended = counts->fate != PULSE_FATE_OPEN;
    struct stream_source source = {.group = log_option(job, parent, "awslogs-group"),
                                   .region = log_option(job, parent, "awslogs-region")};
    if (source.group[0] == '\0')
        source.group = "/aws/batch/job";
    /* It becomes part of a link's host. */
    if (strspn(source.region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(source.region))
        source.region = "";
    for (size_t i = 0; i < json_array_size(attempts); i++) {
        label_of(job, (int64_t)i + 1, source.label);
        if (add_all(streams, json_array_get(attempts, i), &source, err) != 0)
            return -1;
    }
    label_of(job, counts->attempts + (ended ? 0 : 1), source.label);
    if (add_all(streams, job->detail, &source, err) != 0)
        return -1;
    return add_all(streams, json_object_get(job->detail, "ecsProperties"), &source, err);
}
