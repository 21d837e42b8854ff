#include "mpi/comm.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "mpi/launcher.h"
#include "mpi/segments.h"

/* Probing for fabrics costs ten times what a small run takes, and one node has none to find. What
 * the user chose stands. */
static void set_preferences(const struct pulse_launcher *launcher)
{
    if (pulse_launcher_shares(launcher))
        (void)setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    if (!pulse_launcher_is_one_node(launcher))
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

/* A world of one, in which nothing is called of MPI: a process that Open MPI has no launcher for
 * costs 0.2 s to start, and now and then dies of Open MPI's own threads at its end. */
static void be_alone(struct pulse_comm *comm)
{
    *comm = (struct pulse_comm){.comm = MPI_COMM_NULL,
                                .size = 1,
                                .nodes = 1,
                                .on_node = MPI_COMM_NULL,
                                .instant = pulse_seconds()};
}

int pulse_comm_init(struct pulse_comm *comm, struct pulse_err *err)
{
    const struct pulse_launcher launcher = pulse_launcher_find();
    be_alone(comm);
    if (!launcher.connects)
        return pulse_launcher_check(&launcher, 1, err);
    set_preferences(&launcher);
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
    if (pulse_launcher_check(&launcher, comm->size, err) != 0)
        return -1;
    if (pulse_mpi_check(look_around(comm), "counting the nodes", err) != 0)
        return -1;
    if (comm->rank_on_node == 0) /* all have mapped theirs */
        pulse_segments_sweep("/dev/shm");
    return 0;
}

void pulse_comm_finalize(struct pulse_comm *comm)
{
    if (comm->comm == MPI_COMM_NULL)
        return;
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
    if (comm->size == 1)
        return err->kind == PULSE_OK ? 0 : -1;
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
    int here = 0, code = MPI_SUCCESS;
    if (comm->size == 1)
        return 0;
    code = MPI_Ibarrier(comm->comm, &request);
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
    if (comm->comm != MPI_COMM_NULL)
        (void)MPI_Abort(comm->comm, pulse_exit_code(err->kind));
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
    if (is_speaker(comm)) /* now: mpirun kills us within a second */
        pulse_log_error(&err);
    if (saves) {
        pulse_shutdown_release();
        if (comm->size > 1) /* the first rank to die takes the others with it */
            (void)usleep(1000000);
    }
    abort_job(comm, &err, false);
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
    assert(comm->rank > 0);
    if (MPI_Isend(NULL, 0, MPI_BYTE, 0, NOTE_TAG, comm->comm, &request) == MPI_SUCCESS)
        (void)MPI_Request_free(&request);
}

int64_t pulse_notes_arrived(const struct pulse_comm *comm)
{
    int64_t n = 0;
    int here = comm->size > 1;
    while (here &&
           MPI_Iprobe(MPI_ANY_SOURCE, NOTE_TAG, comm->comm, &here, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           here) {
        if (MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, NOTE_TAG, comm->comm, MPI_STATUS_IGNORE) !=
            MPI_SUCCESS)
            break;
        n++;
    }
    return n;
}
