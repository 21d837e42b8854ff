/* HDF5 files: the frames (a time and value columns of equal length) that a file holds, and rows of
 * them. A frame is a group with a matrix, a vector of times and names for the matrix's columns; or
 * a group with vectors; or a dataset of compounds; or what pandas' to_hdf writes. Each open file is
 * read in a child process of its own (sandbox.h). Refuses everything that would read bytes of
 * other files. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_HDF5_H
#define PULSE_DATA_HDF5_HDF5_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/location.h"
#include "data/common/open_table.h"
#include "data/common/types.h"
#include "data/hdf5/layout.h"

struct pulse_h5; /* an open file and what is in it */

/* Opens a file, or just the frame that the location names. PULSE_E_INPUT where it holds none, and
 * where the HDF5 library crashes on it, here or in a read. */
int pulse_h5_open(const struct pulse_location *location, const struct pulse_read_options *options,
                  struct pulse_h5 **out, struct pulse_err *err);
void pulse_h5_free(struct pulse_h5 *h5);

/* The frames by path; borrowed. */
int64_t pulse_h5_frames(const struct pulse_h5 *h5);
const struct pulse_h5_frame *pulse_h5_frame(const struct pulse_h5 *h5, int64_t i);

/* Reads rows [first, first + rows) of `n` columns, each at most once: all those in the period of
 * the options, and few others, in their order. `bytes_read` is added to: the stored bytes of a
 * contiguous or compressed dataset in proportion to the rows. */
int pulse_h5_read(struct pulse_h5 *h5, int64_t frame, int64_t first, int64_t rows,
                  const int64_t *columns, int64_t n, struct pulse_block *out, int64_t *bytes_read,
                  struct pulse_err *err);

/* Opens the file as a table. PULSE_E_INPUT names what is wrong with it. To be freed with
 * pulse_table_free. */
int pulse_h5_table_open(const struct pulse_location *location,
                        const struct pulse_read_options *options, struct pulse_table **out,
                        struct pulse_err *err);

#endif
