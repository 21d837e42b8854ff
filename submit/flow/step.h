/* A step as a workflow's file describes it: its command line, and what that says of files. */
#ifndef PULSE_FLOW_STEP_H
#define PULSE_FLOW_STEP_H

#include "submit/flow/flow.h"
#include "submit/flow/yaml.h"

/* Fills `step`, whose name and line are set, from the mapping `node`. PULSE_E_USAGE with the line;
 * PULSE_E_MEMORY. */
int pulse_flow_step_read(struct pulse_flow_yaml *yaml, const yaml_node_t *node,
                         struct pulse_flow_step *step);

#endif
