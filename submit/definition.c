#include "submit/definition.h"

#include <string.h>

enum pulse_platform pulse_definition_platform(const json_t *described)
{
    const json_t *platforms = json_object_get(described, "platformCapabilities");
    enum pulse_platform found = PULSE_PLATFORM_ANY;
    for (size_t i = 0; i < json_array_size(platforms); i++) {
        const char *name = json_string_value(json_array_get(platforms, i));
        if (name != NULL && strcmp(name, "FARGATE") == 0)
            return PULSE_PLATFORM_FARGATE;
        if (name != NULL && strcmp(name, "EC2") == 0)
            found = PULSE_PLATFORM_EC2;
    }
    return found;
}

struct pulse_definition pulse_definition_read(const json_t *definition)
{
    struct pulse_definition found = {.platform = pulse_definition_platform(definition)};
    const json_t *nodes = json_object_get(definition, "nodeProperties");
    const json_t *group = json_array_get(json_object_get(nodes, "nodeRangeProperties"), 0);
    const json_t *holder = group == NULL ? definition : group;
    const json_t *eks = json_object_get(holder, "eksProperties");
    found.has_priority = json_is_integer(json_object_get(definition, "schedulingPriority"));
    if (json_is_object(json_object_get(holder, "ecsProperties")))
        found.layout = PULSE_LAYOUT_ECS;
    else if (json_is_object(eks)) {
        const json_t *pod = json_object_get(eks, "podProperties");
        found.layout = PULSE_LAYOUT_EKS;
        found.containers = (int)json_array_size(json_object_get(pod, "containers"));
    }
    return found;
}
