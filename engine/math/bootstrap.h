/* The stationary bootstrap of a series (Politis and Romano 1994): which positions make each draw,
 * and the means over them. Pure. */
#ifndef PULSE_MATH_BOOTSTRAP_H
#define PULSE_MATH_BOOTSTRAP_H

#include <stdint.h>

#include "base/error.h"

struct pulse_bootstrap {
    int64_t n;      /* positions of the series */
    int64_t draws;  /* B */
    int32_t *index; /* B × n: position 0 … n − 1 of each element of a draw; owned */
};

/* Draws B series of n positions, 1 ≤ n < 2³¹: a position goes on to the next one (after the last
 * comes the first), or with probability 1/√n to any: blocks of √n on average. The same for the same
 * n, B and seed. PULSE_E_MEMORY. Clear in every case. */
int pulse_bootstrap_init(struct pulse_bootstrap *bootstrap, int64_t n, int64_t draws, uint64_t seed,
                         struct pulse_err *err);
void pulse_bootstrap_clear(struct pulse_bootstrap *bootstrap);

/* Means over each draw of m series x (m × n, row-major) into `mean` (B × m), each moved away from
 * the series' own mean x̄ by a factor: x̄ + (mean of the draw − x̄)/√c with
 *     c = 1 − 1/n − (2/n) Σ_{i=1}^{n−1} (1 − i/n)(1 − 1/√n)^i
 * the share of the variance of x̄ that draws of n independent values have on average, as n − 1 over
 * n is that of blocks of one. Without it short series would seem surer than they are. Needs n > 1;
 * of one position all means are its value. */
void pulse_bootstrap_means(const struct pulse_bootstrap *bootstrap, int64_t m, const double *x,
                           double *mean);

/* The mean of n > 0 values, added from the first to the last. */
double pulse_mean(const double *x, int64_t n);

#endif
