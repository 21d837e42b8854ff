/* The rows of a frame's flat columns, batch by batch, in this very process. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_ROWS_H
#define PULSE_DATA_HDF5_ROWS_H

#include "data/hdf5/fields.h"

/* How many rows to read at once: whole chunks of every dataset, some MB. */
int64_t pulse_h5_rows_step(const struct pulse_h5_fields *fields);

/* Rows [first, first + rows) of all columns. Clear `out` in any case. */
int pulse_h5_rows_next(const struct pulse_h5_fields *fields, int64_t first, int64_t rows,
                       struct pulse_batch *out, struct pulse_err *err);

#endif
