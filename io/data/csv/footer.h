/* The last lines of a CSV file that are no rows: sources, notes, totals. Pure but for the bytes of
 * the end, which it reads. Internal to io/data. */
#ifndef PULSE_DATA_CSV_FOOTER_H
#define PULSE_DATA_CSV_FOOTER_H

#include "data/csv/head.h"
#include "data/csv/header.h"

/* Where the rows end: `at` is the offset of the first byte behind the last of them where up to 20
 * lines follow that cannot be rows, and `note`, to be freed, says so; else −1 and NULL. A line is
 * none where no cell of it is a time and it has another number of cells than the header, of which
 * the first is words; or as many, but only one with anything in it, or one that is called as
 * summaries are. The row before them must hold a time: so a table of words keeps all of its rows.
 * Only seen where the file is not packed, or all of it is in `head`. */
int pulse_csv_footer_find(const struct pulse_csv_head *head, const struct pulse_csv_header *header,
                          int64_t *at, char **note, struct pulse_err *err);

#endif
