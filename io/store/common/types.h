/* What the store, its two backends and its callers hand each other. Plain data. */
#ifndef PULSE_STORE_COMMON_TYPES_H
#define PULSE_STORE_COMMON_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Strings are borrowed for the life of the process; NULL or 0 stands for the default. */
struct pulse_store_options {
    const char *region;       /* else AWS_REGION, AWS_DEFAULT_REGION, the profile's */
    const char *endpoint_url; /* else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS itself */
    int requester_pays;       /* for requests and bytes, not the bucket's owner */
    bool anonymous;           /* requests to S3 carry no signature, and need no credentials */
    int concurrency;          /* requests in flight; 8 */
    const char *cache_dir;    /* else $XDG_CACHE_HOME/pulse or ~/.cache/pulse */
    bool no_cache;
    int64_t cache_bytes; /* 10 GiB */
    /* Asked during waits for servers: PULSE_OK, or the kind of error that ends the wait, such as
     * that of a signal. */
    enum pulse_kind (*stop)(void);
};

/* Bytes to read, and the buffer for them. */
struct pulse_range {
    int64_t offset;
    int64_t bytes;
    void *out;
};

/* Receives the bytes of a file or object in order; -1 from a function ends the stream. */
struct pulse_store_sink {
    int (*take)(void *context, const void *bytes, int64_t n, struct pulse_err *err);
    int (*again)(void *context, struct pulse_err *err); /* drops all it took; NULL: it cannot */
    void *context;
};

/* The bytes that a file or object is to be written from. */
struct pulse_store_source {
    int64_t bytes;
    int (*read)(void *context, int64_t offset, void *out, int64_t bytes, struct pulse_err *err);
    void *context;
};

#endif
