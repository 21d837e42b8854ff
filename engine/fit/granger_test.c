#include "fit/granger_test.h"

#include <cblas.h>
#include <string.h>

#include "base/mem.h"
#include "fit/granger_fit.h"
#include "math/cholesky.h"

static int fit_init(struct pulse_granger_fit *fit, const struct pulse_sizes *sizes, int64_t q,
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
    *fit = (struct pulse_granger_fit){.sizes = sizes};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array =
            pulse_alloc_aligned(wanted[i].n, sizeof(double), "the Granger tests", err);
        if (*wanted[i].array == NULL)
            return -1;
    }
    return 0;
}

/* (A⁻¹)_uu = ZᵀZ of the lags u of variables [first, first + n), Z their columns of L⁻¹. Adds
 * the diagonal to *trace; false when a feature hardly differs from a combination of the others. */
static bool invert_blocks(struct pulse_granger_fit *fit, int64_t first, int64_t n, const double *P,
                          double lambda, double *trace)
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
            good = good && own * (P[feature * d + feature] + lambda) * PULSE_GRANGER_LEAST_OWN <= 1;
        }
    }
    return good;
}

/* Σ (A⁻¹)_kk of the calendar's columns. */
static double calendar_trace(struct pulse_granger_fit *fit)
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

/* Fits with the penalty `lambda`, the calendar's columns with theirs; false when that is not
 * well conditioned, or leaves no freedom. */
static bool fit_with(struct pulse_granger_fit *fit, const double *P, int64_t n, double lambda)
{
    const double calendar = pulse_granger_calendar_penalty(lambda);
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
    fit->freedom = (double)(n - d); /* of least squares: the calendar's columns count whole */
    if (lambda > 0)
        fit->freedom += lambda * trace + calendar * calendar_trace(fit);
    return fit->freedom >= 1;
}

/* Coefficients of all targets, and what the fit leaves of their squares. */
static void solve_targets(struct pulse_granger_fit *fit, const struct pulse_system *system,
                          const double *Q, const double *squares)
{
    const int64_t d = fit->sizes->d, q = system->q;
    memcpy(fit->B, Q, (size_t)(d * q) * sizeof *Q);
    pulse_cholesky_solve_lower(d, fit->A, fit->side, q, fit->B);
    for (int64_t k = 0; k < q; k++)
        fit->left[k] =
            squares[system->target[k]] - cblas_ddot((int)d, fit->B + k * d, 1, fit->B + k * d, 1);
    pulse_cholesky_solve_upper(d, fit->A, fit->side, q, fit->B);
}

int pulse_granger_test(struct pulse_granger *granger, const struct pulse_sizes *sizes,
                       const struct pulse_system *system, const double *G, const double *squares,
                       int64_t n, const double *ridge, struct pulse_err *err)
{
    struct pulse_granger_fit fit;
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
        pulse_granger_fit_test(&fit, system, squares, lambda, granger);
    }
done:
    pulse_granger_fit_clear(&fit);
    return status;
}
