/* The sparse systems in kernel ridge form, distributed over the ranks: features go from those who
 * hold the dates to those who solve, predictions the way back. Computes nothing. */
#ifndef PULSE_FIT_KERNEL_RIDGE_MPI_H
#define PULSE_FIT_KERNEL_RIDGE_MPI_H

#include "fit/fitted.h"
#include "mpi/comm.h"
#include "panel/exchange.h"

/* Collective, after the walk: all systems marked `kernel_ridge` and not `shared`, each by one rank,
 * the dearest first to the rank that has least to do, so that no bit depends on the ranks.
 * Retrodictions go to the candidates of the ranks that hold the dates, the final fit and the
 * Granger tests to the last rank. */
int pulse_kernel_ridge_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                           const struct pulse_distribution *distribution,
                           struct pulse_fitted *fitted, struct pulse_err *err);

#endif
