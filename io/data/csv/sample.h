/* A walk over the cells of the rows at the beginning of a CSV file. Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_SAMPLE_H
#define PULSE_DATA_CSV_SAMPLE_H

#include "data/csv/head.h"
#include "data/csv/types.h"

typedef void pulse_csv_cell_look(void *user, int64_t column, struct pulse_text text, int64_t line);

/* A row that is not looked at yet: where it begins, and its line counted from 1. */
struct pulse_csv_line_start {
    int64_t at, line;
};

/* The first row behind the header. */
struct pulse_csv_line_start pulse_csv_sample_begin(const struct pulse_csv_layout *layout);

/* Calls `look` for each cell of the whole lines at hand from `next` on, which moves behind them.
 */
void pulse_csv_sample_look(const struct pulse_csv_head *head, const struct pulse_csv_layout *layout,
                           struct pulse_csv_line_start *next, pulse_csv_cell_look *look,
                           void *user);

#endif
