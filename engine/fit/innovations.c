#include "fit/innovations.h"

#include <cblas.h>
#include <string.h>

#include "math/cholesky.h"

void pulse_innovations_targets(const struct pulse_fit_input *input,
                               const struct pulse_system *system, const struct pulse_row_range *run,
                               double *Y, int64_t ld)
{
    const struct pulse_row_block *rows = input->rows;
    const bool together = rows->horizons > 0 && run->row == NULL;
    for (int64_t k = 0; k < system->q; k++) {
        const int64_t target = system->target[k];
        if (together)
            memcpy(Y + k * ld, pulse_row_block_target(rows, target, run->first),
                   (size_t)run->n * sizeof *Y);
        for (int64_t i = 0; !together && i < run->n; i++)
            Y[k * ld + i] = *pulse_row_block_target(rows, target, pulse_row_range_at(run, i));
    }
}

/* Where the windows of the span begin among the rows of the run, after those of its base. */
static void cut_windows(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span,
                        const struct pulse_row_range *run)
{
    bench->cut[0] = 0;
    bench->cut[span->windows + 1] = run->n;
    for (int64_t w = span->windows; w > 0; w--)
        bench->cut[w] = bench->cut[w + 1] -
                        pulse_fit_window_rows(bench->input, s, span->first_window + w - 1).n;
}

/* How many rows of the run have targets that each window knows. */
static const int64_t *count_known(struct pulse_workbench *bench, int64_t s,
                                  const struct pulse_span *span, int64_t ahead)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const int64_t base = pulse_history_base(input, system, span->first_row);
    bench->known[0] = 0;
    for (int64_t w = 0; w < span->windows; w++) {
        const int64_t first = input->plan->windows[span->first_window + w].first_row;
        bench->known[w + 1] = pulse_gram_range(&input->plan->sizes, system, base, first - ahead).n;
    }
    return ahead == 0 ? bench->cut : bench->known;
}

/* Puts what was found of one horizon's targets in the windows. */
static bool put_windows(struct pulse_workbench *bench, int64_t s,
                        const struct pulse_target_group *group, int64_t c,
                        const struct pulse_span *span, int64_t m)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_window *windows = &input->plan->windows[span->first_window];
    bool finite = true;
    for (int64_t w = 0, next; w < span->windows; w = next) {
        const int64_t at = bench->cut[w + 1];
        struct pulse_row_range run = pulse_fit_window_rows(input, s, span->first_window + w);
        next = w + 1;
        if (!pulse_system_is_predicted(system, &windows[w]))
            continue;
        for (; next < span->windows && pulse_system_is_predicted(system, &windows[next]); next++)
            run.n += pulse_fit_window_rows(input, s, span->first_window + next).n;
        if (run.n > 0)
            finite = pulse_workbench_put(bench, system, group, c, &run, bench->T + at, m) && finite;
    }
    return finite;
}

/* Candidate c's predictions of all windows and horizons; horizon by horizon, as what is worked on
 * then fits into a core's cache. False if a number overflowed. */
static bool predict_horizons(struct pulse_workbench *bench, int64_t s, int64_t c, const double *M,
                             const struct pulse_span *span, int64_t m)
{
    const struct pulse_system *system = &bench->input->systems[s];
    bool finite = true;
    pulse_cholesky_invert_steps(m, M, span->windows + 1, bench->cut, bench->steps_side);
    for (int64_t j = 0; j < pulse_system_groups(system); j++) {
        const struct pulse_target_group group =
            pulse_system_group(&bench->input->plan->sizes, system, j);
        pulse_innovations_substitute(bench, &group, m, M, span->windows + 1,
                                     count_known(bench, s, span, group.ahead));
        finite = put_windows(bench, s, &group, c, span, m) && finite;
    }
    return finite;
}

/* `at_start` and K grow from one block to the next by its features [from, to). */
static void add_block(struct pulse_workbench *bench, int64_t q, int64_t m, int64_t from, int64_t to)
{
    const int64_t d = bench->input->plan->sizes.d;
    const double *C = bench->B + from, *Z = bench->B + d * q + from;
    double *K = bench->K;
    if (from == 0) {
        memset(K, 0, (size_t)(m * m) * sizeof *K);
        for (int64_t i = 0; i < m; i++)
            K[i * m + i] = 1;
    }
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)m, (int)q, (int)(to - from), 1.0, Z,
                (int)d, C, (int)d, from == 0 ? 0.0 : 1.0, bench->at_start, (int)m);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)m, (int)(to - from), 1.0, Z, (int)d,
                1.0, K, (int)m);
}

double *pulse_innovations_block(struct pulse_workbench *bench, int64_t q, int64_t m, int64_t b)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    add_block(bench, q, m, b == 0 ? 0 : pulse_sizes_block(sizes, b - 1),
              pulse_sizes_block(sizes, b));
    if (b == sizes->B - 1)
        return bench->K;
    memcpy(bench->M, bench->K, (size_t)(m * m) * sizeof *bench->M);
    return bench->M;
}

void pulse_innovations_substitute(struct pulse_workbench *bench,
                                  const struct pulse_target_group *group, int64_t m,
                                  const double *M, int64_t steps, const int64_t *known)
{
    const struct pulse_cholesky_steps by = {m, steps, M, bench->steps_side, bench->cut, known};
    memcpy(bench->T, bench->at_start + group->first * m, (size_t)(m * group->n) * sizeof *bench->T);
    pulse_cholesky_substitute(&by, group->n, bench->Y + group->first * m, bench->R, bench->T);
}

/* Whether the plain solution of any window of the span would pass the test of its pivots
 * (math/cholesky.h) as well. Rows that enter make no pivot smaller, and no diagonal element larger
 * than all of them do. */
static bool stays_solvable(const struct pulse_workbench *bench, int64_t q, int64_t m, double lambda)
{
    const int64_t d = bench->input->plan->sizes.d;
    const double least = (double)d * PULSE_CHOLESKY_LEAST, *X = bench->B + d * q;
    double *diagonal = bench->C;
    bool stays = true;
    for (int64_t i = 0; i < d; i++)
        diagonal[i] = bench->G[i * d + i] + (i > 0 ? lambda : 0);
    for (int64_t t = 0; t < m; t++)
        for (int64_t i = 0; i < d; i++)
            diagonal[i] += X[t * d + i] * X[t * d + i];
    for (int64_t i = 0; i < d; i++) {
        const double root = bench->A[i * d + i];
        stays = stays && root * root > least * diagonal[i];
    }
    return stays;
}

bool pulse_innovations_solve(struct pulse_workbench *bench, int64_t q, int64_t m, double lambda)
{
    const int64_t d = bench->input->plan->sizes.d;
    pulse_workbench_penalise(d, bench->G, 1, lambda, bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side) || !stays_solvable(bench, q, m, lambda))
        return false;
    memcpy(bench->B, bench->G + d * d, (size_t)(d * q) * sizeof *bench->B);
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q + m, bench->B);
    return true;
}

bool pulse_innovations_predict(struct pulse_workbench *bench, int64_t s, int64_t l,
                               const struct pulse_span *span, const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t q = input->systems[s].q, m = run->n;
    pulse_workbench_features(input, run, bench->B + sizes->d * q);
    if (!pulse_innovations_solve(bench, q, m, input->options->ridge[l]))
        return false;
    cut_windows(bench, s, span, run);
    for (int64_t b = 0; b < sizes->B; b++) {
        double *M = pulse_innovations_block(bench, q, m, b);
        if (!pulse_cholesky_factor(m, M, bench->side) ||
            !predict_horizons(bench, s, b * sizes->L + l, M, span, m))
            return false;
    }
    return true;
}
