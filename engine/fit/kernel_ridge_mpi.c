#include "fit/kernel_ridge_mpi.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/granger_rows.h"
#include "fit/kernel_ridge.h"
#include "mpi/collect.h"
#include "plan/systems.h"

/* What one rank does of the systems in kernel ridge form, one a round. */
struct rounds {
    const struct pulse_comm *comm;
    const struct pulse_fit_input *input;
    const struct pulse_distribution *distribution;
    int64_t n;       /* rounds */
    int64_t *system; /* n × ranks: whose system, −1 for none */
    int64_t *cut;    /* buffer for the windows of a system … */
    int64_t *known;  /* … and for what they know; both windows + 1 */
};

struct load {
    int64_t system;
    double flops;
};

static int by_work(const void *a, const void *b)
{
    const struct load *x = a, *y = b;
    if (x->flops != y->flops)
        return x->flops < y->flops ? 1 : -1;
    return x->system < y->system ? -1 : 1;
}

/* Deals the systems out, the dearest first, each to the rank with the least to do so far. */
static void deal_systems(struct rounds *rounds, const struct load *loads, int64_t n, double *busy,
                         int64_t *count)
{
    const int ranks = rounds->comm->size;
    for (int64_t i = 0; i < n; i++) {
        int best = 0;
        for (int r = 1; r < ranks; r++)
            if (busy[r] < busy[best])
                best = r;
        busy[best] += loads[i].flops;
        rounds->system[count[best]++ * ranks + best] = loads[i].system;
        rounds->n = count[best] > rounds->n ? count[best] : rounds->n;
    }
}

static int rounds_init(struct rounds *rounds, struct pulse_err *err)
{
    const struct pulse_fit_input *input = rounds->input;
    const int ranks = rounds->comm->size;
    struct load *loads = pulse_calloc(input->n_systems, sizeof *loads, "the sparse systems", err);
    double *busy = pulse_calloc(ranks, sizeof *busy, "the sparse systems", err);
    int64_t *count = pulse_calloc(ranks, sizeof *count, "the sparse systems", err);
    int64_t n = 0;
    rounds->system =
        pulse_calloc(input->n_systems * ranks, sizeof *rounds->system, "the sparse systems", err);
    const int64_t windows = input->plan->n_windows + 1;
    rounds->cut = pulse_calloc(2 * windows, sizeof *rounds->cut, "the sparse systems", err);
    rounds->known = rounds->cut + windows;
    if (err->kind != PULSE_OK)
        goto done;
    for (int64_t s = 0; s < input->n_systems; s++)
        if (input->systems[s].kernel_ridge && !input->systems[s].shared)
            loads[n++] = (struct load){
                s, pulse_system_kernel_flops(&input->plan->sizes, &input->systems[s])};
    for (int64_t i = 0; i < input->n_systems * ranks; i++)
        rounds->system[i] = -1;
    qsort(loads, (size_t)n, sizeof *loads, by_work);
    deal_systems(rounds, loads, n, busy, count);
done:
    free(loads);
    free(busy);
    free(count);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The system of rank r in a round, NULL for none. */
static const struct pulse_system *system_of(const struct rounds *rounds, int64_t round, int r)
{
    const int64_t s = rounds->system[round * rounds->comm->size + r];
    return s < 0 ? NULL : &rounds->input->systems[s];
}

/* Training rows of a system [*first, *first + n) that rank r holds; returns n. */
static int64_t count_held(const struct rounds *rounds, const struct pulse_system *system, int r,
                          int64_t *first)
{
    int64_t from, to;
    pulse_distribution_rows(rounds->distribution, rounds->input->plan, r, &from, &to);
    *first = system == NULL ? 0 : pulse_system_rows_before(system, from);
    return system == NULL ? 0 : pulse_system_rows_before(system, to) - *first;
}

static void pack_features(const struct rounds *rounds, int64_t round, double *send)
{
    const struct pulse_fit_input *input = rounds->input;
    const int64_t d = input->plan->sizes.d;
    for (int r = 0; r < rounds->comm->size; r++) {
        const struct pulse_system *system = system_of(rounds, round, r);
        int64_t first, n = count_held(rounds, system, rounds->comm->rank, &first);
        for (int64_t i = first; i < first + n; i++) {
            pulse_row_block_features(input->rows, system->row[i], send);
            /* Without the intercept: the first target follows the last feature. */
            memmove(send, send + 1, (size_t)(d - 1) * sizeof *send);
            send += d - 1;
            for (int64_t k = 0; k < system->q; k++)
                *send++ = *pulse_row_block_target(input->rows, system->target[k], system->row[i]);
        }
    }
}

/* Features and targets of the round's systems to those who solve them; *rows is theirs to free. */
static int gather_rows(const struct rounds *rounds, int64_t round, double **rows,
                       struct pulse_err *err)
{
    const struct pulse_comm *comm = rounds->comm;
    const struct pulse_system *mine = system_of(rounds, round, comm->rank);
    const int64_t d = rounds->input->plan->sizes.d;
    struct pulse_alltoallv alltoallv = {0};
    double *send = NULL;
    int64_t first;
    int status = -1;
    for (int r = 0; r < comm->size; r++) {
        const struct pulse_system *theirs = system_of(rounds, round, r);
        int64_t to = theirs == NULL ? 0 : d - 1 + theirs->q;
        int64_t from = mine == NULL ? 0 : d - 1 + mine->q;
        if (pulse_alltoallv_add(comm, &alltoallv, r,
                                count_held(rounds, theirs, comm->rank, &first) * to,
                                count_held(rounds, mine, r, &first) * from, err) != 0)
            break;
    }
    send = pulse_alloc_aligned(alltoallv.sent, sizeof *send, "an exchange", err);
    *rows = pulse_alloc_aligned(alltoallv.received, sizeof **rows, "an exchange", err);
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    pack_features(rounds, round, send);
    status = pulse_alltoallv_run(comm, &alltoallv, send, *rows, "exchanging sparse rows", err);
done:
    free(send);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

/* Fills rounds->cut and known for a system; returns the windows that hold rows of it. */
static int64_t cut_windows(const struct rounds *rounds, const struct pulse_system *system)
{
    const struct pulse_plan *plan = rounds->input->plan;
    const int64_t ahead = pulse_system_reach(&plan->sizes, system);
    int64_t steps = 0;
    rounds->cut[0] = 0;
    for (int64_t w = 0; w < plan->n_windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        int64_t end = pulse_system_rows_before(system, window->first_row + window->rows);
        if (end == rounds->cut[steps])
            continue;
        rounds->known[steps] = pulse_system_rows_before(system, window->first_row - ahead);
        rounds->cut[++steps] = end;
    }
    return steps;
}

/* Doubles of a system's answer: retrodictions (n, q, L), then what goes to the last rank. */
static int64_t answer_to_last(const struct pulse_sizes *sizes, const struct pulse_system *system)
{
    return sizes->d * system->q * sizes->C +
           (pulse_system_is_next(sizes, system) ? pulse_granger_packed(sizes->E, system->q) : 0);
}

/* The Granger tests of a system's targets, packed into `out`: of the next row's alone. */
static int test_system(const struct pulse_sizes *sizes, const struct pulse_system *system,
                       const struct pulse_kernel_ridge *problem, double *out, struct pulse_err *err)
{
    struct pulse_granger part = {0};
    if (!pulse_system_is_next(sizes, system))
        return 0;
    int status = pulse_granger_init(&part, sizes->E, problem->q, err);
    if (status == 0)
        status = pulse_granger_test_rows(&part, sizes, problem, err);
    if (status == 0)
        pulse_granger_pack(&part, out);
    pulse_granger_clear(&part);
    return status;
}

/* A solved system: `answer` holds retrodictions (n, q, L), coefficients (d, q, L) and the Granger
 * tests. */
static int solve_system(const struct rounds *rounds, const struct pulse_system *system,
                        const double *rows, double **answer, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &rounds->input->plan->sizes;
    int64_t block[PULSE_MOST_FAMILIES];
    for (int64_t b = 0; b < sizes->B; b++)
        block[b] = pulse_sizes_block(sizes, b);
    struct pulse_kernel_ridge problem = {.n = system->n,
                                         .d = sizes->d,
                                         .q = system->q,
                                         .L = sizes->L,
                                         .B = sizes->B,
                                         .block = block,
                                         .rows = rows,
                                         .ridge = rounds->input->options->ridge,
                                         .steps = cut_windows(rounds, system),
                                         .cut = rounds->cut,
                                         .known = rounds->known};
    const int64_t predicted = system->n * system->q * sizes->C;
    *answer = pulse_calloc(predicted + answer_to_last(sizes, system), sizeof **answer,
                           "a sparse system", err);
    if (*answer == NULL ||
        pulse_kernel_ridge_solve(&problem, *answer, *answer + predicted, err) != 0)
        return -1;
    return test_system(sizes, system, &problem,
                       *answer + predicted + sizes->d * system->q * sizes->C, err);
}

/* What goes back: to each rank the retrodictions of its rows, to the last one all the rest too. */
static void pack_answer(const struct rounds *rounds, const struct pulse_system *system,
                        const double *answer, double *send)
{
    const struct pulse_sizes *sizes = &rounds->input->plan->sizes;
    if (system == NULL)
        return;
    assert(answer != NULL); /* solved before */
    const int64_t columns = system->q * sizes->C;
    for (int r = 0; r < rounds->comm->size; r++) {
        int64_t first, n = count_held(rounds, system, r, &first);
        for (int64_t c = 0; c < columns; c++, send += n)
            memcpy(send, answer + c * system->n + first, (size_t)n * sizeof *send);
    }
    memcpy(send, answer + columns * system->n,
           (size_t)answer_to_last(sizes, system) * sizeof *send);
}

/* Retrodictions (n, q, L) of our rows into the candidates; windows with one that is not finite have
 * failed. Returns what follows. */
static const double *unpack_predictions(const struct rounds *rounds, int64_t s, const double *from,
                                        struct pulse_candidates *out)
{
    const struct pulse_plan *plan = rounds->input->plan;
    const struct pulse_system *system = &rounds->input->systems[s];
    int64_t first, n = count_held(rounds, system, rounds->comm->rank, &first), w = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t t = system->row[first + i];
        while (plan->windows[w].first_row + plan->windows[w].rows <= t)
            w++;
        if (!pulse_system_is_predicted(system, &plan->windows[w]))
            continue;
        for (int64_t k = 0; k < system->q * plan->sizes.C; k++) {
            const int64_t c = k / system->q;
            const double y = from[k * n + i];
            *pulse_candidates_at(out, c, rounds->input->slot[system->target[k % system->q]], t) = y;
            if (!isfinite(y))
                out->failed[w] = (int32_t)(s * plan->sizes.L + c % plan->sizes.L);
        }
    }
    return from + n * system->q * plan->sizes.C;
}

/* Coefficients (d, q, L) into the final fit, with what they say of the next row, whose features are
 * `x`. Returns what follows. */
static const double *unpack_fit(const struct rounds *rounds, int64_t s, const double *from,
                                const double *x, struct pulse_final *out)
{
    const struct pulse_sizes *sizes = &rounds->input->plan->sizes;
    const struct pulse_system *system = &rounds->input->systems[s];
    for (int64_t c = 0; c < sizes->C; c++)
        for (int64_t k = 0; k < system->q; k++, from += sizes->d) {
            const int64_t slot = rounds->input->slot[system->target[k]];
            pulse_final_put(out, c, sizes->d, slot, from, x);
            if (!isfinite(out->next[c * out->targets + slot]))
                out->failed = (int32_t)(s * sizes->L + c % sizes->L);
        }
    return from;
}

static void unpack_answers(const struct rounds *rounds, int64_t round, const double *from,
                           const double *x, struct pulse_fitted *fitted)
{
    for (int r = 0; r < rounds->comm->size; r++) {
        const struct pulse_system *system = system_of(rounds, round, r);
        const int64_t s = rounds->system[round * rounds->comm->size + r];
        if (system == NULL)
            continue;
        from = unpack_predictions(rounds, s, from, &fitted->candidates);
        if (x == NULL)
            continue;
        from = unpack_fit(rounds, s, from, x, &fitted->final);
        if (!pulse_system_is_next(&rounds->input->plan->sizes, system))
            continue;
        pulse_granger_unpack(&fitted->granger, system->q, system->target, from);
        from += pulse_granger_packed(rounds->input->plan->sizes.E, system->q);
    }
}

/* The way back; `x` is given on the last rank only. */
static int scatter_answers(const struct rounds *rounds, int64_t round, const double *answer,
                           const double *x, struct pulse_fitted *fitted, struct pulse_err *err)
{
    const struct pulse_comm *comm = rounds->comm;
    const struct pulse_system *mine = system_of(rounds, round, comm->rank);
    const struct pulse_sizes *sizes = &rounds->input->plan->sizes;
    struct pulse_alltoallv alltoallv = {0};
    double *send = NULL, *receive = NULL;
    int64_t first;
    int status = -1;
    for (int r = 0; r < comm->size; r++) {
        const struct pulse_system *theirs = system_of(rounds, round, r);
        int64_t to = 0, from = 0;
        if (mine != NULL)
            to = count_held(rounds, mine, r, &first) * mine->q * sizes->C +
                 (r == comm->size - 1 ? answer_to_last(sizes, mine) : 0);
        if (theirs != NULL)
            from = count_held(rounds, theirs, comm->rank, &first) * theirs->q * sizes->C +
                   (x != NULL ? answer_to_last(sizes, theirs) : 0);
        if (pulse_alltoallv_add(comm, &alltoallv, r, to, from, err) != 0)
            break;
    }
    send = pulse_alloc_aligned(alltoallv.sent, sizeof *send, "an exchange", err);
    receive = pulse_alloc_aligned(alltoallv.received, sizeof *receive, "an exchange", err);
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    pack_answer(rounds, mine, answer, send);
    status = pulse_alltoallv_run(comm, &alltoallv, send, receive, "exchanging retrodictions", err);
    if (status == 0)
        unpack_answers(rounds, round, receive, x, fitted);
done:
    free(send);
    free(receive);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

static int run_round(const struct rounds *rounds, int64_t round, const double *x,
                     struct pulse_fitted *fitted, struct pulse_err *err)
{
    const struct pulse_system *mine = system_of(rounds, round, rounds->comm->rank);
    double *rows = NULL, *answer = NULL;
    int status = gather_rows(rounds, round, &rows, err);
    if (status == 0 && mine != NULL)
        (void)solve_system(rounds, mine, rows, &answer, err);
    free(rows);
    if (status == 0)
        status = pulse_comm_agree(rounds->comm, err);
    if (status == 0)
        status = scatter_answers(rounds, round, answer, x, fitted, err);
    free(answer);
    return status;
}

int pulse_kernel_ridge_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                           const struct pulse_distribution *distribution,
                           struct pulse_fitted *fitted, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    struct rounds rounds = {.comm = comm, .input = input, .distribution = distribution};
    const bool last = comm->rank == comm->size - 1;
    double *x = NULL;
    (void)rounds_init(&rounds, err);
    if (last)
        x = pulse_alloc_aligned(sizes->d, sizeof *x, "the next row's features", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0 && last && rounds.n > 0)
        pulse_row_block_features(input->rows, sizes->T, x);
    for (int64_t round = 0; status == 0 && round < rounds.n; round++) {
        status = run_round(&rounds, round, x, fitted, err);
        pulse_comm_abort_if_interrupted(comm);
    }
    free(x);
    free(rounds.system);
    free(rounds.cut);
    return status;
}
