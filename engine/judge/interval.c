#include "judge/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double target_miss[PULSE_LEVELS] = {0.2, 0.05};
static const double normal_quantile[PULSE_LEVELS] = {1.2815515655446004, 1.959963984540054};
static const double step = 0.02;
enum { ENOUGH_VALUES = 100 };

int pulse_intervals_init(struct pulse_intervals *intervals, const struct pulse_options *options,
                         int64_t widest, struct pulse_err *err)
{
    const int64_t capacity = widest * PULSE_INTERVAL_WINDOWS;
    *intervals = (struct pulse_intervals){
        .kind = options->interval,
        .forget = options->interval == PULSE_GAUSSIAN ? 1 : exp2(-1 / options->interval_halflife),
        .miss = {target_miss[0], target_miss[1]},
        .widest = widest};
    intervals->ring = pulse_calloc(3 * capacity, sizeof(double), "the intervals", err);
    if (intervals->ring == NULL)
        return -1;
    intervals->sorted = intervals->ring + capacity;
    intervals->merged = intervals->sorted + capacity;
    return 0;
}

void pulse_intervals_clear(struct pulse_intervals *intervals)
{
    free(intervals->ring);
    intervals->ring = NULL;
}

/* Linear interpolation between the order statistics around (n − 1)·q. */
static double find_quantile(const double *sorted, int64_t n, double q)
{
    double at = (double)(n - 1) * q;
    int64_t i = (int64_t)floor(at);
    if (i >= n - 1)
        return sorted[n - 1];
    return sorted[i] + (sorted[i + 1] - sorted[i]) * (at - (double)i);
}

void pulse_intervals_begin(struct pulse_intervals *intervals)
{
    const bool none = !(intervals->rows > 0 && intervals->errors > 0);
    intervals->sigma = none ? (double)NAN : sqrt(intervals->errors / intervals->rows);
    for (int i = 0; i < PULSE_LEVELS; i++) {
        double factor = normal_quantile[i];
        if (intervals->kind == PULSE_ADAPTIVE && intervals->n >= ENOUGH_VALUES)
            factor = find_quantile(intervals->sorted, intervals->n,
                                   fmin(fmax(1 - intervals->miss[i], 0.5), 1));
        intervals->half[i] = intervals->sigma * factor;
    }
}

static int compare_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sorted := sorted without `out` (all of them are in it) and with `in`; both ascending: a merge. */
static void exchange_values(struct pulse_intervals *intervals, const double *out, int64_t n_out,
                            const double *in, int64_t n_in)
{
    const double *from = intervals->sorted, *end = from + intervals->n;
    double *to = intervals->merged;
    int64_t i = 0, j = 0;
    while (i < n_out || j < n_in) {
        const bool leaving = j == n_in || (i < n_out && out[i] <= in[j]);
        const double value = leaving ? out[i] : in[j];
        while (from < end && *from < value)
            *to++ = *from++;
        if (leaving) {
            from++;
            i++;
        } else {
            *to++ = value;
            j++;
        }
    }
    memcpy(to, from, (size_t)(end - from) * sizeof *to);
    intervals->n += n_in - n_out;
    double *swap = intervals->sorted;
    intervals->sorted = intervals->merged;
    intervals->merged = swap;
}

static void remember_errors(struct pulse_intervals *intervals, double *error, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        error[i] = fabs(error[i]) / intervals->sigma;
    qsort(error, (size_t)n, sizeof *error, compare_ascending);
    int64_t slot = (intervals->ring_first + intervals->ring_windows) % PULSE_INTERVAL_WINDOWS;
    const bool full = intervals->ring_windows == PULSE_INTERVAL_WINDOWS;
    double *slot_errors = intervals->ring + slot * intervals->widest;
    exchange_values(intervals, slot_errors, full ? intervals->ring_size[slot] : 0, error, n);
    memcpy(slot_errors, error, (size_t)n * sizeof *error);
    intervals->ring_size[slot] = n;
    if (full)
        intervals->ring_first = (intervals->ring_first + 1) % PULSE_INTERVAL_WINDOWS;
    else
        intervals->ring_windows++;
}

void pulse_intervals_end(struct pulse_intervals *intervals, double *error, int64_t n,
                         const int64_t inside[PULSE_LEVELS])
{
    double squares = 0;
    for (int64_t i = 0; i < n; i++)
        squares += error[i] * error[i];
    intervals->errors = intervals->forget * intervals->errors + squares;
    intervals->rows = intervals->forget * intervals->rows + (double)n;
    if (n == 0 || isnan(intervals->sigma) || intervals->kind == PULSE_GAUSSIAN)
        return;
    for (int i = 0; i < PULSE_LEVELS; i++)
        intervals->miss[i] += step * (target_miss[i] - (double)(n - inside[i]) / (double)n);
    remember_errors(intervals, error, n);
}
