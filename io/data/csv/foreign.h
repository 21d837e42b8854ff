/* Files that are called CSV and are none, by their first bytes. Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_FOREIGN_H
#define PULSE_DATA_CSV_FOREIGN_H

#include "base/error.h"
#include "data/csv/head.h"

/* The first line, [first, end), of `head`: PULSE_E_INPUT where that is of a workbook, of JSON, a
 * web page or an archive, packed under a name that does not say so, in UTF-16, or has a NUL byte.
 */
int pulse_csv_refuse_other_files(const struct pulse_csv_head *head, const char *first,
                                 const char *end, const char *uri, struct pulse_err *err);

/* PULSE_E_INPUT where a carriage return stands within a line: other programs of old ended lines
 * with it alone. */
int pulse_csv_refuse_bare_returns(const char *p, const char *end, const char *uri,
                                  struct pulse_err *err);

#endif
