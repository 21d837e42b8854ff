/* The last stage: everything to where it belongs, and what the run came to on the terminal. */
#ifndef PULSE_RUN_CONCLUDE_H
#define PULSE_RUN_CONCLUDE_H

#include "mpi/comm.h"
#include "results/summary_input.h"
#include "run/checkpoint.h"
#include "run/deliver.h"

/* Collective, once results.h5 is closed: delivers, removes the checkpoint, prints the table. */
int pulse_run_conclude(const struct pulse_comm *comm, struct pulse_summary_input *input,
                       const struct pulse_run_checkpoint *checkpoint, struct pulse_results *results,
                       struct pulse_delivery *delivery, struct pulse_err *err);

#endif
