/* Lines of a CSV file that stand before its header: titles, sources, comments. Pure. Internal to
 * io/data. */
#ifndef PULSE_DATA_CSV_PREAMBLE_H
#define PULSE_DATA_CSV_PREAMBLE_H

#include "data/csv/head.h"

/* How many lines stand before the header; 0 where the first line is it, or none is certainly. A
 * line further down is certainly the header where it names the time (`time`, or NULL: as others
 * call it) and another column, a row of as many cells with a time there follows it, and all lines
 * before it have another number of cells, or only one with anything in it. `separator` 0: any. */
int64_t pulse_csv_preamble_lines(const struct pulse_csv_head *head, const char *time,
                                 char separator);

/* How many lines stand before what looks like a header: one of as many cells as the next, which a
 * time begins. Only for an advice; 0 for none. */
int64_t pulse_csv_preamble_guess(const struct pulse_csv_head *head, char separator);

#endif
