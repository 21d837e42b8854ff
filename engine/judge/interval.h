/* One variable's 80 % and 95 % intervals through its windows: a scale that follows the errors,
 * their recent quantiles, and adaptive conformal levels (DEFINITIONS §4.8; Gibbs and Candès
 * 2021). Pure; values on the scaled axis. */
#ifndef PULSE_JUDGE_INTERVAL_H
#define PULSE_JUDGE_INTERVAL_H

#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"

enum { PULSE_INTERVAL_WINDOWS = 36, PULSE_LEVELS = 2 };

struct pulse_intervals {
    enum pulse_interval kind;
    double forget;             /* g */
    double errors, rows;       /* A and M */
    double miss[PULSE_LEVELS]; /* a of the 80 % and the 95 % interval */
    double sigma;              /* σ of the window in hand, NaN for none */
    double half[PULSE_LEVELS]; /* half-widths of the window in hand, NaN for none */

    /* |e|/σ of the last windows: each window's values sorted in `ring`, all of them in `sorted`. */
    double *ring;
    int64_t ring_first, ring_size[PULSE_INTERVAL_WINDOWS], ring_windows;
    double *sorted, *merged;
    int64_t n, widest;
};

/* `widest`: most rows of any window. */
int pulse_intervals_init(struct pulse_intervals *intervals, const struct pulse_options *options,
                         int64_t widest, struct pulse_err *err);
void pulse_intervals_clear(struct pulse_intervals *intervals);

/* Sets σ and the half-widths of the next window. */
void pulse_intervals_begin(struct pulse_intervals *intervals);

/* The window is over: its n errors (overwritten), and how many were inside each interval. */
void pulse_intervals_end(struct pulse_intervals *intervals, double *error, int64_t n,
                         const int64_t inside[PULSE_LEVELS]);

#endif
