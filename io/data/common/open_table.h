/* The head that the open tables of all formats share: columns, rows, and how far they were read.
 * Internal to io/data; others see data/table.h. */
#ifndef PULSE_DATA_COMMON_OPEN_TABLE_H
#define PULSE_DATA_COMMON_OPEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/location.h"
#include "data/common/types.h"

struct pulse_table;

struct pulse_open_table_face {
    /* Fills `out`, which is empty, with the next rows. Called only while there are any. */
    int (*next)(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err);
    /* Releases what the format added to the head; the names of columns too, where they are its. */
    void (*close)(struct pulse_table *table);
};

/* The first member of each format's open table. */
struct pulse_table {
    const struct pulse_open_table_face *face;
    char *uri; /* for messages */
    struct pulse_read_options reading;
    int64_t rows;     /* in all */
    int64_t row;      /* the next */
    bool warned;      /* of times that stand for none */
    const char *note; /* what else of the file is left out, for a warning; NULL: nothing. The
                         format's */
    bool of_columns;  /* that is of columns, and alike in all files of a dataset */
    int64_t n;
    struct pulse_table_column *columns; /* n */
    const struct pulse_zone *wanted;    /* in which times are shown; NULL: each column's own */
    bool *unzoned;                      /* n: times of no zone in the file */
};

/* A zeroed table of `bytes` bytes, head first; NULL with PULSE_E_MEMORY. Set rows, n and columns.
 */
void *pulse_open_table_new(size_t bytes, const struct pulse_open_table_face *face,
                           const struct pulse_location *location,
                           const struct pulse_read_options *options, struct pulse_err *err);
void pulse_open_table_free(struct pulse_table *table);

#endif
