/* Rows of the panel as the model sees them, and the features made from them (DEFINITIONS §3.5).
 * Pure.
 */
#ifndef PULSE_PANEL_ROW_BLOCK_H
#define PULSE_PANEL_ROW_BLOCK_H

#include <stdint.h>

#include "plan/features.h"

/* Calendar rows [first, end) of the E variables that enter, row-major: u(t, e) at
 * u[(t − first)·E + e]. Averages stand at rows first … end, that of row t being known before it:
 * the i-th one of variable e at average[((t − first)·averages + i)·E + e]. Owned by whoever made
 * it; what is borrowed says so. */
struct pulse_row_block {
    int64_t first;
    int64_t end;
    int64_t E;
    double *u;
    int64_t horizons; /* of the targets at y, if there are any: 0 where u itself is the target */
    double *y;        /* target j·E + e, of horizon j, of row t at
                         y[(j·E + e)·(end − first) + t − first] */
    const struct pulse_features *features; /* borrowed */
    int64_t averages;                      /* families that are averages */
    double *average;
    int64_t columns;        /* calendar columns */
    const double *calendar; /* rows 0 … T: row t at calendar[t·columns]; borrowed */
};

/* u of row t. */
static inline const double *pulse_row_block_at(const struct pulse_row_block *rows, int64_t t)
{
    return rows->u + (t - rows->first) * rows->E;
}

/* Target k of row t: those of horizon 0, then 1 …, E each. Where `horizons` is not 0 that of row
 * t + 1 follows. */
static inline const double *pulse_row_block_target(const struct pulse_row_block *rows, int64_t k,
                                                   int64_t t)
{
    return rows->horizons == 0 ? pulse_row_block_at(rows, t) + k
                               : rows->y + k * (rows->end - rows->first) + t - rows->first;
}

/* The E features of a family in row t: rows t − K, or the averages of row t. */
const double *pulse_row_block_family(const struct pulse_row_block *rows, int64_t family, int64_t t);

/* x_t = [1, calendar, family by family] into out[0 … d − 1]. What its families look back on must be
 * held. */
void pulse_row_block_features(const struct pulse_row_block *rows, int64_t t, double *out);

/* From the averages of row `first` to those of all rows up to `end`, f(t + 1) = r f(t) + c u(t) in
 * the order of the rows, so that it does not matter where a block begins. */
void pulse_row_block_average(struct pulse_row_block *rows);

void pulse_row_block_clear(struct pulse_row_block *rows);

#endif
