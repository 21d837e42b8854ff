/* The thread that writes blocks into the cache, one after the other, while whoever fetched them
 * goes on: writing takes longer than fetching from a near server. Knows nothing of files. Internal
 * to io/store/s3. */
#ifndef PULSE_STORE_S3_CACHE_THREAD_H
#define PULSE_STORE_S3_CACHE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "store/aws/sigv4.h"

struct pulse_cache_job {
    char name[PULSE_SHA256_HEX];
    const void *bytes; /* borrowed until the job is done */
    int64_t n;
};

struct pulse_cache_thread;

/* A thread that calls `keep` for each job, in order. NULL where there can be none. */
struct pulse_cache_thread *pulse_cache_thread_new(void (*keep)(void *context,
                                                               const struct pulse_cache_job *job),
                                                  void *context);
void pulse_cache_thread_free(struct pulse_cache_thread *thread); /* all jobs are done then */

/* Adds a copy of the job; waits for an earlier one where there are many. */
void pulse_cache_thread_add(struct pulse_cache_thread *thread, const struct pulse_cache_job *job);

/* Whether a job on these bytes is not done yet; NULL: any job. */
bool pulse_cache_thread_has(struct pulse_cache_thread *thread, const void *bytes);
void pulse_cache_thread_wait(struct pulse_cache_thread *thread, const void *bytes);

#endif
