/* The owner of a lease: which run it is, on this host or another, and whether it is alive. Asks the
 * kernel about processes; must not know servers or leases. All functions are local. */
#ifndef PULSE_STORE_LEASE_OWNER_H
#define PULSE_STORE_LEASE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The size of a text below, and the longest time in seconds between two renewals: it is assumed of
 * an owner that is unknown. */
enum { PULSE_LEASE_OWNER_WORD = 160, PULSE_LEASE_OWNER_RENEWS = 60 };

/* Plain data; "" and 0 where nothing is known. */
struct pulse_lease_owner {
    char host[PULSE_LEASE_OWNER_WORD];
    /* A pid means the same process where both of these are the same: */
    char boot[PULSE_LEASE_OWNER_WORD]; /* the kernel, from its start to its end */
    char pids[PULSE_LEASE_OWNER_WORD]; /* the pid namespace, such as a container's */
    int64_t pid;
    int64_t pid_began; /* start of the process, in the kernel's ticks: pids are used again */
    char job[PULSE_LEASE_OWNER_WORD]; /* of AWS Batch, the same on all its nodes */
    int64_t attempt;
    int64_t since;         /* Unix time in seconds, by the owner's clock */
    int64_t renew_seconds; /* between two renewals */
    bool ended;            /* the owner itself has ended the lease */
};

/* Fills `out` with this process as an owner from now on. */
void pulse_lease_owner_self(int64_t renew_seconds, struct pulse_lease_owner *out);

/* The owner as JSON; heap, the caller frees. NULL with PULSE_E_MEMORY. */
char *pulse_lease_owner_text(const struct pulse_lease_owner *owner, struct pulse_err *err);

/* Reads that JSON, which may be damaged or hostile: what cannot be read or makes no sense is
 * unknown, so that a damaged lease lasts as long as any. No errors. */
void pulse_lease_owner_read(const char *text, int64_t bytes, struct pulse_lease_owner *out);

/* Whether the owner has surely ended: a process on our kernel that is no longer there, an earlier
 * attempt of our own Batch job, or one that says so. Then `why` is a static text, else NULL. */
bool pulse_lease_owner_gone(const struct pulse_lease_owner *owner,
                            const struct pulse_lease_owner *self, const char **why);

/* Whether its pid means a process of ours: on the same kernel and in the same namespace. */
bool pulse_lease_owner_is_here(const struct pulse_lease_owner *owner,
                               const struct pulse_lease_owner *self);

/* Seconds without a renewal after which the lease expires. */
int64_t pulse_lease_owner_expiry_seconds(const struct pulse_lease_owner *owner);

/* "pid 123 on host-a, AWS Batch job X, attempt 2, since 2026-11-25T02:43:53Z"; returns `out`. */
char *pulse_lease_owner_describe(const struct pulse_lease_owner *owner, char out[600]);

#endif
