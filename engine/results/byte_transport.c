#include "results/byte_transport.h"

static const int64_t most = INT64_C(1) << 30;

int pulse_bytes_send(const struct pulse_comm *comm, int to, int tag, const void *data,
                     int64_t bytes)
{
    int code = MPI_SUCCESS;
    for (int64_t at = 0; code == MPI_SUCCESS && at < bytes; at += most)
        code = MPI_Send((const char *)data + at, (int)(bytes - at < most ? bytes - at : most),
                        MPI_BYTE, to, tag, comm->comm);
    return code == MPI_SUCCESS ? 0 : -1;
}

int pulse_bytes_receive(const struct pulse_comm *comm, int from, int tag, void *data, int64_t bytes)
{
    int code = MPI_SUCCESS;
    for (int64_t at = 0; code == MPI_SUCCESS && at < bytes; at += most)
        code = MPI_Recv((char *)data + at, (int)(bytes - at < most ? bytes - at : most), MPI_BYTE,
                        from, tag, comm->comm, MPI_STATUS_IGNORE);
    return code == MPI_SUCCESS ? 0 : -1;
}
