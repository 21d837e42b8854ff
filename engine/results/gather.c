/* results.h5 of nodes that share no disk: rank 0 has the file, and the others send it their
 * columns. In what order they come does not matter, since each has a place of its own. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "results/file.h"

enum { TAG_COLUMN = 71, TAG_DATA, TAG_WHOLE };

/* What goes before a column; a set of -1 says that the sender has no more. */
struct head {
    int64_t set, variable, bytes;
};

bool pulse_results_has_file(const struct pulse_results *results)
{
    return !results->frame.gather || results->comm->rank == 0;
}

/* ---- Bytes ---------------------------------------------------------------------- */

/* An MPI message has at most 2^31 - 1 elements. */
static const int64_t most = INT64_C(1) << 30;

static int send_bytes(const struct pulse_comm *comm, int to, int tag, const void *data,
                      int64_t bytes)
{
    int code = MPI_SUCCESS;
    for (int64_t at = 0; code == MPI_SUCCESS && at < bytes; at += most)
        code = MPI_Send((const char *)data + at, (int)(bytes - at < most ? bytes - at : most),
                        MPI_BYTE, to, tag, comm->comm);
    return code == MPI_SUCCESS ? 0 : -1;
}

static int receive_bytes(const struct pulse_comm *comm, int from, int tag, void *data,
                         int64_t bytes)
{
    int code = MPI_SUCCESS;
    for (int64_t at = 0; code == MPI_SUCCESS && at < bytes; at += most)
        code = MPI_Recv((char *)data + at, (int)(bytes - at < most ? bytes - at : most), MPI_BYTE,
                        from, tag, comm->comm, MPI_STATUS_IGNORE);
    return code == MPI_SUCCESS ? 0 : -1;
}

int pulse_results_hand_over(const struct pulse_results *results, const void *data, int64_t bytes)
{
    return send_bytes(results->comm, 0, TAG_WHOLE, data, bytes);
}

void *pulse_results_take_over(const struct pulse_results *results, int64_t bytes)
{
    struct pulse_err err = {0};
    void *room = pulse_calloc(bytes, 1, "results of another node", &err);
    if (room != NULL &&
        receive_bytes(results->comm, results->comm->size - 1, TAG_WHOLE, room, bytes) != 0)
        (void)pulse_fail(&err, PULSE_E_TEMPORARY,
                         "results of another node did not come; run the same command again");
    if (err.kind != PULSE_OK)
        pulse_comm_abort(results->comm, &err); /* the other rank waits for us to take it */
    return room;
}

/* ---- Columns -------------------------------------------------------------------- */

int pulse_results_send_column(const struct pulse_results *results, int set, int64_t variable,
                              const void *data, int64_t n)
{
    const struct head head = {set, variable, n * (int64_t)sizeof(double)};
    return send_bytes(results->comm, 0, TAG_COLUMN, &head, sizeof head) == 0 &&
                   send_bytes(results->comm, 0, TAG_DATA, data, head.bytes) == 0
               ? 0
               : -1;
}

/* Takes what the others send until each has said that it has no more; a column that cannot be
 * written is still taken, or its sender would wait for ever. */
static int take_columns(struct pulse_results *results, bool *written)
{
    const struct pulse_comm *comm = results->comm;
    for (int left = comm->size - 1; left > 0;) {
        struct head head;
        MPI_Status from;
        if (MPI_Recv(&head, sizeof head, MPI_BYTE, MPI_ANY_SOURCE, TAG_COLUMN, comm->comm, &from) !=
            MPI_SUCCESS)
            return -1;
        if (head.set < 0) {
            left--;
            continue;
        }
        if (receive_bytes(comm, from.MPI_SOURCE, TAG_DATA, results->column, head.bytes) != 0)
            return -1;
        if (*written &&
            pulse_results_put_column(results, (int)head.set, head.variable, results->column) != 0)
            *written = false;
    }
    return 0;
}

int pulse_results_collect(struct pulse_results *results, struct pulse_err *err)
{
    static const struct head end = {-1, 0, 0};
    bool written = true;
    if (!results->frame.gather)
        return 0;
    const int status = results->comm->rank == 0
                           ? take_columns(results, &written)
                           : send_bytes(results->comm, 0, TAG_COLUMN, &end, sizeof end);
    if (status != 0)
        return pulse_fail(err, PULSE_E_TEMPORARY,
                          "results could not be sent between nodes; run the same command again");
    return written ? 0 : pulse_results_fail(results, "writing", err);
}

/* ---- Whether -------------------------------------------------------------------- */

/* Makes a file whose name nobody else has. */
static int make_mark(const char *directory, char path[PATH_MAX], struct pulse_err *err)
{
    (void)snprintf(path, PATH_MAX, "%s/.pulse-seen-XXXXXX", directory);
    const int fd = mkstemp(path);
    if (fd < 0)
        return pulse_fail_errno(err, errno, "making a file in %s", directory);
    (void)close(fd);
    return 0;
}

int pulse_results_must_gather(const struct pulse_comm *comm, const char *directory, bool *gather,
                              struct pulse_err *err)
{
    char path[PATH_MAX] = "";
    *gather = false;
    if (comm->nodes == 1)
        return 0;
    if (comm->rank == 0)
        (void)make_mark(directory, path, err);
    if (pulse_comm_agree(comm, err) != 0 || pulse_comm_bcast(comm, path, sizeof path, err) != 0)
        return -1;
    int hidden = access(path, F_OK) != 0, any = 0;
    const int code = MPI_Allreduce(&hidden, &any, 1, MPI_INT, MPI_MAX, comm->comm);
    if (comm->rank == 0)
        (void)unlink(path);
    *gather = any != 0;
    return pulse_mpi_check(code, "looking for a common directory", err);
}
