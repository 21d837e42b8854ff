#include "fit/rolling.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "fit/innovations.h"
#include "math/cholesky.h"
#include "math/signed_factor.h"

/* First row of the history of the window that follows the span. */
static int64_t history_after(const struct pulse_fit_input *input, const struct pulse_span *span)
{
    return pulse_plan_history_first(input->plan, input->options,
                                    span->first_window + span->windows);
}

/* G := −G + the rows of [from, to). */
static void negate_and_add(struct pulse_workbench *bench, int64_t s, int64_t from, int64_t to)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_row_range run =
        pulse_gram_range(&input->plan->sizes, system, from, to > from ? to : from);
    pulse_gram_add_all(&input->plan->sizes, system, input->rows, &run, -1, bench->G, bench->work);
}

/* How large the sums of each column of G are: of P its diagonal element, of Q its largest one. */
static void measure_columns(const struct pulse_workbench *bench, int64_t s, double *size)
{
    const int64_t d = bench->input->plan->sizes.d, q = bench->input->systems[s].q;
    for (int64_t j = 0; j < d; j++)
        size[j] = fabs(bench->G[j * d + j]);
    for (int64_t j = d; j < d + q; j++) {
        size[j] = 0;
        for (int64_t i = 0; i < d; i++)
            size[j] = fmax(size[j], fabs(bench->G[j * d + i]));
    }
}

/* Whether what has left was so large beside what stays that its rounding is not. */
static bool has_lost_digits(const struct pulse_workbench *bench, int64_t s, const double *before,
                            double *after)
{
    const int64_t columns = bench->input->plan->sizes.d + bench->input->systems[s].q;
    measure_columns(bench, s, after);
    for (int64_t j = 0; j < columns; j++)
        if (!(after[j] >= PULSE_SIGNED_LEAST * before[j]))
            return true;
    return false;
}

/* G := the sums that the span's first window knows, row by row. */
static void sum_anew(struct pulse_workbench *bench, int64_t s, int64_t span_index)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_row_range history =
        pulse_fit_history_rows(input, s, input->plan->spans[span_index].first_window, 0);
    memset(bench->G, 0, (size_t)(sizes->d * (sizes->d + input->systems[s].q)) * sizeof *bench->G);
    pulse_gram_add_all(sizes, &input->systems[s], input->rows, &history, 1, bench->G, bench->work);
}

/* G moves on over a span: less what leaves, then with what enters; negated twice. Anew where the
 * first costs digits. */
static void move_on(struct pulse_workbench *bench, int64_t s, int64_t span_index)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_span *span = &input->plan->spans[span_index];
    const int64_t columns = input->plan->sizes.d + input->systems[s].q;
    double *before = bench->column_sizes, *after = before + columns;
    measure_columns(bench, s, before);
    negate_and_add(bench, s,
                   pulse_plan_history_first(input->plan, input->options, span->first_window),
                   history_after(input, span));
    const bool lost = has_lost_digits(bench, s, before, after);
    if (lost)
        sum_anew(bench, s, span_index + 1);
    else
        negate_and_add(bench, s, span->first_row, span->first_row + span->rows);
}

/* G := the sums at the start of the span: from a fresh sum at the first span of its group, so that
 * they are the same wherever a rank or a resumed run begins. */
static void load_sums(struct pulse_workbench *bench, int64_t s, int64_t span_index)
{
    const int64_t group = pulse_plan_fresh_span(span_index);
    int64_t at = bench->rolled_span;
    if (bench->rolled_system != s || at < group || at > span_index) {
        sum_anew(bench, s, group);
        at = group;
    }
    for (; at < span_index; at++)
        move_on(bench, s, at);
    bench->rolled_system = s;
    bench->rolled_span = span_index;
}

/* The rows that step 2w (those of window w of the span) or 2w + 1 (those that leave after it) puts
 * into the form. */
static struct pulse_row_range step_rows(const struct pulse_fit_input *input, int64_t s,
                                        const struct pulse_span *span, int64_t step)
{
    const int64_t w = span->first_window + step / 2;
    if (step % 2 == 0)
        return pulse_fit_window_rows(input, s, w);
    const int64_t from = pulse_plan_history_first(input->plan, input->options, w);
    const int64_t to = pulse_plan_history_first(input->plan, input->options, w + 1);
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], from, to);
}

/* Steps of a span: what leaves after its last window concerns none of them. */
static int64_t count_steps(const struct pulse_span *span)
{
    return 2 * span->windows - 1;
}

/* Where the steps begin, and the sign of each row; returns how many rows there are. */
static int64_t cut_steps(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span)
{
    bench->cut[0] = 0;
    for (int64_t step = 0; step < count_steps(span); step++) {
        const int64_t at = bench->cut[step], n = step_rows(bench->input, s, span, step).n;
        for (int64_t i = 0; i < n; i++)
            bench->sign[at + i] = step % 2 == 0 ? 1 : -1;
        bench->cut[step + 1] = at + n;
    }
    return bench->cut[count_steps(span)];
}

/* Targets of all m rows into Y. */
static void fill_targets(struct pulse_workbench *bench, int64_t s, const struct pulse_span *span,
                         int64_t m)
{
    const struct pulse_system *system = &bench->input->systems[s];
    for (int64_t step = 0; step < count_steps(span); step++) {
        const struct pulse_row_range run = step_rows(bench->input, s, span, step);
        pulse_innovations_targets(bench->input, system, &run, bench->Y + bench->cut[step], m);
    }
}

/* L⁻¹[Q | Xᵀ] of one λ into B. False: no factor. */
static bool solve_rows(struct pulse_workbench *bench, int64_t s, int64_t l,
                       const struct pulse_span *span, int64_t m)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q;
    for (int64_t step = 0; step < count_steps(span); step++) {
        const struct pulse_row_range run = step_rows(input, s, span, step);
        pulse_workbench_features(input, &run, bench->B + d * (q + bench->cut[step]));
    }
    return pulse_innovations_solve(bench, q, m, input->options->ridge[l]);
}

/* Candidate c's predictions of the span's windows, from the factor M. */
static bool predict_windows(struct pulse_workbench *bench, int64_t s, int64_t c, const double *M,
                            const struct pulse_span *span, int64_t m)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_target_group next = pulse_system_group(&input->plan->sizes, system, 0);
    bool finite = true;
    pulse_cholesky_invert_steps(m, M, count_steps(span), bench->cut, bench->steps_side);
    pulse_innovations_substitute(bench, &next, m, M, count_steps(span), bench->cut);
    for (int64_t w = 0; w < span->windows; w++) {
        const struct pulse_row_range run = step_rows(input, s, span, 2 * w);
        const struct pulse_window *window = &input->plan->windows[span->first_window + w];
        const int64_t at = bench->cut[2 * w];
        if (run.n > 0 && pulse_system_is_predicted(system, window))
            finite = pulse_workbench_put(bench, system, &next, c, &run, bench->T + at, m) && finite;
    }
    return finite;
}

/* All blocks of one λ. */
static bool predict_blocks(struct pulse_workbench *bench, int64_t s, int64_t l,
                           const struct pulse_span *span, int64_t m)
{
    const struct pulse_sizes *sizes = &bench->input->plan->sizes;
    const int64_t q = bench->input->systems[s].q;
    bool fine = solve_rows(bench, s, l, span, m);
    for (int64_t b = 0; fine && b < sizes->B; b++) {
        double *M = pulse_innovations_block(bench, q, m, b);
        for (int64_t i = 0; i < m; i++) /* K began as I */
            M[i * m + i] += bench->sign[i] - 1;
        fine = pulse_signed_factor(m, M, bench->sign, bench->sign + m) &&
               predict_windows(bench, s, b * sizes->L + l, M, span, m);
    }
    return fine;
}

bool pulse_rolling_predict(struct pulse_workbench *bench, int64_t s, int64_t span_index)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_span *span = &input->plan->spans[span_index];
    /* Penalties ascend. Without one a history within the span may have no solution, which only the
     * refit of its window notices. */
    bool fine = input->options->ridge[0] > 0 &&
                pulse_fit_history_rows(input, s, span->first_window, 0).n > 0;
    if (!fine)
        return false;
    load_sums(bench, s, span_index);
    const int64_t m = cut_steps(bench, s, span);
    fill_targets(bench, s, span, m);
    for (int64_t l = 0; fine && l < input->options->n_ridge; l++)
        fine = predict_blocks(bench, s, l, span, m);
    return fine;
}
