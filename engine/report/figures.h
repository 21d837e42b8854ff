/* What the page shows of a variable, made of its columns, and what it shows of all together.
 * Internal to the files of this folder; local; draws nothing. Numbers are those of DEFINITIONS
 * §7.4.
 */
#ifndef PULSE_REPORT_FIGURES_H
#define PULSE_REPORT_FIGURES_H

#include <stdint.h>

#include "base/error.h"
#include "report/data.h"

enum {
    PULSE_SUMS = PULSE_REPORT_ALPHA, /* kinds of a window that may be added up */
    PULSE_PERIODS = 64,
    PULSE_LAGS = 20,
    PULSE_FELL = 5,
    PULSE_TOP = 6
};

/* Runs of windows: years, or groups for pictures. */
struct pulse_periods {
    int64_t n;
    struct {
        int64_t from, end;   /* windows [from, end) */
        int64_t first, last; /* years in which they begin */
        double middle;       /* day */
    } at[PULSE_PERIODS];
};

/* At most `most` (PULSE_PERIODS at the largest) runs of years with a trained window; years are
 * joined where there are more. */
void pulse_periods_of_years(const struct pulse_report *report, int64_t most,
                            struct pulse_periods *periods);
/* At most `most` runs of equally many windows, from the first trained one on. */
void pulse_periods_of_windows(const struct pulse_report *report, int64_t most,
                              struct pulse_periods *periods);

struct pulse_weight {
    int64_t feature;
    double weight; /* b Σ_c w_c coefficient_c */
};

/* The features of a variable with the largest weights, the largest first. */
struct pulse_weights {
    int n;
    struct pulse_weight top[PULSE_TOP];
};

struct pulse_figures {
    double year[PULSE_PERIODS][PULSE_SUMS], group[PULSE_PERIODS][PULSE_SUMS];
    double alpha[PULSE_PERIODS], beta[PULSE_PERIODS]; /* after each group */
    double autocorrelation[PULSE_LAGS];               /* of lag 1 … */
    double errors;                                    /* that it is made of */
    double fell[PULSE_FELL]; /* rows below 95 %, below 80 %, inside, above 80 %, above 95 % */
    double naive;            /* mean absolute change from one observation to the next */
    int64_t last_row;        /* of an observation; −1 */
    double surprise;         /* the largest |error| of the last rows, in halves of its interval */
    int64_t surprise_row;
};

/* The same of all predicted variables together. */
struct pulse_pool {
    double year[PULSE_PERIODS][PULSE_SUMS], group[PULSE_PERIODS][PULSE_SUMS];
    double skill[PULSE_PERIODS], skills[PULSE_PERIODS],
        gains[PULSE_PERIODS]; /* by year: Σ, n, > 0 */
    double fell[PULSE_FELL];
    struct pulse_weights *weights; /* V */
    double *feature;               /* d: Σ over variables of |weight| */
};

/* Fills `figures` of a variable, whose columns it loads, and adds it to the pool. */
int pulse_figures_make(struct pulse_report *report, const struct pulse_periods *years,
                       const struct pulse_periods *groups, int64_t variable,
                       struct pulse_figures *figures, struct pulse_pool *pool,
                       struct pulse_err *err);

/* Weighs the features of all variables: `of` (V) and `feature` (d), 0 before. */
int pulse_figures_weigh(struct pulse_report *report, struct pulse_weights *of, double *feature,
                        struct pulse_err *err);

/* Skill of sums; NaN where persistence made no error. */
double pulse_sums_skill(const double *sums);
/* A share of two kinds; NaN where there is nothing. */
double pulse_sums_share(const double *sums, int part, int whole);

#endif
