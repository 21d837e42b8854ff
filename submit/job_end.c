#include <string.h>

#include "submit/job.h"

#define NO_IMAGE                                                                                   \
    "there is no such image: push it, or register the job definition with one that there is"
#define MAY_FETCH                                                                                  \
    "its image may not be fetched, or is not there: check its name, and that the execution role "  \
    "may do ecr:GetAuthorizationToken, BatchGetImage and GetDownloadUrlForLayer"
#define REACH_REGISTRY                                                                             \
    "its image could not be fetched: let instances reach the registry (a NAT gateway, or VPC "     \
    "endpoints of ecr.api, ecr.dkr and S3), then submit it again"
#define MAKE_LOG_GROUP                                                                             \
    "its log cannot be written: make the log group that the job definition names, and let its "    \
    "instances do logs:CreateLogStream and PutLogEvents, and reach CloudWatch Logs"
#define OTHER_CPU "its image is for other processors than the instances have: build it for theirs"
#define AT_FAULT "the instance was at fault, not the job: submit it again"

/* What Batch, ECS and Docker say of ends that were not the program's own doing, and what to do. A
 * rule holds where both texts are somewhere in what was said; the first that holds counts. */
static const struct {
    const char *says, *too;
    const char *advice;
} rules[] = {
    {"OutOfMemory", "",
     "it needed more memory than it had: submit it again with more --memory, or more --nodes"},
    {"o space left on device", "",
     "the disk of its instance is full: give instances larger volumes (disk_gib of cloud/aws), or "
     "fewer jobs"},
    {"no matching manifest", "", OTHER_CPU},
    {"exec format error", "", OTHER_CPU},
    {"toomanyrequests", "",
     "the image's registry gives no more for now: submit it again later, or keep the image in ECR"},
    {"ecr registry auth", "AccessDenied", MAY_FETCH},
    {"ecr registry auth", "", REACH_REGISTRY},
    {"secret", "",
     "its secrets could not be read: let the execution role do secretsmanager:GetSecretValue (and "
     "kms:Decrypt), and instances reach Secrets Manager (a NAT gateway or a VPC endpoint)"},
    {"log group", "", MAKE_LOG_GROUP},
    {"logging driver", "", MAKE_LOG_GROUP},
    {"logger args", "", MAKE_LOG_GROUP},
    {"CannotPullContainer", "not found", NO_IMAGE},
    {"CannotPullContainer", "manifest unknown", NO_IMAGE},
    {"CannotPullContainer", "denied", MAY_FETCH},
    {"CannotPullContainer", "", REACH_REGISTRY},
    {"unable to assume the role", "",
     "its role must trust ecs-tasks.amazonaws.com, and be there: mend the role that the job "
     "definition names"},
    {"executable file not found", "",
     "its image has no such program: register the job definition with an image of this project"},
    {"Host EC2", "",
     "its instance was taken away, as Spot instances are, or broke: submit it again; more "
     "--retry-attempts outlive that"},
    {"network interface", "",
     "it got no address in the network: use subnets with free addresses, then submit it again"},
    {"ResourceInitializationError", "",
     "what it needs to start could not be had: let instances reach the services of AWS that it "
     "names (a NAT gateway or VPC endpoints), then submit it again"},
    {"DockerTimeoutError", "", AT_FAULT},
    {"CannotInspectContainer", "", AT_FAULT},
    {"CannotStartContainer", "",
     "the container did not start: change what that names, or submit it again"},
    {"CannotCreateContainer", "",
     "the container could not be made: change what that names, or submit it again"},
    {"JobStateTimeLimit", "CAPACITY",
     "no instance was free for it as long as its queue lets jobs wait: submit it again later, or "
     "allow more instance types or zones in the compute environment"},
    {"JobStateTimeLimit", "", "change what that names, then submit it again"},
    {"exceeded timeout", "",
     "it took longer than an attempt may: submit it again with a longer --job-timeout or more "
     "--vcpus"}};

static bool is_said(const struct pulse_job *job, const char *text)
{
    return strstr(job->reason, text) != NULL || strstr(job->exit_reason, text) != NULL;
}

static const char *advise_on(const struct pulse_job *job)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (is_said(job, rules[i].says) && is_said(job, rules[i].too))
            return rules[i].advice;
    return NULL;
}

static bool is_bad(const struct pulse_job *job)
{
    return job->fate == PULSE_FATE_FAILED || job->fate == PULSE_FATE_TIMED_OUT ||
           job->fate == PULSE_FATE_HOPELESS;
}

static void add_once(const char *advice, struct pulse_findings *out)
{
    for (int i = 0; i < out->n; i++)
        if (advice == NULL || strcmp(out->finding[i].text, advice) == 0)
            return;
    if (advice != NULL)
        pulse_findings_add(out, false, "%s", advice);
}

void pulse_job_explain_end(const struct pulse_job *job, const struct pulse_job *parts, int64_t n,
                           struct pulse_findings *out)
{
    if (is_bad(job))
        add_once(advise_on(job), out);
    for (int64_t i = 0; i < n; i++)
        if (is_bad(&parts[i]))
            add_once(advise_on(&parts[i]), out);
}
