/* A file of flat columns, of any format, read batch by batch from its first row to its last: what
 * `pulse-data cat` prints and `pulse-data convert` writes. Knows nothing of which column is the
 * time, or of variables. Reads through the store; local. */
#ifndef PULSE_DATA_TABLE_H
#define PULSE_DATA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_table;

/* Opens a file, or FILE#/key for one frame of an HDF5 file of several. Of a CSV file it reads all
 * bytes, since only they show what a column holds. `options` may be NULL; the rows outside its
 * period are read like the others. PULSE_E_INPUT names the file and what is wrong with it. */
int pulse_table_open(const char *uri, const struct pulse_read_options *options,
                     struct pulse_table **out, struct pulse_err *err);
void pulse_table_free(struct pulse_table *table);

/* Borrowed; the same for every batch. */
const struct pulse_table_column *pulse_table_columns(const struct pulse_table *table, int64_t *n);

/* Rows in all. */
int64_t pulse_table_rows(const struct pulse_table *table);

/* The next rows, every column; `end` is set, and no rows are in `out`, where there are no more. A
 * batch is a row group of Parquet, and some MB of the others. Clear `out` in any case; after an
 * error only free the table. */
int pulse_table_next(struct pulse_table *table, struct pulse_batch *out, bool *end,
                     struct pulse_err *err);

/* Which part of the file has been read, 0 to 1, to be shown. */
double pulse_table_done(const struct pulse_table *table);

#endif
