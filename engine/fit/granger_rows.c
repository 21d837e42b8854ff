#include "fit/granger_rows.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/granger_fit.h"
#include "fit/granger_test.h"
#include "math/cholesky.h"

/* The same fit through K = I + XXᵀ/λ = MMᵀ of order n, X without the intercept (DEFINITIONS §5.6):
 * with g = M⁻¹1, R = I − ggᵀ/gᵀg, W = R M⁻¹X and u = R M⁻¹Y, A⁻¹ has the blocks (I − WᵀW/λ)/λ, the
 * coefficients are Wᵀu/λ, and uᵀu is left. */
struct rows_fit {
    struct pulse_granger_fit fit;
    double *kernel;  /* n × n: XXᵀ, lower triangle */
    double *W;       /* n × (d − 1) */
    double *U;       /* n × (q + 1): u, then g */
    double *dots;    /* d − 1 */
    double *squares; /* q: Σ y² */
};

static int rows_fit_init(struct rows_fit *rows, const struct pulse_sizes *sizes,
                         const struct pulse_kernel_ridge *problem, struct pulse_err *err)
{
    const int64_t n = problem->n, d = problem->d, q = problem->q, F = sizes->features->n;
    const struct {
        double **array;
        int64_t n;
    } wanted[] = {{&rows->fit.A, n * n},   {&rows->fit.side, pulse_cholesky_side(n > F ? n : F)},
                  {&rows->fit.B, d * q},   {&rows->fit.b, F * q},
                  {&rows->fit.left, q},    {&rows->fit.blocks, sizes->E * F * F},
                  {&rows->kernel, n * n},  {&rows->W, n * (d - 1)},
                  {&rows->U, n * (q + 1)}, {&rows->dots, d - 1},
                  {&rows->squares, q}};
    *rows = (struct rows_fit){.fit = {.sizes = sizes}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array =
            pulse_alloc_aligned(wanted[i].n, sizeof(double), "the Granger tests", err);
        if (*wanted[i].array == NULL)
            return -1;
    }
    return 0;
}

static void rows_fit_clear(struct rows_fit *rows)
{
    pulse_granger_fit_clear(&rows->fit);
    free(rows->kernel);
    free(rows->W);
    free(rows->U);
    free(rows->dots);
    free(rows->squares);
}

/* W := M⁻¹X and U := M⁻¹[Y 1], the intercept's share taken out. */
static void transform_rows(struct rows_fit *rows, const struct pulse_kernel_ridge *problem)
{
    const int64_t n = problem->n, m = problem->d - 1, q = problem->q, width = m + q;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < m; j++)
            rows->W[j * n + i] = problem->rows[i * width + j];
        for (int64_t k = 0; k < q; k++)
            rows->U[k * n + i] = problem->rows[i * width + m + k];
        rows->U[q * n + i] = 1;
    }
    pulse_cholesky_solve_lower(n, rows->fit.A, rows->fit.side, m, rows->W);
    pulse_cholesky_solve_lower(n, rows->fit.A, rows->fit.side, q + 1, rows->U);
    const double *g = rows->U + q * n;
    const double share = 1 / cblas_ddot((int)n, g, 1, g, 1);
    cblas_dgemv(CblasColMajor, CblasTrans, (int)n, (int)m, share, rows->W, (int)n, g, 1, 0.0,
                rows->dots, 1);
    cblas_dger(CblasColMajor, (int)n, (int)m, -1.0, g, 1, rows->dots, 1, rows->W, (int)n);
    for (int64_t k = 0; k < q; k++) {
        double *u = rows->U + k * n;
        cblas_daxpy((int)n, -share * cblas_ddot((int)n, g, 1, u, 1), g, 1, u, 1);
    }
}

/* The block of A⁻¹ that belongs to a variable's lags; adds its diagonal to *trace. False when a
 * feature hardly differs from a combination of the others. */
static bool block_of_rows(struct rows_fit *rows, const struct pulse_kernel_ridge *problem,
                          double lambda, int64_t source, double *trace)
{
    const int64_t n = problem->n, F = rows->fit.sizes->features->n, E = rows->fit.sizes->E;
    double *block = rows->fit.blocks + source * F * F;
    const int64_t calendar = rows->fit.sizes->fixed - 1;
    const double *W = rows->W + (calendar + source) * n; /* families lie E columns apart */
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)F, (int)F, (int)n,
                -1 / lambda / lambda, W, (int)(E * n), W, (int)(E * n), 0.0, block, (int)F);
    for (int64_t i = 0; i < F; i++) {
        const double *x = problem->rows + calendar + i * E + source;
        const int width = (int)(problem->d - 1 + problem->q);
        const double own = block[i * F + i] += 1 / lambda;
        *trace += own;
        if (!(own * (cblas_ddot((int)n, x, width, x, width) + lambda) * PULSE_GRANGER_LEAST_OWN <=
              1))
            return false;
    }
    return true;
}

static bool fit_rows(struct rows_fit *rows, const struct pulse_kernel_ridge *problem, double lambda)
{
    const int64_t n = problem->n, d = problem->d, q = problem->q;
    const int64_t columns = rows->fit.sizes->fixed - 1;
    const double calendar = pulse_granger_calendar_penalty(lambda);
    struct pulse_granger_fit *fit = &rows->fit;
    double trace = 0, calendar_sum = 0;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++)
            fit->A[j * n + i] = rows->kernel[j * n + i] / lambda;
        fit->A[j * n + j] += 1;
    }
    if (columns > 0 && calendar != lambda)
        cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)columns,
                    1 / calendar - 1 / lambda, problem->rows, (int)(d - 1 + q), 1.0, fit->A,
                    (int)n);
    if (!pulse_cholesky_factor(n, fit->A, fit->side))
        return false;
    transform_rows(rows, problem);
    for (int64_t u = 0; u < fit->sizes->E; u++)
        if (!block_of_rows(rows, problem, lambda, u, &trace))
            return false;
    for (int64_t k = 0; k < columns; k++) {
        const double *W = rows->W + k * n;
        calendar_sum += 1 / calendar - cblas_ddot((int)n, W, 1, W, 1) / calendar / calendar;
    }
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)(d - 1), (int)q, (int)n, 1 / lambda,
                rows->W, (int)n, rows->U, (int)n, 0.0, fit->B + 1, (int)d);
    for (int64_t k = 0; k < q; k++)
        fit->left[k] = cblas_ddot((int)n, rows->U + k * n, 1, rows->U + k * n, 1);
    fit->freedom = (double)(n - d) + lambda * trace + calendar * calendar_sum;
    return fit->freedom >= 1;
}

/* Σ y² of each target. */
static void squares_of_rows(const struct pulse_kernel_ridge *problem, double *squares)
{
    const int64_t width = problem->d - 1 + problem->q;
    for (int64_t k = 0; k < problem->q; k++) {
        const double *y = problem->rows + problem->d - 1 + k;
        squares[k] = cblas_ddot((int)problem->n, y, (int)width, y, (int)width);
    }
}

static int test_few_rows(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                         const struct pulse_system *system,
                         const struct pulse_kernel_ridge *problem, struct pulse_err *err)
{
    struct rows_fit rows;
    int status = rows_fit_init(&rows, sizes, problem, err);
    bool good = false;
    double lambda = 0;
    if (status != 0)
        goto done;
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)problem->n, (int)(problem->d - 1), 1.0,
                problem->rows, (int)(problem->d - 1 + problem->q), 0.0, rows.kernel,
                (int)problem->n);
    for (int64_t l = 0; !good && l < problem->L; l++)
        good = fit_rows(&rows, problem, lambda = problem->ridge[l]);
    squares_of_rows(problem, rows.squares);
    if (good)
        pulse_granger_fit_test(&rows.fit, system, rows.squares, lambda, granger);
done:
    rows_fit_clear(&rows);
    return status;
}

/* [P | Q] of the rows, P's lower triangle. */
static void sums_of_rows(const struct pulse_kernel_ridge *problem, double *G)
{
    const int64_t n = problem->n, d = problem->d, q = problem->q, width = d - 1 + q;
    memset(G, 0, (size_t)(d * (d + q)) * sizeof *G);
    G[0] = (double)n;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 1; j < d; j++)
            G[j] += problem->rows[i * width + j - 1];
        for (int64_t k = 0; k < q; k++)
            G[(d + k) * d] += problem->rows[i * width + d - 1 + k];
    }
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)(d - 1), (int)n, 1.0, problem->rows,
                (int)width, 0.0, G + d + 1, (int)d);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(d - 1), (int)q, (int)n, 1.0,
                problem->rows, (int)width, problem->rows + d - 1, (int)width, 0.0, G + d * d + 1,
                (int)d);
}

/* More rows than features may do without a penalty, which the sums of products are for. */
static int test_many_rows(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                          const struct pulse_system *system,
                          const struct pulse_kernel_ridge *problem, struct pulse_err *err)
{
    const int64_t d = problem->d, q = problem->q;
    double *G = pulse_alloc_aligned(d * (d + q) + q, sizeof *G, "the Granger tests", err);
    int status = -1;
    if (G == NULL)
        return -1;
    sums_of_rows(problem, G);
    squares_of_rows(problem, G + d * (d + q));
    status = pulse_granger_test(granger, sizes, system, G, G + d * (d + q), problem->n,
                                problem->ridge, err);
    free(G);
    return status;
}

int pulse_granger_test_rows(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                            const struct pulse_kernel_ridge *problem, struct pulse_err *err)
{
    struct pulse_system system = {.q = problem->q};
    system.target = pulse_calloc(problem->q, sizeof *system.target, "the Granger tests", err);
    if (system.target == NULL)
        return -1;
    for (int64_t k = 0; k < problem->q; k++)
        system.target[k] = k;
    int status = (problem->n > problem->d ? test_many_rows : test_few_rows)(granger, sizes, &system,
                                                                            problem, err);
    free(system.target);
    return status;
}
