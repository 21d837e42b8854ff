#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"
#include "store/s3_object.h"
#include "store/s3_request.h"

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
    if (pulse_s3_look(uri, &o->uri, &facts, NULL, err) != 0)
        goto fail;
    o->object.size = facts.size;
    o->integrity = facts.integrity;
    o->object.version = pulse_strdup(facts.etag, err);
    if (o->object.version == NULL)
        goto fail;
    o->window = facts.size <= PULSE_S3_BLOCK ? pulse_s3_found(o) : NULL;
    if (o->window != NULL)
        o->window_bytes = o->window_room = facts.size;
    *out = &o->object;
    return 0;
fail:
    pulse_s3_close(&o->object);
    return -1;
}

static void stop_adding(struct pulse_s3_object *o)
{
    if (o->sum != NULL)
        pulse_sum_clear(o->sum);
    free(o->sum);
    o->sum = NULL;
}

void pulse_s3_close(struct pulse_object *object)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    if (o->window_bytes > 0 && o->window_bytes == object->size) {
        pulse_s3_leave(o, o->window);
        o->window = NULL;
    }
    pulse_s3_uri_clear(&o->uri);
    free(o->window);
    stop_adding(o);
    free(object->version);
    free(object->uri);
    free(o);
}

/* ---- Ranges --------------------------------------------------------------------- */

/* Fetches pieces of at most PULSE_S3_BLOCK bytes each, all at once. */
static int fetch(struct pulse_s3_object *o, const struct pulse_range *pieces, int64_t n,
                 struct pulse_err *err)
{
    struct pulse_s3_request *requests = pulse_calloc(n, sizeof *requests, "requests to S3", err);
    if (requests == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        requests[i] = pulse_s3_piece(o, &pieces[i]);
    int rc = pulse_s3_perform(requests, n, err);
    for (int64_t i = 0; i < n; i++) {
        if (rc == 0)
            pulse_s3_keep(o, pieces[i].offset, pieces[i].out, pieces[i].bytes);
        pulse_s3_request_clear(&requests[i]);
    }
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
                      struct pulse_range **pieces, int64_t *count, int64_t *cap,
                      struct pulse_err *err)
{
    for (int64_t at = 0; at < span->bytes; at += PULSE_S3_BLOCK) {
        const int64_t left = span->bytes - at;
        const struct pulse_range piece = {.offset = span->offset + at,
                                          .bytes = left < PULSE_S3_BLOCK ? left : PULSE_S3_BLOCK,
                                          .out = span->out + at};
        if (pulse_s3_recall(o, piece.offset, piece.out, piece.bytes))
            continue;
        if (pulse_grow(pieces, cap, *count + 1, sizeof **pieces, "ranges of an object", err) != 0)
            return -1;
        (*pieces)[(*count)++] = piece;
    }
    return 0;
}

/* Gives each range its part of a span of several. */
static void scatter(const struct span *span, const struct pulse_range *ranges)
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
    int64_t spanned = 0, count = 0, cap = 0;
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
                 : add_pieces(o, &spans[i], &pieces, &count, &cap, err);
    }
    if (rc == 0 && count > 0)
        rc = fetch(o, pieces, count, err);
    for (int64_t i = 0; i < spanned; i++) {
        if (rc == 0)
            scatter(&spans[i], ranges);
        if (spans[i].n > 1)
            free(spans[i].out);
    }
    free(spans);
    free(pieces);
    return rc;
}

/* ---- Reading on ----------------------------------------------------------------- */

void pulse_s3_will_read(struct pulse_object *object, int64_t offset, int64_t bytes)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    o->will_from = offset;
    o->will_to = offset + bytes < object->size ? offset + bytes : object->size;
}

/* Adds up the window of an object that is read from its first block to its last; there it shows
 * whether all were right. One in a single block is checked as it comes. */
static int add_up(struct pulse_s3_object *o, struct pulse_err *err)
{
    const int64_t size = o->object.size, to = o->window_from + o->window_bytes;
    if (o->summed_to == 0 && o->sum == NULL && o->integrity.kind != 0 && size > PULSE_S3_BLOCK &&
        o->will_from < PULSE_S3_BLOCK && o->will_to == size) {
        o->sum = pulse_calloc(1, sizeof *o->sum, "a checksum", err);
        if (o->sum == NULL || pulse_sum_init(o->sum, &o->integrity, err) != 0)
            return -1;
    }
    if (o->sum == NULL || o->window_from > o->summed_to || to <= o->summed_to)
        return 0;
    pulse_sum_add(o->sum, o->window + (o->summed_to - o->window_from), to - o->summed_to);
    o->summed_to = to;
    const int rc = to == size ? pulse_s3_check(o, o->sum, err) : 0;
    if (to == size)
        stop_adding(o);
    if (rc != 0)
        o->window_bytes = 0;
    return rc;
}

/* Makes the window hold the block of `offset`, and as many after it as are about to be read and fit
 * into one go of requests. */
static int move_window(struct pulse_s3_object *o, int64_t offset, struct pulse_err *err)
{
    const int64_t from = offset / PULSE_S3_BLOCK * PULSE_S3_BLOCK, size = o->object.size;
    int64_t to = from + PULSE_S3_BLOCK,
            most = from + (int64_t)PULSE_S3_BLOCK * pulse_s3_request_concurrency();
    if (offset >= o->will_from && offset < o->will_to) /* at most to the end of its last block */
        to = (o->will_to + PULSE_S3_BLOCK - 1) / PULSE_S3_BLOCK * PULSE_S3_BLOCK;
    to = to < most ? to : most;
    to = to < size ? to : size;
    o->window_bytes = 0;
    if (pulse_grow(&o->window, &o->window_room, to - from, 1, "blocks of an object", err) != 0)
        return -1;
    const struct pulse_range range = {.offset = from, .bytes = to - from, .out = o->window};
    if (read_spans(o, &range, 1, err) != 0)
        return -1;
    o->window_from = from;
    o->window_bytes = to - from;
    return add_up(o, err);
}

int pulse_s3_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                  struct pulse_err *err)
{
    struct pulse_s3_object *o = pulse_s3_object_of(object);
    if (check_range(object, offset, bytes, err) != 0)
        return -1;
    for (char *to = out; bytes > 0;) {
        if (offset < o->window_from || offset >= o->window_from + o->window_bytes)
            if (move_window(o, offset, err) != 0)
                return -1;
        const int64_t skip = offset - o->window_from, left = o->window_bytes - skip;
        const int64_t n = bytes < left ? bytes : left;
        memcpy(to, o->window + skip, (size_t)n);
        to += n;
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* A small object is fetched whole by the first who asks, and ranges are copied out of it. */
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
