/* HDF5 as we write it: a group "data" with a compressed vector per column in the columns' order,
 * each of its own kind, instants as nanoseconds since 1970 with that as `units`. Missing numbers
 * are NaN, so that integers and truth values beside them are doubles; a missing instant is the
 * least integer, a missing text an empty one. */
#ifndef PULSE_DATA_HDF5_WRITE_H
#define PULSE_DATA_HDF5_WRITE_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_h5_writer;

/* Makes the file `temporary`; messages name `path`. PULSE_E_INPUT for a name that HDF5 cannot hold.
 */
int pulse_h5_writer_open(const char *temporary, const char *path,
                         const struct pulse_table_column *columns, int64_t n,
                         struct pulse_h5_writer **out, struct pulse_err *err);

/* PULSE_E_INPUT for an integer that is no double beside missing ones. */
int pulse_h5_writer_batch(struct pulse_h5_writer *out, const struct pulse_batch *batch,
                          struct pulse_err *err);
int pulse_h5_writer_end(struct pulse_h5_writer *out, struct pulse_err *err);
void pulse_h5_writer_free(struct pulse_h5_writer *out);

#endif
