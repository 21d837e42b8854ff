/* How large the model is, and what its parts need to work in: what memory is estimated from before
 * any data are seen. Pure; knows no window and no option. */
#ifndef PULSE_PLAN_SIZES_H
#define PULSE_PLAN_SIZES_H

#include <stdint.h>

#include "math/cholesky.h"

struct pulse_sizes {
    int64_t T; /* calendar rows */
    int64_t E; /* variables that enter */
    int64_t p; /* lags */
    int64_t d; /* features: 1 + p·E */
    int64_t L; /* ridge penalties */
};

/* Rows multiplied at a time (fit/gram.h); fixed, since it decides the order of additions. */
enum { PULSE_GRAM_CHUNK = 256 };

/* Doubles of workspace that the functions of fit/gram.h need: (d + E) × PULSE_GRAM_CHUNK. */
static inline int64_t pulse_gram_work(const struct pulse_sizes *sizes)
{
    return (sizes->d + sizes->E) * PULSE_GRAM_CHUNK;
}

/* Elements of a lag-block total (fit/gram.h): (d + E) × E. */
static inline int64_t pulse_gram_total_size(const struct pulse_sizes *sizes)
{
    return (sizes->d + sizes->E) * sizes->E;
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
    const int64_t d = sizes->d, p = sizes->p;
    return d * d + pulse_cholesky_side(d) + d * PULSE_GRANGER_BATCH * p + d * q + p * q + q +
           sizes->E * p * p;
}

#endif
