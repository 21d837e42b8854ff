/* What the store has done since the process began: bytes, requests, cache hits, retries. Threads
 * may count at the same time. Knows nothing of files, servers or S3. */
#ifndef PULSE_STORE_COMMON_COUNTS_H
#define PULSE_STORE_COMMON_COUNTS_H

#include <stdint.h>

/* Local files count in bytes_read only. */
struct pulse_store_counts {
    int64_t bytes_read; /* of files, and of bodies received */
    int64_t requests;   /* HTTP requests sent, repeated ones too */
    int64_t cache_hits; /* blocks found in the cache */
    int64_t retries;
};

/* All that was counted so far. No errors. */
struct pulse_store_counts pulse_store_counts(void);

/* Adds to the counts: also what a child process counted. No errors. */
void pulse_store_count(const struct pulse_store_counts *more);

#endif
