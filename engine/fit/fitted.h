/* What the fit leaves behind: every candidate's predictions, the final fit, the Granger tests.
 * Holds them; computes none. */
#ifndef PULSE_FIT_FITTED_H
#define PULSE_FIT_FITTED_H

#include <stdint.h>

#include "fit/granger.h"
#include "fit/input.h"

/* What the candidates predict of u, for this rank's rows; owned. */
struct pulse_candidates {
    int64_t first_row;
    int64_t rows;
    int64_t targets; /* of all horizons */
    double *value;   /* C × targets × rows (pulse_candidates_of); NaN where there is none */
    int32_t *failed; /* per window of the plan: system·L + l of a system without solution, or −1 */
};

/* Candidate c's predictions of a target, row first_row first. */
static inline double *pulse_candidates_of(const struct pulse_candidates *candidates, int64_t c,
                                          int64_t target)
{
    return candidates->value + (c * candidates->targets + target) * candidates->rows;
}

/* Local. Makes the candidates of this rank's spans, NaN and no failed window. Clear in every
 * case. */
int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          struct pulse_err *err);
void pulse_candidates_clear(struct pulse_candidates *candidates);

/* The model on all rows, and what it says of the next one. */
struct pulse_final {
    int64_t targets;
    double *coefficients; /* C × d × targets row-major; 0 for features that a candidate lacks, NaN
                             where a system has no solution */
    double *next;         /* C × targets predictions of u in row T; NaN likewise */
    int32_t failed;       /* system·L + l, or −1 */
};

/* Candidate c's d coefficients for a target, and what they predict from the features x. */
void pulse_final_put(struct pulse_final *out, int64_t c, int64_t d, int64_t target,
                     const double *coefficients, const double *x);
void pulse_final_clear(struct pulse_final *final);

/* All of it. Zero it; clear it in every case. */
struct pulse_fitted {
    struct pulse_candidates candidates; /* of this rank's rows */
    struct pulse_final final;           /* coefficients on the last rank, the rest on all */
    struct pulse_granger granger;       /* on the last rank */
    struct pulse_granger_digest digest; /* of it, on all ranks */
};

void pulse_fitted_clear(struct pulse_fitted *fitted);

#endif
