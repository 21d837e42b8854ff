#include "fit/kernel_ridge.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/cholesky.h"

/* Workspaces of one system; m = q + 1 columns: the targets, then ones for the intercept. */
struct bench {
    const struct pulse_kernel_ridge *problem;
    int64_t m;
    double *kernel;     /* n × n: XXᵀ of the block in hand, lower triangle */
    double *K;          /* n × n: I + kernel/λ, then its factor */
    double *side;       /* of the factor */
    double *steps_side; /* of K in the steps of its windows */
    double *U;          /* n × m: [Y 1], then [u g] */
    double *T;          /* n × m: what earlier windows add */
};

static int bench_init(struct bench *bench, const struct pulse_kernel_ridge *problem,
                      struct pulse_err *err)
{
    const int64_t n = problem->n, m = problem->q + 1;
    *bench = (struct bench){.problem = problem, .m = m};
    bench->kernel = pulse_alloc_aligned(n * n, sizeof(double), "a sparse system", err);
    bench->K = pulse_alloc_aligned(n * n, sizeof(double), "a sparse system", err);
    bench->side =
        pulse_alloc_aligned(pulse_cholesky_side(n), sizeof(double), "a sparse system", err);
    bench->steps_side = pulse_alloc_aligned(pulse_cholesky_steps_side(n, problem->steps),
                                            sizeof(double), "a sparse system", err);
    bench->U = pulse_alloc_aligned(n * m, sizeof(double), "a sparse system", err);
    bench->T = pulse_alloc_aligned(n * m, sizeof(double), "a sparse system", err);
    return bench->kernel == NULL || bench->K == NULL || bench->side == NULL ||
                   bench->steps_side == NULL || bench->U == NULL || bench->T == NULL
               ? -1
               : 0;
}

static void bench_clear(struct bench *bench)
{
    free(bench->kernel);
    free(bench->K);
    free(bench->side);
    free(bench->steps_side);
    free(bench->U);
    free(bench->T);
}

/* K := I + kernel/λ and U := [Y 1]. */
static void fill_system(struct bench *bench, double lambda)
{
    const struct pulse_kernel_ridge *problem = bench->problem;
    const int64_t n = problem->n, width = problem->d - 1 + problem->q;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++)
            bench->K[j * n + i] = bench->kernel[j * n + i] / lambda;
        bench->K[j * n + j] += 1;
    }
    for (int64_t k = 0; k < problem->q; k++)
        for (int64_t i = 0; i < n; i++)
            bench->U[k * n + i] = problem->rows[i * width + problem->d - 1 + k];
    for (int64_t i = 0; i < n; i++)
        bench->U[problem->q * n + i] = 1;
}

/* The sums gᵀu and gᵀg of b = gᵀu/gᵀg grow from window to window. */
double pulse_kernel_ridge_retrodict(const struct pulse_kernel_windows *windows, const double *u,
                                    const double *g, const double *by_rows, const double *by_ones,
                                    double *predicted)
{
    const int64_t steps = windows->steps;
    double gu = 0, gg = 0;
    for (int64_t w = 0, known = 0; w <= steps; w++) {
        for (const int64_t end = w < steps ? windows->known[w] : windows->end; known < end;
             known++) {
            gu += g[known] * u[known];
            gg += g[known] * g[known];
        }
        const double intercept = gg > 0 ? gu / gg : 0;
        for (int64_t i = windows->cut[w]; w < steps && i < windows->cut[w + 1]; i++)
            predicted[i] = by_rows[i] + intercept * (1 - by_ones[i]);
    }
    return gg > 0 ? gu / gg : 0;
}

/* Coefficients of the fit on all rows: the intercepts b are there, the rest is β = Xᵀ K⁻¹(Y − b1)/λ
 * (DEFINITIONS §6.4), for which U := M⁻ᵀ(u − b g) = K⁻¹(Y − b1); 0 for features that block `b`
 * lacks. */
static void fit_all_rows(struct bench *bench, int64_t b, double lambda, double *coefficients)
{
    const struct pulse_kernel_ridge *problem = bench->problem;
    const int64_t n = problem->n, d = problem->d, q = problem->q, own = problem->block[b] - 1;
    for (int64_t k = 0; k < q; k++)
        for (int64_t i = 0; i < n; i++)
            bench->U[k * n + i] -= coefficients[k * d] * bench->U[q * n + i];
    pulse_cholesky_solve_upper(n, bench->K, bench->side, q, bench->U);
    for (int64_t k = 0; k < q; k++)
        memset(coefficients + k * d + 1 + own, 0, (size_t)(d - 1 - own) * sizeof *coefficients);
    if (own > 0)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)own, (int)q, (int)n, 1 / lambda,
                    problem->rows, (int)(d - 1 + q), bench->U, (int)n, 0.0, coefficients + 1,
                    (int)d);
}

/* One candidate, from the kernel of its block. */
static void solve_candidate(struct bench *bench, int64_t b, double lambda, double *predicted,
                            double *coefficients)
{
    const struct pulse_kernel_ridge *problem = bench->problem;
    const int64_t n = problem->n, d = problem->d, q = problem->q;
    fill_system(bench, lambda);
    if (!pulse_cholesky_factor(n, bench->K, bench->side)) { /* only where numbers overflow */
        for (int64_t i = 0; i < q * n; i++)
            predicted[i] = NAN;
        for (int64_t i = 0; i < q * d; i++)
            coefficients[i] = NAN;
        return;
    }
    const struct pulse_cholesky_steps by = {
        n, problem->steps, bench->K, bench->steps_side, problem->cut, problem->known};
    pulse_cholesky_invert_steps(n, bench->K, problem->steps, problem->cut, bench->steps_side);
    memset(bench->T, 0, (size_t)(n * bench->m) * sizeof *bench->T);
    pulse_cholesky_substitute(&by, bench->m, bench->U, bench->U, bench->T);
    const struct pulse_kernel_windows windows = {problem->steps, problem->cut, problem->known, n};
    for (int64_t k = 0; k < q; k++)
        coefficients[k * d] =
            pulse_kernel_ridge_retrodict(&windows, bench->U + k * n, bench->U + q * n,
                                         bench->T + k * n, bench->T + q * n, predicted + k * n);
    fit_all_rows(bench, b, lambda, coefficients);
}

int pulse_kernel_ridge_solve(const struct pulse_kernel_ridge *problem, double *predicted,
                             double *coefficients, struct pulse_err *err)
{
    const int64_t n = problem->n, d = problem->d, q = problem->q;
    struct bench bench;
    int status = bench_init(&bench, problem, err);
    if (status != 0 || n == 0)
        goto done;
    for (int64_t b = 0, from = 0; b < problem->B; b++) { /* products are added once */
        const int64_t to = problem->block[b] - 1;
        cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)(to - from), 1.0,
                    problem->rows + from, (int)(d - 1 + q), b == 0 ? 0.0 : 1.0, bench.kernel,
                    (int)n);
        from = to;
        for (int64_t l = 0; l < problem->L; l++) {
            const int64_t c = b * problem->L + l;
            solve_candidate(&bench, b, problem->ridge[l], predicted + c * q * n,
                            coefficients + c * q * d);
        }
    }
done:
    bench_clear(&bench);
    return status;
}
