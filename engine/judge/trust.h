/* Bayesian trust in one variable: a Beta distribution that grows with evidence (DEFINITIONS §5.2).
 * Pure. */
#ifndef PULSE_JUDGE_TRUST_H
#define PULSE_JUDGE_TRUST_H

#include "judge/score.h"
#include "plan/options.h"

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

#endif
