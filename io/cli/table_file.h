/* A table written to a file or an object, in the format of its extension: whole or not at all.
 * Knows nothing of where the rows come from. */
#ifndef PULSE_CLI_TABLE_FILE_H
#define PULSE_CLI_TABLE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
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

/* Whether two names are of one file, also by another path or a link, and where `from` names a table
 * within it. */
bool pulse_table_file_is(const char *from, const char *to);

#endif
