#include "kernel/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/coefficients.h"
#include "kernel/granger.h"
#include "kernel/matrix.h"
#include "kernel/rows.h"
#include "kernel/targets.h"
#include "mpi/collect.h"
#include "mpi/timeline.h"

/* One system on its way. */
struct walk {
    const struct pulse_comm *comm;
    const struct pulse_fit_input *input;
    int64_t s; /* which system */
    struct pulse_kernel_rows rows;
    struct pulse_kernel_matrix kernel;
    struct pulse_kernel_targets targets;
    double *X; /* SLICE × (order + lags − 1): features of all rows, or series with what precedes */
    double *products; /* of pulse_kernel_matrix_add_lags; NULL where blocks have one lag at most */
    int64_t l;        /* the penalty in hand */
    const struct pulse_walk_watch *watch;
    int64_t shown; /* spans of ours that the watch has heard of */
};

static int walk_init(struct walk *walk, const struct pulse_distribution *distribution,
                     struct pulse_err *err)
{
    const struct pulse_system *system = &walk->input->systems[walk->s];
    const int64_t order = pulse_kernel_order(system->n);
    const int64_t lags = pulse_system_kernel_lags(&walk->input->plan->sizes, system);
    (void)pulse_kernel_rows_init(&walk->rows, walk->comm, walk->input, distribution, system, err);
    walk->X = pulse_alloc_aligned(PULSE_KERNEL_SLICE * (order + lags - 1), sizeof *walk->X,
                                  "features of all rows", err);
    if (lags > 1)
        walk->products = pulse_alloc_aligned(pulse_kernel_lags_work(order, lags),
                                             sizeof *walk->products, "products of lags", err);
    if (pulse_comm_agree(walk->comm, err) != 0 ||
        pulse_kernel_matrix_init(&walk->kernel, walk->comm, system->n, err) != 0)
        return -1;
    return pulse_kernel_targets_init(&walk->targets, &walk->rows, err);
}

static void walk_clear(struct walk *walk)
{
    pulse_kernel_targets_clear(&walk->targets);
    pulse_kernel_matrix_clear(&walk->kernel);
    pulse_kernel_rows_clear(&walk->rows);
    free(walk->X);
    free(walk->products);
}

/* ---- Retrodictions to the ranks that hold the dates ------------------------------ */

/* The retrodictions of our targets, rank by rank: those of its rows. */
static void pack_retrodictions(const struct walk *walk, double *send)
{
    for (int r = 0; r < walk->comm->size; r++) {
        const int64_t first = walk->rows.first[r], n = walk->rows.first[r + 1] - first;
        for (int64_t i = 0; i < walk->targets.n_chunks; i++) {
            const struct pulse_kernel_chunk *chunk = &walk->targets.chunk[i];
            if (pulse_kernel_targets_owner(&walk->targets, i) != walk->comm->rank)
                continue;
            for (int64_t k = 0; k < chunk->n; k++, send += n)
                memcpy(send, chunk->T + k * walk->rows.order + first, (size_t)n * sizeof *send);
        }
    }
}

/* Those of one target, of our rows, into candidate c; windows with one that is not finite have
 * failed. */
static void put_retrodictions(const struct walk *walk, int64_t c, int64_t target,
                              const double *from, struct pulse_candidates *out)
{
    const struct pulse_plan *plan = walk->input->plan;
    const struct pulse_system *system = walk->rows.system;
    const int64_t first = walk->rows.first[walk->comm->rank];
    const int64_t n = walk->rows.first[walk->comm->rank + 1] - first;
    const int64_t slot = walk->input->slot[system->target[target]];
    double *value = NULL; /* of window w */
    for (int64_t i = 0, w = 0; i < n; i++) {
        const int64_t t = pulse_kernel_rows_at(&walk->rows, first + i);
        for (; plan->windows[w].first_row + plan->windows[w].rows <= t; value = NULL)
            w++;
        if (!pulse_system_is_predicted(system, &plan->windows[w]))
            continue;
        if (value == NULL)
            value = pulse_candidates_at(out, c, slot, plan->windows[w].first_row);
        value[t - plan->windows[w].first_row] = from[i];
        if (!isfinite(from[i]))
            out->failed[w] = (int32_t)(walk->s * plan->sizes.L + c % plan->sizes.L);
    }
}

static void unpack_retrodictions(const struct walk *walk, int64_t c, const double *from,
                                 struct pulse_candidates *out)
{
    const int64_t n = walk->rows.first[walk->comm->rank + 1] - walk->rows.first[walk->comm->rank];
    for (int r = 0; r < walk->comm->size; r++)
        for (int64_t i = 0; i < walk->targets.n_chunks; i++) {
            const struct pulse_kernel_chunk *chunk = &walk->targets.chunk[i];
            if (pulse_kernel_targets_owner(&walk->targets, i) != r)
                continue;
            for (int64_t k = 0; k < chunk->n; k++, from += n)
                put_retrodictions(walk, c, chunk->first + k, from, out);
        }
}

/* Collective: T of all chunks becomes candidate c. */
static int send_retrodictions(const struct walk *walk, int64_t c, struct pulse_candidates *out,
                              struct pulse_err *err)
{
    const struct pulse_comm *comm = walk->comm;
    const int64_t *first = walk->rows.first, me = comm->rank;
    struct pulse_alltoallv alltoallv = {0};
    int status = -1;
    for (int r = 0; r < comm->size; r++)
        if (pulse_alltoallv_add(
                comm, &alltoallv, r,
                (first[r + 1] - first[r]) * pulse_kernel_targets_of(&walk->targets, (int)me),
                (first[me + 1] - first[me]) * pulse_kernel_targets_of(&walk->targets, r), err) != 0)
            break;
    double *send = pulse_alloc_aligned(alltoallv.sent, sizeof *send, "retrodictions", err);
    double *receive =
        pulse_alloc_aligned(alltoallv.received, sizeof *receive, "retrodictions", err);
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    pack_retrodictions(walk, send);
    status = pulse_alltoallv_run(comm, &alltoallv, send, receive, "exchanging retrodictions", err);
    if (status == 0)
        unpack_retrodictions(walk, c, receive, out);
done:
    free(send);
    free(receive);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

/* ---- Candidates ----------------------------------------------------------------- */

static void go_forward(void *context, int64_t first, const double *column)
{
    struct walk *walk = context;
    pulse_kernel_targets_forward(&walk->targets, walk->l, first, column);
}

static void go_backward(void *context, int64_t first, const double *column)
{
    struct walk *walk = context;
    pulse_kernel_targets_backward(&walk->targets, walk->l, first, column);
}

/* Collective: block b with penalty l. */
static int solve_candidate(struct walk *walk, int64_t b, int64_t l, struct pulse_candidates *out,
                           struct pulse_err *err)
{
    bool good;
    walk->l = l;
    pulse_kernel_matrix_penalise(&walk->kernel, walk->input->options->ridge[l]);
    pulse_kernel_targets_begin(&walk->targets, l);
    if (pulse_kernel_matrix_factor(&walk->kernel, go_forward, walk, &good, err) != 0)
        return -1;
    if (good)
        pulse_kernel_targets_retrodict(&walk->targets, l);
    else /* only where numbers overflow */
        pulse_kernel_targets_fail(&walk->targets, l);
    if (send_retrodictions(walk, b * walk->input->plan->sizes.L + l, out, err) != 0)
        return -1;
    return good ? pulse_kernel_matrix_revisit(&walk->kernel, go_backward, walk, err) : 0;
}

/* Collective: XXᵀ goes on to features [from, to). */
static int add_features(struct walk *walk, int64_t from, int64_t to, struct pulse_err *err)
{
    for (int64_t at = from; at < to; at += PULSE_KERNEL_SLICE) {
        const int64_t end = to - at < PULSE_KERNEL_SLICE ? to : at + PULSE_KERNEL_SLICE;
        if (pulse_kernel_rows_features(&walk->rows, at, end, walk->X, err) != 0)
            return -1;
        pulse_kernel_matrix_add(&walk->kernel, end - at, walk->X);
    }
    return 0;
}

/* Collective: the same for `lags` families of lags, the first of which is family `first`: the rows'
 * values at its lag, before them those that the longer lags of the first rows reach. */
static int add_lags(struct walk *walk, int64_t first, int64_t lags, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &walk->input->plan->sizes;
    const int64_t longest = sizes->features->family[first].lag + lags - 1;
    for (int64_t at = 0; at < sizes->E; at += PULSE_KERNEL_SLICE) {
        const int64_t width =
            sizes->E - at < PULSE_KERNEL_SLICE ? sizes->E - at : PULSE_KERNEL_SLICE;
        const int64_t from = sizes->fixed + first * sizes->E + at;
        for (int64_t i = 0; i < lags - 1; i++)
            memcpy(walk->X + i * width,
                   pulse_row_block_at(walk->input->lag_prefix, sizes->p - longest + i) + at,
                   (size_t)width * sizeof *walk->X);
        if (pulse_kernel_rows_features(&walk->rows, from, from + width,
                                       walk->X + (lags - 1) * width, err) != 0)
            return -1;
        pulse_kernel_matrix_add_lags(&walk->kernel, walk->rows.n, lags, width, walk->X,
                                     walk->products);
    }
    return 0;
}

/* Collective: XXᵀ goes on to block b. */
static int add_block(struct walk *walk, int64_t b, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &walk->input->plan->sizes;
    const int64_t first = b == 0 ? 0 : sizes->features->block_end[b - 1];
    const int64_t families = sizes->features->block_end[b] - first;
    const int64_t lags = sizes->fixed + first * sizes->E; /* the calendar is before the first */
    const int64_t from = b == 0 ? 1 : lags;
    if (walk->products == NULL || families == 1)
        return add_features(walk, from, pulse_sizes_block(sizes, b), err);
    if (add_features(walk, from, lags, err) != 0)
        return -1;
    return add_lags(walk, first, families, err);
}

/* So many candidates are done, and as large a share of our spans is called so: all spans are done
 * at the very end only. */
static void show_progress(struct walk *walk, int64_t done)
{
    const struct pulse_fit_input *input = walk->input;
    const double share = (double)done / (double)input->plan->sizes.C;
    const int64_t spans = input->end_span - input->first_span;
    while (input->plan->by_rows && (double)(walk->shown + 1) <= share * (double)spans)
        walk->watch->span_done(walk->watch->context, input->first_span + walk->shown++, share);
}

static int solve_system(struct walk *walk, struct pulse_fitted *fitted, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &walk->input->plan->sizes;
    for (int64_t b = 0; b < sizes->B; b++) {
        if (add_block(walk, b, err) != 0)
            return -1;
        for (int64_t l = 0; l < sizes->L; l++) {
            if (solve_candidate(walk, b, l, &fitted->candidates, err) != 0)
                return -1;
            show_progress(walk, b * sizes->L + l + 1);
        }
        if (pulse_kernel_coefficients(&walk->targets, walk->s, b, walk->X, &fitted->final, err) !=
            0)
            return -1;
    }
    return 0;
}

int pulse_kernel_walk_run(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                          const struct pulse_distribution *distribution,
                          const struct pulse_walk_watch *watch, struct pulse_fitted *fitted,
                          struct pulse_err *err)
{
    int status = 0;
    for (int64_t s = 0; status == 0 && s < input->n_systems; s++) {
        if (!input->systems[s].shared)
            continue;
        struct walk walk = {.comm = comm, .input = input, .s = s, .watch = watch};
        const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_WALK);
        status = walk_init(&walk, distribution, err);
        if (status == 0)
            status = solve_system(&walk, fitted, err);
        pulse_kernel_targets_clear(&walk.targets); /* the tests need the memory */
        (void)pulse_timeline_enter(comm->timeline, PULSE_STAGE_GRANGER);
        if (status == 0)
            status = pulse_kernel_granger(&walk.rows, &walk.kernel, walk.X, &fitted->granger, err);
        (void)pulse_timeline_enter(comm->timeline, before);
        walk_clear(&walk);
    }
    return status;
}
