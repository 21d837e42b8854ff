/* What the comparison comes to: scores of each run, which runs cannot be distinguished from the
 * best, and whether any beats the baseline (DEFINITIONS §9.2 to §9.4). Pure. */
#ifndef PULSE_EVALUATE_VERDICT_H
#define PULSE_EVALUATE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "evaluate/comparison.h"
#include "evaluate/superior.h"
#include "math/bootstrap.h"

enum { PULSE_BOOTSTRAP_DRAWS = 2000 };

/* Scores of a run; NaN where there is nothing to count. */
struct pulse_run_scores {
    double skill;       /* mean over the variables */
    double worst_skill; /* the least of a variable … */
    int64_t worst;      /* … and which; −1: none */
    double hit;         /* hits/moves over all variables */
    double coverage[2]; /* of the 80 and 95 % intervals, over all variables */
    double score[2];    /* interval score in units of persistence's root mean squared error, mean
                           over the variables */
    double loss;        /* mean over the windows */
    double t, p;        /* against the baseline: of its gain, and P(more) if there were none */
    double membership;  /* p-value of the confidence set */
    bool in_set;        /* of 90 % */
};

struct pulse_verdict {
    int64_t R;
    int64_t baseline;                /* a run, or R: persistence */
    struct pulse_run_scores *scores; /* R + 1: of persistence, last, what follows from its errors */
    struct pulse_superior superior;  /* whether a run beats the baseline */
    struct pulse_bootstrap bootstrap;
};

/* PULSE_E_MEMORY. Clear in every case. */
int pulse_verdict_make(const struct pulse_comparison *comparison, int64_t baseline, uint64_t seed,
                       struct pulse_verdict *verdict, struct pulse_err *err);
void pulse_verdict_clear(struct pulse_verdict *verdict);

#endif
