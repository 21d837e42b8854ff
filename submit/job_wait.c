#include <stdio.h>
#include <string.h>

#include "submit/aws.h"
#include "submit/job.h"

/* ---- PENDING, and failed without a start: other jobs ------------------------------- */

static const json_t *find_other(const json_t *others, const char *id)
{
    for (size_t i = 0; i < json_array_size(others); i++)
        if (strcmp(pulse_aws_text(json_array_get(others, i), "jobId"), id) == 0)
            return json_array_get(others, i);
    return NULL;
}

bool pulse_job_failed_with_another(const struct pulse_job *job)
{
    return job->fate == PULSE_FATE_FAILED && job->attempts == 0 && job->started_ms == 0 &&
           json_array_size(json_object_get(job->detail, "dependsOn")) > 0;
}

/* What became of the other, in Batch's words and the container's. */
static void explain_failure(const char *id, const struct pulse_job *other,
                            struct pulse_findings *out)
{
    char code[32] = "";
    if (other->has_exit_code)
        (void)snprintf(code, sizeof code, ", exit code %d", other->exit_code);
    pulse_findings_add(out, false,
                       "job %s, which it depends on, has FAILED (%.150s%s): find out why, then "
                       "submit both again",
                       id, other->reason[0] == '\0' ? "Batch names no reason" : other->reason,
                       code);
}

static void explain_dependency(const char *id, bool by_child, const json_t *detail,
                               struct pulse_findings *out)
{
    const char *how = by_child ? " (each child for the child of the same index)" : "";
    struct pulse_job other;
    if (detail == NULL || !pulse_job_read(detail, &other))
        pulse_findings_add(out, false, "for job %s, which Batch does not know (any more)", id);
    else if (other.fate == PULSE_FATE_SUCCEEDED)
        return;
    else if (other.fate != PULSE_FATE_OPEN)
        pulse_findings_add(out, false,
                           "for job %s%s, which has FAILED: this one fails with it; submit both "
                           "again",
                           id, how);
    else if (other.kind == PULSE_JOB_ARRAY)
        pulse_findings_add(out, false, "for job %s%s, which is %s: %lld of %lld children done", id,
                           how, pulse_job_state(&other),
                           (long long)pulse_job_children_in(&other, "SUCCEEDED"),
                           (long long)other.parts);
    else
        pulse_findings_add(out, false, "for job %s%s, which is %s", id, how, other.status);
}

void pulse_job_explain_dependencies(const struct pulse_job *job, const json_t *others,
                                    struct pulse_findings *out)
{
    const json_t *list = json_object_get(job->detail, "dependsOn");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *id = pulse_aws_text(one, "jobId");
        struct pulse_job other;
        if (job->fate != PULSE_FATE_OPEN) {
            const json_t *detail = find_other(others, id);
            if (detail != NULL && pulse_job_read(detail, &other) && other.fate != PULSE_FATE_OPEN &&
                other.fate != PULSE_FATE_SUCCEEDED)
                explain_failure(id, &other, out);
        } else if (strcmp(pulse_aws_text(one, "type"), "SEQUENTIAL") == 0)
            pulse_findings_add(out, false, "its children run one after the other");
        else if (id[0] != '\0')
            explain_dependency(id, strcmp(pulse_aws_text(one, "type"), "N_TO_N") == 0,
                               find_other(others, id), out);
    }
}

/* ---- STARTING: the container --------------------------------------------------------- */

void pulse_job_explain_start(struct pulse_findings *out)
{
    pulse_findings_add(out, false,
                       "its instance is there, and gets the image and starts the container, which "
                       "takes some minutes; if it stays so, look whether instances reach the "
                       "image's registry, Secrets Manager and CloudWatch Logs (a NAT gateway or "
                       "VPC endpoints), and have the space for the image");
}

/* ---- RUNNABLE: instances ----------------------------------------------------------- */

static bool begins_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Whether the job's reason is still that of the attempt before, and none to wait. */
static bool is_of_last_attempt(const struct pulse_job *job)
{
    const json_t *attempts = pulse_job_attempts(job->detail);
    const size_t n = json_array_size(attempts);
    return n > 0 && strcmp(pulse_aws_text(json_array_get(attempts, n - 1), "statusReason"),
                           job->reason) == 0;
}

/* Batch's own word on it; true when it says that it can never run. */
static bool explain_reason(const struct pulse_job *job, struct pulse_findings *out)
{
    const char *said = job->reason;
    if (begins_with(said, "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"))
        pulse_findings_add(out, true,
                           "Batch says it cannot be placed (%.200s): end it (--terminate) and "
                           "submit it with less, or use larger instances",
                           said);
    else if (begins_with(said, "MISCONFIGURATION:")) /* a second job would run beside it then */
        pulse_findings_add(out, true,
                           "Batch says it cannot be placed (%.200s): change what it names, and it "
                           "starts by itself; or end it with --terminate",
                           said);
    else if (begins_with(said, "CAPACITY:"))
        pulse_findings_add(out, false,
                           "AWS has no instances free for it right now (%.200s): wait, or allow "
                           "more instance types or zones in the compute environment",
                           said);
    else if (begins_with(said, "ACTION_REQUIRED"))
        pulse_findings_add(out, false, "somebody has to act: %.250s", said);
    else if (begins_with(said, "UNDETERMINED"))
        pulse_findings_add(out, false,
                           "Batch does not know why it waits (%.200s): look at the instances of "
                           "the compute environment (do they start, and join the cluster?)",
                           said);
    else if (said[0] != '\0' && !is_of_last_attempt(job))
        pulse_findings_add(out, false, "Batch says: %.250s", said);
    return begins_with(said, "MISCONFIGURATION:");
}

/* Environments that run as much as they may. */
static void explain_full(const json_t *environments, struct pulse_findings *out)
{
    for (size_t i = 0; i < json_array_size(environments); i++) {
        const json_t *one = json_array_get(environments, i);
        const json_t *resources = json_object_get(one, "computeResources");
        const int64_t most = pulse_aws_whole(resources, "maxvCpus");
        if (most > 0 && pulse_aws_whole(resources, "desiredvCpus") >= most)
            pulse_findings_add(out, false,
                               "the compute environment %s runs all the %lld vCPUs it may: wait "
                               "for other jobs, or raise its maxvCpus",
                               pulse_aws_text(one, "computeEnvironmentName"), (long long)most);
    }
}

bool pulse_job_explain(const struct pulse_job *job, const json_t *queue, const json_t *environments,
                       int position, struct pulse_findings *out)
{
    const struct pulse_need need = pulse_job_need(job);
    bool never = explain_reason(job, out);
    const int before = out->n;
    if (queue != NULL)
        pulse_preflight_queue(&need, queue, out);
    if (environments != NULL)
        pulse_preflight_environments(&need, environments, out);
    for (int i = before; i < out->n; i++)
        never = never || out->finding[i].fatal;
    if (!never) {
        explain_full(environments, out);
        if (position > 1)
            pulse_findings_add(out, false, "it is number %d of those that wait in its queue",
                               position);
        else if (out->n == 0)
            pulse_findings_add(out, false,
                               "Batch is starting instances for it, which takes some minutes%s; if "
                               "it stays so, look whether the compute environment starts any (the "
                               "account's quota of vCPUs, the Spot price), and whether they join "
                               "its cluster (their role; a NAT gateway or VPC endpoints)",
                               position == 1 ? "; it is the first that waits" : "");
    }
    return never;
}
