/* An S3 prefix is one run's at a time. S3 has no locks, and not every server knows a PUT that must
 * not overwrite, so each run puts an object of its own under PREFIX/.claims/ and then lists them:
 * of two runs the later to put sees the other, gives way and tries again after a random pause. A
 * thread renews the claim; one not renewed for five times that long, by the server's clock, is
 * dead. Rank 0 alone. */
#ifndef PULSE_RUN_LEASE_H
#define PULSE_RUN_LEASE_H

#include "base/error.h"

struct pulse_lease;

/* Claims the prefix `output` and starts to renew the claim. Takes over what dead runs left, each in
 * one line on the log. PULSE_E_TEMPORARY, who holds it and since when, while another run does,
 * after some seconds of trying. *out is NULL, after a warning, where the credentials may put but
 * not list, so that nobody can tell. If this rank dies (pulse_comm_abort) the claim is let go. */
int pulse_lease_take(const char *output, struct pulse_lease **out, struct pulse_err *err);

/* Asks the server whether the claim is still there: before anything is written that another run
 * might have written meanwhile. PULSE_E_TEMPORARY when it was lost. NULL is legal. */
int pulse_lease_check(struct pulse_lease *claim, struct pulse_err *err);

/* Asks nobody: -1 when the claim is known to be lost. Warns, once, when it cannot be renewed. NULL
 * is legal. */
int pulse_lease_check_local(struct pulse_lease *claim, struct pulse_err *err);

/* Stops renewing, removes the claim as far as that can be done in ten seconds, and frees. NULL is
 * legal. */
void pulse_lease_release(struct pulse_lease *claim);

#endif
