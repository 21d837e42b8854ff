#include "panel/column.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"

bool pulse_column_fresh(const struct pulse_column *column, int64_t t, double previous)
{
    return !isnan(column->x[t]) && (column->transform == PULSE_LEVEL || !isnan(previous));
}

static double transform_value(enum pulse_transform transform, double x, double previous)
{
    switch (transform) {
    case PULSE_DIFF:
        return x - previous;
    case PULSE_LOGDIFF:
        return log(x) - log(previous);
    case PULSE_LEVEL:
    default:
        return x;
    }
}

static void place_values(struct pulse_column *column, int64_t T, const int64_t *calendar, int64_t n,
                         const int64_t *day, const double *value)
{
    int64_t i = 0;
    for (int64_t t = 0; t < T; t++) {
        bool here = i < n && day[i] == calendar[t];
        column->x[t] = here ? value[i++] : (double)NAN;
    }
    assert(i == n);
}

static int check_logdiff(const struct pulse_column *column, int64_t T, const int64_t *calendar,
                         struct pulse_err *err)
{
    char date[PULSE_DATE_TEXT];
    for (int64_t t = 0; t < T; t++)
        if (column->x[t] <= 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: logdiff of %g on %s: logarithms need values above 0; use "
                              "--transform %s=diff",
                              column->name, column->x[t], pulse_format_day(calendar[t], date),
                              column->name);
    return 0;
}

/* Unscaled z into column->z, and how many rows are fresh. */
static void transform_rows(struct pulse_column *column, int64_t T)
{
    double previous = NAN, carried = 0;
    for (int64_t t = 0; t < T; t++) {
        bool fresh = pulse_column_fresh(column, t, previous);
        if (fresh) {
            carried = transform_value(column->transform, column->x[t], previous);
            column->fresh++;
        }
        column->z[t] = fresh || column->transform == PULSE_LEVEL ? carried : 0;
        if (!isnan(column->x[t]))
            previous = column->x[t];
    }
}

/* What rounding can add to the value of an observation under the transform, over 2⁻⁵². */
static double rounding_of(const struct pulse_column *column, double x)
{
    return column->transform == PULSE_LOGDIFF ? fmax(1, fabs(log(x))) : fabs(x);
}

/* Scale and centre from the first burn_in fresh values, and the row after the last of them. */
static void scale_by_burn_in(struct pulse_column *column, int64_t burn_in, int64_t T)
{
    column->burn_in_end = T;
    column->enters = column->fresh >= burn_in;
    column->scale = 1;
    if (!column->enters)
        return;
    double sum = 0, squares = 0, mean = 0, rounding = 0;
    for (int pass = 0; pass < 2; pass++) {
        double previous = NAN;
        int64_t seen = 0;
        for (int64_t t = 0; seen < burn_in; t++) {
            if (pulse_column_fresh(column, t, previous)) {
                double z = column->z[t];
                sum += z;
                squares += (z - mean) * (z - mean);
                seen++;
                column->burn_in_end = t + 1;
            }
            if (!isnan(column->x[t])) {
                previous = column->x[t];
                rounding = fmax(rounding, rounding_of(column, previous));
            }
        }
        if (pass == 0) {
            mean = sum / (double)burn_in;
            squares = 0;
        }
    }
    /* Equal values differ from their mean by rounding, which is no scale. */
    double deviation = sqrt(squares / (double)burn_in);
    column->scale = deviation <= (double)burn_in * DBL_EPSILON * rounding ? 1 : deviation;
    column->centre = column->transform == PULSE_LEVEL ? mean : 0;
}

static int scale_rows(struct pulse_column *column, int64_t T, const int64_t *calendar,
                      struct pulse_err *err)
{
    for (int64_t t = 0; t < column->burn_in_end; t++)
        column->z[t] = 0;
    for (int64_t t = column->burn_in_end; t < T; t++) {
        column->z[t] = (column->z[t] - column->centre) / column->scale;
        if (!isfinite(column->z[t]) || !isfinite(column->scale)) {
            char date[PULSE_DATE_TEXT];
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s: the value on %s cannot be scaled (too large beside its burn-in); "
                "correct it or leave the variable out",
                column->name, pulse_format_day(calendar[t], date));
        }
    }
    return 0;
}

static void decide_dense(struct pulse_column *column, int64_t T)
{
    double previous = NAN;
    int64_t fresh = 0;
    for (int64_t t = 0; t < T; t++) {
        fresh += t >= column->burn_in_end && pulse_column_fresh(column, t, previous);
        if (!isnan(column->x[t]))
            previous = column->x[t];
    }
    column->dense = column->enters && 5 * fresh >= 4 * (T - column->burn_in_end);
}

/* The running scale and clip (DEFINITIONS §3.4): σ² follows the changes with a half-life, but never
 * below a hundredth of their mean square so far, and what leaves ±c of them is cut there. */
static void scale_running(struct pulse_column *column, const struct pulse_options *options,
                          int64_t T)
{
    const bool level = column->transform == PULSE_LEVEL, scales = options->scale_halflife > 0;
    const double g = scales ? exp2(-1 / options->scale_halflife) : 1;
    const double clip = !level && options->clip > 0 ? options->clip : INFINITY;
    double v = 1, m = (double)options->burn_in, k = m, previous = NAN;
    for (int64_t t = 0; t < T; t++) {
        const double z = column->z[t];
        const double sigma = level || !scales ? 1 : sqrt(fmax(v, 0.01 * m / k));
        const bool row = t >= column->burn_in_end && pulse_column_fresh(column, t, previous);
        column->sigma[t] = sigma;
        column->u[t] = level ? z : row ? fmin(fmax(z / sigma, -clip), clip) : 0;
        if (row) {
            v = g * v + (1 - g) * fmin(z * z, clip * clip * sigma * sigma);
            m += z * z;
            k++;
        }
        if (!isnan(column->x[t]))
            previous = column->x[t];
    }
    column->next_sigma = level || !scales ? 1 : sqrt(fmax(v, 0.01 * m / k));
}

double pulse_column_ahead(const struct pulse_column *column, int64_t t, int64_t h)
{
    double sum = 0;
    if (column->transform == PULSE_LEVEL)
        return column->z[t + h - 1];
    for (int64_t i = 0; i < h; i++)
        sum += column->z[t + i];
    return sum;
}

/* What the model learns of each horizon: the value ahead over σ(t)√h, clipped; 0 up to the
 * burn-in's last row, and where the value lies after the last row. */
static void set_targets(struct pulse_column *column, const struct pulse_options *options, int64_t T)
{
    const bool level = column->transform == PULSE_LEVEL;
    const double clip = options->clip > 0 ? options->clip : INFINITY;
    for (int64_t j = 0; j < options->horizons.n; j++) {
        const int64_t h = options->horizons.step[j];
        double *y = column->y + j * T;
        for (int64_t t = 0; t < T; t++) {
            if (t < column->burn_in_end || t + h > T) {
                y[t] = 0;
                continue;
            }
            const double z = pulse_column_ahead(column, t, h);
            y[t] = level ? z : fmin(fmax(z / (column->sigma[t] * sqrt((double)h)), -clip), clip);
        }
    }
}

int pulse_column_build(struct pulse_column *column, const char *name,
                       const struct pulse_options *options, int64_t T, const int64_t *calendar,
                       int64_t n, const int64_t *day, const double *value, struct pulse_err *err)
{
    const enum pulse_transform transform = pulse_options_transform(options, name);
    *column = (struct pulse_column){.name = name, .transform = transform};
    column->x = pulse_alloc_aligned(T, sizeof *column->x, "the observations of a variable", err);
    column->z = pulse_alloc_aligned(T, sizeof *column->z, "the scaled values of a variable", err);
    column->u = pulse_alloc_aligned(T, sizeof *column->u, "the scaled values of a variable", err);
    column->sigma = pulse_alloc_aligned(T, sizeof *column->sigma, "the scale of a variable", err);
    if (column->x == NULL || column->z == NULL || column->u == NULL || column->sigma == NULL)
        return -1;
    if (!pulse_horizons_are_next(&options->horizons)) {
        column->y = pulse_alloc_aligned(options->horizons.n * T, sizeof *column->y,
                                        "the targets of a variable", err);
        if (column->y == NULL)
            return -1;
    }
    place_values(column, T, calendar, n, day, value);
    if (transform == PULSE_LOGDIFF && check_logdiff(column, T, calendar, err) != 0)
        return -1;
    transform_rows(column, T);
    scale_by_burn_in(column, options->burn_in, T);
    if (scale_rows(column, T, calendar, err) != 0)
        return -1;
    scale_running(column, options, T);
    if (column->y != NULL)
        set_targets(column, options, T);
    decide_dense(column, T);
    return 0;
}

void pulse_column_clear(struct pulse_column *column)
{
    free(column->x);
    free(column->z);
    free(column->u);
    free(column->sigma);
    free(column->y);
    column->x = column->z = column->u = column->sigma = column->y = NULL;
}
