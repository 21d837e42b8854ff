/* The sums from which the run of the next night goes on (checkpoint/kept_sums.h): who keeps them,
 * and what they spare. Only where all sums are those of spans (DEFINITIONS §6.2). */
#ifndef PULSE_RUN_KEPT_SUMS_H
#define PULSE_RUN_KEPT_SUMS_H

#include "fit/sums.h"
#include "mpi/comm.h"
#include "plan/options.h"
#include "run/checkpoint.h"
#include "run/work.h"

/* Collective, once spans were taken: finds sums up to a span before which all are done. Then ranks
 * need no rows of those (work->distribution). */
int pulse_run_kept_sums_find(const struct pulse_comm *comm, const struct pulse_options *options,
                             struct pulse_work *work, struct pulse_run_checkpoint *checkpoint,
                             struct pulse_err *err);

/* Local, once the checkpoint has begun and all is summed: of a checkpoint that is kept, the rank
 * that has the last sums that more rows leave alone keeps those. Without them the next run sums
 * from the beginning. */
void pulse_run_kept_sums_keep(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_work *work, const struct pulse_sums *sums,
                              const struct pulse_run_checkpoint *checkpoint);

#endif
