/* Plain refits: one solution of (P + Λ) B = Q per window and λ (DEFINITIONS §4.1), for all blocks
 * of features from one factor. Knows nothing of spans but their windows. */
#ifndef PULSE_FIT_REFIT_H
#define PULSE_FIT_REFIT_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/workbench.h"

/* One solution: the targets of a system that lie one horizon ahead, on what they know. */
struct pulse_refit {
    int64_t system;
    struct pulse_target_group group;
    const double *G; /* d × (d + q): the system's [P | Q] */
    int64_t rows;    /* that stand behind it */
};

/* What is done with candidate c's coefficients, which stand in bench->B (d × group.n). */
typedef bool pulse_refit_use(struct pulse_workbench *bench, const struct pulse_refit *refit,
                             int64_t c, void *context);

/* Coefficients of one λ for all blocks, block after block, given to `use`; all 0 where no row
 * stands behind them. False: no solution, or `use` says that it is none. */
bool pulse_refit_solve(struct pulse_workbench *bench, const struct pulse_refit *refit, int64_t l,
                       pulse_refit_use *use, void *context);

/* Plain refits of a span's windows, one per window and horizon. G holds the sums up to the span's
 * base and moves on with them; rolling sums are made anew for each window. */
void pulse_refit_span(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span);

#endif
