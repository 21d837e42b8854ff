/* The values that readers, writers and their callers hand each other: how to read, blocks of
 * numbers, batches of rows of any kinds. Knows no format, no file and no store. Local. */
#ifndef PULSE_DATA_COMMON_TYPES_H
#define PULSE_DATA_COMMON_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/epoch.h"

struct pulse_zone; /* base/zone.h */

/* ---- How to read ---------------------------------------------------------------- */

enum { PULSE_WINDOWS_1252 = 'w' }; /* an encoding, of which Latin-1 is a part */

/* Passed by pointer, unchanged, from the caller to the reader of each format. Where a function
 * takes a NULL of it, all rows and variables are wanted and nothing is declared. */
struct pulse_read_options {
    enum pulse_time_unit time_unit;
    int64_t from_ns, to_ns; /* instants wanted, both included. Rows outside may be left out, where
                               that spares reading them; a caller must not rely on it */
    bool every_variable;    /* none was chosen: where a column is left out because it seems to hold
                               no number, one that it does hold is an error */
    const char *time_zone;  /* whose days instants are counted in; NULL: each in its own offset or
                               zone. Strings are borrowed */
    /* Of CSV. */
    char decimal;      /* before the fraction of a number, '.' or ','; 0: detected in the file, an
                          error where it could be either */
    char thousands;    /* between thousands: '.', ',', '\'', or ' ' for any blank; 0: none */
    char delimiter;    /* between cells; 0: detected */
    char encoding;     /* PULSE_WINDOWS_1252; else UTF-8 */
    int64_t skip_rows; /* lines before the header */
    /* Of all formats. */
    const char *time;        /* name of the time column; NULL: found */
    const char *date_format; /* of times that are text, as strptime takes it; NULL: ISO 8601 */
    const char *missing; /* further words for a missing value, separated by commas; NULL: none */
    /* Of long panels. */
    const char *id; /* name of the column that says what a row is of, or names of several, separated
                       by commas; NULL: found, if any */
    const char *value; /* names of the value columns, separated by commas; NULL: all numbers */
    bool as_panel; /* it is read to make a panel of it, or to see whether it is one: texts of time
                      may stay that, and be of several frequencies */
    struct pulse_long *panel; /* what was read of the file already; NULL: nothing */
};

/* `options`, or what NULL stands for. */
struct pulse_read_options pulse_read_options_or_all(const struct pulse_read_options *options);

/* ---- Numbers -------------------------------------------------------------------- */

/* Rows of some columns: value of row i, column c at values[c * rows + i]; NaN where missing. Owns
 * both arrays. */
struct pulse_block {
    int64_t rows;
    int64_t columns;
    int64_t untimed;  /* rows left out because their time stands for none (epoch.h) */
    int64_t *time_ns; /* rows: what the clock of each stamp's own offset or zone shows, nanoseconds
                         since 1970. As a format's reader hands them on: instants of `zone` */
    double *values;
    const struct pulse_zone *zone;  /* that the file says of its times, or UTC; NULL: none */
    const struct pulse_zone *clock; /* the zone whose clocks the times show; NULL: none, or offsets
                                       of no zone. A reader that showed them itself may set it */
    bool local;                     /* the times are what clocks ahead of or behind UTC show */
    unsigned spans;                 /* of its times where they are text (stamps.h); else 0 */
    uint32_t midnights;             /* zones at whose midnights all times lie; all of them where
                                       there is no row */
};

void pulse_block_clear(struct pulse_block *block);

/* `midnights` of no rows; those of several blocks are combined by &. */
#define PULSE_MIDNIGHTS_ANY UINT32_MAX

/* The zone at whose midnights all of the times lie, where that is not UTC; else NULL. */
const char *pulse_midnights_zone(uint32_t midnights);

/* What is said then: where (%s), and twice the zone (%s). */
#define PULSE_MIDNIGHTS_WARNING                                                                    \
    "%s: all times lie at hours that are midnight in %s: say --time-zone %s if they are days "     \
    "there, written in UTC; hours of the day that they show, as that of a market's close, are "    \
    "right as they are"

/* ---- Rows of any kinds ---------------------------------------------------------- */

enum pulse_kind_of_column {
    PULSE_KIND_BOOL,  /* integers 0 and 1 */
    PULSE_KIND_INT,   /* integers */
    PULSE_KIND_UINT,  /* integers, to be read as uint64 */
    PULSE_KIND_FLOAT, /* reals that were float32: printed with as many digits as that needs */
    PULSE_KIND_DOUBLE,
    PULSE_KIND_TIME, /* integers: nanoseconds since 1970 UTC */
    PULSE_KIND_TEXT  /* UTF-8 */
};

static inline bool pulse_kind_is_integer(enum pulse_kind_of_column kind)
{
    return kind == PULSE_KIND_INT || kind == PULSE_KIND_UINT;
}

static inline bool pulse_kind_is_real(enum pulse_kind_of_column kind)
{
    return kind == PULSE_KIND_FLOAT || kind == PULSE_KIND_DOUBLE;
}

static inline bool pulse_kind_is_number(enum pulse_kind_of_column kind)
{
    return pulse_kind_is_integer(kind) || pulse_kind_is_real(kind);
}

/* "reals", "whole numbers", "times" … */
const char *pulse_kind_name(enum pulse_kind_of_column kind);

/* What a column holds that is of no kind. */
#define PULSE_HOLDS_NOTHING "no value"
#define PULSE_HOLDS_OTHERS "spans, lists or other objects"
/* What is no column at all begins so and says why: "no value per row (10 for 300 rows)". */
#define PULSE_HOLDS_MISFIT "no value per row ("
#define PULSE_HOLDS_FIELD " dimensions)"  /* how that of more than two ends */
#define PULSE_HOLDS_MATRIX "a matrix of " /* how that of two begins */

struct pulse_table_column {
    char *name;
    const struct pulse_zone *zone; /* of a time: in which it is shown; NULL: none was said */
    enum pulse_kind_of_column kind;
    bool index;    /* labels of pandas' rows, or one level of them */
    bool lettered; /* numbers of which some have a letter, 3M: they may be labels, as tenors are */
};

/* Rows of one column. Of `integers`, `reals` and text the one that the kind names is set. */
struct pulse_vector {
    enum pulse_kind_of_column kind;
    const struct pulse_zone *zone; /* as the column's */
    bool *missing; /* rows of them; NULL when no row is missing. A real may also be NaN */
    int64_t *integers;
    double *reals;
    int64_t *text_end; /* text of row i: text[text_end[i − 1] … text_end[i]), 0 for i − 1 < 0 */
    char *text;
};

/* The double nearest to an integer of a vector of integers, whether or not it is missing. */
static inline double pulse_vector_integer_to_real(const struct pulse_vector *v, int64_t row)
{
    return v->kind == PULSE_KIND_UINT ? (double)(uint64_t)v->integers[row]
                                      : (double)v->integers[row];
}

/* Owns its vectors and their arrays. */
struct pulse_batch {
    int64_t rows;
    int64_t n;                    /* columns, as asked for */
    struct pulse_vector *vectors; /* n */
    int64_t *line;                /* of each row, in a text; NULL: the format has no lines */
};

enum { PULSE_ROW_TEXT = 32 };

/* Where row i of a batch stands in its file, for a message: "line 12", or "row 9" where `before`
 * rows come before the batch. */
const char *pulse_batch_where(const struct pulse_batch *batch, int64_t i, int64_t before,
                              char out[PULSE_ROW_TEXT]);

void pulse_batch_clear(struct pulse_batch *batch);

#endif
