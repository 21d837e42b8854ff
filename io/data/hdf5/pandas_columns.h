/* The columns of a group that pandas' to_hdf wrote, the index too, whatever they hold. Internal to
 * io/data. */
#ifndef PULSE_DATA_HDF5_PANDAS_COLUMNS_H
#define PULSE_DATA_HDF5_PANDAS_COLUMNS_H

#include "data/hdf5/pandas_names.h"

/* PULSE_E_INPUT where the group is none that is read, or contradicts itself. Clear in any case;
 * `location` and `err` are borrowed. */
int pulse_h5_pandas_columns(const struct pulse_h5_location *location, struct pulse_h5_columns *out,
                            struct pulse_err *err);

#endif
