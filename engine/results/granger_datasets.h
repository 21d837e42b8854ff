/* The group /drivers of results.h5 (DEFINITIONS §7.1): what the Granger causality tests found,
 * spread over all variables. Computes nothing and knows nothing of how a test is made (DEFINITIONS
 * §5.3). */
#ifndef PULSE_RESULTS_GRANGER_DATASETS_H
#define PULSE_RESULTS_GRANGER_DATASETS_H

#include <stdbool.h>

#include "base/error.h"

struct pulse_results;

/* Collective: creates the datasets, which `writer` (the last rank) fills. PULSE_E_MEMORY; -1
 * without a message when HDF5 failed. */
int pulse_results_write_granger(const struct pulse_results *results, bool writer,
                                struct pulse_err *err);

#endif
