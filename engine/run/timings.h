/* Where the time of all ranks went. */
#ifndef PULSE_RUN_TIMINGS_H
#define PULSE_RUN_TIMINGS_H

#include "mpi/comm.h"
#include "results/summary_input.h"

/* Collective: ends this rank's `timeline` and the one of the thread that saves, so that nothing of
 * either is recorded after that; rank 0 gets the timings of all. `began`: of this process, on the
 * clock of pulse_seconds. Clear the timings in every case. */
int pulse_run_timings(struct pulse_comm *comm, struct pulse_timeline *timeline,
                      struct pulse_timeline *saves, double began, struct pulse_timings *timings,
                      struct pulse_err *err);

#endif
