#include "submit/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "submit/instance.h"

void pulse_findings_add(struct pulse_findings *out, bool fatal, const char *format, ...)
{
    va_list values;
    if (out->n == PULSE_MOST_FINDINGS)
        return;
    struct pulse_finding *finding = &out->finding[out->n++];
    va_start(values, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, values);
    va_end(values);
    pulse_utf8_repair(finding->text); /* cut in mid-character, maybe */
    pulse_utf8_tame(finding->text, "");
    finding->fatal = fatal;
}

bool pulse_findings_fatal(const struct pulse_findings *findings)
{
    for (int i = 0; i < findings->n; i++)
        if (findings->finding[i].fatal)
            return true;
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* ---- Queue and definition ------------------------------------------------------- */

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
    if (strcmp(text_of(queue, "state"), "ENABLED") != 0)
        pulse_findings_add(out, true, "the job queue %s is %s and takes no jobs: enable it",
                           need->queue, text_of(queue, "state"));
    if (strcmp(text_of(queue, "status"), "VALID") != 0)
        pulse_findings_add(out, true, "the job queue %s is %s (%s): repair or wait for it",
                           need->queue, text_of(queue, "status"), text_of(queue, "statusReason"));
    if (json_array_size(json_object_get(queue, "computeEnvironmentOrder")) == 0)
        pulse_findings_add(out, true, "the job queue %s has no compute environment: add one",
                           need->queue);
}

/* Whether all ranges of nodes of a definition can be stretched: only an open last one, "0:". */
static bool is_open(const json_t *ranges)
{
    bool open = false;
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const char *targets = text_of(json_array_get(ranges, i), "targetNodes");
        const size_t n = strlen(targets);
        open = open || (n > 0 && targets[n - 1] == ':');
    }
    return open;
}

void pulse_preflight_definition(const struct pulse_need *need, const json_t *definition,
                                struct pulse_findings *out)
{
    const char *type = text_of(definition, "type");
    const json_t *nodes = json_object_get(definition, "nodeProperties");
    const json_t *platforms = json_object_get(definition, "platformCapabilities");
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
    if (need->multi && !is_open(json_object_get(nodes, "nodeRangeProperties")) &&
        json_integer_value(json_object_get(nodes, "numNodes")) != need->nodes)
        pulse_findings_add(out, true,
                           "the job definition %s is made for exactly %lld nodes: register it with "
                           "the open range \"0:\", or take --nodes %lld",
                           need->definition,
                           (long long)json_integer_value(json_object_get(nodes, "numNodes")),
                           (long long)json_integer_value(json_object_get(nodes, "numNodes")));
    for (size_t i = 0; i < json_array_size(platforms); i++)
        if (need->multi && strcmp(json_string_value(json_array_get(platforms, i)) != NULL
                                      ? json_string_value(json_array_get(platforms, i))
                                      : "",
                                  "FARGATE") == 0)
            pulse_findings_add(out, true,
                               "the job definition %s is for Fargate, which has no multi-node "
                               "jobs: register it for EC2, or choose --mode single",
                               need->definition);
}

/* ---- Compute environments ------------------------------------------------------- */

/* Whether any of the instance types can hold a node; with `why` when none can. */
static bool instances_hold(const struct pulse_need *need, const json_t *types,
                           char why[PULSE_FINDING])
{
    struct pulse_instance best = {.vcpus = 0};
    const char *best_type = "";
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        struct pulse_instance it;
        if (type == NULL || !pulse_instance_read(type, &it))
            return true; /* nothing is known of it */
        if (it.vcpus >= need->vcpus && pulse_instance_usable_mib(&it) >= (double)need->memory_mib)
            return true;
        if (it.memory_mib > best.memory_mib) {
            best = it;
            best_type = type;
        }
    }
    if (best.memory_mib <= 0)
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

/* Whether one environment can ever hold the job; with `why` when it cannot. */
static bool environment_holds(const struct pulse_need *need, const json_t *environment,
                              char why[PULSE_FINDING])
{
    const json_t *resources = json_object_get(environment, "computeResources");
    const char *type = text_of(resources, "type");
    const json_int_t most = json_integer_value(json_object_get(resources, "maxvCpus"));
    const long long wanted = (long long)need->nodes * need->vcpus;
    if (strcmp(text_of(environment, "state"), "ENABLED") != 0)
        (void)snprintf(why, PULSE_FINDING, "it is %s: enable it", text_of(environment, "state"));
    else if (strcmp(text_of(environment, "status"), "VALID") != 0)
        (void)snprintf(why, PULSE_FINDING, "it is %s (%.200s): repair it",
                       text_of(environment, "status"), text_of(environment, "statusReason"));
    else if (need->multi && strncmp(type, "FARGATE", 7) == 0)
        (void)snprintf(why, PULSE_FINDING,
                       "Fargate has no multi-node jobs: add an environment of "
                       "type EC2, or choose --mode single");
    else if (need->multi && strcmp(type, "SPOT") == 0)
        (void)snprintf(why, PULSE_FINDING,
                       "Spot instances take no multi-node jobs: add an "
                       "environment of type EC2, or choose --mode single");
    else if (json_is_integer(json_object_get(resources, "maxvCpus")) && wanted > most)
        (void)snprintf(
            why, PULSE_FINDING,
            "it has at most %lld vCPUs, and %d node%s of %d ask%s for %lld: lower --vcpus or "
            "--nodes, or raise its maxvCpus",
            (long long)most, need->nodes, need->nodes == 1 ? "" : "s", need->vcpus,
            need->nodes == 1 ? "s" : "", wanted);
    else
        return instances_hold(need, json_object_get(resources, "instanceTypes"), why);
    return false;
}

void pulse_preflight_environments(const struct pulse_need *need, const json_t *environments,
                                  struct pulse_findings *out)
{
    const size_t n = json_array_size(environments);
    char why[PULSE_FINDING];
    bool held = false;
    for (size_t i = 0; i < n && !held; i++)
        held = environment_holds(need, json_array_get(environments, i), why);
    if (n == 0)
        pulse_findings_add(out, true,
                           "the job queue %s has no compute environment that exists: add one",
                           need->queue);
    for (size_t i = 0; i < n; i++) {
        const json_t *environment = json_array_get(environments, i);
        if (!environment_holds(need, environment, why))
            pulse_findings_add(out, !held, "the compute environment %s cannot hold the job: %s",
                               text_of(environment, "computeEnvironmentName"), why);
    }
}
