/* What the fit leaves behind: every candidate's predictions, the final fit, the Granger tests.
 * Holds them; computes none. */
#ifndef PULSE_FIT_FITTED_H
#define PULSE_FIT_FITTED_H

#include <stdint.h>

#include "fit/granger.h"
#include "fit/input.h"

/* Candidate predictions on the scaled values, of this rank's rows; owned. */
struct pulse_candidates {
    int64_t first_row;
    int64_t rows;
    double
        *value; /* L × E × rows: value[(l·E + e)·rows + t − first_row]; NaN where there is none */
    int32_t
        *failed; /* per window of the plan: system·L + l of a system that has no solution, or −1 */
};

/* Local. Makes the candidates of this rank's spans, NaN and no failed window. Clear in every
 * case. */
int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          struct pulse_err *err);
void pulse_candidates_clear(struct pulse_candidates *candidates);

/* The model on all rows, and what it says of the next one. */
struct pulse_final {
    double *coefficients; /* L × d × E row-major; NaN where a system has no solution */
    double *next;         /* L × E retrodictions of row T; NaN likewise */
    int32_t failed;       /* system·L + l, or −1 */
};
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
