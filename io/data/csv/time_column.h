/* Which column of a CSV file is the time, and how its dates are written. Works on the rows at its
 * beginning, once the layout knows what its columns hold. Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_TIME_COLUMN_H
#define PULSE_DATA_CSV_TIME_COLUMN_H

#include "data/csv/head.h"
#include "data/csv/types.h"

/* Before the time is chosen: --time says that a second date is one of the row. PULSE_E_INPUT where
 * tables stand side by side. */
int pulse_csv_refuse_second_table(const struct pulse_csv_head *head,
                                  const struct pulse_csv_layout *layout, struct pulse_err *err);

/* The column that is said, or that is called like a time; else the only one of dates, into
 * `layout`. PULSE_E_INPUT where there is none, or several could be it. */
int pulse_csv_time_find(const struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                        const struct pulse_read_options *options, struct pulse_err *err);

/* PULSE_E_INPUT where the time is a year, and months or quarters are names of columns. */
int pulse_csv_refuse_months_across(const struct pulse_csv_head *head,
                                   const struct pulse_csv_layout *layout, struct pulse_err *err);

/* The form of times that are not of ISO 8601: said, or what all that were looked at have. */
void pulse_csv_time_form(const struct pulse_csv_head *head,
                         const struct pulse_read_options *options, struct pulse_csv_layout *layout);

/* 60 is 2060, as strptime has it: training would leave such days out, since they lie ahead. */
int pulse_csv_note_centuries(const struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                             struct pulse_err *err);

#endif
