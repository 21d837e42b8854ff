/* The sparse systems that are solved by their rows (dual.h), shared out over the ranks: features go
 * from those who hold the dates to those who solve, retrodictions the way back. Computes nothing.
 */
#ifndef PULSE_SPARSE_H
#define PULSE_SPARSE_H

#include "comm.h"
#include "drivers.h"
#include "exchange.h"
#include "walk.h"

/* What the walk has begun and the sparse systems complete; borrowed. */
struct pulse_sparse_out {
    struct pulse_candidates *candidates;
    struct pulse_final *final;
    struct pulse_drivers *drivers; /* looked at on the last rank only */
};

/* Collective, after the walk: all systems marked `dual`, each by one rank, the dearest first to the
 * rank that has least to do, so that no bit depends on the ranks. Retrodictions go to the
 * candidates of the ranks that hold the dates, the final fit and the drivers' tests to the last
 * rank. */
int pulse_sparse_run(const struct pulse_comm *comm, const struct pulse_walk *walk,
                     const struct pulse_shares *shares, const struct pulse_sparse_out *out,
                     struct pulse_err *err);

#endif
