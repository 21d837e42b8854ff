/* The table that pulse-train prints at its end, made from the summary alone, so that it can be
 * printed again. Local; computes nothing and knows nothing of files. */
#ifndef PULSE_RESULTS_TABLE_H
#define PULSE_RESULTS_TABLE_H

#include <jansson.h>

/* On standard output: a line per variable that is predicted, by skill, at most 80 columns, and the
 * run in a few lines; `location` is where the results are. Without memory there is none. */
void pulse_table_print(const json_t *summary, const char *location);

#endif
