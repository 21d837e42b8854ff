/* The commands of pulse-flow; each ends with an exit code or an error. */
#ifndef PULSE_FLOW_COMMANDS_H
#define PULSE_FLOW_COMMANDS_H

#include "submit/flow/options.h"

extern const struct pulse_flow_command pulse_flow_command_check, pulse_flow_command_run;

#endif
