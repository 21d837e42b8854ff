/* The right of one worker to run one family of trials: a locked file on disk, a lease
 * (store/lease.h) in S3. For rank 0 alone. */
#ifndef PULSE_TUNE_STUDY_LEASE_H
#define PULSE_TUNE_STUDY_LEASE_H

#include <stdbool.h>

#include "base/error.h"
#include "store/lease.h"

/* Zeroed is none. */
struct pulse_study_lease {
    struct pulse_lease *objects; /* in S3 */
    bool locked;                 /* on disk … */
    int file;                    /* … the file that is open */
    char *path;                  /* of either; owned */
};

/* Takes STUDY/leases/NAME; *taken is false where another worker has it. The lock of a process that
 * ends is released by the kernel, the lease of one in S3 expires. PULSE_E_STORAGE, and as of
 * pulse_lease_try. */
int pulse_study_lease_take(const char *study, const char *name, struct pulse_study_lease *lease,
                           bool *taken, struct pulse_err *err);

/* PULSE_E_TEMPORARY where it was lost: before anything is put. */
int pulse_study_lease_check(const struct pulse_study_lease *lease, struct pulse_err *err);

/* Whether it is known to be lost. Legal on one that was not taken. */
bool pulse_study_lease_is_lost(const struct pulse_study_lease *lease);

/* Legal on one that was not taken. No errors: what stays expires. */
void pulse_study_lease_release(struct pulse_study_lease *lease);

/* Whether a worker has STUDY/leases/NAME at this moment, as far as can be seen. */
bool pulse_study_lease_is_held(const char *study, const char *name);

#endif
