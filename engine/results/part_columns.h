/* Columns of finished parts for rank 0, which makes the report: the node that has one reads it and
 * sends it. Does not know what they are asked for. */
#ifndef PULSE_RESULTS_PART_COLUMNS_H
#define PULSE_RESULTS_PART_COLUMNS_H

#include <hdf5.h>
#include <stdint.h>

#include "mpi/comm.h"
#include "results/part_layout.h"

struct pulse_results_columns {
    const struct pulse_comm *comm;         /* borrowed */
    const struct pulse_part_layout *parts; /* borrowed */
    hid_t file;                            /* this rank's own part; 0: not open */
};

/* On rank 0, while all others serve: the n numbers of a variable's column of a dataset that lies in
 * parts, from the node that has it. `context` is a struct pulse_results_columns. PULSE_E_STORAGE.
 */
int pulse_results_column(void *context, const char *dataset, int64_t variable, int64_t n,
                         double *out, struct pulse_err *err);

/* Collective: all but rank 0 answer until it calls this; closes what was opened. */
void pulse_results_columns_end(struct pulse_results_columns *columns);

#endif
