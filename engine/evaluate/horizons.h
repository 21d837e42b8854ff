/* How far ahead runs predict: their skill at each horizon that all of them have. Pure. */
#ifndef PULSE_EVALUATE_HORIZONS_H
#define PULSE_EVALUATE_HORIZONS_H

#include <stdint.h>

#include "base/error.h"
#include "evaluate/comparison.h"

struct pulse_horizon_skills {
    int64_t n, R;
    int64_t *steps; /* n: rows ahead, as the first run orders them */
    double *skill;  /* n × R: mean over the variables; NaN where nothing was scored by all runs */
    struct pulse_comparison *comparison; /* n; W is 0 where nothing was */
    struct pulse_losses *views; /* n × R: the runs as if the horizon were the main one; borrow */
};

/* Whether the main horizons of R runs differ, whose errors are then not of one kind. */
bool pulse_horizons_differ(const struct pulse_losses *runs, int64_t R);

/* Of runs whose main horizons differ, and which were read with all of theirs: makes the nearest
 * horizon that all have the main one of each. PULSE_E_INPUT where there is none. */
int pulse_horizons_share(struct pulse_losses *runs, int64_t R, struct pulse_err *err);

/* Whether the horizon at position j is the main one of all runs. */
bool pulse_horizon_is_main(const struct pulse_horizon_skills *skills,
                           const struct pulse_comparison *main, int64_t j);

/* Compares the R runs, which were read with all their horizons and outlive this, at each horizon as
 * pulse_comparison_make does at the main one. PULSE_E_MEMORY. Clear in every case. */
int pulse_horizon_skills_make(const struct pulse_losses *runs, int64_t R, int64_t from, int64_t to,
                              struct pulse_horizon_skills *out, struct pulse_err *err);
void pulse_horizon_skills_clear(struct pulse_horizon_skills *skills);

#endif
