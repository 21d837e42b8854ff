/* What the incomplete beta function I_x(α, β) gives: quantiles of the Beta distribution, tails of
 * the F distribution. Pure. */
#ifndef PULSE_MATH_BETA_H
#define PULSE_MATH_BETA_H

/* x with I_x(α, β) = p, for α, β ≥ 1 and 0 < p < 1: the exact quantile of Beta(α, β), by Newton's
 * method kept in a bracket, on the continued fraction of the regularised incomplete beta function
 * (DLMF 8.17.22). */
double pulse_beta_quantile(double p, double alpha, double beta);

/* The same to nine decimals, for pictures, by Halley's method: in one or two steps where `near` is
 * near, a fifth of the work. */
double pulse_beta_quantile_near(double p, double alpha, double beta, double near);

/* P(F > f) for F of the F distribution with (freedom1, freedom2) degrees of freedom, f ≥ 0: the
 * same function (DLMF 8.17), small tails to all their digits. */
double pulse_f_tail(double f, double freedom1, double freedom2);

#endif
