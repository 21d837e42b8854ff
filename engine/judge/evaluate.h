/* One variable from its candidates to everything the results say of it: combine → interval → score
 * → trust, window after window. Pure. */
#ifndef PULSE_JUDGE_EVALUATE_H
#define PULSE_JUDGE_EVALUATE_H

#include <stdint.h>

#include "judge/combine.h"
#include "judge/interval.h"
#include "judge/score.h"
#include "judge/trust.h"
#include "panel/column.h"
#include "plan/plan.h"

enum { PULSE_LOWER_80, PULSE_UPPER_80, PULSE_LOWER_95, PULSE_UPPER_95, PULSE_BOUNDS };

/* The prediction of the next row, in original units; NaN where there is nothing. */
struct pulse_forecast {
    double previous; /* the last observation */
    double value;
    double bound[PULSE_BOUNDS];
};

/* The numbers of one variable that the summary shows; plain data, sent between ranks as bytes. */
struct pulse_variable_summary {
    int64_t variable; /* index among the chosen ones */
    int64_t observed; /* observations on the calendar */
    bool target;      /* whether it is to be predicted; else it is only learned from */
    bool enters, dense;
    double scale, centre;
    struct pulse_score total;
    double scaled_squares, persistence_scaled_squares; /* Σ(ẑ − ŷ)², Σ(ẑ − ŷp)² */
    double gain_statistic;
    double gain_p_adjusted; /* over all variables; NaN until pulse_gains_adjust, and without a p */
    struct pulse_belief belief;
    double trust_low, trust_high; /* the 95 % credible interval */
    int64_t below_zero; /* rows whose 95 % interval reaches below 0 though no value ever did; of
                         * differences alone */
    struct pulse_forecast forecast;
};

struct pulse_evaluation {
    struct pulse_variable_summary summary;
    int64_t T, W, C;             /* calendar rows, windows, candidates */
    int64_t horizon;             /* h: the prediction from row t stands at row t + h − 1 */
    double *predicted;           /* T, original units; NaN where there is none, as the next five */
    double *persistence;         /* T */
    double *bound[PULSE_BOUNDS]; /* T each */
    struct pulse_score *score;   /* W */
    struct pulse_belief *belief; /* W: after the window */
    double *weight;              /* W × C; NaN in untrained windows */
    double *shrinkage;           /* W; likewise */
    double *final_weight;        /* C: what the forecast used, as the next three */
    double final_shrinkage;
    double final_error_scale;
    double final_factor[PULSE_LEVELS];  /* adaptive intervals are ± these times the scale */
    double *window_squares;             /* W: Σ(ẑ − ŷ)² */
    double *delta;                      /* T: of the gain */
    struct pulse_interval_error *noted; /* PULSE_LONGEST_HORIZON: errors not known yet */
};

/* Buffers for one variable, reused from variable to variable; one step ahead until its horizon is
 * set. */
int pulse_evaluation_init(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                          const struct pulse_options *options, struct pulse_err *err);
void pulse_evaluation_clear(struct pulse_evaluation *evaluation);

/* Evaluates a variable `evaluation->horizon` steps ahead by its candidates (C × T by the row that
 * they are made from, NaN where there is none) and what the final fit says from row T (C values
 * `next_step` apart). A column that never enters gives NaN throughout. */
int pulse_evaluate(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                   const struct pulse_options *options, const struct pulse_column *column,
                   const double *candidates, const double *next, int64_t next_step,
                   struct pulse_err *err);

/* The p-values of the gains of V > 0 variables, adjusted for how many have one. PULSE_E_MEMORY. */
int pulse_gains_adjust(struct pulse_variable_summary *summaries, int64_t V, struct pulse_err *err);

#endif
