/* summary.json (DEFINITIONS §7.3): the run in words and numbers. Local, rank 0; computes nothing
 * but ratios and knows nothing of where the numbers come from. */
#ifndef PULSE_RESULTS_SUMMARY_H
#define PULSE_RESULTS_SUMMARY_H

#include <jansson.h>

#include "results/summary_input.h"

/* All of summary.json; NULL with PULSE_E_MEMORY. To be released with json_decref. */
json_t *pulse_summary_build(const struct pulse_summary_input *input, struct pulse_err *err);

/* Writes it into the directory and, if asked for, to --output-file and --s3-output-file.
 * PULSE_E_MEMORY, or what the store says. */
int pulse_summary_write(const struct pulse_summary_input *input, const json_t *summary,
                        struct pulse_err *err);

#endif
