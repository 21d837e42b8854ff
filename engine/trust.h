/* Bayesian trust in one variable: a Beta distribution that grows with evidence (SPEC §5); and what
 * else the incomplete beta function gives. Pure. */
#ifndef PULSE_TRUST_H
#define PULSE_TRUST_H

#include "options.h"
#include "score.h"

struct pulse_belief {
    double alpha;
    double beta;
};

/* Beta(1, 1): nothing known. */
struct pulse_belief pulse_belief_start(void);

/* One trained window's evidence on top of what is left of the past. */
void pulse_belief_update(struct pulse_belief *belief, const struct pulse_options *options,
                         const struct pulse_score *window);

double pulse_belief_mean(const struct pulse_belief *belief);

/* x with I_x(α, β) = p, for α, β ≥ 1 and 0 < p < 1: the exact quantile of Beta(α, β), by Newton's
 * method kept in a bracket, on the continued fraction of the regularised incomplete beta function
 * (DLMF 8.17.22). */
double pulse_beta_quantile(double p, double alpha, double beta);

/* P(F > f) for F of the F distribution with (freedom1, freedom2) degrees of freedom, f ≥ 0: the
 * same function (DLMF 8.17), small tails to all their digits. */
double pulse_f_tail(double f, double freedom1, double freedom2);

#endif
