/* An open object of S3, what is known of objects, and what is kept of them: in the cache, in
 * memory. Fetches none of their bytes. Internal to io/store. */
#ifndef PULSE_STORE_S3_OBJECT_H
#define PULSE_STORE_S3_OBJECT_H

#include "store/backend.h"
#include "store/integrity.h"
#include "store/s3_request.h"
#include "store/s3_uri.h"

/* Blocks lie at multiples of it whoever reads, so that a later run with another number of readers
 * finds them in the cache. */
enum { PULSE_S3_BLOCK = 8 << 20, PULSE_S3_HEADER = 512 };

struct pulse_s3_facts {
    int64_t size;
    char etag[PULSE_S3_HEADER];
    struct pulse_integrity integrity;
};

struct pulse_s3_object {
    struct pulse_object object; /* the first: a pointer to it is one to us */
    struct pulse_s3_uri uri;
    struct pulse_integrity integrity;
    int64_t will_from, will_to; /* what is about to be read from beginning to end */
    int64_t window_from;        /* the block at hand */
    int64_t window_bytes;
    const char *window;             /* the stream's, or: */
    char *block;                    /* one that was fetched alone */
    int64_t block_room;             /* bytes it has room for */
    struct pulse_s3_stream *stream; /* what is read on and on; NULL: nothing is */
};

static inline struct pulse_s3_object *pulse_s3_object_of(struct pulse_object *object)
{
    return (struct pulse_s3_object *)(void *)object;
}

/* Size, ETag and checksum of `uri`, which is at `place`: as known, or by a request. *absent instead
 * of an error where there is none and `absent` is not NULL. */
int pulse_s3_look(const char *uri, const struct pulse_s3_uri *place, struct pulse_s3_facts *facts,
                  bool *absent, struct pulse_err *err);

/* All bytes of an object that is closed, taken, for the next who opens it; NULL where there are
 * none, else the caller's. */
void pulse_s3_leave(const struct pulse_s3_object *o, char *bytes);
char *pulse_s3_found(const struct pulse_s3_object *o);

/* Pieces in the cache. */
bool pulse_s3_recall(const struct pulse_s3_object *o, int64_t offset, void *out, int64_t bytes);
void pulse_s3_keep(const struct pulse_s3_object *o, int64_t offset, const void *bytes, int64_t n);

/* A request for a piece: of the whole object it is checked. */
struct pulse_s3_request pulse_s3_piece(const struct pulse_s3_object *o,
                                       const struct pulse_range *piece);

/* Of an object whose bytes were read from the first to the last: PULSE_E_TEMPORARY when they do not
 * add up, and then none of them is left in the cache. */
int pulse_s3_check(const struct pulse_s3_object *o, struct pulse_sum *sum, struct pulse_err *err);

#endif
