#include "fit/refit.h"

#include <cblas.h>
#include <string.h>

#include "fit/sums.h"
#include "math/cholesky.h"

/* Factor of P + Λ into A and L⁻¹Q into C (d × q), from G with `rows` rows behind it. False: no
 * solution. */
static bool factor_history(struct pulse_workbench *bench, int64_t s, double lambda, double *C)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q;
    const double decay = pulse_sums_decay(input->options);
    pulse_workbench_penalise(d, bench->G, decay, lambda, bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    for (int64_t i = 0; i < d * q; i++)
        C[i] = decay * bench->G[d * d + i];
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q, C);
    return true;
}

/* Coefficients of block b into `coefficients` (d × q, 0 for the features it lacks) from C. */
static void solve_block(const struct pulse_workbench *bench, int64_t q, int64_t b, const double *C,
                        double *coefficients)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const int64_t d = sizes->d, n = pulse_sizes_block(sizes, b);
    for (int64_t k = 0; k < q; k++) {
        memcpy(coefficients + k * d, C + k * d, (size_t)n * sizeof *C);
        memset(coefficients + k * d + n, 0, (size_t)(d - n) * sizeof *C);
    }
    pulse_cholesky_solve_upper_leading(n, bench->A, d, bench->side, q, coefficients, d);
}

bool pulse_refit_solve(struct pulse_workbench *bench, int64_t s, int64_t l, int64_t rows,
                       pulse_refit_use *use, void *context)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const int64_t q = bench->input->systems[s].q;
    bool fine = true;
    if (rows == 0)
        memset(bench->B, 0, (size_t)(sizes->d * q) * sizeof *bench->B);
    else if (!factor_history(bench, s, bench->input->options->ridge[l], bench->C))
        return false;
    for (int64_t b = 0; fine && b < sizes->B; b++) {
        if (rows > 0)
            solve_block(bench, q, b, bench->C, bench->B);
        fine = use(bench, s, b * sizes->L + l, context);
    }
    return fine;
}

/* A window's rows by the coefficients in B. */
static bool predict_window(struct pulse_workbench *bench, int64_t s, int64_t c, void *context)
{
    const struct pulse_row_range *run = context;
    const int64_t d = bench->input->plan->sizes.d, q = bench->input->systems[s].q;
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)run->n, (int)q, (int)d, 1.0,
                bench->B + d * q, (int)d, bench->B, (int)d, 0.0, bench->R, (int)run->n);
    return pulse_workbench_put(bench, &bench->input->systems[s], c, run, bench->R, run->n);
}

/* All candidates of one window by a plain refit from G. */
static void refit_window(struct pulse_workbench *bench, int64_t s, int64_t w,
                         struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t history = pulse_fit_history_rows(input, s, w).n;
    pulse_workbench_features(input, run, bench->B + sizes->d * input->systems[s].q);
    for (int64_t l = 0; l < sizes->L; l++)
        if (!pulse_refit_solve(bench, s, l, history, predict_window, run)) {
            bench->out->failed[w] = (int32_t)(s * sizes->L + l);
            return;
        }
}

void pulse_refit_span(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const bool rolling = input->options->history == PULSE_ROLLING;
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
        struct pulse_row_range run = pulse_fit_window_rows(input, s, w);
        bool trains = pulse_system_is_predicted(system, &input->plan->windows[w]) && run.n > 0;
        if (trains && rolling) {
            struct pulse_row_range history = pulse_fit_history_rows(input, s, w);
            memset(bench->G, 0, (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G);
            pulse_gram_add_all(sizes, system, input->rows, &history, 1, bench->G, bench->work);
        }
        if (trains)
            refit_window(bench, s, w, &run);
        if (!rolling)
            pulse_gram_add_all(sizes, system, input->rows, &run, pulse_sums_decay(input->options),
                               bench->G, bench->work);
    }
}
