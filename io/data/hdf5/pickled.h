/* A dataset of pandas' that is one pickle: an array of objects, rows × columns. Internal to
 * io/data.
 */
#ifndef PULSE_DATA_HDF5_PICKLED_H
#define PULSE_DATA_HDF5_PICKLED_H

#include "data/hdf5/dataset.h"
#include "data/pickle/array.h"

/* Reads and parses it; `bytes_read` is added to. PULSE_E_INPUT where it is broken or has not got
 * `rows` rows. */
int pulse_h5_pickled_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *d, int64_t rows,
                          struct pulse_pickle_tree **out, int64_t *bytes_read,
                          struct pulse_err *err);

/* PULSE_PICKLE_CELL_OTHER where there is none. `swapped`: wide text is. */
void pulse_h5_pickled_cell(const struct pulse_pickle_tree *tree, int64_t row, int64_t position,
                           struct pulse_pickle_cell *cell, bool *swapped);

/* The instant of a time; false where it has a zone, of which objects may have another each. */
bool pulse_h5_pickled_instant(const struct pulse_pickle_cell *cell, int64_t *time_ns);
#define PULSE_H5_ZONED_OBJECT                                                                      \
    "a time with a zone in a column of objects; write the column as datetimes of one zone"

#endif
