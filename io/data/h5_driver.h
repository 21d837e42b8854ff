/* HDF5 reads through the object store: a virtual file driver, for local files and S3 alike. Small
 * reads are served from pages kept in memory, so that looking at a file's structure costs few
 * requests. Read-only. Internal to io/data. */
#ifndef PULSE_DATA_H5_DRIVER_H
#define PULSE_DATA_H5_DRIVER_H

#include <hdf5.h>
#include <stdbool.h>

#include "base/error.h"
#include "store/store.h"

/* Makes files that are opened with `access` be read from `object`, which stays the caller's and
 * must outlive the open file. Negative on failure, as HDF5's functions. */
herr_t pulse_h5_driver_set(hid_t access, struct pulse_object *object);

/* Whether a read failed since it was last asked; then what the store said of it is in `err`. */
bool pulse_h5_driver_failed(struct pulse_err *err);

#endif
