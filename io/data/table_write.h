/* Tables written batch by batch, in the format that a path's extension names. Knows nothing of
 * where tables come from. */
#ifndef PULSE_DATA_TABLE_WRITE_H
#define PULSE_DATA_TABLE_WRITE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "data/table.h"

/* What a format's writer needs; each has these three steps, told apart in table_out.c. */
struct pulse_table_writer;

struct pulse_table_writer_options {
    const char *path;      /* for messages, and its extension for the format */
    const char *temporary; /* the file being written, for libraries that open files by name */
    FILE *stream;          /* the same file */
    int codec;             /* of Parquet; by data/codec.h */
    int64_t group_rows;    /* of Parquet; 0 for the default */
};

/* `columns` are borrowed until the end. PULSE_E_INPUT for what the format cannot hold. */
int pulse_table_writer_open(const struct pulse_table_writer_options *options,
                            const struct pulse_table_column *columns, int64_t n,
                            struct pulse_table_writer **out, struct pulse_err *err);
int pulse_table_writer_batch(struct pulse_table_writer *out, const struct pulse_batch *batch,
                             struct pulse_err *err);

/* Writes what is left; the stream stays open, and its errors are for its owner to look at. */
int pulse_table_writer_end(struct pulse_table_writer *out, struct pulse_err *err);
void pulse_table_writer_free(struct pulse_table_writer *out);

#endif
