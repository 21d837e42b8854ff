#include "fit/granger_fit.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "math/beta.h"
#include "math/cholesky.h"

/* A fit that leaves less than this of Σ y² leaves nothing that rounding would not have. */
static const double LEAST_LEFT = 1e-9;

void pulse_granger_fit_clear(struct pulse_granger_fit *fit)
{
    free(fit->A);
    free(fit->side);
    free(fit->Z);
    free(fit->blocks);
    free(fit->B);
    free(fit->b);
    free(fit->left);
}

double pulse_granger_calendar_penalty(double lambda)
{
    return fmax(lambda, 1);
}

/* What leaving out the features of a source adds to each target's sum of squares is
 * S_u − S = b̂_uᵀ ((A⁻¹)_uu)⁻¹ b̂_u (DEFINITIONS §5.6). */
void pulse_granger_fit_test_source(struct pulse_granger_fit *fit, const struct pulse_system *system,
                                   const double *squares, int64_t source, double *block, double *b,
                                   struct pulse_granger *granger)
{
    const int64_t F = fit->sizes->features->n, q = system->q;
    if (!pulse_cholesky_factor(F, block, fit->side))
        return;
    pulse_cholesky_solve_lower(F, block, fit->side, q, b);
    for (int64_t k = 0; k < q; k++) {
        const int64_t at = source * granger->targets + system->target[k];
        const double left = fit->left[k];
        if (!(left > LEAST_LEFT * squares[system->target[k]]))
            continue;
        const double more = cblas_ddot((int)F, b + k * F, 1, b + k * F, 1);
        const double f = more / (double)F / (left / fit->freedom);
        granger->f[at] = f;
        granger->p_value[at] = pulse_f_tail(f, (double)F, fit->freedom);
        granger->partial_r2[at] = more / (left + more);
    }
}

void pulse_granger_fit_test(struct pulse_granger_fit *fit, const struct pulse_system *system,
                            const double *squares, double lambda, struct pulse_granger *granger)
{
    const int64_t d = fit->sizes->d, F = fit->sizes->features->n, E = fit->sizes->E;
    for (int64_t u = 0; u < E; u++) {
        for (int64_t k = 0; k < system->q; k++)
            for (int64_t i = 0; i < F; i++)
                fit->b[k * F + i] = fit->B[k * d + fit->sizes->fixed + i * E + u];
        pulse_granger_fit_test_source(fit, system, squares, u, fit->blocks + u * F * F, fit->b,
                                      granger);
    }
    for (int64_t k = 0; k < system->q; k++) {
        granger->method[system->target[k]] = lambda > 0 ? PULSE_GRANGER_RIDGE : PULSE_GRANGER_OLS;
        granger->ridge[system->target[k]] = lambda;
        granger->freedom[system->target[k]] = fit->freedom;
    }
}
