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
    double *C;        /* d × q: L⁻¹Q of a refit */
    double *K;        /* m × m: I + ZᵀZ of the block in hand */
    double *M;        /* m × m: its factor, where a larger block follows */
    double *Y;        /* m × q: targets */
    double *at_start; /* m × q: what the span's start tells of them */
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
                  {&bench->C, d * q},
                  {&bench->K, input->plan->innovations ? m * m : 0},
                  {&bench->M, input->plan->innovations && input->plan->sizes.B > 1 ? m * m : 0},
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
    free(bench->C);
    free(bench->K);
    free(bench->M);
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
    for (int64_t i = 0; i < run->n; i++)
        pulse_row_block_features(input->rows, pulse_row_range_at(run, i),
                                 X + i * input->plan->sizes.d);
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

/* Writes candidate c's predictions (rows × q, leading dimension ld) of the run into the
 * candidates. False if one is not finite. */
static bool write_predictions(struct workbench *bench, const struct pulse_system *system, int64_t c,
                              const struct pulse_row_range *run, const double *value, int64_t ld)
{
    bool finite = true;
    for (int64_t k = 0; k < system->q; k++) {
        double *out = pulse_candidates_of(bench->out, c, bench->input->slot[system->target[k]]);
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
 * rows of the span add to window w, M_w,<w u_<w, is found on the way, and candidate c's prediction
 * of the window is Ŷ_w = Z_wᵀC + M_w,<w u_<w (DEFINITIONS §6.3). `R` holds r and is overwritten,
 * `T` is a buffer of the same size. False if a number overflowed. */
static bool predict_windows(struct workbench *bench, int64_t s, int64_t c, const double *M,
                            const struct pulse_span *span, const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_window *windows = &input->plan->windows[span->first_window];
    const int64_t m = run->n, q = system->q;
    bool finite = true;
    for (int64_t w = 0; w < span->windows; w++)
        bench->cut[w + 1] = bench->cut[w] + window_run(input, s, span->first_window + w).n;
    pulse_cholesky_substitute(m, M, span->windows, bench->cut, q, bench->R, bench->T);
    for (int64_t i = 0; i < m * q; i++)
        bench->T[i] += bench->at_start[i];
    for (int64_t w = 0; w < span->windows; w++) {
        struct pulse_row_range part = window_run(input, s, span->first_window + w);
        if (part.n > 0 && pulse_system_is_predicted(system, &windows[w]))
            finite =
                write_predictions(bench, system, c, &part, bench->T + bench->cut[w], m) && finite;
    }
    return finite;
}

/* `at_start` and K grow from one block to the next by its features [from, to): Zᵀ C and I + Zᵀ Z
 * are sums over features. */
static void add_block(struct workbench *bench, int64_t q, int64_t m, int64_t from, int64_t to)
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

/* The innovations form of one span, system and λ, from G = [P | Q] at the span's start. With
 *     A = P + Λ = LLᵀ,  C = L⁻¹Q,  Z = L⁻¹Xᵀ,  K = I + ZᵀZ = MMᵀ
 * it predicts every window of the span as a refit just before it would, since
 *     (A + XᵀX)⁻¹Xᵀ = A⁻¹Xᵀ(I + X A⁻¹Xᵀ)⁻¹ and X A⁻¹Xᵀ = ZᵀZ
 * for the rows X before the window; derived in DEFINITIONS §6.3. The leading part of L is the
 * factor for the leading features, whose C and Z are leading rows: one factorisation serves every
 * block, and ZᵀC and ZᵀZ grow from block to block. False when it cannot be used: A has no factor at
 * the span's start, or a number overflowed. */
static bool predict_span(struct workbench *bench, int64_t s, int64_t l,
                         const struct pulse_span *span, const struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t d = sizes->d, q = input->systems[s].q, m = run->n;
    add_penalty(d, bench->G, 1, input->options->ridge[l], bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    memcpy(bench->B, bench->G + d * d, (size_t)(d * q) * sizeof *bench->B);
    fill_features(input, run, bench->B + d * q);
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q + m, bench->B);
    for (int64_t b = 0, from = 0; b < sizes->B; b++) {
        const bool last = b == sizes->B - 1;
        double *M = last ? bench->K : bench->M;
        add_block(bench, q, m, from, pulse_sizes_block(sizes, b));
        from = pulse_sizes_block(sizes, b);
        for (int64_t i = 0; i < m * q; i++)
            bench->R[i] = bench->Y[i] - bench->at_start[i];
        if (!last)
            memcpy(M, bench->K, (size_t)(m * m) * sizeof *M);
        if (!pulse_cholesky_factor(m, M, bench->side) ||
            !predict_windows(bench, s, b * sizes->L + l, M, span, run))
            return false;
    }
    return true;
}

/* Rows of the history that window w has in this system. */
static struct pulse_row_range history_run(const struct pulse_fit_input *input, int64_t s, int64_t w)
{
    int64_t from = pulse_plan_history_first(input->plan, input->options, w);
    return pulse_gram_range(&input->plan->sizes, &input->systems[s], from,
                            input->plan->windows[w].first_row);
}

/* Factor of P + Λ into A and L⁻¹Q into C (d × q), from G with `rows` rows behind it. False: no
 * solution. */
static bool factor_history(struct workbench *bench, int64_t s, double lambda, double *C)
{
    const struct pulse_fit_input *input = bench->input;
    const int64_t d = input->plan->sizes.d, q = input->systems[s].q;
    const double decay = pulse_sums_decay(input->options);
    add_penalty(d, bench->G, decay, lambda, bench->A);
    if (!pulse_cholesky_factor(d, bench->A, bench->side))
        return false;
    for (int64_t i = 0; i < d * q; i++)
        C[i] = decay * bench->G[d * d + i];
    pulse_cholesky_solve_lower(d, bench->A, bench->side, q, C);
    return true;
}

/* Coefficients of block b into `coefficients` (d × q, 0 for the features it lacks) from C. */
static void solve_block(const struct workbench *bench, int64_t q, int64_t b, const double *C,
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

/* Coefficients of one λ for all blocks, block after block, given to `use`; all 0 where no row
 * stands behind them. False: no solution, or `use` says that it is none. */
static bool solve_blocks(struct workbench *bench, int64_t s, int64_t l, int64_t rows,
                         bool (*use)(struct workbench *bench, int64_t s, int64_t c, void *context),
                         void *context)
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
static bool predict_window(struct workbench *bench, int64_t s, int64_t c, void *context)
{
    const struct pulse_row_range *run = context;
    const int64_t d = bench->input->plan->sizes.d, q = bench->input->systems[s].q;
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)run->n, (int)q, (int)d, 1.0,
                bench->B + d * q, (int)d, bench->B, (int)d, 0.0, bench->R, (int)run->n);
    return write_predictions(bench, &bench->input->systems[s], c, run, bench->R, run->n);
}

/* All candidates of one window by a plain refit from G. */
static void refit_window(struct workbench *bench, int64_t s, int64_t w, struct pulse_row_range *run)
{
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t history = history_run(input, s, w).n;
    fill_features(input, run, bench->B + sizes->d * input->systems[s].q);
    for (int64_t l = 0; l < sizes->L; l++)
        if (!solve_blocks(bench, s, l, history, predict_window, run)) {
            bench->out->failed[w] = (int32_t)(s * sizes->L + l);
            return;
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
    else if (input->plan->by_totals)
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

/* Where the final fit of a system goes. */
struct final_context {
    struct pulse_final *out;
    const double *x; /* features of the next row */
};

/* Candidate c's coefficients, in B, and what they predict for the next row. */
static bool put_final(struct workbench *bench, int64_t s, int64_t c, void *context)
{
    const struct final_context *to = context;
    const struct pulse_fit_input *input = bench->input;
    const struct pulse_system *system = &input->systems[s];
    const int64_t d = input->plan->sizes.d;
    for (int64_t k = 0; k < system->q; k++)
        pulse_final_put(to->out, c, d, input->slot[system->target[k]], bench->B + k * d, to->x);
    return true;
}

static void fit_final_system(struct workbench *bench, int64_t s, const struct pulse_sums *sums,
                             const double *x, struct pulse_final *out)
{
    const int64_t L = bench->input->plan->sizes.L;
    const int64_t history = pulse_sums_at_end(bench->input, sums, s, bench->G, bench->work);
    struct final_context to = {out, x};
    for (int64_t l = 0; l < L; l++)
        if (!solve_blocks(bench, s, l, history, put_final, &to))
            out->failed = (int32_t)(s * L + l);
}

int pulse_walk_final(const struct pulse_fit_input *input, const struct pulse_sums *sums, bool here,
                     struct pulse_final *out, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const int64_t m = sizes->C * input->n_targets, n = here ? m * sizes->d : 0;
    struct workbench bench = {0};
    int status = -1;
    double *x = pulse_alloc_aligned(sizes->d, sizeof *x, "the next row's features", err);
    *out = (struct pulse_final){.targets = input->n_targets, .failed = -1};
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
        pulse_row_block_features(input->rows, sizes->T, x);
        for (int64_t s = 0; s < input->n_systems; s++)
            if (!input->systems[s].kernel_ridge)
                fit_final_system(&bench, s, sums, x, out);
    }
    status = 0;
done:
    free(x);
    workbench_clear(&bench);
    return status;
}
