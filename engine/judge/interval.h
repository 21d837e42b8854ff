/* One variable's 80 % and 95 % intervals, row by row: a scale that follows the errors, and factors
 * that follow how often the intervals missed (DEFINITIONS §4.8). Pure; values in units of ẑ. */
#ifndef PULSE_JUDGE_INTERVAL_H
#define PULSE_JUDGE_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/options.h"

enum { PULSE_LEVELS = 2 }; /* 80 % and 95 % */

struct pulse_intervals {
    enum pulse_interval kind;
    double root; /* √h: how much wider the errors of horizon h are */
    /* What Q is multiplied by after a row within its bounds, and after one that missed them. */
    double step[PULSE_LEVELS][2];
    double forget;               /* g */
    double v, m, k;              /* running and plain mean square of the errors */
    double factor[PULSE_LEVELS]; /* Q */
    double errors, rows;         /* gaussian: Σe² and rows of the windows absorbed */
};

/* A row's error, beside the intervals that were given before it. */
struct pulse_interval_error {
    bool known;  /* there is one */
    bool scored; /* intervals were given */
    bool missed[PULSE_LEVELS];
    double error;
};

/* Before the first row. */
struct pulse_intervals pulse_intervals_start(const struct pulse_options *options, int64_t horizon);

/* The scale of the next row's error; NaN where there is none yet (gaussian). */
double pulse_intervals_scale(const struct pulse_intervals *intervals);

/* Half-widths of the next row's intervals. */
void pulse_intervals_half(const struct pulse_intervals *intervals, double half[PULSE_LEVELS]);

/* What the next row's error will be, beside its intervals; `scored`: they were given. */
struct pulse_interval_error pulse_intervals_note(const struct pulse_intervals *intervals,
                                                 double error, bool scored);

/* The error has come to be known. */
void pulse_intervals_learn(struct pulse_intervals *intervals,
                           const struct pulse_interval_error *noted);

/* Σe² and scored rows of a trained window count from now on (gaussian). */
void pulse_intervals_absorb(struct pulse_intervals *intervals, double squares, int64_t rows);

#endif
