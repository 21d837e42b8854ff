/* Plain refits: one solution of (P + Λ) B = Q per window and λ (DEFINITIONS §4.1), for all blocks
 * of features from one factor. Knows nothing of spans but their windows. */
#ifndef PULSE_FIT_REFIT_H
#define PULSE_FIT_REFIT_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/workbench.h"

/* What is done with candidate c's coefficients, which stand in bench->B (d × q). */
typedef bool pulse_refit_use(struct pulse_workbench *bench, int64_t s, int64_t c, void *context);

/* Coefficients of one λ for all blocks, block after block, given to `use`; all 0 where no row
 * stands behind them. False: no solution, or `use` says that it is none. */
bool pulse_refit_solve(struct pulse_workbench *bench, int64_t s, int64_t l, int64_t rows,
                       pulse_refit_use *use, void *context);

/* Plain refits of a span's windows. G holds the sums before the span and moves on with them;
 * rolling sums are made anew for each window. */
void pulse_refit_span(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span);

#endif
