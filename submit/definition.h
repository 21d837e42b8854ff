/* What a job definition says of the jobs it makes: where they run, and how their command is
 * overridden. Pure; out of DescribeJobDefinitions, trusts nothing to be there. */
#ifndef PULSE_SUBMIT_DEFINITION_H
#define PULSE_SUBMIT_DEFINITION_H

#include <jansson.h>
#include <stdbool.h>

/* Definitions of each kind take overrides of their own, and refuse the others. */
enum pulse_layout {
    PULSE_LAYOUT_CONTAINER, /* containerOverrides */
    PULSE_LAYOUT_EKS,       /* eksPropertiesOverride */
    PULSE_LAYOUT_ECS        /* ecsProperties: none that this program sends */
};

enum pulse_platform { PULSE_PLATFORM_ANY, PULSE_PLATFORM_EC2, PULSE_PLATFORM_FARGATE };

struct pulse_definition {
    enum pulse_layout layout;
    int containers; /* of a pod; 0: not known */
    enum pulse_platform platform;
    bool has_priority; /* a scheduling priority */
};

struct pulse_definition pulse_definition_read(const json_t *definition);

/* Of the platformCapabilities of a definition or a job. */
enum pulse_platform pulse_definition_platform(const json_t *described);

#endif
