/* Which run it is that claims a place: how it is told from all others, on this host and elsewhere,
 * and whether it can still be alive. Local; asks the kernel about processes, and no server. */
#ifndef PULSE_RUN_LEASE_OWNER_H
#define PULSE_RUN_LEASE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Seconds between two signs of life, at most: who cannot read what a claim says reckons with them.
 */
enum { PULSE_LEASE_OWNER_WORD = 160, PULSE_LEASE_OWNER_RENEWS = 60 };

/* Plain data; "" and 0 where nothing is known. */
struct pulse_lease_owner {
    char host[PULSE_LEASE_OWNER_WORD];
    char boot[PULSE_LEASE_OWNER_WORD]; /* a kernel from its start to its end … */
    char
        pids[PULSE_LEASE_OWNER_WORD]; /* … and one of its containers: where a pid means a process */
    int64_t pid;
    int64_t pid_began; /* of the process, in the kernel's ticks: pids are used again */
    char job[PULSE_LEASE_OWNER_WORD]; /* of AWS Batch, the same on all its nodes */
    int64_t attempt;
    int64_t since;         /* Unix time in seconds, by the holder's clock */
    int64_t renew_seconds; /* between two signs of life */
    bool ended;            /* it says itself that it holds nothing any more */
};

/* This process, from now on. */
void pulse_lease_owner_self(int64_t renew_seconds, struct pulse_lease_owner *out);

/* As JSON; heap, NULL with PULSE_E_MEMORY. */
char *pulse_lease_owner_text(const struct pulse_lease_owner *holder, struct pulse_err *err);

/* Reads that; trusts nothing. What cannot be read or makes no sense is unknown, so that a damaged
 * claim holds as long as any. */
void pulse_lease_owner_read(const char *text, int64_t bytes, struct pulse_lease_owner *out);

/* Whether it has ended, as far as can be told without waiting: a process of ours that is not there
 * any more, an earlier attempt of our own job, or it says so. `why` in that case: a static text. */
bool pulse_lease_owner_gone(const struct pulse_lease_owner *holder,
                            const struct pulse_lease_owner *self, const char **why);

/* Seconds without a renewal after which it is taken for dead. */
int64_t pulse_lease_owner_expiry_seconds(const struct pulse_lease_owner *holder);

/* "pid 123 on host-a, of AWS Batch job X, attempt 2, since 2026-11-25T02:43:53"; returns `out`. */
char *pulse_lease_owner_describe(const struct pulse_lease_owner *holder, char out[600]);

#endif
