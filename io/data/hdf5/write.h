/* HDF5 as we write it: a group "data" with a compressed vector per column in the columns' order,
 * each of its own kind, instants as nanoseconds since 1970 with that as `units`. Missing numbers
 * are NaN, so that integers and truth values beside them are doubles; a missing instant is the
 * least integer, a missing text an empty one. */
#ifndef PULSE_DATA_HDF5_WRITE_H
#define PULSE_DATA_HDF5_WRITE_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"

/* The functions of a struct pulse_table_writer_face. `open` makes the file `temporary`; it is
 * PULSE_E_INPUT for a name that HDF5 cannot hold, `batch` for an integer that is no double beside
 * missing ones. */
int pulse_h5_writer_open(const struct pulse_table_writer_options *options,
                         const struct pulse_table_column *columns, int64_t n, void **file,
                         struct pulse_err *err);
int pulse_h5_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err);
int pulse_h5_writer_end(void *file, struct pulse_err *err);
void pulse_h5_writer_free(void *file);

#endif
