/* summary.json (DEFINITIONS §7.3): the run in words and numbers. Local, rank 0; computes nothing
 * but ratios and knows nothing of where the numbers come from. */
#ifndef PULSE_RESULTS_SUMMARY_H
#define PULSE_RESULTS_SUMMARY_H

#include <jansson.h>

#include "results/part_name.h"
#include "results/summary_input.h"

/* What stages are called in it. */
extern const char *const pulse_stage_names[PULSE_ALL_STAGES];

/* All of summary.json; NULL with PULSE_E_MEMORY. To be released with json_decref. */
json_t *pulse_summary_build(const struct pulse_summary_input *input, struct pulse_err *err);

/* "config" of it: every option, by options, plan, names and V of the input alone. NULL: out of
 * memory. */
json_t *pulse_summary_config(const struct pulse_summary_input *input);

/* What of "warnings" is said of the input before anything is computed. To be taken over. */
json_t *pulse_summary_kept_warnings(void);

/* Notes what a file of the results is called, once there is one. */
void pulse_summary_name_file(json_t *summary, enum pulse_result_file file, const char *name);

/* Prints it on standard output. */
void pulse_summary_print(const json_t *summary);

/* Writes it to a file or an object. PULSE_E_STORAGE, PULSE_E_MEMORY and what the store says. */
int pulse_summary_write(const json_t *summary, const char *uri, struct pulse_err *err);

#endif
