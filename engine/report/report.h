/* report.html (DEFINITIONS §7.4): one page that shows a run to people, made from summary.json and
 * results.h5 alone. Local; computes nothing but what pictures need, and knows nothing of the run
 * that made the files. */
#ifndef PULSE_REPORT_REPORT_H
#define PULSE_REPORT_REPORT_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "report/column_reader.h"

/* The page of the run whose summary and results.h5 (a local file) these are, as *html, *bytes long;
 * to be freed. `elsewhere` is NULL when the parts of results.h5, if it has any, are beside it.
 * PULSE_E_INPUT when the file is none of ours, or of another run;
 * PULSE_E_MEMORY. */
int pulse_report_make(const json_t *summary, const char *results,
                      const struct pulse_report_columns *elsewhere, char **html, int64_t *bytes,
                      struct pulse_err *err);

/* Bytes that making the page takes, at most, of T rows, V variables, W windows and C candidates:
 * one variable's columns, and the page itself. */
int64_t pulse_report_bytes(int64_t T, int64_t V, int64_t W, int64_t C);

#endif
