/* Which variables there are and which are chosen, and which rank owns which. Reads no values. */
#ifndef PULSE_PANEL_VARIABLES_H
#define PULSE_PANEL_VARIABLES_H

#include "data/dataset.h"
#include "mpi/comm.h"
#include "plan/options.h"

/* Collective: the datasets of options->data, or of the columns of a wide file, that --variables
 * asks for, in its order; looked up by rank 0 only. Clear the catalog in every case. PULSE_E_USAGE
 * for an unknown variable (with the nearest name). */
int pulse_variables_find(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_read_options *reading, struct pulse_catalog *catalog,
                         struct pulse_err *err);

/* Local: the owner of each variable, the same on all ranks. Datasets go to the rank with the fewest
 * bytes so far, largest first; columns of a wide file in equal contiguous runs, since every rank
 * reads a part of all of them. PULSE_E_MEMORY. */
int pulse_variables_deal(const struct pulse_catalog *catalog, int ranks, int *owner,
                         struct pulse_err *err);

#endif
