/* HDF5 reads what it is given and no file: a virtual file driver over whoever has the bytes. Small
 * reads are served from pages kept in memory, so that looking at a file's structure costs few
 * requests. Read-only; knows nothing of the store. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_GUARD_DRIVER_H
#define PULSE_DATA_HDF5_GUARD_DRIVER_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Where a file's bytes come from. */
struct pulse_h5_bytes {
    int64_t size;
    int64_t page;  /* bytes that are worth reading at once: more where a request costs little */
    int64_t large; /* as many or more need no page */
    void *context;
    /* Exactly `n` bytes from `offset`, all of them before `size`. */
    int (*read)(void *context, int64_t offset, void *out, int64_t n, struct pulse_err *err);
};

/* Makes files that are opened with `access` be read from `bytes`, which stay the caller's and must
 * outlive the open file. Negative on failure, as HDF5's functions. */
herr_t pulse_h5_driver_set(hid_t access, const struct pulse_h5_bytes *bytes);

/* Whether a read failed since it was last asked; then what was said of it is in `err`. */
bool pulse_h5_driver_failed(struct pulse_err *err);

#endif
