/* Who we are among the ranks, and how ranks agree: the only module that names MPI_COMM_WORLD.
 * Knows nothing of variables, windows or files.
 *
 * A process without a launcher, or the only one of its launcher, is a world of one rank, and MPI is
 * never started in it. So: whoever calls MPI does so only where `size` is above 1. The functions
 * here and those of collect.h, scan.h see to that themselves; of one rank they return at once, or
 * copy. Files of HDF5 take the driver of MPI only where there are several ranks. */
#ifndef PULSE_MPI_COMM_H
#define PULSE_MPI_COMM_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "mpi/timeline.h"

struct pulse_comm {
    MPI_Comm comm; /* our own duplicate of MPI_COMM_WORLD, errors returned; MPI_COMM_NULL: alone */
    int rank;
    int size;
    int nodes;        /* hosts the ranks run on */
    int node;         /* which of them is ours, in the order of their lowest ranks */
    MPI_Comm on_node; /* the ranks there, in order, errors returned; as comm */
    int rank_on_node;
    double instant; /* one and the same on all ranks, each on its node's clock (pulse_seconds) */
    struct pulse_timeline *timeline; /* records when this rank waits for others; may be NULL */
};

/* Starts MPI if the launcher says that there are other ranks (mpi/launcher.h). Unless the user
 * chose: on a single node with Open MPI's light shared-memory path, and with ranks that wait
 * without spinning where they share processors. Fails where a launcher that does not fit has made
 * each of several processes a world of its own. */
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

/* Dies if a signal is pending, after saving what there is to save; gives ranks that got the signal
 * at the same time a second to do so. */
void pulse_comm_abort_if_interrupted(const struct pulse_comm *comm);

/* Ends the process, of which a signal is pending, from a thread that may not call MPI: one line,
 * which says whether anything was saved, and mpirun ends the others. */
_Noreturn void pulse_comm_abort_from_thread(const struct pulse_comm *comm, bool saved);

/* Zero-byte notes of the other ranks to rank 0, which counts them: how far they are. Sent without
 * waiting. Rank 0 has to have counted all of them before MPI ends. */
void pulse_note_send(const struct pulse_comm *comm);
int64_t pulse_notes_arrived(const struct pulse_comm *comm);

#endif
