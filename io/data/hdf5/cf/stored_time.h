/* HDF5's own type of times (H5T_TIME), of which the library converts nothing: what PyTables stores
 * in it, its Time64Col and Time32Col. Knows no file. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_CF_STORED_TIME_H
#define PULSE_DATA_HDF5_CF_STORED_TIME_H

#include <hdf5.h>
#include <stdint.h>

/* From here on the library reads elements of such types, alone or in compounds, as int64; once a
 * process. What is no time becomes the least int64. */
void pulse_h5_stored_time_register(void);

/* Nanoseconds in one of what is then read: 1 of eight bytes, a second of four; 0 where `type` is
 * none of these. */
int64_t pulse_h5_stored_time_unit(hid_t type);

#endif
