/* A file of flat columns of any kind, read batch by batch: what `pulse-data cat` prints and what
 * the series of a Parquet or pickle file are taken from. Reads through the store; local. */
#ifndef PULSE_DATA_TABLE_H
#define PULSE_DATA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum pulse_kind_of_column {
    PULSE_KIND_BOOL,  /* integers 0 and 1 */
    PULSE_KIND_INT,   /* integers */
    PULSE_KIND_UINT,  /* integers, to be read as uint64 */
    PULSE_KIND_FLOAT, /* reals that were float32: printed with as many digits as that needs */
    PULSE_KIND_DOUBLE,
    PULSE_KIND_TIME, /* integers: nanoseconds since 1970 UTC */
    PULSE_KIND_TEXT  /* UTF-8 */
};

struct pulse_table_column {
    char *name;
    enum pulse_kind_of_column kind;
};

/* Rows of one column. Of `integers`, `reals` and text the one that the kind names is set. */
struct pulse_vector {
    enum pulse_kind_of_column kind;
    bool *missing; /* rows of them; NULL when no row is missing. A real may also be NaN */
    int64_t *integers;
    double *reals;
    int64_t *text_end; /* text of row i: text[text_end[i − 1] … text_end[i]), 0 for i − 1 < 0 */
    char *text;
};

struct pulse_batch {
    int64_t rows;
    int64_t n;                    /* columns, as asked for */
    struct pulse_vector *vectors; /* n */
};

void pulse_batch_clear(struct pulse_batch *batch);

#endif
