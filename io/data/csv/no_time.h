/* What to say of a CSV file whose time column is not found, or whose first line is a row. Internal
 * to io/data. */
#ifndef PULSE_DATA_CSV_NO_TIME_H
#define PULSE_DATA_CSV_NO_TIME_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"
#include "data/csv/head.h"
#include "data/csv/header.h"
#include "data/csv/types.h"

/* PULSE_E_INPUT where a file has no line of names: the first one has a time and numbers, and
 * nothing else but a time of day. */
int pulse_csv_refuse_row_as_header(const struct pulse_csv_header *header, const char *uri,
                                   struct pulse_err *err);

/* PULSE_E_INPUT where two columns of times have one name: tables side by side. */
int pulse_csv_refuse_side_by_side(const struct pulse_csv_header *header, const char *uri,
                                  struct pulse_err *err);

/* PULSE_E_INPUT, always: the tables that begin at these columns stand side by side. */
int pulse_csv_fail_side_by_side(const char *uri, char *const *names, char separator, int64_t first,
                                int64_t second, struct pulse_err *err);

/* PULSE_E_INPUT where a line below has more cells than the header: that is none. Only to be asked
 * where there is no number below it. */
int pulse_csv_refuse_short_header(const struct pulse_csv_head *head,
                                  const struct pulse_csv_header *header, struct pulse_err *err);

/* PULSE_E_INPUT where a column holds times of several forms, as years, quarters and months below
 * one another. Only to be asked where no column is the time. */
int pulse_csv_refuse_several_forms(const struct pulse_csv_head *head,
                                   const struct pulse_csv_layout *layout, struct pulse_err *err);

/* PULSE_E_INPUT, always: no column is the time. `dated` are the names of the `n_dated` that hold
 * dates. Says which line may be the header, that
 * dates stand in the names, or how to name the column. */
int pulse_csv_fail_time(const struct pulse_csv_head *head, const struct pulse_csv_header *header,
                        char *const *dated, int64_t n_dated,
                        const struct pulse_read_options *options, struct pulse_err *err);

#endif
