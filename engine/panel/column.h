/* One variable laid on the calendar: observations, transform, burn-in scale (DEFINITIONS §3).
 * Pure. */
#ifndef PULSE_PANEL_COLUMN_H
#define PULSE_PANEL_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"

struct pulse_column {
    const char *name; /* borrowed */
    enum pulse_transform transform;
    double *x;           /* T observed values, NaN where there is none */
    double *z;           /* T scaled values ẑ; 0 up to and with the burn-in's last row */
    double *u;           /* T: what the model learns, ẑ over its running scale and clipped */
    double *sigma;       /* T: the running scale, known before the row; 1 for level */
    double *y;           /* horizons × T targets; NULL where the next row alone is predicted: u */
    double next_sigma;   /* of row T */
    double scale;        /* s, in units of the transformed values */
    double centre;       /* m; 0 for the differences */
    int64_t burn_in_end; /* rows up to and with the burn-in's last one; T if it never ends */
    int64_t fresh;       /* fresh rows in all */
    bool enters;         /* has a whole burn-in */
    bool dense;          /* fresh on at least 80 % of the rows after its burn-in */
};

/* Lays n observations (`day` strictly ascending, all of them calendar days) on the T calendar days
 * and fills the column. PULSE_E_INPUT names variable and date for logdiff of a value that is not
 * positive, and for values too large to scale. Clear the column in every case. */
int pulse_column_build(struct pulse_column *column, const char *name,
                       const struct pulse_options *options, int64_t T, const int64_t *calendar,
                       int64_t n, const int64_t *day, const double *value, struct pulse_err *err);
void pulse_column_clear(struct pulse_column *column);

/* The scaled value h steps ahead of row t: Σ ẑ(t) … ẑ(t + h − 1), for level ẑ(t + h − 1). T is at
 * least t + h. (DEFINITIONS §3.9) */
double pulse_column_ahead(const struct pulse_column *column, int64_t t, int64_t h);

/* Whether row t is fresh, where `previous` is the last observation before it (NaN for none). */
bool pulse_column_fresh(const struct pulse_column *column, int64_t t, double previous);

#endif
