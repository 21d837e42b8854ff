/* report.html: one page that shows a run to people, made from summary.json and results.h5 alone.
 * Local; computes nothing but what pictures need. */
#ifndef PULSE_REPORT_H
#define PULSE_REPORT_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/* The page of the run whose summary and results.h5 (a local file) these are, as *html, *bytes long;
 * to be freed. PULSE_E_INPUT when the file is none of ours, or of another run. */
int pulse_report_make(const json_t *summary, const char *results, char **html, int64_t *bytes,
                      struct pulse_err *err);

#endif
