#include "mpi/comm.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/shutdown.h"

static int env_int(const char *name, int otherwise)
{
    const char *text = getenv(name);
    int64_t n;
    return pulse_parse_int(text, 0, INT_MAX, &n) ? (int)n : otherwise;
}

int pulse_comm_rank_hint(void)
{
    return env_int("OMPI_COMM_WORLD_RANK", 0);
}

/* Probing for fabrics costs ten times what a small run takes, and one node has none to find. */
static void prefer_shared_memory(void)
{
    if (env_int("OMPI_COMM_WORLD_LOCAL_SIZE", 1) != env_int("OMPI_COMM_WORLD_SIZE", 1))
        return;
    (void)setenv("OMPI_MCA_pml", "ob1", 0);
    (void)setenv("OMPI_MCA_btl", "self,vader", 0);
    (void)setenv("OMPI_MCA_osc", "^ucx", 0);
}

/* At its end MPI sends mpirun several short messages over a TCP connection of PMIx, which keeps
 * each back until the one before it is acknowledged: 40 ms, as long as a small run computes. Nobody
 * gives us that connection, and no other of the few that are open yet minds. */
static void send_at_once(void)
{
    enum { FIRST = 3, END = 256 };
    const int on = 1;
    for (int fd = FIRST; fd < END; fd++)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* The nodes, and an instant that all ranks have in common: when a barrier let the first one of each
 * node go. The ranks of a node have one clock. */
static int look_around(struct pulse_comm *comm)
{
    int code = MPI_Comm_split_type(comm->comm, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL,
                                   &comm->on_node);
    if (code != MPI_SUCCESS)
        return code;
    (void)MPI_Comm_set_errhandler(comm->on_node, MPI_ERRORS_RETURN);
    (void)MPI_Comm_rank(comm->on_node, &comm->rank_on_node);
    const int first = comm->rank_on_node == 0;
    int before = 0;
    code = MPI_Allreduce(&first, &comm->nodes, 1, MPI_INT, MPI_SUM, comm->comm);
    if (code == MPI_SUCCESS)
        code = MPI_Exscan(&first, &before, 1, MPI_INT, MPI_SUM, comm->comm);
    comm->node = comm->rank == 0 ? 0 : before; /* of rank 0 MPI_Exscan sets nothing */
    if (code == MPI_SUCCESS)
        code = MPI_Bcast(&comm->node, 1, MPI_INT, 0, comm->on_node);
    if (code == MPI_SUCCESS)
        code = MPI_Barrier(comm->comm);
    const double now = pulse_seconds();
    return code == MPI_SUCCESS
               ? MPI_Allreduce(&now, &comm->instant, 1, MPI_DOUBLE, MPI_MIN, comm->on_node)
               : code;
}

int pulse_comm_init(struct pulse_comm *comm, struct pulse_err *err)
{
    prefer_shared_memory();
    int provided; /* a thread that saves calls no MPI */
    if (pulse_mpi_check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "MPI_Init",
                        err) != 0)
        return -1;
    send_at_once();
    if (pulse_mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &comm->comm), "MPI_Comm_dup", err) != 0)
        return -1;
    (void)MPI_Comm_set_errhandler(comm->comm, MPI_ERRORS_RETURN);
    (void)MPI_Comm_rank(comm->comm, &comm->rank);
    (void)MPI_Comm_size(comm->comm, &comm->size);
    return pulse_mpi_check(look_around(comm), "counting the nodes", err);
}

void pulse_comm_finalize(struct pulse_comm *comm)
{
    (void)MPI_Comm_free(&comm->on_node);
    (void)MPI_Comm_free(&comm->comm);
    (void)fflush(NULL); /* Open MPI may die of its own threads here: what was said is said */
    (void)MPI_Finalize();
}

int pulse_comm_agree(const struct pulse_comm *comm, struct pulse_err *err)
{
    struct {
        int kind;
        int rank;
    } mine = {(int)err->kind, comm->rank}, worst;
    pulse_timeline_wait(comm->timeline, true);
    int code = MPI_Allreduce(&mine, &worst, 1, MPI_2INT, MPI_MAXLOC, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    if (code == MPI_SUCCESS && worst.kind == PULSE_OK)
        return 0;
    if (code == MPI_SUCCESS)
        code = MPI_Bcast(err, (int)sizeof *err, MPI_BYTE, worst.rank, comm->comm);
    (void)pulse_mpi_check(code, "agreeing on an error", err);
    return -1;
}

int pulse_barrier_sleep(const struct pulse_comm *comm, struct pulse_err *err)
{
    MPI_Request request;
    int here = 0, code = MPI_Ibarrier(comm->comm, &request);
    while (code == MPI_SUCCESS && !here) {
        code = MPI_Test(&request, &here, MPI_STATUS_IGNORE);
        if (!here)
            (void)usleep(200);
    }
    return pulse_mpi_check(code, "waiting for all ranks", err);
}

static _Noreturn void abort_job(const struct pulse_comm *comm, const struct pulse_err *err,
                                bool speak)
{
    if (speak)
        pulse_log_error(err);
    pulse_shutdown_remove_files();
    pulse_shutdown_release();
    (void)fflush(NULL);
    if (comm->size > 1)
        (void)MPI_Abort(comm->comm, pulse_exit_code(err->kind));
    else if (!pulse_shutdown_has_file()) /* alone, and no file open: MPI can clean up behind itself
                                          */
        (void)MPI_Finalize();
    _exit(pulse_exit_code(err->kind));
}

void pulse_comm_abort(const struct pulse_comm *comm, const struct pulse_err *err)
{
    abort_job(comm, err, true);
}

int pulse_mpi_check(int code, const char *what, struct pulse_err *err)
{
    if (code == MPI_SUCCESS)
        return 0;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    (void)MPI_Error_string(code, text, &length);
    return pulse_fail(err, PULSE_E_TEMPORARY,
                      "%s failed between ranks: %s; run the same command again", what, text);
}

int pulse_comm_bcast(const struct pulse_comm *comm, void *data, int64_t bytes,
                     struct pulse_err *err)
{
    const int64_t most = INT64_C(1) << 30;
    for (int64_t done = 0; done < bytes; done += most) {
        int64_t n = bytes - done < most ? bytes - done : most;
        pulse_timeline_wait(comm->timeline, true);
        int code = MPI_Bcast((char *)data + done, (int)n, MPI_BYTE, 0, comm->comm);
        pulse_timeline_wait(comm->timeline, false);
        if (pulse_mpi_check(code, "a broadcast", err) != 0)
            return -1;
    }
    return 0;
}

int pulse_comm_all_equal(const struct pulse_comm *comm, uint64_t hash, bool *equal,
                         struct pulse_err *err)
{
    /* max(h) and max(~h) from one reduction: equal hashes everywhere make them complements. */
    uint64_t mine[2] = {hash, ~hash}, most[2] = {0};
    const int code = MPI_Allreduce(mine, most, 2, MPI_UINT64_T, MPI_MAX, comm->comm);
    *equal = most[0] == ~most[1];
    return pulse_mpi_check(code, "comparing ranks", err);
}

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
    pulse_timeline_wait(comm->timeline, true);
    int code = MPI_Alltoallv(send, alltoallv->send, alltoallv->send_at, MPI_DOUBLE, receive,
                             alltoallv->receive, alltoallv->receive_at, MPI_DOUBLE, comm->comm);
    pulse_timeline_wait(comm->timeline, false);
    return pulse_mpi_check(code, what, err);
}

/* mpirun passes a signal on to all ranks: one of them speaks. */
static bool is_speaker(const struct pulse_comm *comm)
{
    return !pulse_shutdown_is_from_parent() || comm->rank == 0;
}

void pulse_comm_abort_if_interrupted(const struct pulse_comm *comm)
{
    if (pulse_shutdown_get_signal() == PULSE_OK)
        return;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    bool saved;
    pulse_shutdown_remove_files(); /* saving may take longer than mpirun lets us live */
    const bool saves = pulse_shutdown_save(&saved);
    pulse_shutdown_describe_signal(saved, &err);
    if (saves) {
        pulse_shutdown_release();
        /* The first rank to die takes the others with it. mpirun waits a second by itself. */
        if (comm->size > 1 && !pulse_shutdown_is_from_parent())
            (void)usleep(1000000);
    }
    abort_job(comm, &err, is_speaker(comm));
}

void pulse_comm_abort_from_thread(const struct pulse_comm *comm, bool saved)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    pulse_shutdown_describe_signal(saved, &err);
    if (is_speaker(comm))
        pulse_log_error(&err);
    pulse_shutdown_remove_files();
    pulse_shutdown_release();
    _exit(pulse_exit_code(err.kind));
}

enum { NOTE_TAG = 2 };

void pulse_note_send(const struct pulse_comm *comm)
{
    MPI_Request request;
    if (MPI_Isend(NULL, 0, MPI_BYTE, 0, NOTE_TAG, comm->comm, &request) == MPI_SUCCESS)
        (void)MPI_Request_free(&request);
}

int64_t pulse_notes_arrived(const struct pulse_comm *comm)
{
    int64_t n = 0;
    int here = 1;
    while (MPI_Iprobe(MPI_ANY_SOURCE, NOTE_TAG, comm->comm, &here, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           here) {
        if (MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, NOTE_TAG, comm->comm, MPI_STATUS_IGNORE) !=
            MPI_SUCCESS)
            break;
        n++;
    }
    return n;
}
