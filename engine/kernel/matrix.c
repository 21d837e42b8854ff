#include "kernel/matrix.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/cholesky.h"
#include "mpi/collect.h"

enum { TILE = PULSE_KERNEL_TILE };

/* Whether tile row j is ours. */
static bool owns_row(const struct pulse_kernel_matrix *kernel, int64_t j)
{
    return j % kernel->comm->size == kernel->comm->rank;
}

static double *allocate_row(int64_t j, struct pulse_err *err)
{
    double *row = pulse_alloc_aligned(TILE * (j + 1) * TILE, sizeof *row, "a kernel matrix", err);
    if (row != NULL)
        memset(row, 0, (size_t)(TILE * (j + 1) * TILE) * sizeof *row);
    return row;
}

int pulse_kernel_matrix_init(struct pulse_kernel_matrix *kernel, const struct pulse_comm *comm,
                             int64_t n, struct pulse_err *err)
{
    const int64_t order = pulse_kernel_order(n), tiles = order / TILE;
    *kernel = (struct pulse_kernel_matrix){.comm = comm, .tiles = tiles, .order = order};
    kernel->sum = pulse_calloc(tiles, sizeof *kernel->sum, "a kernel matrix", err);
    kernel->factor = pulse_calloc(tiles, sizeof *kernel->factor, "a kernel matrix", err);
    kernel->column = pulse_alloc_aligned(order * TILE, sizeof(double), "a kernel matrix", err);
    kernel->exchange = pulse_alloc_aligned(order * TILE, sizeof(double), "a kernel matrix", err);
    for (int64_t j = 0; err->kind == PULSE_OK && j < tiles; j++)
        if (owns_row(kernel, j)) {
            kernel->sum[j] = allocate_row(j, err);
            kernel->factor[j] = allocate_row(j, err);
        }
    return pulse_comm_agree(comm, err);
}

void pulse_kernel_matrix_clear(struct pulse_kernel_matrix *kernel)
{
    for (int64_t j = 0; j < kernel->tiles; j++) {
        if (kernel->sum != NULL)
            free(kernel->sum[j]);
        if (kernel->factor != NULL)
            free(kernel->factor[j]);
    }
    free(kernel->sum);
    free(kernel->factor);
    free(kernel->column);
    free(kernel->exchange);
    *kernel = (struct pulse_kernel_matrix){0};
}

/* Tile row j of A (TILE × its end) += factor · X_jᵀ X. */
static void add_products(int64_t j, double factor, int64_t width, const double *X, double *A)
{
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, TILE, (int)((j + 1) * TILE), (int)width,
                factor, X + j * TILE * width, (int)width, X, (int)width, 1.0, A, TILE);
}

void pulse_kernel_matrix_add(struct pulse_kernel_matrix *kernel, int64_t width, const double *X)
{
    for (int64_t j = 0; j < kernel->tiles; j++)
        if (owns_row(kernel, j))
            add_products(j, 1.0, width, X, kernel->sum[j]);
}

/* Tile row j of A (TILE × its end) += the products of one lag, which begin at row and column a of S
 * (leading dimension ld); rows and columns of A from n on stay as they are. */
static void add_lag(int64_t j, int64_t n, int64_t a, int64_t ld, const double *S, double *A)
{
    const int64_t end = (j + 1) * TILE < n ? (j + 1) * TILE : n;
    const int64_t rows = n - j * TILE < TILE ? n - j * TILE : TILE;
    for (int64_t c = 0; c < end; c++)
        for (int64_t i = 0; i < rows; i++)
            A[c * TILE + i] += S[(a + c) * ld + a + i];
}

void pulse_kernel_matrix_add_lags(struct pulse_kernel_matrix *kernel, int64_t n, int64_t lags,
                                  int64_t width, const double *U, double *work)
{
    const int64_t rows = TILE + lags - 1;
    for (int64_t j = 0; j < kernel->tiles; j++) {
        if (!owns_row(kernel, j))
            continue;
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)rows, (int)(j * TILE + rows),
                    (int)width, 1.0, U + j * TILE * width, (int)width, U, (int)width, 0.0, work,
                    (int)rows);
        for (int64_t a = lags - 1; a >= 0; a--)
            add_lag(j, n, a, rows, work, kernel->sum[j]);
    }
}

void pulse_kernel_matrix_add_to_factor(struct pulse_kernel_matrix *kernel, double factor,
                                       int64_t width, const double *X)
{
    for (int64_t j = 0; j < kernel->tiles; j++)
        if (owns_row(kernel, j))
            add_products(j, factor, width, X, kernel->factor[j]);
}

void pulse_kernel_matrix_penalise(struct pulse_kernel_matrix *kernel, double lambda)
{
    for (int64_t j = 0; j < kernel->tiles; j++) {
        if (!owns_row(kernel, j))
            continue;
        for (int64_t i = 0; i < TILE * (j + 1) * TILE; i++)
            kernel->factor[j][i] = kernel->sum[j][i] / lambda;
        for (int64_t i = 0; i < TILE; i++)
            kernel->factor[j][(j * TILE + i) * TILE + i] += 1;
    }
}

/* Collective: block column k of the factor, from the diagonal down, into `column`. */
static int gather_column(struct pulse_kernel_matrix *kernel, int64_t k, struct pulse_err *err)
{
    const int ranks = kernel->comm->size;
    const int64_t rows = kernel->order - k * TILE, tile = (int64_t)TILE * TILE;
    int64_t at = 0, mine = 0;
    int64_t *count = pulse_calloc(ranks, sizeof *count, "a kernel matrix", err);
    if (count == NULL)
        pulse_comm_abort(kernel->comm, err); /* the others wait for our tiles */
    for (int r = 0; r < ranks; r++) {
        if (r == kernel->comm->rank)
            mine = at;
        for (int64_t j = k; j < kernel->tiles; j++)
            count[r] += j % ranks == r ? tile : 0;
        at += count[r];
    }
    for (int64_t j = k; j < kernel->tiles; j++)
        if (owns_row(kernel, j)) {
            memcpy(kernel->exchange + mine, kernel->factor[j] + k * tile,
                   (size_t)tile * sizeof(double));
            mine += tile;
        }
    int status =
        pulse_gather_in_turn(kernel->comm, kernel->exchange, count, "a kernel matrix", err);
    free(count);
    const double *from = kernel->exchange;
    for (int r = 0; status == 0 && r < ranks; r++)
        for (int64_t j = k; j < kernel->tiles; j++) {
            if (j % ranks != r)
                continue;
            for (int64_t i = 0; i < TILE; i++, from += TILE)
                memcpy(kernel->column + i * rows + (j - k) * TILE, from, TILE * sizeof *from);
        }
    return status;
}

/* Block column k, gathered, becomes that of L: on every rank, which costs less than to send it. */
static bool factor_column(struct pulse_kernel_matrix *kernel, int64_t k)
{
    const int64_t rows = kernel->order - k * TILE;
    double *column = kernel->column;
    double diagonal[TILE * TILE],
        side[TILE / PULSE_CHOLESKY_BLOCK * PULSE_CHOLESKY_BLOCK * PULSE_CHOLESKY_BLOCK + TILE];
    for (int64_t i = 0; i < TILE; i++)
        memcpy(diagonal + i * TILE, column + i * rows, TILE * sizeof *diagonal);
    if (!pulse_cholesky_factor(TILE, diagonal, side))
        return false;
    for (int64_t i = 0; i < TILE; i++) {
        memset(column + i * rows, 0, TILE * sizeof *column);
        memcpy(column + i * rows + i, diagonal + i * TILE + i, (size_t)(TILE - i) * sizeof *column);
    }
    if (rows > TILE)
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit,
                    (int)(rows - TILE), TILE, 1.0, column, (int)rows, column + TILE, (int)rows);
    return true;
}

/* Our tiles of block column k of L take their places, and our tile rows below lose its products. */
static void update_rows(struct pulse_kernel_matrix *kernel, int64_t k)
{
    const int64_t rows = kernel->order - k * TILE, tile = (int64_t)TILE * TILE;
    const double *column = kernel->column;
    for (int64_t j = k; j < kernel->tiles; j++) {
        if (!owns_row(kernel, j))
            continue;
        const double *own = column + (j - k) * TILE;
        for (int64_t i = 0; i < TILE; i++)
            memcpy(kernel->factor[j] + k * tile + i * TILE, own + i * rows, TILE * sizeof *own);
        if (j > k)
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, TILE, (int)((j - k) * TILE), TILE,
                        -1.0, own, (int)rows, column + TILE, (int)rows, 1.0,
                        kernel->factor[j] + (k + 1) * tile, TILE);
    }
}

int pulse_kernel_matrix_factor(struct pulse_kernel_matrix *kernel, pulse_kernel_column *show,
                               void *context, bool *good, struct pulse_err *err)
{
    *good = true;
    for (int64_t k = 0; k < kernel->tiles; k++) {
        if (gather_column(kernel, k, err) != 0)
            return -1;
        *good = factor_column(kernel, k);
        if (!*good)
            return 0;
        show(context, k * TILE, kernel->column);
        update_rows(kernel, k);
        pulse_comm_abort_if_interrupted(kernel->comm);
    }
    return 0;
}

int pulse_kernel_matrix_revisit(struct pulse_kernel_matrix *kernel, pulse_kernel_column *show,
                                void *context, struct pulse_err *err)
{
    for (int64_t k = kernel->tiles - 1; k >= 0; k--) {
        if (gather_column(kernel, k, err) != 0)
            return -1;
        show(context, k * TILE, kernel->column);
        pulse_comm_abort_if_interrupted(kernel->comm);
    }
    return 0;
}

void pulse_kernel_matrix_eliminate(int64_t order, int64_t first, const double *column, int64_t m,
                                   double *U)
{
    const int64_t rows = order - first;
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, TILE, (int)m, 1.0,
                column, (int)rows, U + first, (int)order);
    if (rows > TILE)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)(rows - TILE), (int)m, TILE,
                    -1.0, column + TILE, (int)rows, U + first, (int)order, 1.0, U + first + TILE,
                    (int)order);
}

void pulse_kernel_matrix_substitute(int64_t order, int64_t first, const double *column, int64_t m,
                                    double *V)
{
    const int64_t rows = order - first;
    if (rows > TILE)
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, TILE, (int)m, (int)(rows - TILE), -1.0,
                    column + TILE, (int)rows, V + first + TILE, (int)order, 1.0, V + first,
                    (int)order);
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, TILE, (int)m, 1.0,
                column, (int)rows, V + first, (int)order);
}
