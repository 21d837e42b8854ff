/* The table that pulse-train prints at its end. Local, rank 0; computes nothing but ratios
 * and knows nothing of files. */
#ifndef PULSE_RESULTS_TABLE_H
#define PULSE_RESULTS_TABLE_H

#include "results/summary_input.h"

/* On standard output: a line per variable that is predicted, by skill, at most 80 columns, and the
 * run in a few lines. Without memory there is none. */
void pulse_table_print(const struct pulse_summary_input *input);

#endif
