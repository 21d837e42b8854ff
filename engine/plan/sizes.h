/* How large the model is, and what its parts need to work in: what memory is estimated from before
 * any data are seen. Pure; knows no window and no option. */
#ifndef PULSE_PLAN_SIZES_H
#define PULSE_PLAN_SIZES_H

#include <stdint.h>

#include "math/cholesky.h"
#include "plan/features.h"
#include "plan/horizons.h"

struct pulse_sizes {
    int64_t T;     /* calendar rows */
    int64_t E;     /* variables that enter */
    int64_t p;     /* first usable row: the largest lag, 1 with averages alone */
    int64_t fixed; /* features of no variable: the intercept, then the calendar's columns */
    int64_t d;     /* features: fixed + families·E */
    int64_t L;     /* ridge penalties */
    int64_t B;     /* blocks of features that candidates end with, the first of all */
    int64_t C;     /* candidates of the walk: L·B, number b·L + l */
    const struct pulse_features *features; /* borrowed */
    const struct pulse_horizons *horizons; /* borrowed; NULL: the next row alone */
};

/* The sizes of a panel of T rows and E variables with so many calendar columns, for so many ridge
 * penalties, with candidates of all blocks. */
static inline struct pulse_sizes pulse_sizes_of(const struct pulse_features *features,
                                                int64_t penalties, int64_t T, int64_t E,
                                                int64_t calendar_columns)
{
    return (struct pulse_sizes){.T = T,
                                .E = E,
                                .p = pulse_features_first_row(features),
                                .fixed = 1 + calendar_columns,
                                .d = 1 + calendar_columns + features->n * E,
                                .L = penalties,
                                .B = features->n_blocks,
                                .C = features->n_blocks * penalties,
                                .features = features};
}

/* Candidates of so many penalties, and of the first blocks alone. */
static inline void pulse_sizes_limit(struct pulse_sizes *sizes, int64_t penalties, int64_t blocks)
{
    sizes->L = penalties;
    sizes->B = blocks;
    sizes->C = penalties * blocks;
}

/* How many horizons there are, and how many steps the j-th of them is ahead. */
static inline int64_t pulse_sizes_horizons(const struct pulse_sizes *sizes)
{
    return sizes->horizons == NULL ? 1 : sizes->horizons->n;
}

static inline int64_t pulse_sizes_horizon(const struct pulse_sizes *sizes, int64_t j)
{
    return sizes->horizons == NULL ? 1 : sizes->horizons->step[j];
}

/* Rows by which the longest horizon reaches beyond the next row. */
static inline int64_t pulse_sizes_reach(const struct pulse_sizes *sizes)
{
    return pulse_sizes_horizon(sizes, pulse_sizes_horizons(sizes) - 1) - 1;
}

/* Targets of a row that are not u itself. */
static inline int64_t pulse_sizes_further(const struct pulse_sizes *sizes)
{
    return (pulse_sizes_horizons(sizes) - (pulse_sizes_horizon(sizes, 0) == 1)) * sizes->E;
}

/* Features that the candidates of block b have: the first ones. */
static inline int64_t pulse_sizes_block(const struct pulse_sizes *sizes, int64_t b)
{
    return sizes->fixed + sizes->features->block_end[b] * sizes->E;
}

/* Rows multiplied at a time (fit/gram.h); fixed, since it decides the order of additions. */
enum { PULSE_GRAM_CHUNK = 256 };

/* Doubles of workspace that the functions of fit/gram.h need: a row has d + E + fixed, or d
 * and all of its targets. */
static inline int64_t pulse_gram_work(const struct pulse_sizes *sizes)
{
    return (sizes->d + sizes->E + sizes->fixed + pulse_sizes_further(sizes)) * PULSE_GRAM_CHUNK;
}

/* Elements of a span's total (fit/gram.h): (d + E) × (E + fixed), and d × the further targets. */
static inline int64_t pulse_gram_total_size(const struct pulse_sizes *sizes)
{
    return (sizes->d + sizes->E) * (sizes->E + sizes->fixed) +
           sizes->d * pulse_sizes_further(sizes);
}

/* Elements of span totals that are folded at a time: 128 KiB, which stay in the cache while the
 * spans pass. */
enum { PULSE_TOTALS_TILE = 16384 };

/* Columns of [P | Q] that are added at a time: the tile of the scan and of every sum that must
 * equal it. */
static inline int64_t pulse_gram_tile_columns(const struct pulse_sizes *sizes)
{
    const int64_t columns = 65536 / sizes->d;
    return columns < 32 ? 32 : columns;
}

/* Bytes of candidates that a rank evaluates at a time: what the slices of panel/exchange.h are cut
 * by.
 */
#define PULSE_SLICE_BYTES (INT64_C(4) << 20)

/* Variables whose columns of the factor's inverse are solved for at a time (fit/granger.h). */
enum { PULSE_GRANGER_BATCH = 16 };

/* Doubles that pulse_granger_test works with for a system of q targets. */
static inline int64_t pulse_granger_work(const struct pulse_sizes *sizes, int64_t q)
{
    const int64_t d = sizes->d, F = sizes->features->n;
    return d * d + pulse_cholesky_side(d) + d * PULSE_GRANGER_BATCH * F + d * q + F * q + q +
           sizes->E * F * F;
}

#endif
