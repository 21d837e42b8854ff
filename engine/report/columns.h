/* The numbers of a run by variable: its rows, its windows, its links, its coefficients, one
 * variable or feature at a time, so that the report needs no more memory for a run of many windows.
 * Internal to the files of this folder; local; draws nothing. */
#ifndef PULSE_REPORT_COLUMNS_H
#define PULSE_REPORT_COLUMNS_H

#include "report/data.h"

/* Opens all of them, of what pulse_report_read has read. PULSE_E_INPUT, PULSE_E_MEMORY. Close in
 * every case, before pulse_report_clear. */
int pulse_report_open_columns(struct pulse_report *report, struct pulse_err *err);
void pulse_report_close_columns(struct pulse_report *report);

/* Reads a variable's columns, of report->rows or report->per_window. PULSE_E_INPUT. */
int pulse_report_load(struct pulse_report *report, struct pulse_report_columns_of *of,
                      int64_t variable, struct pulse_err *err);

/* The tests of a source: V numbers of each of report->links, by target. PULSE_E_INPUT. */
int pulse_report_load_links(struct pulse_report *report, int64_t source, struct pulse_err *err);

/* The coefficients of a feature into report->coefficients: fits × V. PULSE_E_INPUT. */
int pulse_report_load_coefficients(struct pulse_report *report, int64_t feature,
                                   struct pulse_err *err);

#endif
