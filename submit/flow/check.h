/* A workflow as it is read from its file, and whether all steps' command lines are good: each
 * program is asked about its own, and does nothing else. */
#ifndef PULSE_FLOW_CHECK_H
#define PULSE_FLOW_CHECK_H

#include "submit/flow/flow.h"

/* Reads the file, orders the steps and drafts them (plan.h). What a training reads are also the
 * data that its file of options names. PULSE_E_USAGE with the line; the store's errors. Clear
 * `flow` in every case. */
int pulse_flow_load(const char *path, struct pulse_flow *flow, struct pulse_err *err);

/* Loads the file and has every command line checked; fills the steps' versions.
 * PULSE_E_USAGE with the line. Clear `flow` in every case. */
int pulse_flow_check(const char *path, struct pulse_flow *flow, struct pulse_err *err);

#endif
