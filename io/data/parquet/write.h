/* Writes a Parquet file of flat columns, row group by row group: plain values, data pages of
 * version 1 with checksums, statistics. Knows nothing of where the bytes go. */
#ifndef PULSE_DATA_PARQUET_WRITE_H
#define PULSE_DATA_PARQUET_WRITE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_parquet_writer;

/* NULL of it, and 0s, stand for the defaults. */
struct pulse_parquet_write_options {
    int codec;          /* of data/common/codec.h; ZSTD */
    int64_t group_rows; /* 256 Ki */
};

/* The columns' names are copied; instants are written as nanoseconds without a time zone, which
 * pandas reads as datetime64[ns]. `out` is written from its beginning, and borrowed. PULSE_E_INPUT
 * for no columns, or two of one name. */
int pulse_parquet_write_open(FILE *out, const char *path, const struct pulse_table_column *columns,
                             int64_t n, const struct pulse_parquet_write_options *options,
                             struct pulse_parquet_writer **writer, struct pulse_err *err);

/* Adds rows: vectors of the columns' kinds, in their order. No more than a row group is kept in
 * memory. */
int pulse_parquet_write_batch(struct pulse_parquet_writer *writer, const struct pulse_batch *batch,
                              struct pulse_err *err);

/* Writes what is left and the footer; PULSE_E_STORAGE when any write failed. */
int pulse_parquet_write_end(struct pulse_parquet_writer *writer, struct pulse_err *err);
void pulse_parquet_write_free(struct pulse_parquet_writer *writer);

#endif
