/* Tables written batch by batch, in the format that is asked for or that a path's
 * extension names. Knows nothing of
 * where tables come from. */
#ifndef PULSE_DATA_TABLE_WRITE_H
#define PULSE_DATA_TABLE_WRITE_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"

struct pulse_table_writer;

/* `columns` are borrowed until the end. PULSE_E_INPUT for what the format cannot hold. */
int pulse_table_writer_open(const struct pulse_table_writer_options *options,
                            const struct pulse_table_column *columns, int64_t n,
                            struct pulse_table_writer **out, struct pulse_err *err);
int pulse_table_writer_batch(struct pulse_table_writer *writer, const struct pulse_batch *batch,
                             struct pulse_err *err);

/* Writes what is left; the stream stays open, and its errors are for its owner to look at. */
int pulse_table_writer_end(struct pulse_table_writer *writer, struct pulse_err *err);
void pulse_table_writer_free(struct pulse_table_writer *writer);

#endif
