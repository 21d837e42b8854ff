/* What the fit leaves behind: every candidate's predictions, the final fit, the Granger tests.
 * Holds them; computes none. */
#ifndef PULSE_FIT_FITTED_H
#define PULSE_FIT_FITTED_H

#include <stdint.h>

#include "fit/candidates.h"
#include "fit/granger.h"

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
