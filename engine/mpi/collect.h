/* What all ranks do together with numbers: add up, take the largest, share, gather, exchange. All
 * of it but the exchange where the numbers stand, so that a single rank has nothing to do, and
 * calls nothing of MPI. `what` names the step in an error. Collective, where it does not say local.
 */
#ifndef PULSE_MPI_COLLECT_H
#define PULSE_MPI_COLLECT_H

#include <stdint.h>

#include "mpi/comm.h"

/* Each of the `n` elements becomes `op` over its values on all ranks. */
int pulse_reduce(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type, MPI_Op op,
                 const char *what, struct pulse_err *err);

/* The same on rank 0 alone; the other ranks keep their own. */
int pulse_reduce_to_first(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type,
                          MPI_Op op, const char *what, struct pulse_err *err);

/* `data` becomes, on all ranks, what it is on rank `from`. */
int pulse_share(const struct pulse_comm *comm, void *data, int64_t bytes, int from,
                const char *what, struct pulse_err *err);

/* The same from rank 0. */
int pulse_comm_bcast(const struct pulse_comm *comm, void *data, int64_t bytes,
                     struct pulse_err *err);

/* Whether all ranks pass the same hash. */
int pulse_comm_all_equal(const struct pulse_comm *comm, uint64_t hash, bool *equal,
                         struct pulse_err *err);

/* `data` holds a piece of `n` elements for each rank, of which each rank has set its own; all get
 * all. */
int pulse_gather(const struct pulse_comm *comm, void *data, int64_t n, MPI_Datatype type,
                 const char *what, struct pulse_err *err);

/* The same with pieces of different sizes: that of rank r is of n[r] elements, and begins at
 * element at[r]. */
int pulse_gather_parts(const struct pulse_comm *comm, void *data, const int *n, const int *at,
                       MPI_Datatype type, const char *what, struct pulse_err *err);

/* The same with doubles, one piece after the other: count[r] of rank r. PULSE_E_MEMORY where they
 * are more than MPI counts. */
int pulse_gather_in_turn(const struct pulse_comm *comm, double *data, const int64_t *count,
                         const char *what, struct pulse_err *err);

/* The sum over the ranks before this one; 0 on rank 0. */
int pulse_sum_before(const struct pulse_comm *comm, int mine, int *before, const char *what,
                     struct pulse_err *err);

/* Who sends how many doubles to whom: an MPI_Alltoallv in the making. Zeroed, then
 * pulse_alltoallv_add for each rank in order. */
struct pulse_alltoallv {
    int *send, *send_at; /* per rank: doubles, and where they begin */
    int *receive, *receive_at;
    int64_t sent, received; /* so far in all: the sizes of the two buffers */
};

/* Local: notes that `rank` gets `n_to` doubles from us and sends us `n_from`. */
int pulse_alltoallv_add(const struct pulse_comm *comm, struct pulse_alltoallv *alltoallv, int rank,
                        int64_t n_to, int64_t n_from, struct pulse_err *err);
void pulse_alltoallv_clear(struct pulse_alltoallv *alltoallv);

/* The exchange itself. */
int pulse_alltoallv_run(const struct pulse_comm *comm, const struct pulse_alltoallv *alltoallv,
                        const double *send, double *receive, const char *what,
                        struct pulse_err *err);

#endif
