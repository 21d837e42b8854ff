/* Scores of one variable in original units (DEFINITIONS §5.1), per window and in total. Pure. */
#ifndef PULSE_JUDGE_SCORE_H
#define PULSE_JUDGE_SCORE_H

#include <stdint.h>

struct pulse_score {
    int64_t n; /* scored rows */
    double abs_error, squared_error;
    double persistence_abs_error, persistence_squared_error;
    int64_t hits, moves;
    int64_t interval_rows; /* scored rows that had intervals */
    int64_t inside[2];     /* of the 80 % and the 95 % interval */
    /* Σ of width and 2/α times what lies outside (Gneiting, Raftery 2007). */
    double interval_score[2];
    int64_t closer, farther; /* rows with a smaller, a larger error than persistence */
};

/* One scored row: the observation, the prediction, and persistence. `direction` as combine gives
 * it.
 */
void pulse_score_row(struct pulse_score *score, double x, double predicted, double previous,
                     double direction);

/* An observation x beside a row's interval `level` (0: 80 %, 1: 95 %). */
void pulse_score_interval(struct pulse_score *score, int level, double x, double lower,
                          double upper);

void pulse_score_add(struct pulse_score *total, const struct pulse_score *window);

/* Running mean and variance of δ = e²(persistence) − e² (Welford 1962). */
struct pulse_gain {
    int64_t n;
    double mean, squares;
    double *delta; /* δ of each row where they overlap (lags > 0); borrowed, as many as rows */
    int64_t lags;  /* h − 1: rows up to which δ of overlapping errors are correlated */
};

void pulse_gain_row(struct pulse_gain *gain, double x, double predicted, double previous);

/* The Diebold–Mariano statistic, with the long-run variance by Newey and West's weights over the
 * lags; NaN with fewer than two rows or no variance; and its one-sided p. */
double pulse_gain_statistic(const struct pulse_gain *gain);
double pulse_normal_tail(double statistic);

/* 1 − Σe²/Σe²(persistence); NaN when the latter is 0. */
double pulse_score_skill(const struct pulse_score *score);

#endif
