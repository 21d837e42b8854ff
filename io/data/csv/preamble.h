/* Lines of a CSV file that stand before its header: titles, sources, comments. Pure. Internal to
 * io/data. */
#ifndef PULSE_DATA_CSV_PREAMBLE_H
#define PULSE_DATA_CSV_PREAMBLE_H

#include "data/csv/head.h"

/* How many lines stand before the header; 0 where the first line is it, or none is certainly. A
 * line further down is certainly the header where it names the time (`time`, or NULL: as others
 * call it) and another column, a row of as many cells with a time there follows it, and all lines
 * before it have another number of cells, or only one with anything in it; a line of names of
 * another level may stand directly above it (",SPX,VIX"). Else empty lines at the beginning.
 * `separator` 0: any. */
int64_t pulse_csv_preamble_lines(const struct pulse_csv_head *head, const char *time,
                                 char separator);

/* Lines of a file, counted from 1. */
struct pulse_csv_table_lines {
    int64_t header, row;
};

/* Where a table seems to begin below the first lines: its names, and its first row, one of as many
 * cells that a time begins; between them may be lines of units and sources. Only for an advice;
 * false for none. */
bool pulse_csv_guess_table(const struct pulse_csv_head *head, char separator,
                           struct pulse_csv_table_lines *out);

#endif
