/* One command at a time changes a workflow: a lock in its results directory, which steps that
 * outlive their command hold on to. Results in S3 have a lease there, and a lock on this machine.
 */
#ifndef PULSE_FLOW_HOLD_H
#define PULSE_FLOW_HOLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/lease.h"
#include "store/lease_owner.h"

struct pulse_flow_hold {
    int fd;       /* -1: none; children inherit it */
    char *locked; /* the file that is locked, owned; NULL: it is not */
    struct pulse_lease *lease;
};

/* Waits some seconds for whoever has it. PULSE_E_TEMPORARY if it is still held then; those of
 * lease.h. Release it in every case. */
int pulse_flow_hold_take(const char *results, struct pulse_flow_hold *hold, struct pulse_err *err);
void pulse_flow_hold_release(struct pulse_flow_hold *hold);

/* Who is at work on a workflow. */
struct pulse_flow_holder {
    bool known;     /* false: we may not look, or there are no locks */
    bool taken;     /* by a command, or a step that one has left */
    pid_t pid;      /* of the command on this machine; 0: it has ended, or is elsewhere */
    bool elsewhere; /* it is on another machine */
    struct pulse_lease_owner owner; /* the command; zeros where nothing is known of it */
};

/* Looks, and writes nothing. The errors of lease.h, but that objects may not be listed;
 * PULSE_E_MEMORY. */
int pulse_flow_hold_look(const char *results, struct pulse_flow_holder *holder,
                         struct pulse_err *err);

#endif
