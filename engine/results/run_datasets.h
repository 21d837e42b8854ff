/* The datasets of results.h5 (DEFINITIONS §7.1) that say something of the run as a whole:
 * windows, calendar, ridge penalties, coefficients. Computes nothing and knows nothing of how the
 * file is opened. */
#ifndef PULSE_RESULTS_RUN_DATASETS_H
#define PULSE_RESULTS_RUN_DATASETS_H

#include "base/error.h"

struct pulse_results;

/* Collective: creates and fills them. PULSE_E_MEMORY; -1 without a message when HDF5 failed. */
int pulse_results_write_run(const struct pulse_results *results, struct pulse_err *err);

#endif
