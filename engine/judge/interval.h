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
    double forget;                     /* g */
    double v, m, k;                    /* running and plain mean square of the errors */
    double factor[PULSE_LEVELS];       /* Q */
    double errors, rows;               /* gaussian: Σe² and rows of earlier trained windows … */
    double window_errors, window_rows; /* … and of the window in hand */
};

/* Before the first row. */
struct pulse_intervals pulse_intervals_start(const struct pulse_options *options);

/* The scale of the next row's error; NaN where there is none yet (gaussian). */
double pulse_intervals_scale(const struct pulse_intervals *intervals);

/* Half-widths of the next row's intervals. */
void pulse_intervals_half(const struct pulse_intervals *intervals, double half[PULSE_LEVELS]);

/* What a row's error was; `scored`: with intervals that were given before it. */
void pulse_intervals_error(struct pulse_intervals *intervals, double error, bool scored);

/* A trained window is over: its errors count from the next one on (gaussian). */
void pulse_intervals_end(struct pulse_intervals *intervals);

#endif
