/* Files of local disks and objects of S3 ("s3://bucket/key") through one interface: ranges of
 * bytes, never a file descriptor. Knows nothing of formats or MPI. Threads may use it, each its own
 * open objects: one is at work at a time, others while it waits for a server. Each process and each
 * thread has its own connections; do not fork while another thread is at work here.
 *
 * Errors, where a function names no others. PULSE_E_INPUT: it is absent, or may not be read.
 * PULSE_E_CHANGED: an object of S3 was replaced since it was opened. PULSE_E_USAGE: the uri or an
 * option is malformed. PULSE_E_STORAGE: the disk or S3 refuses for good. PULSE_E_TEMPORARY: S3 may
 * answer another time. PULSE_E_MEMORY. PULSE_E_SIGINT and PULSE_E_SIGTERM: the `stop` of the
 * options ended a wait. */
#ifndef PULSE_STORE_STORE_H
#define PULSE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "store/common/counts.h"
#include "store/common/listing.h"
#include "store/common/types.h"
#include "store/common/uri.h"

/* What a server copies while we wait: S3 may copy 5 GB, at some 100 MB/s. */
#define PULSE_STORE_COPY_BYTES (INT64_C(1) << 30)

/* ---- Settings of the process ----------------------------------------------------- */

/* Before the first use of an s3 uri; without it all defaults hold. No errors: a malformed option is
 * PULSE_E_USAGE of the first request. */
void pulse_store_configure(const struct pulse_store_options *options);

/* Closes the connections of the calling thread, which uses the store no more. For every thread but
 * the one that calls pulse_store_finish. No errors. */
void pulse_store_leave(void);

/* Closes connections and forgets secrets, once all other threads have left. Legal when nothing was
 * opened. No errors. */
void pulse_store_finish(void);

/* Wipes what this process knows of credentials, the variables AWS_… of its environment too; for a
 * child that needs none, with no other thread. It uses the store no more. No errors. */
void pulse_store_drop_secrets(void);

/* What objects were is asked for anew: others have written to them. No errors. */
void pulse_store_forget(void);

/* ---- Reading -------------------------------------------------------------------- */

struct pulse_object; /* one open file or object */

/* Opens a file or object; *out is the caller's to close, untouched on failure. Errors as above;
 * PULSE_E_INPUT also for what is no regular file. */
int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err);

/* The same of what may well be absent: *out is NULL, without an error, where pulse_store_open would
 * say PULSE_E_INPUT. It costs no look at what else lies there, which is what that may advise. */
int pulse_store_open_if_any(const char *uri, struct pulse_object **out, struct pulse_err *err);

/* Frees it; NULL is legal. No errors. */
void pulse_store_close(struct pulse_object *object);

/* Bytes of a file or object, 0 where it cannot be opened. No errors. */
int64_t pulse_store_bytes_of(const char *uri);

/* Bytes it had when it was opened; its uri, borrowed from the object. No errors. */
int64_t pulse_store_size(const struct pulse_object *object);
const char *pulse_store_uri(const struct pulse_object *object);

/* Distinguishes this content from all others the object ever had: the ETag, or size and time of
 * change of a file. Borrowed from the object. No errors. */
const char *pulse_store_version(const struct pulse_object *object);

/* Processes that read parts of one object compare what they have opened: the second is a hash of
 * that content since the first, 0 where no object of S3 was opened, or several. Of files nothing is
 * said: hosts may have copies of one of their own. No errors. */
void pulse_store_begin_opening(void);
uint64_t pulse_store_opened_version(void);

/* The descriptor that a local file is read by, the object's own; -1 of an object in S3. Who reads
 * by it says with pulse_store_was_read how many bytes that were. No errors. */
int pulse_store_descriptor(const struct pulse_object *object);
void pulse_store_was_read(int64_t bytes);

/* Reads exactly `bytes` bytes from `offset`, in whole blocks from S3. Errors as above;
 * PULSE_E_INPUT also for a file that has become shorter and for bytes beyond the end. */
int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err);

/* Announces that [offset, offset + bytes) will be read from beginning to end: the blocks after the
 * current one are then fetched while the caller works, 8 MiB by each request in flight, and as much
 * memory is taken. No errors. */
void pulse_store_will_read(struct pulse_object *object, int64_t offset, int64_t bytes);

/* Reads `n` ranges, from S3 in parallel, adjacent ones merged, and not a byte more: for readers
 * that jump. Errors as of pulse_store_read. */
int pulse_store_read_ranges(struct pulse_object *object, const struct pulse_range *ranges,
                            int64_t n, struct pulse_err *err);

/* Hands all bytes to the sink in order; from S3 with all connections in use. Errors as of
 * pulse_store_read, and those of the sink. PULSE_E_TEMPORARY also when the bytes do not match the
 * object's checksum in S3, after as many attempts as the sink allows: drop what was taken. */
int pulse_store_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                       struct pulse_err *err);

/* ---- Directories and prefixes --------------------------------------------------- */

/* *is_directory: whether `uri` is a directory, or a prefix under which objects lie ("s3://bucket",
 * "s3://bucket/dir", with or without a last slash). Errors as above; PULSE_E_INPUT if it is neither
 * that nor a file or object. */
int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err);

/* Lists the files right inside a directory or prefix in strcmp order, without hidden ones;
 * directories only `with_directories`. Keys with an empty segment, . or .. are no files' names:
 * they are left out with a warning, and counted. *out is the caller's to clear, empty on failure.
 * Errors as above; PULSE_E_INPUT if there is no such directory, or no object under the prefix. */
int pulse_store_list(const char *uri, bool with_directories, struct pulse_listing *out,
                     struct pulse_err *err);

/* Whether a directory that lies somewhere in `top` is one of those that it lies in: a link leads
 * there. Whoever walks all of them would walk in a circle. Never so in S3. No errors. */
bool pulse_store_leads_back(const char *uri, const char *top);

/* ---- Writing -------------------------------------------------------------------- */

/* Makes `uri` a copy of the file or object `from`, whole or not at all: by rename, by one PUT, or
 * by a multipart upload that is completed last and aborted on failure. Errors as above. */
int pulse_store_put_file(const char *from, const char *uri, struct pulse_err *err);

/* The same from `n` bytes of memory. */
int pulse_store_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err);

/* A text on its way to a file, an object, or standard output, which `to` calls "-". */
struct pulse_store_text {
    FILE *out;
    const char *to;
    char *bytes;
    size_t n;
};

/* Opens it: write to text->out. PULSE_E_MEMORY. */
int pulse_store_text_open(const char *to, struct pulse_store_text *text, struct pulse_err *err);

/* Delivers it whole if `status`, of whoever wrote it, is 0; returns `status`, or −1 where it could
 * not be delivered. Errors as of pulse_store_put, or PULSE_E_MEMORY. */
int pulse_store_text_close(struct pulse_store_text *text, int status, struct pulse_err *err);

/* Whether a destination that was asked for is standard output; NULL: none was. */
bool pulse_store_is_output(const char *to);

/* What a command writes, or reads meanwhile. */
struct pulse_store_use {
    const char *what; /* "--json" */
    const char *path; /* NULL: none */
    bool read;
};

/* PULSE_E_USAGE where two of n are one file or object, or standard output, unless both are read:
 * the last one would stay alone. Devices take as many as there are. */
int pulse_store_refuse_shared(const struct pulse_store_use *uses, int64_t n, struct pulse_err *err);

/* From now on `at` is called with the share of a file, 0 to 1, that pulse_store_put_file has sent
 * in parts; NULL: nothing is called. No errors. */
void pulse_store_watch_puts(void (*at)(void *context, double share), void *context);

/* Removes a file or object. Errors as above; PULSE_E_INPUT for an absent file. An absent object is
 * success, since S3 does not say. */
int pulse_store_delete(const char *uri, struct pulse_err *err);

/* Makes `uri` a copy of the object `from`, both in S3, by the server alone: of at most
 * PULSE_STORE_COPY_BYTES. Errors as above. */
int pulse_store_copy_object(const char *from, const char *uri, struct pulse_err *err);

/* Aborts the uploads in parts that were begun below an s3 prefix and never completed, by processes
 * that were killed: those of which `goes` says so, asked for the key behind the prefix. For one who
 * knows that nobody is at work there. Errors as above. */
int pulse_store_abort_uploads(const char *prefix, bool (*goes)(const char *name),
                              struct pulse_err *err);

#endif
