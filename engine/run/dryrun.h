/* --dry-run: the plan in words, with the memory and time it will take on these ranks. */
#ifndef PULSE_RUN_DRYRUN_H
#define PULSE_RUN_DRYRUN_H

#include <stdint.h>

#include "mpi/comm.h"
#include "panel/exchange.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/results.h"

/* Collective: printed by rank 0 on standard output. */
int pulse_dryrun_print(const struct pulse_comm *comm, const struct pulse_plan *plan,
                       const struct pulse_options *options, const struct pulse_distribution *shares,
                       const struct pulse_system *systems, int64_t n_systems,
                       const int64_t *calendar, const struct pulse_results_header *frame,
                       struct pulse_err *err);

/* The most memory this process has had resident so far. */
int64_t pulse_peak_rss_bytes(void);

#endif
