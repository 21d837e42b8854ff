/* The rows of a frame's flat columns, batch by batch, in this very process. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_ROWS_H
#define PULSE_DATA_HDF5_ROWS_H

#include "data/hdf5/fields.h"

/* Reads rows [first, first + n) of a dataset, packed, into `to`; what they point to is the
 * library's, to be given back. */
int pulse_h5_rows_read(const struct pulse_h5_fields *fields, const struct pulse_h5_rows *source,
                       hid_t dataset, int64_t first, int64_t n, void *to, struct pulse_err *err);
void pulse_h5_rows_give_back(const struct pulse_h5_rows *source, int64_t n, void *rows);

/* How many rows to read at once: whole chunks of every dataset, some MB. */
int64_t pulse_h5_rows_step(const struct pulse_h5_fields *fields);

/* Rows [first, first + rows) of all columns. Clear `out` in any case. */
int pulse_h5_rows_next(const struct pulse_h5_fields *fields, int64_t first, int64_t rows,
                       struct pulse_batch *out, struct pulse_err *err);

#endif
