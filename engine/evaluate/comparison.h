/* Runs side by side: what they have in common, and what each lost of it, window after window
 * (DEFINITIONS §9.1, §9.2). Pure. */
#ifndef PULSE_EVALUATE_COMPARISON_H
#define PULSE_EVALUATE_COMPARISON_H

#include <stdint.h>

#include "evaluate/losses.h"

/* R runs over the variables that all of them have, and the windows in which any is compared. */
struct pulse_comparison {
    int64_t R, W, V;
    const struct pulse_losses *runs; /* R; borrowed */
    struct pulse_loss_window *windows;
    const char **names; /* V; borrowed */
    int64_t scored;     /* variables with a pair that is compared */
    int64_t cells;  /* pairs of window and variable with scored rows, equally many in all runs */
    int64_t uneven; /* pairs with scored rows, but not equally many: left out */
    int64_t unlike; /* of `cells`, where persistence erred otherwise: the values are others */
    double *sum[PULSE_LOSSES]; /* R × W × V; 0 where a pair is left out */
    double *unit;              /* V: persistence's mean squared error over all windows */
    double *loss;              /* (R + 1) × W: the loss of a window, persistence's last */
};

/* Compares within the days `from` … `to`. PULSE_E_INPUT where nothing is shared (says what is not);
 * PULSE_E_MEMORY. Clear in every case. */
int pulse_comparison_make(const struct pulse_losses *runs, int64_t R, int64_t from, int64_t to,
                          struct pulse_comparison *comparison, struct pulse_err *err);
void pulse_comparison_clear(struct pulse_comparison *comparison);

/* Sum of one kind, of run r and variable v, over the windows from … to − 1. */
double pulse_comparison_sum(const struct pulse_comparison *comparison, enum pulse_loss kind,
                            int64_t r, int64_t v, int64_t from, int64_t to);

/* 1 − Σe²/Σe²(persistence) of run r and variable v over all windows; NaN without rows. */
double pulse_comparison_skill(const struct pulse_comparison *comparison, int64_t r, int64_t v);

/* Its mean over the variables that have one; NaN where none has. */
double pulse_comparison_mean_skill(const struct pulse_comparison *comparison, int64_t r);

#endif
