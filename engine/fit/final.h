/* The fit on all rows: coefficients of every candidate and what they predict for the next row
 * (DEFINITIONS §4.9). */
#ifndef PULSE_FIT_FINAL_H
#define PULSE_FIT_FINAL_H

#include "fit/fitted.h"
#include "fit/sums.h"

/* Local, on the last rank: the final fit. Allocates on all ranks, computes on the one where
 * `sums` has the end. */
int pulse_final_fit(const struct pulse_fit_input *input, const struct pulse_sums *sums, bool here,
                    struct pulse_final *out, struct pulse_err *err);

#endif
