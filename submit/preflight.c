#include "submit/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "submit/aws.h"
#include "submit/instance.h"

void pulse_findings_add(struct pulse_findings *out, bool fatal, const char *format, ...)
{
    va_list values;
    if (out->n == PULSE_MOST_FINDINGS)
        return;
    struct pulse_finding *finding = &out->finding[out->n++];
    char raw[sizeof finding->text +
             4]; /* where it is cut, in mid-character maybe, nothing is copied */
    va_start(values, format);
    (void)vsnprintf(raw, sizeof raw, format, values);
    va_end(values);
    (void)pulse_terminal_escape(raw, finding->text, sizeof finding->text);
    finding->fatal = fatal;
}

/* ---- Queue and definition ------------------------------------------------------- */

/* Being made or changed, which passes by itself. */
static bool is_in_between(const char *status)
{
    return strcmp(status, "CREATING") == 0 || strcmp(status, "UPDATING") == 0;
}

static bool is_going(const char *status)
{
    return strcmp(status, "DELETING") == 0 || strcmp(status, "DELETED") == 0;
}

/* A queue that is disabled takes no new jobs, and goes on starting those that it has. */
static void check_state(const struct pulse_need *need, const json_t *queue,
                        struct pulse_findings *out)
{
    const char *state = pulse_aws_text(queue, "state"), *status = pulse_aws_text(queue, "status");
    if (strcmp(state, "ENABLED") != 0 && need->is_submitted)
        pulse_findings_add(out, false,
                           "the job queue %s is %s: it takes no new jobs, and goes on with those "
                           "that it has",
                           need->queue, state);
    else if (strcmp(state, "ENABLED") != 0)
        pulse_findings_add(out, true, "the job queue %s is %s and takes no jobs: enable it",
                           need->queue, state);
    if (is_in_between(status))
        pulse_findings_add(out, false, "the job queue %s is %s: it starts jobs once it is VALID",
                           need->queue, status);
    else if (is_going(status))
        pulse_findings_add(out, true, "the job queue %s is %s: name another with --job-queue",
                           need->queue, status);
    else if (strcmp(status, "VALID") != 0)
        pulse_findings_add(out, true, "the job queue %s is %s (%s): repair it", need->queue, status,
                           pulse_aws_text(queue, "statusReason"));
}

/* A queue with a scheduling policy takes only jobs of a share, and one without takes none. */
static void check_share(const struct pulse_need *need, const json_t *queue,
                        struct pulse_findings *out)
{
    const bool fair = pulse_aws_text(queue, "schedulingPolicyArn")[0] != '\0';
    if (fair && need->share_identifier == NULL)
        pulse_findings_add(out, true,
                           "the job queue %s shares fairly among its users: say whose job it is "
                           "with --share-identifier (its scheduling policy lists them)",
                           need->queue);
    else if (!fair && need->share_identifier != NULL)
        pulse_findings_add(out, true,
                           "the job queue %s has no scheduling policy, and takes no "
                           "--share-identifier: leave it out",
                           need->queue);
}

void pulse_preflight_queue(const struct pulse_need *need, const json_t *queue,
                           struct pulse_findings *out)
{
    if (queue == NULL) {
        pulse_findings_add(out, true,
                           "there is no job queue %s in this region: name another with "
                           "--job-queue, or another --aws-region",
                           need->queue);
        return;
    }
    check_state(need, queue, out);
    if (json_array_size(json_object_get(queue, "computeEnvironmentOrder")) == 0)
        pulse_findings_add(out, true, "the job queue %s has no compute environment: add one",
                           need->queue);
    if (!need->is_submitted)
        check_share(need, queue, out);
}

/* Whether all ranges of nodes of a definition can be stretched: only an open last one, "0:". */
static bool is_open(const json_t *ranges)
{
    bool open = false;
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const char *targets = pulse_aws_text(json_array_get(ranges, i), "targetNodes");
        const size_t n = strlen(targets);
        open = open || (n > 0 && targets[n - 1] == ':');
    }
    return open;
}

/* Not of every definition the command can be set, which is how a job gets its training. */
static void check_layout(const struct pulse_need *need, const json_t *definition,
                         struct pulse_findings *out)
{
    const struct pulse_definition read = pulse_definition_read(definition);
    if (read.layout == PULSE_LAYOUT_ECS)
        pulse_findings_add(out, true,
                           "the job definition %s has ecsProperties, which refuse the container "
                           "overrides that say what to train: register it with "
                           "containerProperties or nodeProperties",
                           need->definition);
    else if (read.layout == PULSE_LAYOUT_EKS && (need->multi || read.containers > 1))
        pulse_findings_add(out, true,
                           "the job definition %s has eksProperties, where only a job of one node "
                           "and one container can be told what to train: register it so, or with "
                           "containerProperties",
                           need->definition);
}

/* Whether containers of nodes get what they know each other by, as a secret or, less well, as a
 * plain variable. */
static bool passes_secret(const json_t *ranges)
{
    static const char *const lists[] = {"secrets", "environment"};
    bool passed = json_array_size(ranges) > 0;
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *container = json_object_get(json_array_get(ranges, i), "container");
        bool here = container == NULL; /* another layout: check_layout says so */
        for (size_t k = 0; k < 2; k++) {
            const json_t *list = json_object_get(container, lists[k]);
            for (size_t j = 0; j < json_array_size(list); j++)
                here = here || strcmp(pulse_aws_text(json_array_get(list, j), "name"),
                                      "PULSE_RENDEZVOUS_SECRET") == 0;
        }
        passed = passed && here;
    }
    return passed;
}

void pulse_preflight_definition(const struct pulse_need *need, const json_t *definition,
                                struct pulse_findings *out)
{
    const char *type = pulse_aws_text(definition, "type");
    const json_t *nodes = json_object_get(definition, "nodeProperties");
    if (definition == NULL) {
        pulse_findings_add(out, true,
                           "there is no active job definition %s: register it (cloud/aws/batch), "
                           "or name another with --job-definition",
                           need->definition);
        return;
    }
    if (need->multi != (strcmp(type, "multinode") == 0)) {
        pulse_findings_add(out, true,
                           "the job definition %s is of type %s, and this is a %s job: name "
                           "another with --job-definition, or choose --mode %s",
                           need->definition, type, need->multi ? "multi-node" : "single-node",
                           need->multi ? "single" : "multi");
        return;
    }
    const json_int_t made_for = json_integer_value(json_object_get(nodes, "numNodes"));
    if (need->multi && made_for > 0 && made_for != need->nodes &&
        !is_open(json_object_get(nodes, "nodeRangeProperties")))
        pulse_findings_add(out, true,
                           "the job definition %s is made for exactly %lld nodes: register it with "
                           "the open range \"0:\", or take --nodes %lld",
                           need->definition, (long long)made_for, (long long)made_for);
    if (need->multi && pulse_definition_platform(definition) == PULSE_PLATFORM_FARGATE)
        pulse_findings_add(out, true,
                           "the job definition %s is for Fargate, which has no multi-node jobs: "
                           "register it for EC2, or choose --mode single",
                           need->definition);
    if (need->multi && !passes_secret(json_object_get(nodes, "nodeRangeProperties")))
        pulse_findings_add(out, false,
                           "the job definition %s passes no PULSE_RENDEZVOUS_SECRET, without which "
                           "nodes do not believe each other: let it pass one from Secrets Manager, "
                           "as that of cloud/aws/batch does",
                           need->definition);
    check_layout(need, definition, out);
}

void pulse_preflight_dependencies(const char *const *ids, int64_t n, const json_t *others,
                                  struct pulse_findings *out)
{
    for (int64_t i = 0; i < n; i++) {
        const char *status = NULL;
        for (size_t k = 0; k < json_array_size(others); k++)
            if (strcmp(pulse_aws_text(json_array_get(others, k), "jobId"), ids[i]) == 0)
                status = pulse_aws_text(json_array_get(others, k), "status");
        if (status == NULL)
            pulse_findings_add(out, false, "--depends-on %s: Batch does not know this job", ids[i]);
        else if (strcmp(status, "FAILED") == 0)
            pulse_findings_add(out, true,
                               "--depends-on %s: that job has FAILED, and this one would fail with "
                               "it: submit that one again first",
                               ids[i]);
    }
}

/* ---- Compute environments ------------------------------------------------------- */

/* More than that not every family has; what is not known is taken to hold as much. */
enum { COMMON_VCPUS = 96, COMMON_MIB = 384 * 1024 };

/* Whether any of the instance types can hold a node; with `why` when none can, or when it is not
 * known of a large one. */
static bool instances_hold(const struct pulse_need *need, const json_t *types,
                           char why[PULSE_FINDING])
{
    struct pulse_instance best = {.vcpus = 0};
    const char *best_type = "", *unknown = NULL;
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        struct pulse_instance it;
        if (type == NULL)
            continue;
        if (!pulse_instance_read(type, &it)) {
            unknown = type;
            continue;
        }
        if (it.vcpus >= need->vcpus && pulse_instance_usable_mib(&it) >= (double)need->memory_mib)
            return true;
        if (it.memory_mib > best.memory_mib) {
            best = it;
            best_type = type;
        }
    }
    if (unknown != NULL && (need->vcpus > COMMON_VCPUS || need->memory_mib > COMMON_MIB))
        (void)snprintf(why, PULSE_FINDING,
                       "it is not known whether its instances %.40s have the %d vCPUs and %lld MiB "
                       "that a node asks for",
                       unknown, need->vcpus, (long long)need->memory_mib);
    if (unknown != NULL || best.memory_mib <= 0)
        return true;
    if (best.vcpus < need->vcpus)
        (void)snprintf(
            why, PULSE_FINDING,
            "its largest instance %s has %g vCPUs, and a node asks for %d: lower --vcpus "
            "or use larger instances",
            best_type, best.vcpus, need->vcpus);
    else
        (void)snprintf(why, PULSE_FINDING,
                       "its largest instance %s has about %.0f MiB left for jobs, and a node asks "
                       "for %lld: lower --memory or use larger instances",
                       best_type, pulse_instance_usable_mib(&best), (long long)need->memory_mib);
    return false;
}

/* What Fargate sells: for so many vCPUs memory from, to and in steps of so many MiB. What waits in
 * a queue Batch has accepted: it may be of a part of a vCPU, too. */
static bool fargate_holds(const struct pulse_need *need, char why[PULSE_FINDING])
{
    static const struct {
        int vcpus;
        int64_t least, most, step;
    } sold[] = {{1, 2048, 8192, 1024},
                {2, 4096, 16384, 1024},
                {4, 8192, 30720, 1024},
                {8, 16384, 61440, 4096},
                {16, 32768, 122880, 8192}};
    if (need->is_submitted)
        return true;
    for (size_t i = 0; i < sizeof sold / sizeof *sold; i++) {
        if (sold[i].vcpus != need->vcpus)
            continue;
        if (need->memory_mib >= sold[i].least && need->memory_mib <= sold[i].most &&
            need->memory_mib % sold[i].step == 0)
            return true;
        (void)snprintf(
            why, PULSE_FINDING,
            "Fargate has %d vCPUs with %lld to %lld MiB in steps of %lld, not with %lld: "
            "change --memory",
            need->vcpus, (long long)sold[i].least, (long long)sold[i].most, (long long)sold[i].step,
            (long long)need->memory_mib);
        return false;
    }
    (void)snprintf(why, PULSE_FINDING, "Fargate has 1, 2, 4, 8 or 16 vCPUs, not %d: change --vcpus",
                   need->vcpus);
    return false;
}

/* Whether an environment's kind of instances takes the job at all. */
static bool kind_fits(const struct pulse_need *need, const char *type, char why[PULSE_FINDING])
{
    const bool fargate = strncmp(type, "FARGATE", 7) == 0;
    const char *said = NULL;
    if (need->multi && fargate)
        said = "Fargate has no multi-node jobs: add an environment of type EC2, or choose --mode "
               "single";
    else if (need->multi && strcmp(type, "SPOT") == 0)
        said = "Spot instances take no multi-node jobs: add an environment of type EC2, or choose "
               "--mode single";
    else if (fargate && need->platform == PULSE_PLATFORM_EC2)
        said = "it is of Fargate, and the job definition is for EC2: name another queue or "
               "definition";
    else if (!fargate && type[0] != '\0' && need->platform == PULSE_PLATFORM_FARGATE)
        said = "it is of EC2, and the job definition is for Fargate: name another queue or "
               "definition";
    if (said != NULL)
        (void)snprintf(why, PULSE_FINDING, "%s", said);
    return said == NULL;
}

/* Whether what an environment has is enough for the job; with `why` when it is not. */
static bool resources_hold(const struct pulse_need *need, const json_t *resources,
                           char why[PULSE_FINDING])
{
    const char *type = pulse_aws_text(resources, "type");
    const json_int_t most = json_integer_value(json_object_get(resources, "maxvCpus"));
    const long long wanted = (long long)need->nodes * need->vcpus;
    if (!kind_fits(need, type, why))
        return false;
    if (json_is_integer(json_object_get(resources, "maxvCpus")) && wanted > most) {
        (void)snprintf(
            why, PULSE_FINDING,
            "it has at most %lld vCPUs, and %d node%s of %d ask%s for %lld: lower --vcpus or "
            "--nodes, or raise its maxvCpus",
            (long long)most, need->nodes, need->nodes == 1 ? "" : "s", need->vcpus,
            need->nodes == 1 ? "s" : "", wanted);
        return false;
    }
    return strncmp(type, "FARGATE", 7) == 0
               ? fargate_holds(need, why)
               : instances_hold(need, json_object_get(resources, "instanceTypes"), why);
}

/* Whether one environment can ever hold the job; with `why` when it cannot, or not now. */
static bool environment_holds(const struct pulse_need *need, const json_t *environment,
                              char why[PULSE_FINDING])
{
    const char *state = pulse_aws_text(environment, "state"),
               *status = pulse_aws_text(environment, "status");
    bool holds = false;
    if (strcmp(state, "ENABLED") != 0)
        (void)snprintf(why, PULSE_FINDING, "it is %s: enable it", state);
    else if (is_going(status))
        (void)snprintf(why, PULSE_FINDING, "it is %s: give the queue another", status);
    else if (strcmp(status, "VALID") != 0 && !is_in_between(status))
        (void)snprintf(why, PULSE_FINDING, "it is %s (%.200s): repair it", status,
                       pulse_aws_text(environment, "statusReason"));
    else
        holds = resources_hold(need, json_object_get(environment, "computeResources"), why);
    if (holds && is_in_between(status))
        (void)snprintf(why, PULSE_FINDING, "it is %s: it starts instances once it is VALID",
                       status);
    return holds;
}

void pulse_preflight_environments(const struct pulse_need *need, const json_t *environments,
                                  struct pulse_findings *out)
{
    const size_t n = json_array_size(environments);
    bool held = false;
    for (size_t i = 0; i < n; i++) {
        char why[PULSE_FINDING] = "";
        held = held || environment_holds(need, json_array_get(environments, i), why);
    }
    if (n == 0)
        pulse_findings_add(out, true,
                           "the job queue %s has no compute environment that exists: add one",
                           need->queue);
    for (size_t i = 0; i < n; i++) {
        const json_t *environment = json_array_get(environments, i);
        const char *name = pulse_aws_text(environment, "computeEnvironmentName");
        char why[PULSE_FINDING] = "";
        if (!environment_holds(need, environment, why))
            pulse_findings_add(out, !held, "the compute environment %s cannot hold the job: %s",
                               name, why);
        else if (why[0] != '\0')
            pulse_findings_add(out, false, "the compute environment %s: %s", name, why);
    }
}
