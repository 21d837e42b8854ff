/* Names and dates for the axes of results.h5 (DEFINITIONS §7.1): the datasets of names, and
 * dimension scales, by which readers of netCDF know what each axis is. Text of any length is what
 * these readers want, and what parallel HDF5 does not write: one rank does, once the file is
 * closed. Knows nothing of what the axes hold. */
#ifndef PULSE_RESULTS_LABELS_H
#define PULSE_RESULTS_LABELS_H

#include "base/error.h"

struct pulse_results;

/* Local, on rank 0, while nobody has the file open: names its axes. PULSE_E_STORAGE,
 * PULSE_E_MEMORY. */
int pulse_results_label(const struct pulse_results *results, struct pulse_err *err);

#endif
