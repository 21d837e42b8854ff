/* Which targets share a system of equations (DEFINITIONS §3.6). Pure. */
#ifndef PULSE_PLAN_SYSTEMS_H
#define PULSE_PLAN_SYSTEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "plan/sizes.h"

/* The targets that share one system of equations. */
struct pulse_system {
    int64_t q;         /* targets */
    int64_t *target;   /* q indices among the variables that enter */
    int64_t from;      /* rows before it are predicted for none of the targets */
    int64_t n;         /* training rows */
    int64_t *row;      /* n calendar rows, ascending; NULL: every usable row (the dense system) */
    bool kernel_ridge; /* solved whole, by its rows and not by the features (fit/kernel_ridge.h) */
};

/* How many of a system's training rows lie before calendar row `t`: a binary search. Not for the
 * dense system. */
int64_t pulse_system_rows_before(const struct pulse_system *system, int64_t t);

/* Bytes of a set of T rows, one bit a row. */
static inline int64_t pulse_rowset_bytes(int64_t T)
{
    return (T + 7) / 8;
}

/* Groups those of E variables that are predicted: the dense ones first in one system over all
 * usable rows, then one system per set of training rows that sparse targets share, in the order of
 * their first target. `rowset` holds pulse_rowset_bytes(T) bytes per target (bit t%8 of byte t/8),
 * looked at for sparse ones only; rows below p are left out. `burn_in_end` holds the row after each
 * target's burn-in. *systems is owned by the caller: pulse_systems_free.
 */
int pulse_systems_group(int64_t E, const bool *predicted, const bool *dense,
                        const int64_t *burn_in_end, int64_t T, int64_t p, const uint8_t *rowset,
                        struct pulse_system **systems, int64_t *n, struct pulse_err *err);
void pulse_systems_free(struct pulse_system *systems, int64_t n);

/* Marks the sparse systems that are solved in kernel ridge form (DEFINITIONS §6.4): those of an
 * expanding history for which that is less work, as long as no λ is so small that the plain
 * solution could fail (math/cholesky.h): `largest_sum` is the largest Σ ẑ² of a variable, which
 * bounds the diagonal of P. */
void pulse_systems_choose(struct pulse_system *systems, int64_t n, const struct pulse_sizes *sizes,
                          const struct pulse_options *options, double largest_sum);

/* Operations that solving it in kernel ridge form takes, and doubles of memory. */
double pulse_system_kernel_flops(const struct pulse_sizes *sizes,
                                 const struct pulse_system *system);
int64_t pulse_system_kernel_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system);

#endif
