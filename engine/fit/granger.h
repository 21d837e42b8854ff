/* Granger causality: which variables help predict which. The block F-test of every variable's lags
 * in the final fit, from its sums alone (DEFINITIONS §5.3 to §5.6). Pure; knows neither rows nor
 * names. */
#ifndef PULSE_FIT_GRANGER_H
#define PULSE_FIT_GRANGER_H

#include <stdint.h>

#include "base/error.h"
#include "plan/plan.h"

enum pulse_granger_method { PULSE_GRANGER_NONE, PULSE_GRANGER_OLS, PULSE_GRANGER_RIDGE };

/* Of E sources and some targets. Matrices are source × target, row-major; NaN where there is no
 * test. Owned. */
struct pulse_granger {
    int64_t E, targets;                            /* all that enter, but in a part of the whole */
    double *f, *p_value, *p_adjusted, *partial_r2; /* E × targets */
    int64_t *method;                               /* targets, as the next two */
    double *ridge;                                 /* λ of the fit; NaN without one */
    double *freedom;                               /* denominator's degrees of freedom */
    double inflation; /* by which all F are too large; 1 until adjusted */
};

int pulse_granger_init(struct pulse_granger *granger, int64_t E, int64_t targets,
                       struct pulse_err *err);
void pulse_granger_clear(struct pulse_granger *granger);

/* Doubles of what the tests say of q targets, and their way into one array and out of it again, to
 * targets `target` of the whole. */
int64_t pulse_granger_packed(int64_t E, int64_t q);
void pulse_granger_pack(const struct pulse_granger *part, double *out);
void pulse_granger_unpack(struct pulse_granger *granger, int64_t q, const int64_t *target,
                          const double *from);

/* P-values adjusted for what inflates every F alike, as variances that change do (genomic control:
 * Devlin and Roeder 1999), and for the number of tests (adjust.h). `families` of features were left
 * out in each. */
int pulse_granger_adjust(struct pulse_granger *granger, int64_t families, struct pulse_err *err);

enum { PULSE_GRANGER_STRONGEST = 20 };

/* The tests in short; plain data, sent between ranks as bytes. */
struct pulse_granger_digest {
    double inflation;
    int64_t tests;
    int64_t significant; /* adjusted p-value of at most 0.05 */
    int64_t targets[3];  /* by method */
    int64_t n_strongest; /* significant ones, the strongest first */
    struct pulse_granger_link {
        int64_t source, target;
        double f, p_value, p_adjusted, partial_r2;
    } strongest[PULSE_GRANGER_STRONGEST];
};

void pulse_granger_sum_up(const struct pulse_granger *granger, struct pulse_granger_digest *out);

#endif
