/* One command at a time changes a workflow: a lock on this machine, which steps that outlive their
 * command hold on to, and a lease in S3 where its results lie there. */
#ifndef PULSE_FLOW_HOLD_H
#define PULSE_FLOW_HOLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/lease.h"

struct pulse_flow_hold {
    int fd; /* -1: none; children inherit it */
    struct pulse_lease *lease;
};

/* Waits some seconds for whoever has it. PULSE_E_TEMPORARY if it is still held then; those of
 * lease.h. */
int pulse_flow_hold_take(const char *results, struct pulse_flow_hold *hold, struct pulse_err *err);
void pulse_flow_hold_release(struct pulse_flow_hold *hold);

/* Whether a command or a step of the workflow is at work on this machine; *pid is the command's, 0
 * where that has ended. */
bool pulse_flow_hold_is_taken(const char *results, pid_t *pid);

#endif
