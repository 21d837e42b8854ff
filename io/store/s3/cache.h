/* Blocks of objects on local disk, shared by the processes of a machine and by later runs. No
 * function returns an error: a cache that cannot be used is none, after one warning. Knows nothing
 * of S3 or HTTP; keys are what the caller says. */
#ifndef PULSE_STORE_S3_CACHE_H
#define PULSE_STORE_S3_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* Identifies a content: together with the ETag, these change when it does. Borrowed. */
struct pulse_cache_key {
    const char *endpoint;
    const char *bucket;
    const char *key;
    const char *etag;
};

struct pulse_cache;

/* Opens (makes) the cache under `directory`, private to the user (0700); NULL when that is not
 * possible, after one warning. `max_bytes`: least recently used blocks are removed beyond it. */
struct pulse_cache *pulse_cache_open(const char *directory, int64_t max_bytes);
void pulse_cache_close(struct pulse_cache *cache); /* when all that was put is kept */

/* Copies block `block` of that content to `out` if all of its `bytes` bytes are there and their
 * checksum is right; a damaged one is removed. */
bool pulse_cache_get(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                     void *out, int64_t bytes);

/* Keeps a block: written under a temporary name, then renamed. Without fsync: the checksum finds
 * what a crash has damaged. A thread does it meanwhile: `bytes` may change only when
 * pulse_cache_keeps no longer says so, or after pulse_cache_wait. */
void pulse_cache_put(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                     const void *bytes, int64_t n);

/* Whether a block at `bytes` is still being kept; waiting for its end, of all blocks with NULL. */
bool pulse_cache_keeps(struct pulse_cache *cache, const void *bytes);
void pulse_cache_wait(struct pulse_cache *cache, const void *bytes);

/* Removes a block, whose content turned out wrong. */
void pulse_cache_drop(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                      int64_t bytes);

#endif
