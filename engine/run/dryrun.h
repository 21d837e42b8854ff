/* --dry-run: the plan in words, with the memory and time it will take on these ranks. */
#ifndef PULSE_RUN_DRYRUN_H
#define PULSE_RUN_DRYRUN_H

#include "mpi/comm.h"
#include "plan/options.h"
#include "results/schema.h"
#include "run/work.h"

/* Collective: printed by rank 0 on standard output. `header`: of the results there would be. */
int pulse_dryrun_print(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_work *work, const struct pulse_results_header *header,
                       struct pulse_err *err);

#endif
