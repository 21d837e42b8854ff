/* An HDF5 file read in this very process: opened, and rows of its frames. What hdf5.h runs in a
 * child process. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_FILE_H
#define PULSE_DATA_HDF5_FILE_H

#include "data/common/stamps.h"
#include "data/common/types.h"
#include "data/hdf5/dataset.h"
#include "data/hdf5/guard/driver.h"
#include "data/hdf5/layout.h"

/* Opens what `bytes` hold; `path` (borrowed) is for messages. It stays open until the process
 * ends. */
int pulse_h5_file_open(const char *path, const struct pulse_h5_bytes *bytes,
                       const struct pulse_read_options *reading, struct pulse_h5_location *root,
                       struct pulse_err *err);

/* What is read of a frame; borrowed. */
struct pulse_h5_numbers {
    const struct pulse_h5_layout *layout; /* the frame */
    const int64_t *columns;               /* n of its numbers */
    int64_t n;
    int64_t first; /* row */
};

/* How many of its rows to read at once, 1 or more: whole chunks, and no more than stay in the
 * processor's cache where that can be. */
int pulse_h5_file_step(const struct pulse_h5_location *root, const struct pulse_h5_numbers *rows,
                       int64_t *step, struct pulse_err *err);

/* Reads out->rows rows from the first one on into the arrays of `out`, which have capacity for
 * them; of those only the rows from the first to the last one within the period, out->rows and
 * rows->first then, where times have neither zone nor offset. `stamps` is that of all reads.
 * `bytes_read` is added to: the stored bytes of a dataset in proportion to its rows. */
int pulse_h5_file_read(const struct pulse_h5_location *root,
                       const struct pulse_read_options *reading, struct pulse_stamps *stamps,
                       struct pulse_h5_numbers *rows, struct pulse_block *out, int64_t *bytes_read,
                       struct pulse_err *err);

#endif
