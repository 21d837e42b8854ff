/* Which targets share a system of equations (DEFINITIONS §3.6). Pure. */
#ifndef PULSE_PLAN_SYSTEMS_H
#define PULSE_PLAN_SYSTEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"

/* Bytes of a set of T rows, one bit a row. */
static inline int64_t pulse_rowset_bytes(int64_t T)
{
    return (T + 7) / 8;
}

/* Groups E targets: the dense ones first in one system over all usable rows, then one system per
 * set of training rows that sparse targets share, in the order of their first target. `rowset`
 * holds pulse_rowset_bytes(T) bytes per target (bit t%8 of byte t/8), looked at for sparse ones
 * only; rows below p are left out. `burned` holds the
 * rows up to and with each target's burn-in. *systems is owned by the caller: pulse_systems_free.
 */
int pulse_systems_group(int64_t E, const bool *dense, const int64_t *burned, int64_t T, int64_t p,
                        const uint8_t *rowset, struct pulse_system **systems, int64_t *n,
                        struct pulse_err *err);
void pulse_systems_free(struct pulse_system *systems, int64_t n);

/* Marks the sparse systems that are solved by their rows (dual.h): those of an expanding history
 * for which that is less work, as long as no λ is so small that the plain solution could fail
 * (la.h): `energy` is the largest Σ ẑ² of a variable, which bounds the diagonal of P. */
void pulse_systems_choose(struct pulse_system *systems, int64_t n, const struct pulse_sizes *sizes,
                          const struct pulse_options *options, double energy);

/* Operations that solving it by its rows takes, and doubles of memory. */
double pulse_system_kernel_flops(const struct pulse_sizes *sizes,
                                 const struct pulse_system *system);
int64_t pulse_system_kernel_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system);

#endif
