/* Who we are among the ranks, and how ranks agree: the only module that names MPI_COMM_WORLD.
 * Knows nothing of variables, windows or files. */
#ifndef PULSE_MPI_COMM_H
#define PULSE_MPI_COMM_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "mpi/timeline.h"

struct pulse_comm {
    MPI_Comm comm; /* our own duplicate of MPI_COMM_WORLD, errors returned */
    int rank;
    int size;
    int nodes;        /* hosts the ranks run on */
    int node;         /* which of them is ours, in the order of their lowest ranks */
    MPI_Comm on_node; /* the ranks there, in order, errors returned */
    int rank_on_node;
    double instant; /* one and the same on all ranks, each on its node's clock (pulse_seconds) */
    struct pulse_timeline *timeline; /* records when this rank waits for others; may be NULL */
};

/* The rank mpirun gave this process, before MPI_Init; 0 without mpirun. */
int pulse_comm_rank_hint(void);

/* Starts MPI; on a single node picks Open MPI's light shared-memory path unless the user chose. */
int pulse_comm_init(struct pulse_comm *comm, struct pulse_err *err);
void pulse_comm_finalize(struct pulse_comm *comm);

/* Collective. After a local phase: `err` of every rank is compared; the gravest kind wins, and the
 * lowest rank's message of that kind reaches all. 0 if nobody failed, -1 (on all ranks) otherwise.
 */
int pulse_comm_agree(const struct pulse_comm *comm, struct pulse_err *err);

/* Collective: a barrier whose waiters sleep instead of spinning, so that one busy rank gets the
 * processors. */
int pulse_barrier_sleep(const struct pulse_comm *comm, struct pulse_err *err);

/* Ends the whole job at once with the error's exit code and one line: for failures where the other
 * ranks may be waiting for us. Removes files and releases as base/shutdown.h says. Does not return.
 */
_Noreturn void pulse_comm_abort(const struct pulse_comm *comm, const struct pulse_err *err);

/* 0, or -1 with what MPI says of `code`; `what` names the operation. */
int pulse_mpi_check(int code, const char *what, struct pulse_err *err);

/* Collective: broadcasts `bytes` bytes from rank 0. */
int pulse_comm_bcast(const struct pulse_comm *comm, void *data, int64_t bytes,
                     struct pulse_err *err);

/* Collective: whether all ranks pass the same hash. */
int pulse_comm_all_equal(const struct pulse_comm *comm, uint64_t hash, bool *equal,
                         struct pulse_err *err);

/* Who sends how many doubles to whom: an MPI_Alltoallv in the making. Zeroed, then
 * pulse_alltoallv_add for each rank in order. */
struct pulse_alltoallv {
    int *send, *send_at; /* per rank: doubles, and where they begin */
    int *receive, *receive_at;
    int64_t sent, received; /* so far in all: the sizes of the two buffers */
};

/* Notes that `rank` gets `n_to` doubles from us and sends us `n_from`. */
int pulse_alltoallv_add(const struct pulse_comm *comm, struct pulse_alltoallv *alltoallv, int rank,
                        int64_t n_to, int64_t n_from, struct pulse_err *err);
void pulse_alltoallv_clear(struct pulse_alltoallv *alltoallv);

/* Collective: the exchange itself; `what` names it in an error. */
int pulse_alltoallv_run(const struct pulse_comm *comm, const struct pulse_alltoallv *alltoallv,
                        const double *send, double *receive, const char *what,
                        struct pulse_err *err);

/* Dies if a signal is pending, after saving what there is to save; gives ranks that got the signal
 * at the same time a second to do so. */
void pulse_comm_abort_if_interrupted(const struct pulse_comm *comm);

/* Ends the process, of which a signal is pending, from a thread that may not call MPI: one line,
 * which says whether anything was saved, and mpirun ends the others. */
_Noreturn void pulse_comm_abort_from_thread(const struct pulse_comm *comm, bool saved);

/* Zero-byte notes to rank 0, which counts them: how far the ranks are. Sent without waiting. Rank 0
 * has to have counted all of them before MPI ends. */
void pulse_note_send(const struct pulse_comm *comm);
int64_t pulse_notes_arrived(const struct pulse_comm *comm);

#endif
