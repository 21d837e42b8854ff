/* Which targets share a system of equations (DEFINITIONS §3.6). Pure. */
#ifndef PULSE_PLAN_SYSTEMS_H
#define PULSE_PLAN_SYSTEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "plan/sizes.h"

/* Features from which on the dense system may go by its rows: with fewer a run is short, and its
 * spans can be saved. */
enum { PULSE_WIDE_FEATURES = 1000 };

/* The targets that share one system of equations. */
struct pulse_system {
    int64_t q;       /* targets */
    int64_t *target; /* q: j·E + e for horizon j of variable e of those that enter, ascending */
    int64_t first_horizon; /* of its targets: all variables have all from first … */
    int64_t last_horizon;  /* … to last, and a sparse system has one */
    int64_t from;          /* rows before it are predicted for none of the targets */
    int64_t n;             /* training rows, those of horizons that lie beyond the end included */
    int64_t *row;      /* n calendar rows, ascending; NULL: every usable row (the dense system) */
    bool kernel_ridge; /* solved whole, by its rows and not by the features (fit/kernel_ridge.h) */
    bool shared;       /* so, and by all ranks together (kernel/walk.h) */
};

/* The targets of a system that lie one horizon ahead: n from the first on. Row s of them is known
 * before row s + ahead + 1. */
struct pulse_target_group {
    int64_t first;
    int64_t n;
    int64_t ahead; /* steps beyond the next row */
};

static inline int64_t pulse_system_groups(const struct pulse_system *system)
{
    return system->last_horizon - system->first_horizon + 1;
}

static inline struct pulse_target_group
pulse_system_group(const struct pulse_sizes *sizes, const struct pulse_system *system, int64_t j)
{
    const int64_t n = system->q / pulse_system_groups(system);
    return (struct pulse_target_group){j * n, n,
                                       pulse_sizes_horizon(sizes, system->first_horizon + j) - 1};
}

/* Rows by which the longest horizon of a system reaches beyond the next row. */
static inline int64_t pulse_system_reach(const struct pulse_sizes *sizes,
                                         const struct pulse_system *system)
{
    return pulse_sizes_horizon(sizes, system->last_horizon) - 1;
}

/* Whether its first targets are of the next row. */
static inline bool pulse_system_is_next(const struct pulse_sizes *sizes,
                                        const struct pulse_system *system)
{
    return pulse_sizes_horizon(sizes, system->first_horizon) == 1;
}

/* How many of a system's training rows lie before calendar row `t`: a binary search. Not for the
 * dense system. */
int64_t pulse_system_rows_before(const struct pulse_system *system, int64_t t);

/* Bytes of a set of T rows, one bit a row. */
static inline int64_t pulse_rowset_bytes(int64_t T)
{
    return (T + 7) / 8;
}

/* What systems are made of. Arrays are borrowed. */
struct pulse_grouping {
    int64_t E, horizons;           /* variables that enter, and horizons */
    const bool *predicted, *dense; /* E */
    const int64_t *burn_in_end;    /* E: the row after the burn-in */
    int64_t T, p;                  /* rows; those below p are left out */
    const uint8_t *rowset; /* horizons × E: pulse_rowset_bytes(T) each, bit t%8 of byte t/8;
                              looked at for sparse variables only */
};

/* Groups those variables that are predicted: the dense ones first in one system over all usable
 * rows, then one system per horizon and set of training rows that sparse targets share, in the
 * order of their first target. *systems is owned by the caller, after an error too:
 * pulse_systems_free. PULSE_E_MEMORY. */
int pulse_systems_group(const struct pulse_grouping *g, struct pulse_system **systems, int64_t *n,
                        struct pulse_err *err);
void pulse_systems_free(struct pulse_system *systems, int64_t n);

/* Marks the systems that are solved in kernel ridge form (DEFINITIONS §6.4): those of an
 * expanding history for which that is less work, as long as no λ is so small that the plain
 * solution could fail (math/cholesky.h): `largest_sum` is the largest Σ ẑ² of a variable, which
 * bounds the diagonal of P. The dense system is one of them where the panel is wide; it and other
 * large ones are solved by all ranks together. */
void pulse_systems_choose(struct pulse_system *systems, int64_t n, const struct pulse_sizes *sizes,
                          const struct pulse_options *options, double largest_sum);

/* Whether these options would choose what was chosen with others. */
bool pulse_systems_suit(const struct pulse_system *systems, int64_t n,
                        const struct pulse_sizes *sizes, const struct pulse_options *options,
                        double largest_sum);

/* Rows a span aims at, and operations of the innovations form over a span of so many rows (and
 * those before it whose targets its first window does not know yet) for one penalty. */
int64_t pulse_system_span_rows(const struct pulse_sizes *sizes);
double pulse_system_span_flops(const struct pulse_sizes *sizes, double q, double rows);

/* Operations that solving it in kernel ridge form takes, and doubles of memory. */
double pulse_system_kernel_flops(const struct pulse_sizes *sizes,
                                 const struct pulse_system *system);
int64_t pulse_system_kernel_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system);

/* ---- Systems that all ranks solve together (kernel/walk.h) ------------------- */

/* All of it decides bits. */
enum {
    PULSE_KERNEL_TILE = 128,   /* order of a tile of the kernel matrix */
    PULSE_KERNEL_CHUNK = 127,  /* right-hand sides at a time: with one of ones a full tile */
    PULSE_KERNEL_SLICE = 1024, /* features gathered at a time */
};

/* Rows that n rows take, with those of zeros that fill the last tile. */
static inline int64_t pulse_kernel_order(int64_t n)
{
    return (n + PULSE_KERNEL_TILE - 1) / PULSE_KERNEL_TILE * PULSE_KERNEL_TILE;
}

/* Chunks that the targets of a system are cut into, each within a group. */
static inline int64_t pulse_system_chunks(const struct pulse_system *system)
{
    const int64_t groups = pulse_system_groups(system);
    return groups * ((system->q / groups + PULSE_KERNEL_CHUNK - 1) / PULSE_KERNEL_CHUNK);
}

/* Variables whose features are tested at a time. */
static inline int64_t pulse_kernel_sources(const struct pulse_sizes *sizes)
{
    const int64_t F = sizes->features->n;
    return F < PULSE_KERNEL_CHUNK ? PULSE_KERNEL_CHUNK / F : 1;
}

/* The most lags in a row that a block has whose products repeat each other (DEFINITIONS §6.4): rows
 * that follow each other, and lags alone. 1: none. */
int64_t pulse_system_kernel_lags(const struct pulse_sizes *sizes,
                                 const struct pulse_system *system);

/* Doubles that such a system takes on the last of so many ranks. */
int64_t pulse_system_shared_doubles(const struct pulse_sizes *sizes,
                                    const struct pulse_system *system, int ranks);

#endif
