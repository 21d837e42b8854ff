/* The systems that all ranks solve together, by their rows: wide panels, whose features are as many
 * as their rows or more (DEFINITIONS §6.4). */
#ifndef PULSE_KERNEL_WALK_H
#define PULSE_KERNEL_WALK_H

#include "fit/fitted.h"
#include "fit/walk.h"
#include "mpi/comm.h"
#include "panel/exchange.h"

/* Collective, after the walk: all systems marked `shared`, one after the other. Retrodictions go to
 * the candidates of the ranks that hold the dates, the final fit and the Granger tests to the last
 * rank. Where the plan has no other systems, `watch` hears of the spans as candidates get done. */
int pulse_kernel_walk_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                          const struct pulse_distribution *distribution,
                          const struct pulse_walk_watch *watch, struct pulse_fitted *fitted,
                          struct pulse_err *err);

#endif
