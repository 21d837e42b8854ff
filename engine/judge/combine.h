/* One variable's candidates through its windows: weights, shrinkage, direction (DEFINITIONS §4.4,
 * §4.5). Pure; values on the scaled axis. */
#ifndef PULSE_JUDGE_COMBINE_H
#define PULSE_JUDGE_COMBINE_H

#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"

struct pulse_combiner {
    enum pulse_combine how;
    double learning_rate; /* η/h */
    double caution;       /* κ(1 + log₂h)h: overlapping errors say less than their number */
    int64_t models;       /* of the walk, block by block; with `average` persistence follows */
    int64_t candidates;   /* models, or models + 1 */
    double *squares;      /* per candidate: S, Σ(ẑ − ŷ)² over the windows absorbed */
    double *weight;       /* per candidate, of the window in hand */
    double *lean;         /* per model: v of the direction */
    double shrinkage;     /* b of the window in hand */
    double n;
    double cross;  /* Σ(ẑ − ŷp)(ȳ − ŷp) */
    double spread; /* Σ(ȳ − ŷp)² */
    int64_t absorbed;
    double *windows; /* per window: the same sums of its own rows, n, cross and spread last */
};

/* What the candidates say of one row. */
struct pulse_combined {
    double mean;      /* ȳ */
    double value;     /* ŷ */
    double direction; /* its sign is the direction */
};

/* How many candidates there are: a model per block and ridge penalty, and with `average`
 * persistence.
 */
int64_t pulse_combine_candidates(const struct pulse_options *options);

/* For a horizon and so many windows. */
int pulse_combiner_init(struct pulse_combiner *combiner, const struct pulse_options *options,
                        int64_t horizon, int64_t windows, struct pulse_err *err);
void pulse_combiner_clear(struct pulse_combiner *combiner);

/* Absorbs the windows before `known`, and sets weights, lean and shrinkage of the next one. */
void pulse_combiner_begin(struct pulse_combiner *combiner, int64_t known);

/* Combines what the models say of one row, `y`, and persistence. */
struct pulse_combined pulse_combiner_row(const struct pulse_combiner *combiner, const double *y,
                                         double persistence);

/* Notes a scored row of window w: its target z and what was combined from the same `y`. */
void pulse_combiner_score(struct pulse_combiner *combiner, int64_t w, const double *y,
                          double persistence, const struct pulse_combined *combined, double z);

#endif
