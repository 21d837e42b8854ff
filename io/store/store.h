/* Where datasets and results lie: files of local disks and objects of S3 ("s3://bucket/key"),
 * through one interface. A reader of io/data asks for ranges of bytes and never for a file
 * descriptor. Knows nothing of formats or MPI. Threads may use it, each its own open objects: one
 * is at work at a time, others while it waits for a server. Each process and each thread has its
 * own connections; a process is not forked while another of its threads is at work here. */
#ifndef PULSE_STORE_STORE_H
#define PULSE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* ---- Settings and figures of the process ---------------------------------------- */

/* Strings are borrowed for the life of the process; NULL or 0 stands for the default. */
struct pulse_store_options {
    const char *region;       /* else AWS_REGION, AWS_DEFAULT_REGION, the profile's */
    const char *endpoint_url; /* else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS itself */
    int concurrency;          /* requests in flight; 8 */
    const char *cache_dir;    /* else $XDG_CACHE_HOME/pulse or ~/.cache/pulse */
    bool no_cache;
    int64_t cache_bytes; /* 10 GiB */
    enum pulse_kind (*stop)(
        void); /* asked while waiting for servers: a signal that came, or PULSE_OK */
};

/* Before the first use of an s3 URI; without it all defaults hold. */
void pulse_store_configure(const struct pulse_store_options *options);

/* The calling thread uses the store no more: its connections are closed. For all but the one that
 * calls pulse_store_finish. */
void pulse_store_leave(void);

/* Closes connections and forgets secrets, once all other threads have left. Legal when nothing was
 * opened. */
void pulse_store_finish(void);

/* Since the process began. Local files count in bytes_read only. */
struct pulse_store_counts {
    int64_t bytes_read; /* of files, and of bodies received */
    int64_t requests;   /* HTTP requests sent, repeated ones too */
    int64_t cache_hits; /* blocks found in the cache */
    int64_t retries;
};
struct pulse_store_counts pulse_store_counts(void);

/* Adds what a child process counted. */
void pulse_store_count(const struct pulse_store_counts *more);

/* ---- Reading -------------------------------------------------------------------- */

bool pulse_store_is_s3(const char *uri);

struct pulse_object; /* one open file or object */

/* PULSE_E_INPUT when it is absent, not readable or no regular file; PULSE_E_STORAGE when S3 refuses
 * for good, PULSE_E_TEMPORARY when it may answer another time. */
int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err);
void pulse_store_close(struct pulse_object *object);

/* Bytes it had when it was opened; the uri is borrowed from the object. */
int64_t pulse_store_size(const struct pulse_object *object);
const char *pulse_store_uri(const struct pulse_object *object);

/* Names this content among all the object ever had: the ETag, or size and time of change of a file.
 * Borrowed from the object. */
const char *pulse_store_version(const struct pulse_object *object);

/* Reads exactly `bytes` bytes from `offset`. A file that has become shorter and an object that has
 * changed since it was opened are PULSE_E_INPUT. */
int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err);

/* Says that [offset, offset + bytes) will be read from its beginning to its end: then the blocks
 * after the one at hand are fetched while its reader works, 8 MiB by each request at once, and as
 * much memory is taken. */
void pulse_store_will_read(struct pulse_object *object, int64_t offset, int64_t bytes);

struct pulse_range {
    int64_t offset;
    int64_t bytes;
    void *out;
};

/* Reads `n` ranges, from S3 in parallel, adjacent ones merged, and not a byte more: for readers
 * that jump. pulse_store_read fetches whole blocks, for those that read on. */
int pulse_store_read_ranges(struct pulse_object *object, const struct pulse_range *ranges,
                            int64_t n, struct pulse_err *err);

/* Takes a stretch of bytes; -1 ends it all. */
struct pulse_store_sink {
    int (*take)(void *context, const void *bytes, int64_t n, struct pulse_err *err);
    int (*again)(void *context, struct pulse_err *err); /* forgets what it took; NULL: cannot */
    void *context;
};

/* Hands on all bytes from the first to the last; from S3 so that all connections are always in use.
 * PULSE_E_TEMPORARY when an object's bytes do not add up to the checksum that S3 has of them, where
 * it has one, after as many attempts as the sink allows: what was taken is to be thrown away. */
int pulse_store_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                       struct pulse_err *err);

/* ---- Directories and prefixes --------------------------------------------------- */

/* Whether `uri` is a directory, or a prefix under which objects lie ("s3://bucket", "s3://b/dir",
 * with or without a last slash); neither that nor an object is PULSE_E_INPUT. */
int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err);

struct pulse_store_entry {
    char *name; /* without the directory */
    int64_t bytes;
    int64_t modified; /* Unix time in seconds, by the server's clock; 0 where it does not tell */
    bool directory;   /* only where asked for */
};

struct pulse_listing {
    int64_t n;
    struct pulse_store_entry *entries; /* in strcmp order of their names */
};

/* The files right inside a directory or prefix, without hidden ones; sub-directories only
 * `with_directories`. */
int pulse_store_list(const char *uri, bool with_directories, struct pulse_listing *out,
                     struct pulse_err *err);
void pulse_listing_clear(struct pulse_listing *listing);

/* directory + "/" + name, without doubling the slash; NULL with PULSE_E_MEMORY. To be freed. */
char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err);

/* ---- Writing -------------------------------------------------------------------- */

/* Makes `uri` what the local file `path` holds, whole or not at all: rename, or one PUT, or a
 * multipart upload completed last and aborted on failure. */
int pulse_store_put_file(const char *path, const char *uri, struct pulse_err *err);
int pulse_store_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err);

/* From now on `at` is told which part of a file pulse_store_put_file has sent, 0 to 1, where it
 * goes in parts; NULL for nobody. */
void pulse_store_watch_puts(void (*at)(void *context, double share), void *context);

/* PULSE_E_INPUT when it is absent (S3 does not tell: then success). */
int pulse_store_delete(const char *uri, struct pulse_err *err);

#endif
