#include "run/usage.h"

#include <sys/resource.h>

int64_t pulse_usage_peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

int pulse_usage_gather(const struct pulse_comm *comm, struct pulse_usage *usage,
                       struct pulse_err *err)
{
    const struct pulse_store_counts counts = pulse_store_counts();
    const int64_t count[4] = {counts.bytes_read, counts.requests, counts.cache_hits,
                              counts.retries};
    const int64_t mine = pulse_usage_peak_rss_bytes();
    int64_t sum[4] = {0};
    int code = MPI_Allreduce(count, sum, 4, MPI_INT64_T, MPI_SUM, comm->comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(&mine, &usage->peak_rss_bytes, 1, MPI_INT64_T, MPI_MAX, comm->comm);
    usage->io = (struct pulse_store_counts){sum[0], sum[1], sum[2], sum[3]};
    return pulse_mpi_check(code, "collecting what was used", err);
}
