/* Types of times that the HDF5 library converts to nothing: its own (H5T_TIME), with what PyTables
 * stores in it, Time64Col and Time32Col; and the opaque one that h5py makes of NumPy's datetime64.
 * Knows no file. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_CF_STORED_TIME_H
#define PULSE_DATA_HDF5_CF_STORED_TIME_H

#include <hdf5.h>
#include <stdint.h>

/* From here on the library reads elements of such types, alone or in compounds, as int64; once a
 * process. What is no time becomes the least int64. */
void pulse_h5_stored_time_register(void);

/* Nanoseconds in one of what is then read: of PyTables' 1 of eight bytes, a second of four; 0 where
 * `type` is none of these. */
int64_t pulse_h5_stored_time_unit(hid_t type);

#endif
