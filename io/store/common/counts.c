#include "store/common/counts.h"

#include "store/common/store_lock.h"

static struct pulse_store_counts counts;

struct pulse_store_counts pulse_store_counts(void)
{
    pulse_store_lock_take();
    const struct pulse_store_counts now = counts;
    pulse_store_lock_release();
    return now;
}

void pulse_store_count(const struct pulse_store_counts *more)
{
    pulse_store_lock_take();
    counts.bytes_read += more->bytes_read;
    counts.requests += more->requests;
    counts.cache_hits += more->cache_hits;
    counts.retries += more->retries;
    pulse_store_lock_release();
}
