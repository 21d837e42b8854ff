/* One name for a column whose labels stand in several levels, as a MultiIndex of pandas has them.
 * Works on names alone. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_LEVELS_H
#define PULSE_DATA_COMMON_LEVELS_H

#include <stdint.h>

#include "base/error.h"

/* Joins the labels of one column by points, empty ones left out. The level that is called like a
 * set of things (Ticker, Symbol, unique_id …) comes first, so that ("Close", "AAPL") is
 * "AAPL.Close" whichever way round it was written. `levels` are their names, "" or NULL for none.
 * Free it; NULL with PULSE_E_MEMORY. */
char *pulse_levels_join(const char *const *levels, const char *const *labels, int64_t n,
                        struct pulse_err *err);

/* A real number as a name, as Python and pandas write it: 2.0, 0.5, 1e+20. Free it; NULL with
 * PULSE_E_MEMORY. */
char *pulse_level_of_real(double value, struct pulse_err *err);

#endif
