/* What is said of observations that were left out or overruled while they were loaded. Reads no
 * file. */
#ifndef PULSE_PANEL_LOAD_WARNINGS_H
#define PULSE_PANEL_LOAD_WARNINGS_H

#include <stdbool.h>

#include "mpi/comm.h"
#include "panel/loaded.h"
#include "plan/options.h"

/* Collective: adds up on all ranks what each has counted of its variables; rank 0 warns. `wide`:
 * the data are one file. */
int pulse_load_warn(const struct pulse_comm *comm, const struct pulse_options *options, bool wide,
                    struct pulse_loaded *loaded, struct pulse_err *err);

#endif
