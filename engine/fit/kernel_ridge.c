#include "fit/kernel_ridge.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/cholesky.h"

/* Workspaces of one system; m = q + 1 columns: the targets, then ones for the intercept. */
struct bench {
    const struct pulse_kernel_ridge *dual;
    int64_t m;
    double *kernel; /* n × n: XXᵀ, lower triangle */
    double *K;      /* n × n: I + kernel/λ, then its factor */
    double *side;   /* of the factor */
    double *U;      /* n × m: [Y 1], then [u g] */
    double *T;      /* n × m: what earlier windows add */
};

static int bench_init(struct bench *bench, const struct pulse_kernel_ridge *dual,
                      struct pulse_err *err)
{
    const int64_t n = dual->n, m = dual->q + 1;
    *bench = (struct bench){.dual = dual, .m = m};
    bench->kernel = pulse_alloc_aligned(n * n, sizeof(double), "a sparse system", err);
    bench->K = pulse_alloc_aligned(n * n, sizeof(double), "a sparse system", err);
    bench->side =
        pulse_alloc_aligned(pulse_cholesky_side(n), sizeof(double), "a sparse system", err);
    bench->U = pulse_alloc_aligned(n * m, sizeof(double), "a sparse system", err);
    bench->T = pulse_alloc_aligned(n * m, sizeof(double), "a sparse system", err);
    return bench->kernel == NULL || bench->K == NULL || bench->side == NULL || bench->U == NULL ||
                   bench->T == NULL
               ? -1
               : 0;
}

static void bench_clear(struct bench *bench)
{
    free(bench->kernel);
    free(bench->K);
    free(bench->side);
    free(bench->U);
    free(bench->T);
}

/* K := I + kernel/λ and U := [Y 1]. */
static void fill(struct bench *bench, double lambda)
{
    const struct pulse_kernel_ridge *dual = bench->dual;
    const int64_t n = dual->n, width = dual->d - 1 + dual->q;
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = j; i < n; i++)
            bench->K[j * n + i] = bench->kernel[j * n + i] / lambda;
        bench->K[j * n + j] += 1;
    }
    for (int64_t k = 0; k < dual->q; k++)
        for (int64_t i = 0; i < n; i++)
            bench->U[k * n + i] = dual->rows[i * width + dual->d - 1 + k];
    for (int64_t i = 0; i < n; i++)
        bench->U[dual->q * n + i] = 1;
}

/* Retrodictions of target k, window by window, the intercept's sums growing with them. Returns the
 * intercept of the fit on all rows. */
static double tell(const struct bench *bench, int64_t k, double *told)
{
    const struct pulse_kernel_ridge *dual = bench->dual;
    const int64_t n = dual->n;
    const double *u = bench->U + k * n, *g = bench->U + dual->q * n;
    const double *by_rows = bench->T + k * n, *by_ones = bench->T + dual->q * n;
    double gu = 0, gg = 0;
    for (int64_t w = 0; w < dual->steps; w++) {
        const double intercept = gg > 0 ? gu / gg : 0;
        for (int64_t i = dual->cut[w]; i < dual->cut[w + 1]; i++)
            told[i] = by_rows[i] + intercept * (1 - by_ones[i]);
        for (int64_t i = dual->cut[w]; i < dual->cut[w + 1]; i++) {
            gu += g[i] * u[i];
            gg += g[i] * g[i];
        }
    }
    return gg > 0 ? gu / gg : 0;
}

/* Coefficients of the fit on all rows: the intercepts are there, the rest is Xᵀ K⁻¹(Y − b1)/λ, for
 * which U := M⁻ᵀ(u − b g). */
static void fit(struct bench *bench, double lambda, double *coefficients)
{
    const struct pulse_kernel_ridge *dual = bench->dual;
    const int64_t n = dual->n, d = dual->d, q = dual->q;
    for (int64_t k = 0; k < q; k++)
        for (int64_t i = 0; i < n; i++)
            bench->U[k * n + i] -= coefficients[k * d] * bench->U[q * n + i];
    pulse_cholesky_solve_upper(n, bench->K, bench->side, q, bench->U);
    if (d > 1)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)(d - 1), (int)q, (int)n,
                    1 / lambda, dual->rows, (int)(d - 1 + q), bench->U, (int)n, 0.0,
                    coefficients + 1, (int)d);
}

int pulse_kernel_ridge_solve(const struct pulse_kernel_ridge *dual, double *told,
                             double *coefficients, struct pulse_err *err)
{
    const int64_t n = dual->n, d = dual->d, q = dual->q;
    struct bench bench;
    int status = bench_init(&bench, dual, err);
    if (status != 0 || n == 0)
        goto done;
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)n, (int)(d - 1), 1.0, dual->rows,
                (int)(d - 1 + q), 0.0, bench.kernel, (int)n);
    for (int64_t l = 0; l < dual->L; l++) {
        double *mine = told + l * q * n, *B = coefficients + l * q * d;
        fill(&bench, dual->ridge[l]);
        if (!pulse_cholesky_factor(n, bench.K, bench.side)) { /* only where numbers overflow */
            for (int64_t i = 0; i < q * n; i++)
                mine[i] = NAN;
            for (int64_t i = 0; i < q * d; i++)
                B[i] = NAN;
            continue;
        }
        pulse_cholesky_substitute(n, bench.K, dual->steps, dual->cut, bench.m, bench.U, bench.T);
        for (int64_t k = 0; k < q; k++)
            B[k * d] = tell(&bench, k, mine + k * n);
        fit(&bench, dual->ridge[l], B);
    }
done:
    bench_clear(&bench);
    return status;
}
