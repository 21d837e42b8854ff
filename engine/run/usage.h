/* What a run has used: memory, and what it asked of the object store. */
#ifndef PULSE_RUN_USAGE_H
#define PULSE_RUN_USAGE_H

#include <stdint.h>

#include "mpi/comm.h"
#include "store/store.h"

struct pulse_usage {
    struct pulse_store_counts io; /* of all ranks */
    int64_t peak_rss_bytes;       /* of the largest rank */
};

/* Local: the most memory this process has had resident so far. */
int64_t pulse_usage_peak_rss_bytes(void);

/* Collective: of all ranks, on all. */
int pulse_usage_gather(const struct pulse_comm *comm, struct pulse_usage *usage,
                       struct pulse_err *err);

#endif
