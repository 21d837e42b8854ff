/* The holdout: once all trials are done, the best one and the default are run over the whole
 * period, so that windows which no trial has seen say what the choice is worth. Collective. */
#ifndef PULSE_TUNE_HOLDOUT_H
#define PULSE_TUNE_HOLDOUT_H

#include "mpi/comm.h"
#include "tune/opened.h"

/* Runs what is not in STUDY/holdout yet; nothing where another worker is at it. Errors as of
 * pulse_board_make and pulse_runner_run. */
int pulse_holdout_run(const struct pulse_comm *comm, const char *study,
                      const struct pulse_opened *opened, struct pulse_err *err);

#endif
