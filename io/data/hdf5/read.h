/* Rows of a frame's datasets, read piece by piece. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_READ_H
#define PULSE_DATA_HDF5_READ_H

#include <math.h>

#include "data/common/stamps.h"
#include "data/hdf5/dataset.h"
#include "data/hdf5/layout.h"
#include "data/hdf5/packing.h"

enum { PULSE_H5_BUFFER_VALUES = 1 << 20 }; /* read at once, unless one chunk is larger */

/* Space for rows of a dataset as the library gives them, kept from one read to the next: fresh
 * pages cost more than what is read into them. */
struct pulse_h5_buffer {
    char *bytes;
    int64_t cap;
    /* Whether rows of a table by pandas are there in this read, for times and values alike, and
     * the first of them. */
    bool filled;
    int64_t first;
};

/* What one read of rows works on. */
struct pulse_h5_job {
    const struct pulse_h5_location *location;
    const struct pulse_h5_layout *layout;
    int64_t first;
    const int64_t *columns;
    int64_t n;
    struct pulse_block *out;
    int64_t *bytes_read;
    struct pulse_err *err;
    struct pulse_h5_buffer *buffer;
    const struct pulse_h5_packing *packing; /* of the values; NULL: none */
    struct pulse_stamps *stamps;            /* of times that are text, or have a zone each */
};

/* NaN for an infinity. */
static inline double pulse_h5_missing_if_infinite(double x)
{
    return isfinite(x) ? x : NAN;
}

enum { PULSE_H5_SPREAD_ROWS = 32 }; /* of a row-major box, that stay in the processor's cache */

/* Adds the stored bytes of the dataset, in proportion to the rows that are read. */
void pulse_h5_count_bytes(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d);

/* Stored numbers → what they mean, in place. */
void pulse_h5_unpack_all(const struct pulse_h5_job *job, double *values, int64_t n);

/* Reads a box of a dataset (rank 1 or 2) into `to`, packed. */
int pulse_h5_box_read(const struct pulse_h5_job *job, const char *name,
                      const struct pulse_h5_dataset *d, hid_t memory_type,
                      const int64_t first[PULSE_H5_RANK], const int64_t size[PULSE_H5_RANK],
                      void *to);

/* Reads the wanted columns of a matrix (or of a vector, its only column): those at the frame's own
 * positions, or those whose source is the dataset `name`. */
int pulse_h5_matrix_read(const struct pulse_h5_job *job, const char *name,
                         const struct pulse_h5_dataset *d, const struct pulse_h5_source *sources);

#endif
