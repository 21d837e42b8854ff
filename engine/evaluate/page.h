/* A comparison as a page for people: runs, years and variables as tables, and when each run gained
 * on the baseline as pictures, in the manner of report.html. */
#ifndef PULSE_EVALUATE_PAGE_H
#define PULSE_EVALUATE_PAGE_H

#include <stdio.h>

#include "evaluate/output.h"

/* Writes the page. PULSE_E_MEMORY; write errors stay in the stream. */
int pulse_evaluation_page(const struct pulse_evaluation_view *view, FILE *out,
                          struct pulse_err *err);

#endif
