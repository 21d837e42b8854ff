/* The panel while it is made: a row of numbers a day, in a file of its own without a name, so that
 * it may be larger than memory. Rows come in any order of days. Knows nothing of where values come
 * from or what they mean. */
#ifndef PULSE_PREPARE_SHEET_H
#define PULSE_PREPARE_SHEET_H

#include <stdint.h>

#include "base/error.h"

/* A column a variable. */
struct pulse_sheet {
    int64_t columns;
    int64_t n;    /* days that have a row */
    int64_t *day; /* n: days since 1970, ascending once it is sorted */
    double **row; /* n: columns values each, NaN where there is none; in a mapped file */
    int64_t cap_day, cap_row;
    int32_t *of_day; /* by day - PULSE_DAY_MIN: 1 + which row; 0: none; gone once it is sorted */
    int fd;
    int64_t part_rows, part_bytes; /* rows are mapped so many at a time */
    void **part;
    int64_t n_parts, cap_parts;
};

/* Clear `sheet` in any case. PULSE_E_STORAGE where TMPDIR takes no file, PULSE_E_MEMORY. */
int pulse_sheet_init(struct pulse_sheet *sheet, int64_t columns, struct pulse_err *err);
void pulse_sheet_clear(struct pulse_sheet *sheet);

/* The row of a day from PULSE_DAY_MIN to PULSE_DAY_MAX, made of NaN where there is none yet. NULL
 * with PULSE_E_STORAGE where TMPDIR is full, or PULSE_E_MEMORY. */
double *pulse_sheet_row(struct pulse_sheet *sheet, int64_t day, struct pulse_err *err);

/* Puts the rows in the order of their days; no more are made. PULSE_E_MEMORY. */
int pulse_sheet_sort(struct pulse_sheet *sheet, struct pulse_err *err);

/* Index of a day's row in a sheet that is sorted; -1: it has none. */
int64_t pulse_sheet_find(const struct pulse_sheet *sheet, int64_t day);

#endif
