#include "mpi/collect.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* MPI counts in int. */
static const int64_t most = INT64_C(1) << 30;

/* Up to `most` elements at `data`, by one call of MPI. */
typedef int step_fn(const struct pulse_comm *comm, void *data, int n, MPI_Datatype type, MPI_Op op);

/* `n` elements, however many, by as many calls as that takes. */
static int run_steps(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type,
                     MPI_Op op, step_fn *step, const char *what, struct pulse_err *err)
{
    int bytes = 0, code = MPI_SUCCESS;
    if (comm->size == 1)
        return 0;
    pulse_timeline_wait(comm->timeline, true);
    (void)MPI_Type_size(type, &bytes);
    for (int64_t done = 0; code == MPI_SUCCESS && done < n; done += most)
        code = step(comm, (char *)data + done * bytes, (int)(n - done < most ? n - done : most),
                    type, op);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}

static int reduce_step(const struct pulse_comm *comm, void *data, int n, MPI_Datatype type,
                       MPI_Op op)
{
    return MPI_Allreduce(MPI_IN_PLACE, data, n, type, op, comm->comm);
}

static int reduce_to_first_step(const struct pulse_comm *comm, void *data, int n, MPI_Datatype type,
                                MPI_Op op)
{
    return comm->rank == 0 ? MPI_Reduce(MPI_IN_PLACE, data, n, type, op, 0, comm->comm)
                           : MPI_Reduce(data, NULL, n, type, op, 0, comm->comm);
}

int pulse_reduce(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type, MPI_Op op,
                 const char *what, struct pulse_err *err)
{
    return run_steps(comm, data, n, type, op, reduce_step, what, err);
}

int pulse_reduce_to_first(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type,
                          MPI_Op op, const char *what, struct pulse_err *err)
{
    return run_steps(comm, data, n, type, op, reduce_to_first_step, what, err);
}

int pulse_share(const struct pulse_comm *comm, void *data, int64_t bytes, int from,
                const char *what, struct pulse_err *err)
{
    int code = MPI_SUCCESS;
    if (comm->size == 1)
        return 0;
    pulse_timeline_wait(comm->timeline, true);
    for (int64_t done = 0; code == MPI_SUCCESS && done < bytes; done += most)
        code = MPI_Bcast((char *)data + done, (int)(bytes - done < most ? bytes - done : most),
                         MPI_BYTE, from, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}

int pulse_comm_bcast(const struct pulse_comm *comm, void *data, int64_t bytes,
                     struct pulse_err *err)
{
    return pulse_share(comm, data, bytes, 0, "a broadcast", err);
}

int pulse_comm_all_equal(const struct pulse_comm *comm, uint64_t hash, bool *equal,
                         struct pulse_err *err)
{
    /* max(h) and max(~h) from one reduction: equal hashes everywhere make them complements. */
    uint64_t largest[2] = {hash, ~hash};
    const int status =
        pulse_reduce(comm, largest, 2, MPI_UINT64_T, MPI_MAX, "comparing ranks", err);
    *equal = largest[0] == ~largest[1];
    return status;
}

int pulse_gather(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type,
                 const char *what, struct pulse_err *err)
{
    if (comm->size == 1)
        return 0;
    pulse_timeline_wait(comm->timeline, true);
    const int code =
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, (int)n, type, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}

int pulse_gather_parts(const struct pulse_comm *comm, void *data, const int *n, const int *at,
                       MPI_Datatype type, const char *what, struct pulse_err *err)
{
    if (comm->size == 1)
        return 0;
    pulse_timeline_wait(comm->timeline, true);
    const int code =
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, n, at, type, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}

int pulse_gather_in_turn(const struct pulse_comm *comm, double *data, const int64_t *count,
                         const char *what, struct pulse_err *err)
{
    if (comm->size == 1)
        return 0;
    int64_t next = 0;
    int *n = pulse_calloc(2 * (int64_t)comm->size, sizeof *n, what, err), status = -1;
    if (n == NULL)
        pulse_comm_abort(comm, err); /* the others wait for what is ours */
    int *at = n + comm->size;
    for (int r = 0; r < comm->size; next += count[r++]) {
        n[r] = (int)count[r];
        at[r] = (int)next;
    }
    if (next > INT_MAX)
        (void)pulse_fail(err, PULSE_E_MEMORY,
                         "%s: the ranks would gather more than 2^31 values at a time", what);
    else
        status = pulse_gather_parts(comm, data, n, at, MPI_DOUBLE, what, err);
    free(n);
    return status;
}

int pulse_sum_before(const struct pulse_comm *comm, int mine, int *before, const char *what,
                     struct pulse_err *err)
{
    int sum = 0;
    const int code =
        comm->size == 1 ? MPI_SUCCESS : MPI_Exscan(&mine, &sum, 1, MPI_INT, MPI_SUM, comm->comm);
    *before = comm->rank == 0 ? 0 : sum; /* of rank 0 MPI sets nothing */
    return pulse_mpi_check(code, what, err);
}

/* ---- Exchange ------------------------------------------------------------------- */

static int allocate_counts(const struct pulse_comm *comm, struct pulse_alltoallv *alltoallv,
                           struct pulse_err *err)
{
    alltoallv->send =
        pulse_calloc(4 * (int64_t)comm->size, sizeof *alltoallv->send, "an exchange", err);
    if (alltoallv->send == NULL)
        return -1;
    alltoallv->send_at = alltoallv->send + comm->size;
    alltoallv->receive = alltoallv->send_at + comm->size;
    alltoallv->receive_at = alltoallv->receive + comm->size;
    return 0;
}

int pulse_alltoallv_add(const struct pulse_comm *comm, struct pulse_alltoallv *alltoallv, int rank,
                        int64_t n_to, int64_t n_from, struct pulse_err *err)
{
    if (alltoallv->send == NULL && allocate_counts(comm, alltoallv, err) != 0)
        return -1;
    if (alltoallv->sent + n_to > INT_MAX || alltoallv->received + n_from > INT_MAX)
        return pulse_fail(err, PULSE_E_MEMORY,
                          "one rank would exchange more than 2^31 values; use more ranks");
    alltoallv->send[rank] = (int)n_to;
    alltoallv->send_at[rank] = (int)alltoallv->sent;
    alltoallv->receive[rank] = (int)n_from;
    alltoallv->receive_at[rank] = (int)alltoallv->received;
    alltoallv->sent += n_to;
    alltoallv->received += n_from;
    return 0;
}

void pulse_alltoallv_clear(struct pulse_alltoallv *alltoallv)
{
    free(alltoallv->send);
    *alltoallv = (struct pulse_alltoallv){0};
}

int pulse_alltoallv_run(const struct pulse_comm *comm, const struct pulse_alltoallv *alltoallv,
                        const double *send, double *receive, const char *what,
                        struct pulse_err *err)
{
    if (comm->size == 1) {
        memcpy(receive + alltoallv->receive_at[0], send + alltoallv->send_at[0],
               (size_t)alltoallv->sent * sizeof *send);
        return 0;
    }
    pulse_timeline_wait(comm->timeline, true);
    int code = MPI_Alltoallv(send, alltoallv->send, alltoallv->send_at, MPI_DOUBLE, receive,
                             alltoallv->receive, alltoallv->receive_at, MPI_DOUBLE, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}
