#include "run/usage.h"

#include <sys/resource.h>

#include "mpi/collect.h"

int64_t pulse_usage_peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

int pulse_usage_gather(const struct pulse_comm *comm, struct pulse_usage *usage,
                       struct pulse_err *err)
{
    const struct pulse_store_counts counts = pulse_store_counts();
    static const char *const what = "collecting what was used";
    int64_t sum[4] = {counts.bytes_read, counts.requests, counts.cache_hits, counts.retries};
    usage->peak_rss_bytes = pulse_usage_peak_rss_bytes();
    int status = pulse_reduce(comm, sum, 4, MPI_INT64_T, MPI_SUM, what, err);
    if (status == 0)
        status = pulse_reduce(comm, &usage->peak_rss_bytes, 1, MPI_INT64_T, MPI_MAX, what, err);
    usage->io = (struct pulse_store_counts){sum[0], sum[1], sum[2], sum[3]};
    return status;
}
