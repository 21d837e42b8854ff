/* An open object of S3; what is known of objects (size, ETag, checksum), and their bytes in the
 * cache and in memory. Fetches none of their bytes. Internal to io/store. */
#ifndef PULSE_STORE_S3_OBJECT_H
#define PULSE_STORE_S3_OBJECT_H

#include "store/common/object.h"
#include "store/common/types.h"
#include "store/s3/integrity.h"
#include "store/s3/request.h"
#include "store/s3/uri.h"

/* Blocks begin at multiples of PULSE_S3_BLOCK, whoever reads, so that a later run with another
 * number of readers finds them in the cache. */
enum { PULSE_S3_BLOCK = 8 << 20, PULSE_S3_HEADER = 512 };

struct pulse_s3_facts {
    int64_t size;
    char etag[PULSE_S3_HEADER];
    struct pulse_integrity integrity;
};

struct pulse_s3_object {
    struct pulse_object object; /* first, so that a pointer to it is one to the whole */
    struct pulse_s3_uri uri;
    struct pulse_integrity integrity;
    int64_t will_from, will_to; /* announced: will be read from beginning to end */
    int64_t window_from;        /* the current block */
    int64_t window_bytes;
    const char *window;             /* its bytes: the stream's, or `block` */
    char *block;                    /* a block fetched alone */
    int64_t block_capacity;         /* bytes */
    struct pulse_s3_stream *stream; /* of the announced blocks; NULL: none */
};

static inline struct pulse_s3_object *pulse_s3_object_of(struct pulse_object *object)
{
    return (struct pulse_s3_object *)(void *)object;
}

/* Settings of all requests, and of the cache. Strings are borrowed. */
void pulse_s3_configure(const struct pulse_store_options *options);

/* Closes the cache and forgets all that is known, secrets too. */
void pulse_s3_finish(void);

/* Forgets what objects were: one is about to be written, or was. */
void pulse_s3_forget(void);

/* Size, ETag and checksum of the object `uri`, whose parts are `parts`: as known, or by a request.
 * With `absent`: *absent instead of an error where there is no object. Errors as of
 * pulse_s3_request_perform. */
int pulse_s3_object_stat(const char *uri, const struct pulse_s3_uri *parts,
                         struct pulse_s3_facts *facts, bool *absent, struct pulse_err *err);

/* All bytes of an object that is being closed, for whoever opens it next: takes ownership. */
void pulse_s3_object_keep_bytes(const struct pulse_s3_object *o, char *bytes);

/* The bytes that were kept of this object, now the caller's; NULL: none. */
char *pulse_s3_object_take_bytes(const struct pulse_s3_object *o);

/* Pieces in the cache; false where it has none. No errors: what cannot be kept is fetched again.
 * What is put may change only when it is no longer being kept, which can be waited for; NULL: of
 * all that was put. */
bool pulse_s3_object_get_cached(const struct pulse_s3_object *o, int64_t offset, void *out,
                                int64_t bytes);
void pulse_s3_object_put_cached(const struct pulse_s3_object *o, int64_t offset, const void *bytes,
                                int64_t n);
bool pulse_s3_object_keeps(const void *bytes);
void pulse_s3_object_wait_kept(const void *bytes);

/* A request for a piece, ready to be performed; a piece that is the whole object is checked against
 * its checksum. Borrows the object's strings. */
struct pulse_s3_request pulse_s3_object_request(const struct pulse_s3_object *o,
                                                const struct pulse_range *piece);

/* After all bytes were added to `sum` in order: PULSE_E_TEMPORARY when they do not match the
 * object's checksum, and then none of them is left in the cache. */
int pulse_s3_object_check_sum(const struct pulse_s3_object *o, struct pulse_sum *sum,
                              struct pulse_err *err);

#endif
