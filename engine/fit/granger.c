#include "fit/granger.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/beta.h"
#include "math/cholesky.h"

/* A feature of which less than this is not a combination of the others makes a fit badly
 * conditioned: nine digits of the test are left at it. */
static const double LEAST_OWN = 1e-6;
/* A fit that leaves less than this of Σ y² leaves nothing that rounding would not have. */
static const double LEAST_LEFT = 1e-9;

int pulse_granger_init(struct pulse_granger *granger, int64_t E, int64_t targets,
                       struct pulse_err *err)
{
    double **const matrix[] = {&granger->f, &granger->p_value, &granger->p_adjusted,
                               &granger->partial_r2};
    double **const vector[] = {&granger->ridge, &granger->freedom};
    *granger = (struct pulse_granger){.E = E, .targets = targets, .inflation = 1};
    granger->method = pulse_calloc(targets, sizeof *granger->method, "the Granger tests", err);
    if (granger->method == NULL)
        return -1;
    for (size_t i = 0; i < 6; i++) {
        double **array = i < 4 ? matrix[i] : vector[i - 4];
        const int64_t n = i < 4 ? E * targets : targets;
        *array = pulse_alloc_aligned(n, sizeof(double), "the Granger tests", err);
        if (*array == NULL)
            return -1;
        for (int64_t k = 0; k < n; k++)
            (*array)[k] = NAN;
    }
    return 0;
}

void pulse_granger_clear(struct pulse_granger *granger)
{
    free(granger->f);
    free(granger->p_value);
    free(granger->p_adjusted);
    free(granger->partial_r2);
    free(granger->method);
    free(granger->ridge);
    free(granger->freedom);
    *granger = (struct pulse_granger){0};
}

/* ---- One system ----------------------------------------------------------------- */

/* The fit with A = P + Λ, and buffers for it (DEFINITIONS §5.6). */
struct fit {
    const struct pulse_sizes *sizes;
    double *A;      /* d × d: then its factor L */
    double *side;   /* of the factor */
    double *Z;      /* d × PULSE_GRANGER_BATCH·F: columns of L⁻¹ */
    double *blocks; /* E of F × F: (A⁻¹) of a variable's features */
    double *B;      /* d × q: L⁻¹Q, then the coefficients */
    double *b;      /* F × q: those of one variable, then M⁻¹ of them */
    double *left;   /* q: Σ y² − Qᵀ A⁻¹ Q */
    double freedom; /* n − tr(A⁻¹ P) */
};

static int fit_init(struct fit *fit, const struct pulse_sizes *sizes, int64_t q,
                    struct pulse_err *err)
{
    const int64_t d = sizes->d, F = sizes->features->n;
    const struct {
        double **array;
        int64_t n;
    } wanted[] = {{&fit->A, d * d},
                  {&fit->side, pulse_cholesky_side(d)},
                  {&fit->Z, d * PULSE_GRANGER_BATCH * F},
                  {&fit->B, d * q},
                  {&fit->b, F * q},
                  {&fit->left, q},
                  {&fit->blocks, sizes->E * F * F}};
    *fit = (struct fit){.sizes = sizes};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array =
            pulse_alloc_aligned(wanted[i].n, sizeof(double), "the Granger tests", err);
        if (*wanted[i].array == NULL)
            return -1;
    }
    return 0;
}

static void fit_clear(struct fit *fit)
{
    free(fit->A);
    free(fit->side);
    free(fit->Z);
    free(fit->blocks);
    free(fit->B);
    free(fit->b);
    free(fit->left);
}

/* (A⁻¹)_uu = ZᵀZ of the lags u of variables [first, first + n), Z their columns of L⁻¹. Adds
 * the diagonal to *trace; false when a feature hardly differs from a combination of the others. */
static bool invert_blocks(struct fit *fit, int64_t first, int64_t n, const double *P, double lambda,
                          double *trace)
{
    const int64_t d = fit->sizes->d, F = fit->sizes->features->n, E = fit->sizes->E;
    const int64_t fixed = fit->sizes->fixed;
    memset(fit->Z, 0, (size_t)(d * n * F) * sizeof *fit->Z);
    for (int64_t k = 0; k < n * F; k++)
        fit->Z[k * d + fixed + k % F * E + first + k / F] = 1;
    pulse_cholesky_solve_lower(d, fit->A, fit->side, n * F, fit->Z);
    bool good = true;
    for (int64_t u = 0; u < n; u++) {
        const double *Z = fit->Z + u * F * d;
        double *block = fit->blocks + (first + u) * F * F;
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)F, (int)F, (int)d, 1.0, Z, (int)d,
                    Z, (int)d, 0.0, block, (int)F);
        for (int64_t i = 0; i < F; i++) {
            const double own = block[i * F + i];
            const int64_t feature = fixed + i * E + first + u;
            *trace += own;
            good = good && own * (P[feature * d + feature] + lambda) * LEAST_OWN <= 1;
        }
    }
    return good;
}

/* Σ (A⁻¹)_kk of the calendar's columns. */
static double calendar_trace(struct fit *fit)
{
    const int64_t d = fit->sizes->d;
    double trace = 0;
    for (int64_t k = 1; k < fit->sizes->fixed; k++) {
        memset(fit->Z, 0, (size_t)d * sizeof *fit->Z);
        fit->Z[k] = 1;
        pulse_cholesky_solve_lower(d, fit->A, fit->side, 1, fit->Z);
        trace += cblas_ddot((int)d, fit->Z, 1, fit->Z, 1);
    }
    return trace;
}

/* The penalty of the calendar's columns: weekdays and gaps may be combinations of each other, so
 * that they have one in every fit. */
static double calendar_penalty(double lambda)
{
    return fmax(lambda, 1);
}

/* Fits with the penalty `lambda`, the calendar's columns with theirs; false when that is not
 * well conditioned, or leaves no freedom. */
static bool fit_with(struct fit *fit, const double *P, int64_t n, double lambda)
{
    const double calendar = calendar_penalty(lambda);
    const int64_t d = fit->sizes->d, E = fit->sizes->E, fixed = fit->sizes->fixed;
    double trace = 0;
    memcpy(fit->A, P, (size_t)(d * d) * sizeof *P);
    for (int64_t i = 1; i < d; i++)
        fit->A[i * d + i] += i < fixed ? calendar : lambda;
    if (!pulse_cholesky_factor(d, fit->A, fit->side))
        return false;
    for (int64_t u = 0, n_batch; u < E; u += n_batch) {
        n_batch = E - u < PULSE_GRANGER_BATCH ? E - u : PULSE_GRANGER_BATCH;
        if (!invert_blocks(fit, u, n_batch, P, lambda, &trace))
            return false;
    }
    fit->freedom = (double)(n - d) + lambda * trace + calendar * calendar_trace(fit);
    return fit->freedom >= 1;
}

/* Coefficients of all targets, and what the fit leaves of their squares. */
static void solve_targets(struct fit *fit, const struct pulse_system *system, const double *Q,
                          const double *squares)
{
    const int64_t d = fit->sizes->d, q = system->q;
    memcpy(fit->B, Q, (size_t)(d * q) * sizeof *Q);
    pulse_cholesky_solve_lower(d, fit->A, fit->side, q, fit->B);
    for (int64_t k = 0; k < q; k++)
        fit->left[k] =
            squares[system->target[k]] - cblas_ddot((int)d, fit->B + k * d, 1, fit->B + k * d, 1);
    pulse_cholesky_solve_upper(d, fit->A, fit->side, q, fit->B);
}

/* What leaving out the lags of variable `source` adds to each target's sum of squares,
 * S_u − S = b̂_uᵀ ((A⁻¹)_uu)⁻¹ b̂_u (DEFINITIONS §5.6); and with that the tests. */
static void test_source(struct fit *fit, const struct pulse_system *system, const double *squares,
                        int64_t source, struct pulse_granger *granger)
{
    const int64_t d = fit->sizes->d, F = fit->sizes->features->n, E = fit->sizes->E, q = system->q;
    for (int64_t k = 0; k < q; k++)
        for (int64_t i = 0; i < F; i++)
            fit->b[k * F + i] = fit->B[k * d + fit->sizes->fixed + i * E + source];
    double *block = fit->blocks + source * F * F;
    if (!pulse_cholesky_factor(F, block, fit->side))
        return;
    pulse_cholesky_solve_lower(F, block, fit->side, q, fit->b);
    for (int64_t k = 0; k < q; k++) {
        const int64_t at = source * granger->targets + system->target[k];
        const double left = fit->left[k];
        if (!(left > LEAST_LEFT * squares[system->target[k]]))
            continue;
        const double more = cblas_ddot((int)F, fit->b + k * F, 1, fit->b + k * F, 1);
        const double f = more / (double)F / (left / fit->freedom);
        granger->f[at] = f;
        granger->p_value[at] = pulse_f_tail(f, (double)F, fit->freedom);
        granger->partial_r2[at] = more / (left + more);
    }
}

/* All tests of a fitted system. */
static void test_all(struct fit *fit, const struct pulse_system *system, const double *squares,
                     double lambda, struct pulse_granger *granger)
{
    for (int64_t u = 0; u < fit->sizes->E; u++)
        test_source(fit, system, squares, u, granger);
    for (int64_t k = 0; k < system->q; k++) {
        granger->method[system->target[k]] = lambda > 0 ? PULSE_GRANGER_RIDGE : PULSE_GRANGER_OLS;
        granger->ridge[system->target[k]] = lambda;
        granger->freedom[system->target[k]] = fit->freedom;
    }
}

int pulse_granger_test(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                       const struct pulse_system *system, const double *G, const double *squares,
                       int64_t n, const double *ridge, struct pulse_err *err)
{
    struct fit fit;
    int status = -1;
    if (fit_init(&fit, sizes, system->q, err) != 0)
        goto done;
    status = 0;
    double lambda = 0;
    bool good = fit_with(&fit, G, n, lambda);
    for (int64_t l = 0; !good && l < sizes->L; l++)
        good = (lambda = ridge[l]) > 0 && fit_with(&fit, G, n, lambda);
    if (good) {
        solve_targets(&fit, system, G + sizes->d * sizes->d, squares);
        test_all(&fit, system, squares, lambda, granger);
    }
done:
    fit_clear(&fit);
    return status;
}

/* ---- One system of few rows ----------------------------------------------------- */

/* The same fit through K = I + XXᵀ/λ = MMᵀ of order n, X without the intercept (DEFINITIONS §5.6):
 * with g = M⁻¹1, R = I − ggᵀ/gᵀg, W = R M⁻¹X and u = R M⁻¹Y, A⁻¹ has the blocks (I − WᵀW/λ)/λ, the
 * coefficients are Wᵀu/λ, and uᵀu is left. */
struct rows_fit {
    struct fit fit;
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
    fit_clear(&rows->fit);
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
        if (!(own * (cblas_ddot((int)n, x, width, x, width) + lambda) * LEAST_OWN <= 1))
            return false;
    }
    return true;
}

static bool fit_rows(struct rows_fit *rows, const struct pulse_kernel_ridge *problem, double lambda)
{
    const int64_t n = problem->n, d = problem->d, q = problem->q;
    const int64_t columns = rows->fit.sizes->fixed - 1;
    const double calendar = calendar_penalty(lambda);
    struct fit *fit = &rows->fit;
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
        test_all(&rows.fit, system, rows.squares, lambda, granger);
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
