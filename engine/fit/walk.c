#include "fit/walk.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/gram.h"
#include "math/cholesky.h"

/* ---- One span of one system ----------------------------------------------------- */

/* Workspaces for the largest span and system of this rank. */
struct workbench {
    const struct pulse_fit_input *input;
    struct pulse_candidates *out;
    double *G; /* d × (d + q): the system's [P | Q] */
    double *A; /* d × d: P + Λ, then its factor */
    double *B; /* d × (q + m): [Q | Xᵀ], then L⁻¹ of it; or coefficients and a window's rows */
    double *K;        /* m × m */
    double *Y;        /* m × q: targets */
    double *at_start; /* m × q: ZᵀC, their prediction from the span's start alone */
    double *R;        /* m × q: r, then u; or a window's retrodictions */
    double *T;        /* m × q: what the span's earlier rows add */
    int64_t *cut;     /* where the windows of a span begin among its rows */
    double *side;     /* of the factors */
    double *work;     /* of pulse_gram_add */
};

static int64_t widest_system(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = 0; s < input->n_systems; s++)
        most = input->systems[s].q > most ? input->systems[s].q : most;
    return most;
}

static int64_t longest_span(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = input->first_span; s < input->end_span; s++)
        most = input->plan->spans[s].rows > most ? input->plan->spans[s].rows : most;
    return most;
}

static int64_t most_windows(const struct pulse_fit_input *input)
{
    int64_t most = 1;
    for (int64_t s = input->first_span; s < input->end_span; s++)
        most = input->plan->spans[s].windows > most ? input->plan->spans[s].windows : most;
    return most;
}

static int workbench_init(struct workbench *bench, const struct pulse_fit_input *input,
                          struct pulse_err *err)
{
    const int64_t d = input->plan->sizes.d, q = widest_system(input), m = longest_span(input);
    const int64_t order = d > m ? d : m;
    struct {
        double **array;
        int64_t count;
    } wanted[] = {{&bench->G, d * (d + q)},
                  {&bench->A, d * d},
                  {&bench->B, d * (q + m)},
                  {&bench->K, input->plan->innovations ? m * m : 0},
                  {&bench->Y, m * q},
                  {&bench->at_start, m * q},
                  {&bench->R, m * q},
                  {&bench->T, m * q},
                  {&bench->side, pulse_cholesky_side(order)},
                  {&bench->work, pulse_gram_work(&input->plan->sizes)}};
    bench->input = input;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].array = pulse_alloc_aligned(wanted[i].count, sizeof(double), "the walk", err);
        if (*wanted[i].array == NULL)
            return -1;
    }
    bench->cut = pulse_calloc(most_windows(input) + 1, sizeof *bench->cut, "the walk", err);
    return bench->cut == NULL ? -1 : 0;
}

static void workbench_clear(struct workbench *bench)
{
    free(bench->G);
    free(bench->A);
    free(bench->B);
    free(bench->K);
    free(bench->Y);
    free(bench->at_start);
    free(bench->R);
    free(bench->T);
    free(bench->cut);
    free(bench->side);
    free(bench->work);
}

/* A := scale · P + diag(0, λ, …), lower triangle. */
static void add_penalty(int64_t d, const double *P, double scale, double lambda, double *A)
{
    for (int64_t j = 0; j < d; j++) {
        for (int64_t i = j; i < d; i++)
            A[j * d + i] = scale * P[j * d + i];
        if (j > 0)
            A[j * d + j] += lambda;
    }
}

static void fill_features(const struct pulse_fit_input *input, const struct pulse_row_range *run,
                          double *X)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    for (int64_t i = 0; i < run->n; i++)
        pulse_row_block_features(input->rows, sizes->p, pulse_row_range_at(run, i),
                                 X + i * sizes->d);
}

static void fill_targets(const struct pulse_fit_input *input, const struct pulse_system *system,
                         const struct pulse_row_range *run, double *Y)
{
    for (int64_t i = 0; i < run->n; i++) {
        const double *z = pulse_row_block_at(input->rows, pulse_row_range_at(run, i));
        for (int64_t k = 0; k < system->q; k++)
            Y[k * run->n + i] = z[system->target[k]];
    }
}

/* Writes predictions (rows × q, leading dimension ld) of the run into the candidates. False if
 * one is not finite. */
static bool write_predictions(struct workbench *bench, const struct pulse_system *system, int64_t l,
                              const struct pulse_row_range *run, const double *value, int64_t ld)
{
    const int64_t E = bench->input->plan->sizes.E;
    bool finite = true;
    for (int64_t k = 0; k < system->q; k++) {
        double *out = bench->out->value + (l * E + system->target[k]) * bench->out->rows;
        for (int64_t i = 0; i < run->n; i++) {
            double y = value[k * ld + i];
            finite = finite && isfinite(y);
            out[pulse_row_range_at(run, i) - bench->out->first_row] = y;
        }
    }
    return finite;
}

/* Rows of window w in this system. */
static struct pulse_row_range window_run(const struct pulse_fit_input *input, int64_t s, int64_t w)
{
    const struct pulse_window *window = &input->plan->windows[w];
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], window->first_row,
                            window->first_row + window->rows);
}

/* The last step of the innovations form: u = M⁻¹ r window by window, r = Y − ZᵀC. What the earlier
 * rows of the span add to window w, M_w,<w u_<w, is found on the way, and the window's prediction
 * is Ŷ_w = Z_wᵀC + M_w,<w u_<w (DEFINITIONS §6.3). `R` holds r and is overwritten, `T` is a buffer
 * of the same size. False if a number overflowed. */
static bool predict_windows(struct workbench *bench, int64_t s, int64_t l,
                            const struct pulse_span *span, const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_window *windows = &input->plan->windows[span->first_window];
    const int64_t m = run->n, q = system->q;
    bool finite = true;
    for (int64_t w = 0; w < span->windows; w++)
        bench->cut[w + 1] = bench->cut[w] + window_run(input, s, span->first_window + w).n;
    pulse_cholesky_substitute(m, bench->K, span->windows, bench->cut, q, bench->R, bench->T);
    for (int64_t i = 0; i < m * q; i++)
        bench->T[i] += bench->at_start[i];
    for (int64_t w = 0; w < span->windows; w++) {
        struct pulse_row_range part = window_run(input, s, span->first_window + w);
        if (part.n > 0 && pulse_system_is_predicted(system, &windows[w]))
            finite =
                write_predictions(bench, system, l, &part, bench->T + bench->cut[w], m) && finite;
    }
    return finite;
}

/* The innovations form of one span, system and λ, from G = [P | Q] at the span's start. With
 *     A = P + Λ = LLᵀ,  C = L⁻¹Q,  Z = L⁻¹Xᵀ,  K = I + ZᵀZ = MMᵀ
 * it predicts every window of the span as a refit just before it would, since
 *     (A + XᵀX)⁻¹Xᵀ = A⁻¹Xᵀ(I + X A⁻¹Xᵀ)⁻¹ and X A⁻¹Xᵀ = ZᵀZ
 * for the rows X before the window; derived in DEFINITIONS §6.3. False when it cannot be used: A
 * has no factor at the span's start, or a number overflowed. */
static bool predict_span(struct workbench *bench, int64_t s, int64_t l,
                         const struct pulse_span *span, const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q, m = run->n;
    double *C = bench->B, *Z = bench->B + d * q, *K = bench->K;
    add_penalty(d, bench->G, 1, input->options->ridge[l], bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    memcpy(C, bench->G + d * d, (size_t)(d * q) * sizeof *C);
    fill_features(input, run, Z);
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q + m, bench->B);

    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)m, (int)q, (int)d, 1.0, Z, (int)d, C,
                (int)d, 0.0, bench->at_start, (int)m);
    for (int64_t i = 0; i < m * q; i++)
        bench->R[i] = bench->Y[i] - bench->at_start[i];
    memset(K, 0, (size_t)(m * m) * sizeof *K);
    for (int64_t i = 0; i < m; i++)
        K[i * m + i] = 1;
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)m, (int)d, 1.0, Z, (int)d, 1.0, K,
                (int)m);
    if (!pulse_cholesky_factor(m, K, bench->side))
        return false;
    return predict_windows(bench, s, l, span, run);
}

/* Rows of the history that window w has in this system. */
static struct pulse_row_range history_run(const struct pulse_fit_input *input, int64_t s, int64_t w)
{
    int64_t from = pulse_plan_history_first(input->plan, input->options, w);
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], from,
                            input->plan->windows[w].first_row);
}

/* Coefficients of one λ into `B` (d × q) from G, of `rows` rows: (P + Λ) B = Q (DEFINITIONS §4.1).
 * False: no solution. */
static bool solve_coefficients(struct workbench *bench, int64_t s, double lambda, int64_t rows,
                               double *B)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q;
    if (rows == 0) {
        memset(B, 0, (size_t)(d * q) * sizeof *B);
        return true;
    }
    const double decay = pulse_sums_decay(input->options);
    add_penalty(d, bench->G, decay, lambda, bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    for (int64_t i = 0; i < d * q; i++)
        B[i] = decay * bench->G[d * d + i];
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q, B);
    pulse_cholesky_solve_upper(d, bench->A, bench->side, q, B);
    return true;
}

/* All λ of one window by a plain refit from G. */
static void refit_window(struct workbench *bench, int64_t s, int64_t w,
                         const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q;
    int64_t history = history_run(input, s, w).n;
    double *B = bench->B, *X = bench->B + d * q;
    for (int64_t l = 0; l < input->options->n_ridge; l++) {
        bool fine = solve_coefficients(bench, s, input->options->ridge[l], history, B);
        if (fine) {
            fill_features(input, run, X);
            cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)run->n, (int)q, (int)d, 1.0,
                        X, (int)d, B, (int)d, 0.0, bench->R, (int)run->n);
            fine = write_predictions(bench, &input->systems[s], l, run, bench->R, run->n);
        }
        if (!fine) {
            bench->out->failed[w] = (int32_t)(s * input->options->n_ridge + l);
            return;
        }
    }
}

/* Plain refits of a span's windows. G holds the sums before the span and moves on with them;
 * rolling sums are made anew for each window. */
static void refit_span(struct workbench *bench, int64_t s, const struct pulse_span *span)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const bool rolling = input->options->history == PULSE_ROLLING;
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
        struct pulse_row_range run = window_run(input, s, w);
        bool trains = pulse_system_is_predicted(system, &input->plan->windows[w]) && run.n > 0;
        if (trains && rolling) {
            struct pulse_row_range history = history_run(input, s, w);
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

/* G := the system's sums before the span. */
static void load_sums(struct workbench *bench, int64_t s, int64_t span_index,
                      const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const size_t bytes = (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G;
    if (pulse_sums_carried(input, s))
        memcpy(bench->G, sums->gram[s], bytes);
    else if (input->plan->spans[span_index].first_row <= sizes->p)
        memset(bench->G, 0, bytes); /* no usable row yet */
    else if (input->plan->innovations)
        pulse_gram_assemble(sizes, system, sums->totals[span_index - input->first_span],
                            input->lag_prefix, input->rows,
                            input->plan->spans[span_index].first_row, bench->G);
}

/* The system's sums move on over a span. */
static void carry_sums(struct workbench *bench, int64_t s, const struct pulse_span *span,
                       const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
        struct pulse_row_range part = window_run(input, s, w);
        pulse_gram_add_all(&input->plan->sizes, &input->systems[s], input->rows, &part,
                           pulse_sums_decay(input->options), sums->gram[s], bench->work);
    }
}

/* One span of one system: by the innovations form if every λ allows it. */
static void walk_span(struct workbench *bench, int64_t s, int64_t span_index,
                      const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_span *span = &input->plan->spans[span_index];
    struct pulse_row_range run =
        pulse_gram_range(sizes, system, span->first_row, span->first_row + span->rows);
    bool fast = input->plan->innovations && history_run(input, s, span->first_window).n > 0;
    bool refitted = false;
    if (span->trains && span->first_row + span->rows > system->from && run.n > 0) {
        load_sums(bench, s, span_index, sums);
        if (fast)
            fill_targets(input, system, &run, bench->Y);
        for (int64_t l = 0; fast && l < input->options->n_ridge; l++)
            fast = predict_span(bench, s, l, span, &run);
        if (!fast)
            refit_span(bench, s, span);
        refitted = !fast;
    }
    if (!pulse_sums_carried(input, s))
        return;
    if (refitted) /* G has moved on by the same additions */
        memcpy(sums->gram[s], bench->G,
               (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *bench->G);
    else
        carry_sums(bench, s, span, sums);
}

static bool is_done(const struct pulse_walk_watch *watch, int64_t span)
{
    return watch != NULL && watch->done != NULL && watch->done[span];
}

/* The spans of this rank up to the last one that is not done: nobody needs the sums after it. */
static int64_t end_of_work(const struct pulse_fit_input *input,
                           const struct pulse_walk_watch *watch)
{
    int64_t end = input->end_span;
    while (end > input->first_span && is_done(watch, end - 1))
        end--;
    return end;
}

/* All systems of one span, unless its candidates are there already: then the sums move on. */
static void walk_systems(struct workbench *bench, int64_t i, bool done,
                         const struct pulse_sums *sums)
{
    const struct pulse_fit_input *input = bench->input;
    for (int64_t s = 0; s < input->n_systems; s++)
        if (!input->systems[s].kernel_ridge && !done)
            walk_span(bench, s, i, sums);
        else if (pulse_sums_carried(input, s))
            carry_sums(bench, s, &input->plan->spans[i], sums);
}

int pulse_walk_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                   const struct pulse_sums *sums, const struct pulse_walk_watch *watch,
                   struct pulse_candidates *out, struct pulse_err *err)
{
    struct workbench bench = {.out = out};
    const int64_t end = end_of_work(input, watch);
    int status = -1;
    if (workbench_init(&bench, input, err) != 0)
        goto done;
    double total = 0, so_far = 0;
    for (int64_t i = input->first_span; i < end; i++)
        total += input->plan->spans[i].flops;
    for (int64_t i = input->first_span; i < end; i++) {
        walk_systems(&bench, i, is_done(watch, i), sums);
        so_far += input->plan->spans[i].flops;
        if (watch != NULL && watch->span_done != NULL)
            watch->span_done(watch->context, i, total > 0 ? so_far / total : 1);
        pulse_comm_abort_if_interrupted(comm);
    }
    status = 0;
done:
    workbench_clear(&bench);
    return status;
}

/* ---- The final fit -------------------------------------------------------------- */

static void final_system(struct workbench *bench, int64_t s, const struct pulse_sums *sums,
                         const double *x, struct pulse_final *out)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const int64_t d = input->plan->sizes.d, E = input->plan->sizes.E;
    int64_t history = pulse_sums_at_end(input, sums, s, bench->G, bench->work);
    for (int64_t l = 0; l < input->options->n_ridge; l++) {
        if (!solve_coefficients(bench, s, input->options->ridge[l], history, bench->B)) {
            out->failed = (int32_t)(s * input->options->n_ridge + l);
            continue;
        }
        for (int64_t k = 0; k < system->q; k++) {
            const double *b = bench->B + k * d;
            double sum = 0;
            for (int64_t i = 0; i < d; i++) {
                out->coefficients[(l * d + i) * E + system->target[k]] = b[i];
                sum += x[i] * b[i];
            }
            out->next[l * E + system->target[k]] = sum;
        }
    }
}

int pulse_walk_final(const struct pulse_fit_input *input, const struct pulse_sums *sums, bool here,
                     struct pulse_final *out, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t n = here ? sizes->L * sizes->d * sizes->E : 0, m = sizes->L * sizes->E;
    struct workbench bench = {0};
    int status = -1;
    double *x = pulse_alloc_aligned(sizes->d, sizeof *x, "the next row's features", err);
    *out = (struct pulse_final){.failed = -1};
    out->coefficients = pulse_alloc_aligned(n, sizeof(double), "the coefficients", err);
    out->next = pulse_alloc_aligned(m, sizeof(double), "the forecast", err);
    if (x == NULL || out->coefficients == NULL || out->next == NULL)
        goto done;
    for (int64_t i = 0; i < n; i++)
        out->coefficients[i] = NAN;
    for (int64_t i = 0; i < m; i++)
        out->next[i] = NAN;
    if (here && sizes->T >= sizes->p) {
        if (workbench_init(&bench, input, err) != 0)
            goto done;
        pulse_row_block_features(input->rows, sizes->p, sizes->T, x);
        for (int64_t s = 0; s < input->n_systems; s++)
            if (!input->systems[s].kernel_ridge)
                final_system(&bench, s, sums, x, out);
    }
    status = 0;
done:
    free(x);
    workbench_clear(&bench);
    return status;
}
