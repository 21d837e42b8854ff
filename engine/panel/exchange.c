#include "panel/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mpi/collect.h"

void pulse_distribution_rows(const struct pulse_distribution *distribution,
                             const struct pulse_plan *plan, int rank, int64_t *first, int64_t *end)
{
    pulse_plan_span_rows(plan, distribution->first_span[rank], distribution->first_span[rank + 1],
                         first, end);
}

int pulse_distribution_init(struct pulse_distribution *distribution, const struct pulse_plan *plan,
                            const struct pulse_options *options, int ranks, const bool *predicted,
                            struct pulse_err *err)
{
    const int64_t E = distribution->E;
    distribution->horizons = pulse_sizes_horizons(&plan->sizes);
    distribution->first_span =
        pulse_calloc(5 * (int64_t)ranks + 1, sizeof(int64_t), "the distribution", err);
    distribution->slot =
        pulse_calloc(distribution->horizons * E, sizeof *distribution->slot, "the targets", err);
    if (distribution->first_span == NULL || distribution->slot == NULL)
        return -1;
    for (int64_t e = 0; e < E; e++)
        distribution->slot[e] = predicted[e] ? distribution->n_targets++ : -1;
    for (int64_t i = E; i < distribution->horizons * E; i++)
        distribution->slot[i] =
            predicted[i % E] ? distribution->slot[i - E] + distribution->n_targets : -1;
    distribution->low = distribution->first_span + ranks + 1;
    distribution->high = distribution->low + ranks;
    distribution->back_first = distribution->high + ranks;
    distribution->back_end = distribution->back_first + ranks;
    pulse_plan_distribute(plan, ranks, distribution->first_span);
    pulse_distribution_need(distribution, plan, options, ranks, 0);
    for (int r = 0; r < ranks; r++)
        pulse_distribution_rows(distribution, plan, r, &distribution->back_first[r],
                                &distribution->back_end[r]);
    return 0;
}

void pulse_distribution_need(struct pulse_distribution *distribution, const struct pulse_plan *plan,
                             const struct pulse_options *options, int ranks, int64_t known_spans)
{
    for (int r = 0; r < ranks; r++)
        pulse_plan_held_rows(plan, options, ranks, distribution->first_span, r, known_spans,
                             &distribution->low[r], &distribution->high[r]);
}

void pulse_distribution_clear(struct pulse_distribution *distribution)
{
    free(distribution->entered);
    free(distribution->slot);
    free(distribution->first_span);
    *distribution = (struct pulse_distribution){0};
}

static int64_t owned_features(const struct pulse_distribution *distribution, int rank)
{
    int64_t n = 0;
    for (int64_t e = 0; e < distribution->E; e++)
        n += distribution->owner[distribution->entered[e]] == rank;
    return n;
}

int64_t pulse_distribution_owned(const struct pulse_distribution *distribution, int rank)
{
    int64_t n = 0;
    for (int64_t e = 0; e < distribution->E; e++)
        n += distribution->slot[e] >= 0 && distribution->owner[distribution->entered[e]] == rank;
    return n;
}

int64_t pulse_distribution_kth(const struct pulse_distribution *distribution, int rank, int64_t k)
{
    for (int64_t e = 0; e < distribution->E; e++)
        if (distribution->slot[e] >= 0 && distribution->owner[distribution->entered[e]] == rank &&
            k-- == 0)
            return e;
    return -1;
}

/* The averages of a variable, from its beginning on, as they stand at the first row of each rank:
 * `state` (ranks × averages). `path` is a buffer of T + 1. */
static void find_states(const struct pulse_features *features, const double *u, int64_t T,
                        int ranks, const int64_t *first, double *path, double *state)
{
    const int64_t averages = pulse_features_averages(features);
    int64_t average = 0;
    for (int64_t i = 0; i < features->n; i++) {
        const struct pulse_family *family = &features->family[i];
        if (family->lag > 0)
            continue;
        const double decay = pulse_family_decay(family), gain = pulse_family_gain(family);
        path[0] = 0;
        for (int64_t t = 0; t < T; t++)
            path[t + 1] = decay * path[t] + gain * u[t];
        for (int r = 0; r < ranks; r++)
            state[r * averages + average] = path[first[r]];
        average++;
    }
}

/* What goes from the ranks that hold variables to those that hold rows: per variable its rows, then
 * its averages at their beginning. */
struct row_traffic {
    const struct pulse_comm *comm;
    const struct pulse_distribution *distribution;
    const struct pulse_sizes *sizes;
    const struct pulse_column *columns;
    const int64_t *first, *end; /* per rank */
    double *state;              /* E × ranks × averages, of owned variables */
    const double **u;           /* E: a variable's rows on this rank … */
    const double **y;           /* … its targets, a horizon `y_step` after the other … */
    const double **start;       /* … and its averages */
    int64_t *y_step;            /* E */
    int64_t horizons;           /* of the targets; 0 where u is the target */
};

/* For all others; this rank's own part needs no way. */
static void pack_rows(const struct row_traffic *traffic, int64_t averages, double *send)
{
    const struct pulse_distribution *distribution = traffic->distribution;
    const int me = traffic->comm->rank, ranks = traffic->comm->size;
    for (int r = 0; r < ranks; r++)
        for (int64_t e = 0; e < distribution->E; e++) {
            const int64_t v = distribution->entered[e], n = traffic->end[r] - traffic->first[r];
            if (r == me || distribution->owner[v] != me)
                continue;
            memcpy(send, traffic->columns[v].u + traffic->first[r], (size_t)n * sizeof *send);
            send += n;
            for (int64_t j = 0; j < traffic->horizons; j++, send += n)
                memcpy(send, traffic->columns[v].y + j * traffic->sizes->T + traffic->first[r],
                       (size_t)n * sizeof *send);
            memcpy(send, traffic->state + (e * ranks + r) * averages,
                   (size_t)averages * sizeof *send);
            send += averages;
        }
}

/* Where the rows of each of the E variables are: in its column, or among what was received. */
static void find_variables(const struct row_traffic *traffic, const double *received,
                           const struct pulse_row_block *rows)
{
    const struct pulse_distribution *distribution = traffic->distribution;
    const int me = traffic->comm->rank, ranks = traffic->comm->size;
    const int64_t n = rows->end - rows->first;
    for (int r = 0; r < ranks; r++)
        for (int64_t e = 0; e < distribution->E; e++) {
            const int64_t v = distribution->entered[e];
            if (distribution->owner[v] != r)
                continue;
            const struct pulse_column *column = &traffic->columns[v];
            const bool own = r == me, further = traffic->horizons > 0;
            traffic->u[e] = own ? column->u + rows->first : received;
            traffic->y[e] = !further ? NULL : own ? column->y + rows->first : received + n;
            traffic->y_step[e] = own ? traffic->sizes->T : n;
            traffic->start[e] = own ? traffic->state + (e * ranks + me) * rows->averages
                                    : received + n * (1 + traffic->horizons);
            received += own ? 0 : n * (1 + traffic->horizons) + rows->averages;
        }
}

static void unpack_rows(const struct row_traffic *traffic, struct pulse_row_block *rows)
{
    enum { BLOCK = 64 }; /* rows at a time: the writes stay in the cache */
    const int64_t n = rows->end - rows->first, E = rows->E;
    for (int64_t t = 0; t < n; t += BLOCK)
        for (int64_t e = 0; e < E; e++)
            for (int64_t i = t; i < t + BLOCK && i < n; i++)
                rows->u[i * E + e] = traffic->u[e][i];
    for (int64_t j = 0; j < rows->horizons; j++)
        for (int64_t e = 0; e < E; e++)
            memcpy(rows->y + (j * E + e) * n, traffic->y[e] + j * traffic->y_step[e],
                   (size_t)n * sizeof *rows->y);
    for (int64_t i = 0; i < rows->averages; i++)
        for (int64_t e = 0; e < rows->E; e++)
            rows->average[i * rows->E + e] = traffic->start[e][i];
    pulse_row_block_average(rows);
}

/* The averages of the owned variables at the first row of every rank. */
static int start_averages(const struct row_traffic *traffic, int64_t averages,
                          struct pulse_err *err)
{
    const struct pulse_distribution *distribution = traffic->distribution;
    const int64_t T = traffic->sizes->T, ranks = traffic->comm->size;
    double *path = pulse_alloc_aligned(T + 1, sizeof *path, "a variable's averages", err);
    if (path == NULL)
        return -1;
    for (int64_t e = 0; averages > 0 && e < distribution->E; e++) {
        const int64_t v = distribution->entered[e];
        if (distribution->owner[v] == traffic->comm->rank)
            find_states(traffic->sizes->features, traffic->columns[v].u, T, (int)ranks,
                        traffic->first, path, traffic->state + e * ranks * averages);
    }
    free(path);
    return 0;
}

static int row_traffic_init(struct row_traffic *traffic, struct pulse_row_block *rows,
                            struct pulse_err *err)
{
    const int64_t E = traffic->distribution->E, averages = rows->averages;
    const int64_t n = rows->end - rows->first;
    rows->u = pulse_alloc_aligned(n * E, sizeof *rows->u, "the rows", err);
    if (traffic->horizons > 0)
        rows->y = pulse_alloc_aligned(n * rows->horizons * E, sizeof *rows->y, "the targets", err);
    rows->average =
        pulse_alloc_aligned((n + 1) * averages * E, sizeof *rows->average, "the averages", err);
    traffic->state =
        pulse_alloc_aligned(E * traffic->comm->size * averages, sizeof(double), "an exchange", err);
    traffic->u = pulse_calloc(E, sizeof *traffic->u, "an exchange", err);
    traffic->y = pulse_calloc(E, sizeof *traffic->y, "an exchange", err);
    traffic->y_step = pulse_calloc(E, sizeof *traffic->y_step, "an exchange", err);
    traffic->start = pulse_calloc(E, sizeof *traffic->start, "an exchange", err);
    return err->kind != PULSE_OK ? -1 : start_averages(traffic, averages, err);
}

int pulse_exchange_to_rows(const struct pulse_comm *comm,
                           const struct pulse_distribution *distribution,
                           const struct pulse_sizes *sizes, const struct pulse_column *columns,
                           const int64_t *first, const int64_t *end, struct pulse_row_block *rows,
                           struct pulse_err *err)
{
    const int64_t mine = end[comm->rank] - first[comm->rank];
    const int64_t averages = pulse_features_averages(sizes->features);
    const bool further = sizes->horizons != NULL && !pulse_horizons_are_next(sizes->horizons);
    const int64_t horizons = further ? sizes->horizons->n : 0;
    struct row_traffic traffic = {.comm = comm,
                                  .distribution = distribution,
                                  .sizes = sizes,
                                  .columns = columns,
                                  .first = first,
                                  .end = end,
                                  .horizons = horizons};
    struct pulse_alltoallv plan = {0};
    double *send = NULL, *receive = NULL;
    int status = -1;
    *rows = (struct pulse_row_block){.first = first[comm->rank],
                                     .end = end[comm->rank],
                                     .E = distribution->E,
                                     .horizons = horizons,
                                     .features = sizes->features,
                                     .averages = averages};
    if (row_traffic_init(&traffic, rows, err) != 0)
        goto agree;
    for (int r = 0; r < comm->size; r++) {
        const bool own = r == comm->rank;
        const int64_t to = ((end[r] - first[r]) * (1 + horizons) + averages) *
                           owned_features(distribution, comm->rank);
        const int64_t from = (mine * (1 + horizons) + averages) * owned_features(distribution, r);
        if (pulse_alltoallv_add(comm, &plan, r, own ? 0 : to, own ? 0 : from, err) != 0)
            goto agree;
    }
    send = pulse_alloc_aligned(plan.sent, sizeof *send, "an exchange", err);
    receive = pulse_alloc_aligned(plan.received, sizeof *receive, "an exchange", err);
agree:
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    assert(send != NULL && receive != NULL); /* or we would not have agreed */
    pack_rows(&traffic, averages, send);
    if (pulse_alltoallv_run(comm, &plan, send, receive, "exchanging rows", err) != 0)
        goto done;
    find_variables(&traffic, receive, rows);
    unpack_rows(&traffic, rows);
    status = 0;
done:
    free(traffic.state);
    free(traffic.u);
    free(traffic.y);
    free(traffic.y_step);
    free(traffic.start);
    free(receive);
    free(send);
    pulse_alltoallv_clear(&plan);
    return status;
}

/* Variables that owner r has in the slice. */
static int64_t in_slice(const struct pulse_distribution *distribution, int r,
                        const struct pulse_slice *slice)
{
    int64_t left = pulse_distribution_owned(distribution, r) - slice->skip;
    return left < 0 ? 0 : left < slice->count ? left : slice->count;
}

/* All candidates of rows [first, end) of variable e, one every `step` numbers. */
static void read_rows(const struct pulse_way_back *way, const struct pulse_slice *slice, int64_t e,
                      int64_t first, int64_t end, int64_t step, double *out)
{
    const struct pulse_distribution *distribution = way->distribution;
    const int64_t target = distribution->slot[slice->horizon * distribution->E + e];
    if (end > first)
        way->read(way->candidates, target, first, end - first, step, out);
}

static int64_t rows_back(const struct pulse_distribution *distribution, int rank)
{
    return distribution->back_end[rank] - distribution->back_first[rank];
}

int64_t pulse_distribution_back(const struct pulse_distribution *distribution, int ranks)
{
    int64_t n = 0;
    for (int r = 0; r < ranks; r++)
        n += rows_back(distribution, r);
    return n;
}

/* For all others, whose variables they are; notes what each of them sends us. */
static void pack_candidates(const struct pulse_way_back *way, struct pulse_slice *slice,
                            struct pulse_alltoallv *alltoallv, struct pulse_err *err)
{
    const struct pulse_comm *comm = way->comm;
    const struct pulse_distribution *distribution = way->distribution;
    const int64_t C = way->plan->sizes.C, mine = in_slice(distribution, comm->rank, slice);
    const int64_t first = distribution->back_first[comm->rank];
    const int64_t rows = rows_back(distribution, comm->rank);
    double *send = slice->send;
    for (int r = 0; r < comm->size; r++) {
        const bool own = r == comm->rank;
        const int64_t n = own ? 0 : in_slice(distribution, r, slice);
        for (int64_t k = 0; k < n; k++, send += C * rows)
            read_rows(way, slice, pulse_distribution_kth(distribution, r, slice->skip + k), first,
                      first + rows, rows, send);
        if (pulse_alltoallv_add(comm, alltoallv, r, n * C * rows,
                                own ? 0 : mine * C * rows_back(distribution, r), err) != 0)
            pulse_comm_abort(comm, err);
    }
}

int pulse_exchange_to_variables(const struct pulse_way_back *way, struct pulse_slice *slice,
                                struct pulse_err *err)
{
    struct pulse_alltoallv alltoallv = {0};
    pack_candidates(way, slice, &alltoallv, err);
    const int status = pulse_alltoallv_run(way->comm, &alltoallv, slice->send, slice->receive,
                                           "exchanging retrodictions", err);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

void pulse_exchange_take_variable(const struct pulse_way_back *way, const struct pulse_slice *slice,
                                  int64_t k, double *out)
{
    const struct pulse_distribution *distribution = way->distribution;
    const int me = way->comm->rank;
    const int64_t C = way->plan->sizes.C, T = way->plan->sizes.T;
    const int64_t mine = in_slice(distribution, me, slice);
    const int64_t e = pulse_distribution_kth(distribution, me, slice->skip + k);
    const double *received = slice->receive;
    int64_t from = 0; /* rows before it are there */
    for (int r = 0; r < way->comm->size; r++) {
        const int64_t first = distribution->back_first[r], rows = rows_back(distribution, r);
        if (r == me || rows == 0)
            continue;
        read_rows(way, slice, e, from, first, T, out + from);
        for (int64_t c = 0; c < C; c++)
            memcpy(out + c * T + first, received + (k * C + c) * rows,
                   (size_t)rows * sizeof *received);
        received += mine * C * rows;
        from = first + rows;
    }
    read_rows(way, slice, e, from, T, T, out + from);
}
