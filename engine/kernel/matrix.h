/* The kernel matrix XXᵀ of a system's rows and the factor of I + XXᵀ/λ, both shared by the ranks in
 * rows of tiles that are dealt out in turn (DEFINITIONS §6.4). Every tile is made by the same
 * products whoever owns it, so that no bit depends on the ranks. Knows no system and no target. */
#ifndef PULSE_KERNEL_MATRIX_H
#define PULSE_KERNEL_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "mpi/comm.h"
#include "plan/systems.h"

struct pulse_kernel_matrix {
    const struct pulse_comm *comm;
    int64_t tiles;
    int64_t order;    /* tiles × PULSE_KERNEL_TILE: beyond the system's, rows of zeros */
    double **sum;     /* per tile row, NULL for those of other ranks: XXᵀ, TILE × (its end) */
    double **factor;  /* the same of I + XXᵀ/λ, then of its factor L */
    double *column;   /* order × TILE: a block column */
    double *exchange; /* the same on its way */
};

/* Collective; XXᵀ begins as 0 for n rows. PULSE_E_MEMORY on all ranks. Clear in every case. */
int pulse_kernel_matrix_init(struct pulse_kernel_matrix *kernel, const struct pulse_comm *comm,
                             int64_t n, struct pulse_err *err);
void pulse_kernel_matrix_clear(struct pulse_kernel_matrix *kernel);

/* Local: XXᵀ += X₊X₊ᵀ for further features of all rows, X₊ᵀ (width × order) column-major. */
void pulse_kernel_matrix_add(struct pulse_kernel_matrix *kernel, int64_t width, const double *X);

/* Local: the same for `lags` families of features that are lags k, k + 1, … of the same `width`
 * series: U (width × (order + lags − 1)) holds those, row i of lag k + l being column lags − 1 − l
 * + i. Their products repeat each other, x_l(i)·x_l(j) = U(a + i)·U(a + j) with a = lags − 1 − l,
 * so that they are made once. Rows from n on are 0 in X. `work` has pulse_kernel_lags_work doubles.
 */
void pulse_kernel_matrix_add_lags(struct pulse_kernel_matrix *kernel, int64_t n, int64_t lags,
                                  int64_t width, const double *U, double *work);

static inline int64_t pulse_kernel_lags_work(int64_t order, int64_t lags)
{
    return (PULSE_KERNEL_TILE + lags - 1) * (order + lags - 1);
}

/* Local: what will be factored becomes I + XXᵀ/λ; and adds `factor`·X₊X₊ᵀ to it. */
void pulse_kernel_matrix_penalise(struct pulse_kernel_matrix *kernel, double lambda);
void pulse_kernel_matrix_add_to_factor(struct pulse_kernel_matrix *kernel, double factor,
                                       int64_t width, const double *X);

/* What is done on every rank with a block column of L: rows first … order − 1 of columns first …
 * first + TILE − 1, leading dimension order − first. */
typedef void pulse_kernel_column(void *context, int64_t first, const double *column);

/* Collective: factors, and shows each block column as it is made, the first one first. *good is
 * false, on all ranks, where a number overflowed; `show` has then not seen all. */
int pulse_kernel_matrix_factor(struct pulse_kernel_matrix *kernel, pulse_kernel_column *show,
                               void *context, bool *good, struct pulse_err *err);

/* Collective: shows the block columns of L once more, the last one first. */
int pulse_kernel_matrix_revisit(struct pulse_kernel_matrix *kernel, pulse_kernel_column *show,
                                void *context, struct pulse_err *err);

/* Local: U (order × m) := L⁻¹U and V := L⁻ᵀV, one block column at a time in the order in which it
 * is shown. */
void pulse_kernel_matrix_eliminate(int64_t order, int64_t first, const double *column, int64_t m,
                                   double *U);
void pulse_kernel_matrix_substitute(int64_t order, int64_t first, const double *column, int64_t m,
                                    double *V);

#endif
