/* A lease on an S3 prefix: one run at a time writes there. S3 has no locks, and not every server
 * knows a PUT that must not overwrite, so each run puts an object of its own under PREFIX/.claims/
 * and then lists them. If two runs meet, the one that put later sees the other, withdraws and tries
 * again after a random pause. A thread renews the lease; a lease that is not renewed for five
 * intervals, by the server's clock, has expired. For rank 0 alone; must not know MPI or results. */
#ifndef PULSE_STORE_LEASE_H
#define PULSE_STORE_LEASE_H

#include <stdbool.h>

#include "base/error.h"
#include "store/lease_owner.h"

struct pulse_lease;

/* Takes the lease on the prefix `output` and starts to renew it; removes the leases of runs that
 * have ended, with one line on the log for each. If the process ends early (base/shutdown.h), the
 * lease is released. *out is NULL, after a warning, where the credentials may put but not list.
 * Errors: PULSE_E_TEMPORARY, with the owner and since when, if another run still has the lease
 * after some seconds; PULSE_E_MEMORY; those of putting, listing and reading objects (store.h). */
int pulse_lease_take(const char *output, struct pulse_lease **out, struct pulse_err *err);

/* The same, once and without waiting: *taken is false where another run has the lease, or wants it
 * at the same moment. */
int pulse_lease_try(const char *output, struct pulse_lease **out, bool *taken,
                    struct pulse_err *err);

/* Whether a run that is alive has the lease on a prefix, and which: reads, and removes nothing.
 * Errors: PULSE_E_MEMORY; those of listing and reading objects. */
int pulse_lease_look(const char *output, bool *any, struct pulse_lease_owner *owner,
                     struct pulse_err *err);

/* Asks the server whether the lease is still ours: before anything is written that another run
 * might have written meanwhile. NULL is legal, and 0. Errors: PULSE_E_TEMPORARY if it was lost;
 * those of listing objects. */
int pulse_lease_check(struct pulse_lease *lease, struct pulse_err *err);

/* The same without asking the server: PULSE_E_TEMPORARY if the lease is known to be lost. Warns,
 * once, if it cannot be renewed. NULL is legal, and 0. */
int pulse_lease_check_local(struct pulse_lease *lease, struct pulse_err *err);

/* Whether it is known to be lost. NULL is legal, and false. */
bool pulse_lease_is_lost(struct pulse_lease *lease);

/* Stops renewing, removes the lease as far as that can be done in ten seconds, and frees. NULL is
 * legal. No errors: what could not be removed expires. */
void pulse_lease_release(struct pulse_lease *lease);

#endif
