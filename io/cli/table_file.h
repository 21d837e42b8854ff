/* A table written to a file or an object, in the format of its extension: whole or not at all.
 * Knows nothing of where the rows come from. */
#ifndef PULSE_CLI_TABLE_FILE_H
#define PULSE_CLI_TABLE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"
#include "data/common/format.h"
#include "data/table_write.h"

struct pulse_table_file {
    const char *uri;
    const struct pulse_table_column *columns; /* n */
    int64_t n;
    int codec;          /* of Parquet; by data/common/codec.h */
    int64_t group_rows; /* of Parquet; 0 for the default */
    bool dates;         /* of CSV: times are days, and written as such */
};

/* Hands all rows to the writer by pulse_table_writer_batch; -1 with an error. */
typedef int pulse_fill_table(void *user, struct pulse_table_writer *out, struct pulse_err *err);

/* An object is made in TMPDIR first. PULSE_E_INPUT for what the format cannot hold, errors of the
 * store, and those of `fill`. */
int pulse_table_file_write(const struct pulse_table_file *file, pulse_fill_table *fill, void *user,
                           struct pulse_err *err);

/* Opens a local file to write it in `format` (NULL: any): a device only where that can be written
 * from first to last. What killed processes have left of it is removed. */
int pulse_table_file_open(struct pulse_writer *writer, const struct pulse_format *format,
                          const char *path, struct pulse_err *err);

/* Whether a table can be written there, as far as that shows before there is one: a file can be
 * made beside it. */
int pulse_table_file_check(const char *uri, struct pulse_err *err);

/* Whether two names are of one file, also by another path or a link, and where `from` names a table
 * within it. */
bool pulse_table_file_is(const char *from, const char *to);

#endif
