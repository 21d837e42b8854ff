#include "store/s3/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/s3/object.h"
#include "store/s3/request.h"
#include "store/s3/stream.h"

/* Bytes up to which an object is fetched whole, whatever ranges are read. */
enum { SMALL = 256 << 10 };

/* ---- Open ---------------------------------------------------------------------- */

int pulse_s3_open(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    struct pulse_s3_facts facts;
    struct pulse_s3_object *o = pulse_calloc(1, sizeof *o, "an open object", err);
    if (o == NULL)
        return -1;
    o->object.s3 = true;
    o->object.uri = pulse_strdup(uri, err);
    if (o->object.uri == NULL || pulse_s3_uri_parse(uri, true, &o->uri, err) != 0)
        goto fail;
    if (pulse_s3_object_stat(uri, &o->uri, &facts, NULL, err) != 0)
        goto fail;
    o->object.size = facts.size;
    o->integrity = facts.integrity;
    o->object.version = pulse_strdup(facts.etag, err);
    if (o->object.version == NULL)
        goto fail;
    o->window = o->block = facts.size <= PULSE_S3_BLOCK ? pulse_s3_object_take_bytes(o) : NULL;
    if (o->block != NULL)
        o->window_bytes = o->block_capacity = facts.size;
    *out = &o->object;
    return 0;
fail:
    pulse_s3_close(&o->object);
    return -1;
}

void pulse_s3_close(struct pulse_object *object)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    if (o->window_bytes > 0 && o->window_bytes == object->size) {
        pulse_s3_object_keep_bytes(o, o->block);
        o->block = NULL;
    }
    pulse_s3_stream_free(o->stream);
    pulse_s3_uri_clear(&o->uri);
    free(o->block);
    free(object->version);
    free(object->uri);
    free(o);
}

/* ---- Ranges --------------------------------------------------------------------- */

/* Fetches pieces of at most PULSE_S3_BLOCK bytes each, all at once. */
static int fetch_pieces(struct pulse_s3_object *o, const struct pulse_range *pieces, int64_t n,
                        struct pulse_err *err)
{
    struct pulse_s3_request *requests = pulse_calloc(n, sizeof *requests, "requests to S3", err);
    if (requests == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        requests[i] = pulse_s3_object_request(o, &pieces[i]);
    int rc = pulse_s3_request_perform(requests, n, err);
    for (int64_t i = 0; i < n; i++) {
        if (rc == 0)
            pulse_s3_object_put_cached(o, pieces[i].offset, pieces[i].out, pieces[i].bytes);
        pulse_s3_request_clear(&requests[i]);
    }
    pulse_s3_object_wait_kept(NULL); /* the caller may change what it has got */
    free(requests);
    return rc;
}

static int check_range(const struct pulse_object *object, int64_t offset, int64_t bytes,
                       struct pulse_err *err)
{
    if (offset >= 0 && bytes >= 0 && bytes <= object->size && offset <= object->size - bytes)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT, "reading %s: bytes beyond its end are asked for",
                      object->uri);
}

/* Adjacent ranges as one. */
struct span {
    int64_t offset, bytes;
    int64_t first, n; /* ranges */
    char *out;        /* where its bytes go: to the range itself, if it is one alone */
};

/* Ranges that touch, but for a few bytes, become one as long as they are small: each request costs
 * more than that. */
static int64_t make_spans(const struct pulse_range *ranges, int64_t n, struct span *spans)
{
    enum { GAP = 256 };
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        struct span *last = count == 0 ? NULL : &spans[count - 1];
        const int64_t end = ranges[i].offset + ranges[i].bytes;
        if (last != NULL && ranges[i].offset >= last->offset &&
            ranges[i].offset <= last->offset + last->bytes + GAP &&
            end - last->offset <= PULSE_S3_BLOCK) {
            if (end > last->offset + last->bytes)
                last->bytes = end - last->offset;
            last->n++;
        } else
            spans[count++] = (struct span){
                .offset = ranges[i].offset, .bytes = ranges[i].bytes, .first = i, .n = 1};
    }
    return count;
}

/* The span in pieces of PULSE_S3_BLOCK: those that are not in the cache are added to `pieces`. */
static int add_pieces(const struct pulse_s3_object *o, const struct span *span,
                      struct pulse_range **pieces, int64_t *count, int64_t *capacity,
                      struct pulse_err *err)
{
    for (int64_t at = 0; at < span->bytes; at += PULSE_S3_BLOCK) {
        const int64_t left = span->bytes - at;
        const struct pulse_range piece = {.offset = span->offset + at,
                                          .bytes = left < PULSE_S3_BLOCK ? left : PULSE_S3_BLOCK,
                                          .out = span->out + at};
        if (pulse_s3_object_get_cached(o, piece.offset, piece.out, piece.bytes))
            continue;
        if (pulse_grow(pieces, capacity, *count + 1, sizeof **pieces, "ranges of an object", err) !=
            0)
            return -1;
        (*pieces)[(*count)++] = piece;
    }
    return 0;
}

/* Copies the bytes of a span of several ranges to each of them. */
static void copy_to_ranges(const struct span *span, const struct pulse_range *ranges)
{
    for (int64_t i = span->first; span->n > 1 && i < span->first + span->n; i++)
        if (ranges[i].bytes > 0)
            memcpy(ranges[i].out, span->out + (ranges[i].offset - span->offset),
                   (size_t)ranges[i].bytes);
}

static int read_spans(struct pulse_s3_object *o, const struct pulse_range *ranges, int64_t n,
                      struct pulse_err *err)
{
    struct pulse_range *pieces = NULL;
    int64_t spanned = 0, count = 0, capacity = 0;
    int rc = 0;
    struct span *spans = pulse_calloc(n, sizeof *spans, "ranges of an object", err);
    if (spans == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        rc = check_range(&o->object, ranges[i].offset, ranges[i].bytes, err);
    if (rc == 0)
        spanned = make_spans(ranges, n, spans);
    for (int64_t i = 0; rc == 0 && i < spanned; i++) {
        spans[i].out = spans[i].n == 1 ? ranges[spans[i].first].out
                                       : pulse_calloc(spans[i].bytes, 1, "adjacent ranges", err);
        rc = spans[i].out == NULL && spans[i].bytes > 0
                 ? -1
                 : add_pieces(o, &spans[i], &pieces, &count, &capacity, err);
    }
    if (rc == 0 && count > 0)
        rc = fetch_pieces(o, pieces, count, err);
    for (int64_t i = 0; i < spanned; i++) {
        if (rc == 0)
            copy_to_ranges(&spans[i], ranges);
        if (spans[i].n > 1)
            free(spans[i].out);
    }
    free(spans);
    free(pieces);
    return rc;
}

/* ---- Reading ahead ----------------------------------------------------------------- */

void pulse_s3_will_read(struct pulse_object *object, int64_t offset, int64_t bytes)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    o->will_from = offset;
    o->will_to = offset + bytes < object->size ? offset + bytes : object->size;
}

/* Drops the window, and the blocks that are being fetched. */
static int fail_window(struct pulse_s3_object *o)
{
    pulse_s3_stream_free(o->stream);
    o->stream = NULL;
    o->window_bytes = 0;
    return -1;
}

/* Makes the block at `offset` the window: as one of the announced blocks, or alone. */
static int move_window(struct pulse_s3_object *o, int64_t offset, struct pulse_err *err)
{
    const int64_t i = offset / PULSE_S3_BLOCK, from = i * PULSE_S3_BLOCK,
                  left = o->object.size - from;
    const int64_t end = (o->will_to + PULSE_S3_BLOCK - 1) / PULSE_S3_BLOCK;
    const bool on = offset >= o->will_from && offset < o->will_to && end - i > 1;
    struct pulse_range block = {.offset = from,
                                .bytes = left < PULSE_S3_BLOCK ? left : PULSE_S3_BLOCK};
    o->window_bytes = 0;
    if (o->stream != NULL && !pulse_s3_stream_has(o->stream, i)) {
        pulse_s3_stream_free(o->stream);
        o->stream = NULL;
    }
    if (o->stream == NULL && on && pulse_s3_stream_new(o, i, end, 1, &o->stream, err) != 0)
        return -1;
    if (o->stream != NULL) {
        if (pulse_s3_stream_block(o->stream, i, &block, err) != 0)
            return -1;
    } else {
        if (pulse_grow(&o->block, &o->block_capacity, block.bytes, 1, "a block of an object",
                       err) != 0)
            return -1;
        block.out = o->block;
        if (read_spans(o, &block, 1, err) != 0)
            return -1;
    }
    o->window = block.out;
    o->window_from = from;
    o->window_bytes = block.bytes;
    return 0;
}

int pulse_s3_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                  struct pulse_err *err)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    if (check_range(object, offset, bytes, err) != 0)
        return -1;
    for (char *to = out; bytes > 0;) {
        const bool here = offset >= o->window_from && offset < o->window_from + o->window_bytes;
        const int rc = !here               ? move_window(o, offset, err)
                       : o->stream != NULL ? pulse_s3_stream_advance(o->stream, err)
                                           : 0;
        if (rc != 0)
            return fail_window(o);
        const int64_t skip = offset - o->window_from, left = o->window_bytes - skip;
        const int64_t n = bytes < left ? bytes : left;
        memcpy(to, o->window + skip, (size_t)n);
        to += n;
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* A small object is fetched whole by the first call, and ranges are copied out of it. */
int pulse_s3_read_ranges(struct pulse_object *object, const struct pulse_range *ranges, int64_t n,
                         struct pulse_err *err)
{
    int rc = 0;
    if (object->size > SMALL)
        return read_spans(pulse_s3_object_of(object), ranges, n, err);
    for (int64_t i = 0; rc == 0 && i < n; i++)
        rc = pulse_s3_read(object, ranges[i].offset, ranges[i].out, ranges[i].bytes, err);
    return rc;
}
