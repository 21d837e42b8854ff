/* Sums of products of feature rows (P and Q of DEFINITIONS §4.1), over spans and over windows. BLAS
 * only; no MPI, no idea what is done with the sums. Matrices are column-major. */
#ifndef PULSE_FIT_GRAM_H
#define PULSE_FIT_GRAM_H

#include <stddef.h>
#include <stdint.h>

#include "panel/row_block.h"
#include "plan/plan.h"

/* ---- Totals that P follows from, where the features allow it (pulse_features_form) ---- */

/* H = Σ [x_t; u_t] [u_t; 1; calendar_t]ᵀ, and behind it Σ x_t yᵀ for the targets further ahead,
 * over the usable rows of [first, end): all that P and Q of these rows hold but for the rows at the
 * edges. With lags block (i+1, j+1) of P repeats block (i,
 * j); with averages each block follows from Q, Qᵀ and Σ u uᵀ (DEFINITIONS §6.2). */
void pulse_gram_total(const struct pulse_sizes *sizes, const struct pulse_row_block *rows,
                      int64_t first, int64_t end, double *H, double *work);

/* [P | Q], d × (d + q) with P's lower triangle, of the usable rows before `end`, from H summed over
 * exactly these rows. With lags `lag_prefix` holds rows 0 … p−1 and `rows` rows end−p … end−1; with
 * averages `rows` holds the features of row `end`. Q's columns are the targets of `system`. By the
 * identities of DEFINITIONS §6.2. */
void pulse_gram_assemble(const struct pulse_sizes *sizes, const struct pulse_system *system,
                         const double *H, const struct pulse_row_block *lag_prefix,
                         const struct pulse_row_block *rows, int64_t end, double *G);

/* ---- Plain sums, for any set of rows -------------------------------------------- */

/* A run of a system's training rows: i-th of n is `row[i]`, or `first + i` when row is NULL. */
struct pulse_row_range {
    const int64_t *row;
    int64_t first;
    int64_t n;
    double weight; /* of its products */
};

/* The training rows of `system` within calendar rows [first, end), with weight 1. */
struct pulse_row_range pulse_gram_range(const struct pulse_sizes *sizes,
                                        const struct pulse_system *system, int64_t first,
                                        int64_t end);

static inline int64_t pulse_row_range_at(const struct pulse_row_range *run, int64_t i)
{
    return run->row == NULL ? run->first + i : run->row[i];
}

/* Columns [first, first + n) of [P | Q] := decay · themselves + the products of the run's rows.
 * `G` points to column `first`, leading dimension d. In P only the lower triangle is meaningful. */
void pulse_gram_add(const struct pulse_sizes *sizes, const struct pulse_system *system,
                    const struct pulse_row_block *rows, const struct pulse_row_range *run,
                    double decay, int64_t first, int64_t n, double *G, double *work);

/* pulse_gram_add over all d + q columns, tile by tile as in the scan: the same bits. */
void pulse_gram_add_all(const struct pulse_sizes *sizes, const struct pulse_system *system,
                        const struct pulse_row_block *rows, const struct pulse_row_range *run,
                        double decay, double *G, double *work);

#endif
