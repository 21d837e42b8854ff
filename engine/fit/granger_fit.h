/* A fit from which Granger tests are made, however it came to be (granger_test.h, granger_rows.h).
 * Internal to these. */
#ifndef PULSE_FIT_GRANGER_FIT_H
#define PULSE_FIT_GRANGER_FIT_H

#include "fit/granger.h"

/* A feature of which less than this is not a combination of the others makes a fit badly
 * conditioned: nine digits of the test are left at it. */
#define PULSE_GRANGER_LEAST_OWN 1e-6

/* The fit with A = P + Λ, and buffers for it (DEFINITIONS §5.6). */
struct pulse_granger_fit {
    const struct pulse_sizes *sizes;
    double *A;      /* d × d: then its factor L */
    double *side;   /* of the factor */
    double *Z;      /* d × PULSE_GRANGER_BATCH·F: columns of L⁻¹ */
    double *blocks; /* E of F × F: (A⁻¹) of a variable's features */
    double *B;      /* d × q: L⁻¹Q, then the coefficients */
    double *b;      /* F × q: those of one variable, then M⁻¹ of them */
    double *left;   /* q: Σ y² − Qᵀ A⁻¹ Q */
    double freedom; /* n − tr(A⁻¹ P) */
};

void pulse_granger_fit_clear(struct pulse_granger_fit *fit);

/* The penalty of the calendar's columns: weekdays and gaps may be combinations of each other, so
 * that they have one in every fit. */
double pulse_granger_calendar_penalty(double lambda);

/* The tests of one source, to row `source` of `granger`: from the block of A⁻¹ that belongs to its
 * F features (F × F) and their coefficients b (F × q), both of which are overwritten. Of `fit` it
 * uses the buffer `side`, `left` and `freedom`. */
void pulse_granger_fit_test_source(struct pulse_granger_fit *fit, const struct pulse_system *system,
                                   const double *squares, int64_t source, double *block, double *b,
                                   struct pulse_granger *granger);

/* All tests of a fitted system: Σ y² of its targets in `squares` (E, used at these). */
void pulse_granger_fit_test(struct pulse_granger_fit *fit, const struct pulse_system *system,
                            const double *squares, double lambda, struct pulse_granger *granger);

#endif
