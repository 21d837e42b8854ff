/* A sparse system in kernel ridge form: solved by its rows, of which there are few beside its
 * features. One factorisation of an n × n matrix predicts every window of the whole walk, as a
 * refit before each window would (DEFINITIONS §6.4). Pure; knows neither calendar nor ranks. */
#ifndef PULSE_FIT_KERNEL_RIDGE_H
#define PULSE_FIT_KERNEL_RIDGE_H

#include <stdint.h>

#include "base/error.h"

/* One system on its n training rows; all borrowed. */
struct pulse_kernel_ridge {
    int64_t n, d, q, L, B;
    const double *rows;   /* per row d − 1 features without the intercept, then q targets */
    const double *ridge;  /* L, all positive */
    const int64_t *block; /* B: features of the candidates of a block, the first of the d */
    int64_t steps;        /* windows that hold rows */
    const int64_t *cut;   /* steps + 1: rows cut[w] … cut[w + 1] − 1 lie in window w */
    const int64_t *known; /* steps: window w knows the targets of rows 0 … known[w] − 1, at most
                             cut[w] of them; cut itself where a target is known with its row */
};

/* Which rows lie in each window that holds rows, and how many targets it knows. */
struct pulse_kernel_windows {
    int64_t steps;
    const int64_t *cut, *known; /* as of pulse_kernel_ridge */
    int64_t end;                /* rows whose targets are known after the last window */
};

/* Local. Retrodictions of one target, Ŷ_w = M_wJ u_J + b (1 − M_wJ g_J) (DEFINITIONS §6.4), from u
 * and g of all rows, M_wJ u_J of each row in `by_rows`, which may be `predicted`, and M_wJ g_J in
 * `by_ones`. Returns the intercept b of the fit on all known rows. */
double pulse_kernel_ridge_retrodict(const struct pulse_kernel_windows *windows, const double *u,
                                    const double *g, const double *by_rows, const double *by_ones,
                                    double *predicted);

/* Local. `predicted` (n, q, B·L; column-major) receives the predictions from everything known
 * before each row's window, 0 where nothing is; `coefficients` (d, q, B·L) those of the fit on all
 * rows. With K = I + XXᵀ/λ = MMᵀ, [u g] = M⁻¹[Y 1] and b = gᵀu / gᵀg over the rows J known before
 * window w, Ŷ_w = M_wJ u_J + b (1 − M_wJ g_J); derived in DEFINITIONS §6.4. Only PULSE_E_MEMORY;
 * numbers that overflow come out as not finite. */
int pulse_kernel_ridge_solve(const struct pulse_kernel_ridge *problem, double *predicted,
                             double *coefficients, struct pulse_err *err);

#endif
