#include "fit/refit.h"

#include <cblas.h>
#include <string.h>

#include "fit/history.h"
#include "math/cholesky.h"

/* Factor of P + Λ into A and L⁻¹Q into C (d × n). False: no solution. */
static bool factor_history(struct pulse_workbench *bench, const struct pulse_refit *refit,
                           double lambda, double *C)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, n = refit->group.n;
    const double decay = pulse_history_decay(input->options);
    const double *Q = refit->G + d * (d + refit->group.first);
    pulse_workbench_penalise(d, refit->G, decay, lambda, bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    for (int64_t i = 0; i < d * n; i++)
        C[i] = decay * Q[i];
    pulse_cholesky_solve_lower(d, bench->A, bench->side, n, C);
    return true;
}

/* Coefficients of block b into `coefficients` (d × n, 0 for the features it lacks) from C. */
static void solve_block(const struct pulse_workbench *bench, int64_t n, int64_t b, const double *C,
                        double *coefficients)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const int64_t d = sizes->d, own = pulse_sizes_block(sizes, b);
    for (int64_t k = 0; k < n; k++) {
        memcpy(coefficients + k * d, C + k * d, (size_t)own * sizeof *C);
        memset(coefficients + k * d + own, 0, (size_t)(d - own) * sizeof *C);
    }
    pulse_cholesky_solve_upper_leading(own, bench->A, d, bench->side, n, coefficients, d);
}

bool pulse_refit_solve(struct pulse_workbench *bench, const struct pulse_refit *refit, int64_t l,
                       pulse_refit_use *use, void *context)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const int64_t n = refit->group.n;
    const bool learns = refit->rows > 0 && refit->G[0] > 0; /* rows long ago may weigh nothing */
    bool fine = true;
    if (!learns)
        memset(bench->B, 0, (size_t)(sizes->d * n) * sizeof *bench->B);
    else if (!factor_history(bench, refit, bench->input->options->ridge[l], bench->C))
        return false;
    for (int64_t b = 0; fine && b < sizes->B; b++) {
        if (learns)
            solve_block(bench, n, b, bench->C, bench->B);
        fine = use(bench, refit, b * sizes->L + l, context);
    }
    return fine;
}

/* A window's rows by the coefficients in B. */
static bool predict_window(struct pulse_workbench *bench, const struct pulse_refit *refit,
                           int64_t c, void *context)
{
    const struct pulse_row_range *run = context;
    const struct pulse_system *system = &bench->input->systems[refit->system];
    const int64_t d = bench->input->plan->sizes.d, n = refit->group.n;
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)run->n, (int)n, (int)d, 1.0,
                bench->B + d * system->q, (int)d, bench->B, (int)d, 0.0, bench->R, (int)run->n);
    return pulse_workbench_put(bench, system, &refit->group, c, run, bench->R, run->n);
}

/* The sums that targets of the group know before window w: G itself where it ends there. */
static const double *complete_sums(struct pulse_workbench *bench, int64_t s, int64_t w,
                                   const struct pulse_target_group *group)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const bool rolling = input->options->history == PULSE_ROLLING;
    const size_t bytes = (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G;
    if (rolling) {
        struct pulse_row_range history = pulse_fit_history_rows(input, s, w, group->ahead);
        memset(bench->G, 0, bytes);
        pulse_gram_add_all(sizes, system, input->rows, &history, 1, bench->G, bench->work);
        return bench->G;
    }
    if (group->ahead == pulse_system_reach(sizes, system))
        return bench->G;
    memcpy(bench->H, bench->G, bytes);
    pulse_history_complete(input, s, w, group->ahead, bench->H, bench->work);
    return bench->H;
}

/* All candidates of one window by plain refits, one for each horizon. */
static void refit_window(struct pulse_workbench *bench, int64_t s, int64_t w,
                         struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    pulse_workbench_features(input, run, bench->B + sizes->d * system->q);
    for (int64_t j = 0; j < pulse_system_groups(system); j++) {
        struct pulse_refit refit = {.system = s, .group = pulse_system_group(sizes, system, j)};
        refit.rows = pulse_fit_history_rows(input, s, w, refit.group.ahead).n;
        refit.G = complete_sums(bench, s, w, &refit.group);
        for (int64_t l = 0; l < sizes->L; l++)
            if (!pulse_refit_solve(bench, &refit, l, predict_window, run)) {
                bench->out->failed[w] = (int32_t)(s * sizes->L + l);
                return;
            }
    }
}

void pulse_refit_span(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
        struct pulse_row_range run = pulse_fit_window_rows(input, s, w);
        if (pulse_system_is_predicted(system, &input->plan->windows[w]) && run.n > 0)
            refit_window(bench, s, w, &run);
        if (input->options->history != PULSE_ROLLING)
            pulse_history_advance_all(input, s, w, bench->G, bench->work);
    }
}
