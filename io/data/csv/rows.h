/* Rows of CSV text in memory → instants and values. Pure: no file, no message. */
#ifndef PULSE_DATA_CSV_ROWS_H
#define PULSE_DATA_CSV_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/text_number.h"
#include "data/common/types.h"

/* Which cells of a row matter: from the left, skip some, then take one; then skip the rest. */
struct pulse_csv_plan {
    char separator;
    struct pulse_text_numbers numbers;
    bool point_unclear;             /* a cell such as 1.324 is a fault (layout.h) */
    enum pulse_time_unit time_unit; /* of times that are integers */
    const char *date_format;        /* as strptime takes it; NULL: ISO 8601 */
    unsigned span;                  /* what each is the time of (stamps.h); 0: anything */
    bool offset;                    /* times have an offset from UTC … */
    bool instants;                  /* … that makes instants of them; else their clock is taken */
    int64_t takes;
    struct pulse_csv_take {
        int64_t skip; /* cells between the take before (or the row's start) and this one */
        int64_t slot; /* index of the value; PULSE_CSV_TIME; or PULSE_CSV_SPECIAL − index of a
                         special */
    } * take;
    int64_t skip_last; /* cells after the last take */
    int64_t slots;     /* values in a row */
    /* Cells that are looked at more closely. */
    struct pulse_csv_special {
        bool text;                   /* a number there is a fault; nothing is taken */
        int64_t slot;                /* else index of the value … */
        struct pulse_text_unit unit; /* … whose numbers all have this unit */
    } * special;
};
enum { PULSE_CSV_TIME = -1, PULSE_CSV_SPECIAL = -2 };

enum pulse_csv_fault {
    PULSE_CSV_OK,
    PULSE_CSV_SHORT_ROW,
    PULSE_CSV_LONG_ROW,
    PULSE_CSV_OPEN_QUOTE,
    PULSE_CSV_STRAY_QUOTE,
    PULSE_CSV_NO_TIME,
    PULSE_CSV_OTHER_OFFSET,
    PULSE_CSV_OTHER_SPAN,
    PULSE_CSV_NO_NUMBER,
    PULSE_CSV_OTHER_UNIT,
    PULSE_CSV_NUMBER_IN_TEXT,
    PULSE_CSV_POINT_UNCLEAR,
};

/* What is wrong, where: `row` the row's first byte, `cell` .. `cell_end` the cell (or the rest of
 * the row), `slot` that of the take. */
struct pulse_csv_trouble {
    enum pulse_csv_fault fault;
    const char *row;
    const char *cell;
    const char *cell_end;
    int64_t slot;
};

/* A stretch of the file in memory, PULSE_CSV_CELL_PADDING line feeds after it. */
struct pulse_csv_text {
    const char *at;   /* the next row's first byte */
    const char *stop; /* rows that begin from here on are not wanted */
    const char *end;
    bool last; /* the file ends at `end` */
};

/* Where rows go: row i to time_ns[i] and values[slot * capacity + i]. */
struct pulse_csv_sink {
    int64_t rows; /* so far */
    int64_t capacity;
    int64_t *time_ns;
    double *values;
    bool local;     /* a time had another offset than 0, and its clock was taken */
    unsigned spans; /* of the times */
    double *tile;   /* scratch for pulse_csv_tile_rows × slots values */
};

/* Parses rows and moves `text->at` past them until it reaches `stop`, there is no more capacity, or
 * the row there is cut by `end`: a row is only parsed, and only complained about, when all of it is
 * there. Empty lines are no rows. 0, or -1 with `trouble` filled. */
int pulse_csv_parse(const struct pulse_csv_plan *plan, struct pulse_csv_text *text,
                    struct pulse_csv_sink *sink, struct pulse_csv_trouble *trouble);

/* Rows that are gathered before they go to their columns. */
int64_t pulse_csv_tile_rows(int64_t slots);

#endif
