#include "results/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mpi/collect.h"
#include "results/byte_transport.h"
#include "results/file.h"

/* What goes before a column; a set of -1 says that the sender has no more. */
struct head {
    int64_t set, variable, bytes;
};

/* ---- Columns -------------------------------------------------------------------- */

int pulse_results_send_column(const struct pulse_results *results, int set, int64_t variable,
                              const void *data, int64_t n)
{
    const struct head head = {set, variable, n * (int64_t)sizeof(double)};
    return pulse_bytes_send(results->comm, 0, PULSE_TAG_COLUMN, &head, sizeof head) == 0 &&
                   pulse_bytes_send(results->comm, 0, PULSE_TAG_DATA, data, head.bytes) == 0
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
        if (MPI_Recv(&head, sizeof head, MPI_BYTE, MPI_ANY_SOURCE, PULSE_TAG_COLUMN, comm->comm,
                     &from) != MPI_SUCCESS)
            return -1;
        if (head.set < 0) {
            left--;
            continue;
        }
        if (pulse_bytes_receive(comm, from.MPI_SOURCE, PULSE_TAG_DATA, results->column,
                                head.bytes) != 0)
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
    if (!results->header.gather)
        return 0;
    const int status = results->comm->rank == 0
                           ? take_columns(results, &written)
                           : pulse_bytes_send(results->comm, 0, PULSE_TAG_COLUMN, &end, sizeof end);
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
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return pulse_fail_writing(err, errno, "making a file in %s", directory);
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
    int hidden = access(path, F_OK) != 0;
    const int status =
        pulse_reduce(comm, &hidden, 1, MPI_INT, MPI_MAX, "looking for a common directory", err);
    if (comm->rank == 0)
        (void)unlink(path);
    *gather = hidden != 0;
    return status;
}
