#include "panel/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void pulse_distribution_rows(const struct pulse_distribution *distribution,
                             const struct pulse_plan *plan, int rank, int64_t *first, int64_t *end)
{
    const int64_t from = distribution->first_span[rank], to = distribution->first_span[rank + 1];
    *first = *end = 0;
    if (from == to)
        return;
    *first = plan->spans[from].first_row;
    *end = plan->spans[to - 1].first_row + plan->spans[to - 1].rows;
}

int pulse_distribution_init(struct pulse_distribution *distribution, const struct pulse_comm *comm,
                            const struct pulse_plan *plan, const struct pulse_options *options,
                            int64_t V, const int *owner, int64_t E, int64_t *entered,
                            struct pulse_err *err)
{
    const int ranks = comm->size;
    *distribution = (struct pulse_distribution){.V = V, .owner = owner, .E = E, .entered = entered};
    distribution->first_span =
        pulse_calloc(3 * (int64_t)ranks + 1, sizeof(int64_t), "the distribution", err);
    if (distribution->first_span == NULL)
        return -1;
    distribution->low = distribution->first_span + ranks + 1;
    distribution->high = distribution->low + ranks;
    pulse_plan_distribute(plan, ranks, distribution->first_span);
    for (int r = 0; r < ranks; r++) {
        int64_t first, end;
        pulse_distribution_rows(distribution, plan, r, &first, &end);
        distribution->low[r] = first;
        distribution->high[r] = end;
        if (end > first)
            distribution->low[r] = pulse_plan_halo(plan, options, distribution->first_span[r]);
    }
    /* The last rank makes the final fit: it needs the lags of the next row, and a rolling history.
     */
    int64_t final_first, final_end;
    pulse_plan_final_rows(plan, options, &final_first, &final_end);
    int64_t from = options->history == PULSE_ROLLING ? final_first : final_end;
    from = from > plan->sizes.p ? from - plan->sizes.p : 0;
    if (distribution->low[ranks - 1] == distribution->high[ranks - 1] ||
        distribution->low[ranks - 1] > from)
        distribution->low[ranks - 1] = from;
    distribution->high[ranks - 1] = final_end;
    return 0;
}

void pulse_distribution_clear(struct pulse_distribution *distribution)
{
    free(distribution->entered);
    free(distribution->first_span);
    *distribution = (struct pulse_distribution){0};
}

int64_t pulse_distribution_owned(const struct pulse_distribution *distribution, int rank)
{
    int64_t n = 0;
    for (int64_t e = 0; e < distribution->E; e++)
        n += distribution->owner[distribution->entered[e]] == rank;
    return n;
}

int64_t pulse_distribution_kth(const struct pulse_distribution *distribution, int rank, int64_t k)
{
    for (int64_t e = 0; e < distribution->E; e++)
        if (distribution->owner[distribution->entered[e]] == rank && k-- == 0)
            return e;
    return -1;
}

/* For all others; this rank's own part needs no way. */
static void pack_rows(const struct pulse_comm *comm, const struct pulse_distribution *distribution,
                      const struct pulse_column *columns, const int64_t *first, const int64_t *end,
                      double *send)
{
    for (int r = 0; r < comm->size; r++)
        for (int64_t e = 0; e < distribution->E; e++) {
            int64_t v = distribution->entered[e];
            if (r == comm->rank || distribution->owner[v] != comm->rank)
                continue;
            memcpy(send, columns[v].z + first[r], (size_t)(end[r] - first[r]) * sizeof *send);
            send += end[r] - first[r];
        }
}

/* Where the rows of each of the E variables are: in its column, or among what was received. */
static void find_variables(const struct pulse_comm *comm,
                           const struct pulse_distribution *distribution,
                           const struct pulse_column *columns, const double *received,
                           const struct pulse_row_block *rows, const double **variable)
{
    for (int r = 0; r < comm->size; r++)
        for (int64_t e = 0; e < distribution->E; e++) {
            const int64_t v = distribution->entered[e];
            if (distribution->owner[v] != r)
                continue;
            variable[e] = r == comm->rank ? columns[v].z + rows->first : received;
            received += r == comm->rank ? 0 : rows->end - rows->first;
        }
}

static void unpack_rows(const double *const *variable, struct pulse_row_block *rows)
{
    enum { BLOCK = 64 }; /* rows at a time: the writes stay in the cache */
    const int64_t n = rows->end - rows->first;
    for (int64_t t = 0; t < n; t += BLOCK)
        for (int64_t e = 0; e < rows->E; e++)
            for (int64_t i = t; i < t + BLOCK && i < n; i++)
                rows->z[i * rows->E + e] = variable[e][i];
}

int pulse_exchange_to_rows(const struct pulse_comm *comm,
                           const struct pulse_distribution *distribution,
                           const struct pulse_column *columns, const int64_t *first,
                           const int64_t *end, struct pulse_row_block *rows, struct pulse_err *err)
{
    const int64_t mine = end[comm->rank] - first[comm->rank];
    struct pulse_alltoallv alltoallv = {0};
    double *send = NULL, *receive = NULL;
    const double **variable = NULL;
    int status = -1;
    *rows = (struct pulse_row_block){
        .first = first[comm->rank], .end = end[comm->rank], .E = distribution->E};
    rows->z = pulse_alloc_aligned(mine * distribution->E, sizeof *rows->z, "the rows", err);
    if (rows->z == NULL)
        goto agree;
    for (int r = 0; r < comm->size; r++) {
        const bool own = r == comm->rank;
        const int64_t to = (end[r] - first[r]) * pulse_distribution_owned(distribution, comm->rank);
        const int64_t from = mine * pulse_distribution_owned(distribution, r);
        if (pulse_alltoallv_add(comm, &alltoallv, r, own ? 0 : to, own ? 0 : from, err) != 0)
            goto agree;
    }
    send = pulse_alloc_aligned(alltoallv.sent, sizeof *send, "an exchange", err);
    receive = pulse_alloc_aligned(alltoallv.received, sizeof *receive, "an exchange", err);
    variable = pulse_calloc(distribution->E, sizeof *variable, "an exchange", err);
agree:
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    assert(send != NULL && receive != NULL && variable != NULL); /* or we would not have agreed */
    pack_rows(comm, distribution, columns, first, end, send);
    if (pulse_alltoallv_run(comm, &alltoallv, send, receive, "exchanging rows", err) != 0)
        goto done;
    find_variables(comm, distribution, columns, receive, rows, variable);
    unpack_rows(variable, rows);
    status = 0;
done:
    free(variable);
    free(receive);
    free(send);
    pulse_alltoallv_clear(&alltoallv);
    return status;
}

/* Variables that owner r has in the slice. */
static int64_t in_slice(const struct pulse_distribution *distribution, int r,
                        const struct pulse_slice *slice)
{
    int64_t left = pulse_distribution_owned(distribution, r) - slice->skip;
    return left < 0 ? 0 : left < slice->count ? left : slice->count;
}

/* Of a variable's candidates l: this rank's rows. */
static const double *own_rows(const struct pulse_distribution *distribution,
                              const double *candidates, int64_t rows, int64_t l, int64_t e)
{
    return candidates + (l * distribution->E + e) * rows;
}

/* For all others, whose variables they are; notes what each of them sends us. */
static void pack_candidates(const struct pulse_comm *comm,
                            const struct pulse_distribution *distribution,
                            const struct pulse_plan *plan, const double *candidates,
                            struct pulse_slice *slice, struct pulse_alltoallv *alltoallv,
                            struct pulse_err *err)
{
    const int64_t L = plan->sizes.L, mine = in_slice(distribution, comm->rank, slice);
    int64_t first, end;
    pulse_distribution_rows(distribution, plan, comm->rank, &first, &end);
    const int64_t rows = end - first;
    double *send = slice->send;
    for (int r = 0; r < comm->size; r++) {
        const bool own = r == comm->rank;
        const int64_t n = own ? 0 : in_slice(distribution, r, slice);
        for (int64_t k = 0; k < n; k++) {
            const int64_t e = pulse_distribution_kth(distribution, r, slice->skip + k);
            for (int64_t l = 0; l < L; l++, send += rows)
                memcpy(send, own_rows(distribution, candidates, rows, l, e),
                       (size_t)rows * sizeof *send);
        }
        pulse_distribution_rows(distribution, plan, r, &first, &end);
        if (pulse_alltoallv_add(comm, alltoallv, r, n * L * rows,
                                own ? 0 : mine * L * (end - first), err) != 0)
            pulse_comm_abort(comm, err);
    }
}

int pulse_exchange_to_variables(const struct pulse_comm *comm,
                                const struct pulse_distribution *distribution,
                                const struct pulse_plan *plan, const double *candidates,
                                struct pulse_slice *slice, struct pulse_err *err)
{
    const int64_t L = plan->sizes.L, T = plan->sizes.T,
                  mine = in_slice(distribution, comm->rank, slice);
    struct pulse_alltoallv alltoallv = {0};
    pack_candidates(comm, distribution, plan, candidates, slice, &alltoallv, err);
    const int status = pulse_alltoallv_run(comm, &alltoallv, slice->send, slice->receive,
                                           "exchanging retrodictions", err);
    for (int r = 0; status == 0 && r < comm->size; r++) {
        const double *from = slice->receive + alltoallv.receive_at[r];
        int64_t first, end;
        pulse_distribution_rows(distribution, plan, r, &first, &end);
        const int64_t rows = end - first;
        for (int64_t k = 0; k < mine; k++) {
            const int64_t e = pulse_distribution_kth(distribution, comm->rank, slice->skip + k);
            for (int64_t l = 0; l < L; l++, from += rows)
                memcpy(slice->out + (k * L + l) * T + first,
                       r == comm->rank ? own_rows(distribution, candidates, rows, l, e) : from,
                       (size_t)rows * sizeof *from);
        }
    }
    pulse_alltoallv_clear(&alltoallv);
    return status;
}
