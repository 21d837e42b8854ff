/* What messages between two ranks cost, as JSON on standard output of rank 0: "latency" seconds of
 * an empty one, "bandwidth" bytes a second of long ones. The best of many turns: whoever else is at
 * work on the machine only adds.
 *
 *     mpirun -n 2 bench_messages
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "mpi/comm.h"

enum { ROUNDS = 20, TURNS = 200, LONG_BYTES = 1 << 20 };

/* Seconds that a message of so many bytes takes, there and back being two. */
static double time_message(const struct pulse_comm *comm, char *bytes, int count)
{
    double best = 1e9;
    for (int turn = 0; turn < TURNS; turn++) {
        const double began = MPI_Wtime();
        for (int i = 0; i < ROUNDS; i++)
            for (int from = 0; from < 2; from++)
                if (comm->rank == from)
                    (void)MPI_Send(bytes, count, MPI_BYTE, 1 - from, 1, comm->comm);
                else
                    (void)MPI_Recv(bytes, count, MPI_BYTE, from, 1, comm->comm, MPI_STATUS_IGNORE);
        const double spent = (MPI_Wtime() - began) / (2 * ROUNDS);
        best = spent < best ? spent : best;
    }
    return best;
}

int main(void)
{
    struct pulse_comm comm;
    struct pulse_err err = {.kind = PULSE_OK};
    char *bytes = calloc(LONG_BYTES, 1);
    int code = 1;
    if (bytes == NULL || pulse_comm_init(&comm, &err) != 0)
        goto done;
    if (comm.size == 2) {
        const double latency = time_message(&comm, bytes, 0);
        const double spent = time_message(&comm, bytes, LONG_BYTES);
        if (comm.rank == 0)
            (void)printf("{\"latency\": %.3g, \"bandwidth\": %.3g}\n", latency,
                         LONG_BYTES / (spent - latency));
        code = 0;
    }
    pulse_comm_finalize(&comm);
done:
    if (code != 0)
        (void)fprintf(stderr, "bench_messages: start it as mpirun -n 2 bench_messages\n");
    free(bytes);
    return code;
}
