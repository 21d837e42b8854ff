#include "mpi/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SCAN_TAG = 1 };

/* One tile: what came from before, our part on top, on to the rank after. `request` is that of the
 * send which used this buffer two tiles ago. */
static int pass_tile(const struct pulse_comm *comm, const double *start, int64_t first, int64_t n,
                     pulse_fold_fn *fold, void *context, double *buffer, MPI_Request *request,
                     struct pulse_err *err)
{
    int code = MPI_SUCCESS;
    pulse_timeline_wait(comm->timeline, true);
    if (comm->rank < comm->size - 1)
        code = MPI_Wait(request, MPI_STATUS_IGNORE);
    if (code == MPI_SUCCESS && comm->rank > 0)
        code = MPI_Recv(buffer, (int)n, MPI_DOUBLE, comm->rank - 1, SCAN_TAG, comm->comm,
                        MPI_STATUS_IGNORE);
    pulse_timeline_wait(comm->timeline, false);
    if (pulse_mpi_check(code, "the scan", err) != 0)
        return -1;
    if (comm->rank == 0 && start != NULL)
        memcpy(buffer, start + first, (size_t)n * sizeof *buffer);
    else if (comm->rank == 0)
        memset(buffer, 0, (size_t)n * sizeof *buffer);
    fold(context, first, n, buffer);
    if (comm->rank == comm->size - 1)
        return 0;
    return pulse_mpi_check(
        MPI_Isend(buffer, (int)n, MPI_DOUBLE, comm->rank + 1, SCAN_TAG, comm->comm, request),
        "the scan", err);
}

int pulse_scan(const struct pulse_comm *comm, const double *start, int64_t total, int64_t tile,
               pulse_fold_fn *fold, void *context, double *result, struct pulse_err *err)
{
    assert(tile > 0 && tile <= INT32_MAX);
    int status = -1, code = MPI_SUCCESS;
    MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
    double *buffers = pulse_alloc_aligned(2 * tile, sizeof *buffers, "the scan's tiles", err);
    if (buffers == NULL)
        pulse_comm_abort(comm, err); /* the other ranks wait for our tiles */
    for (int64_t first = 0, k = 0; first < total; first += tile, k++) {
        int64_t n = total - first < tile ? total - first : tile;
        double *buffer = buffers + (k % 2) * tile;
        if (pass_tile(comm, start, first, n, fold, context, buffer, &requests[k % 2], err) != 0)
            goto done;
        if (comm->rank == comm->size - 1 && result != NULL)
            memcpy(result + first, buffer, (size_t)n * sizeof *buffer);
    }
    pulse_timeline_wait(comm->timeline, true);
    if (comm->rank < comm->size - 1)
        code = MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    pulse_timeline_wait(comm->timeline, false);
    status = pulse_mpi_check(code, "the scan", err);
done:
    free(buffers);
    return status;
}
