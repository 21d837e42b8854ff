/* Frames written by pandas' to_hdf: the fixed format (blocks of columns of one type) and the table
 * format (compounds). Internal to io/data. */
#ifndef PULSE_DATA_HDF5_PANDAS_H
#define PULSE_DATA_HDF5_PANDAS_H

#include "data/hdf5/read.h"

/* Makes a frame of a group that has the attribute pandas_type. PULSE_E_INPUT where it is none that
 * is read: no time, or parts that contradict each other. */
int pulse_h5_pandas_frame(const struct pulse_h5_location *location, struct pulse_h5_layout *out,
                          struct pulse_err *err);

/* The values and the times of the rows that the job is about. */
int pulse_h5_pandas_values(const struct pulse_h5_job *job);
int pulse_h5_pandas_times(const struct pulse_h5_job *job);

#endif
