/* What summary.json says of each variable that is predicted: an object per section, from names to
 * numbers. Internal to the summary; computes nothing but ratios. */
#ifndef PULSE_RESULTS_SUMMARY_VARIABLES_H
#define PULSE_RESULTS_SUMMARY_VARIABLES_H

#include <jansson.h>

#include "results/summary_input.h"

/* To be released by the caller, as what they are put into. */
json_t *pulse_summary_metrics(const struct pulse_summary_input *input);
json_t *pulse_summary_trust(const struct pulse_summary_input *input);
json_t *pulse_summary_trust_means(const struct pulse_summary_input *input);
json_t *pulse_summary_forecasts(const struct pulse_summary_input *input);

/* The same sections of each further horizon, by its number: {"5": {"metrics": …}, …}. */
json_t *pulse_summary_horizons(const struct pulse_summary_input *input);

#endif
