/* Whether any of several models beats a baseline, given that many were tried: the test for superior
 * predictive ability of Hansen (2005). Pure. */
#ifndef PULSE_EVALUATE_SUPERIOR_H
#define PULSE_EVALUATE_SUPERIOR_H

#include <stdint.h>

#include "base/error.h"
#include "math/bootstrap.h"

/* p-values: lower and upper bound, and the consistent one between them. */
struct pulse_superior {
    double lower, consistent, upper;
};

/* `gain` (K × n): loss of the baseline less that of model k, window by window; their means over the
 * B draws are gain* (DEFINITIONS §9.4). With s_k the standard deviation of gain_k over √n,
 *     T = max(0, max_k mean gain_k / s_k),  T*_b = max(0, max_k (gain*_bk − g(mean gain_k)) / s_k)
 *     p = share of draws with T*_b ≥ T
 * and g(x) = max(x, 0) for the lower, x where x/s ≥ −√(2 ln ln n) and else 0 for the consistent, x
 * for the upper one. What the losses of windows have to do with each other is in the draws; s only
 * makes models comparable. Models with s_k = 0 are the baseline itself and left out. NaN with fewer
 * than 3 windows or without a model.
 * `t` (K) as of pulse_superior_certainty. PULSE_E_MEMORY. */
int pulse_superior_test(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                        struct pulse_superior *p, double *t, struct pulse_err *err);

/* *p: the consistent p-value of model k alone, given that all K were tried: the share of draws with
 * T*_b ≥ max(0, mean gain_k / s_k). Never less than that of the test, whose T is the largest.
 * PULSE_E_MEMORY. */
int pulse_superior_of(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                      int64_t k, double *p, struct pulse_err *err);

/* `t` (K): mean gain_k / √((1/B) Σ_b (gain*_bk − mean gain_k)²), how sure each gain is (Diebold and
 * Mariano 1995, with the bootstrap's variance); NaN where that is 0. PULSE_E_MEMORY. */
int pulse_superior_certainty(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                             double *t, struct pulse_err *err);

#endif
