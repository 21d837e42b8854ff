#include "store/s3/stream.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/aws/retry_state.h"
#include "store/s3/request.h"

enum { MAX_SLOTS = 64 };

/* Block i of the object is, or was, in slot i % slots. */
struct pulse_s3_stream {
    struct pulse_s3_object *o;
    struct pulse_sum sum;
    int64_t first, end; /* blocks */
    int64_t slots;
    int64_t begun; /* all before it are on their way, or were */
    int64_t given; /* the next in order */
    int64_t kept;  /* none from here on is written over */
    struct pulse_s3_request *requests;
    struct pulse_s3_many *many;
    bool recalled[MAX_SLOTS];
    bool wrong; /* all arrived, and do not match the checksum */
    char *buffers;
};

static struct pulse_range get_block(const struct pulse_s3_stream *s, int64_t i)
{
    const int64_t at = i * PULSE_S3_BLOCK, left = s->o->object.size - at;
    return (struct pulse_range){.offset = at,
                                .bytes = left < PULSE_S3_BLOCK ? left : PULSE_S3_BLOCK,
                                .out = s->buffers + i % s->slots * PULSE_S3_BLOCK};
}

static void begin_block(struct pulse_s3_stream *s)
{
    const struct pulse_range block = get_block(s, s->begun);
    const int64_t slot = s->begun++ % s->slots;
    pulse_s3_object_wait_kept(block.out);
    pulse_s3_request_clear(&s->requests[slot]);
    s->requests[slot] = pulse_s3_object_request(s->o, &block);
    s->recalled[slot] = s->requests[slot].ended =
        pulse_s3_object_get_cached(s->o, block.offset, block.out, block.bytes);
}

/* Whether the next block has a slot. One that is still being kept is waited for only where there is
 * nothing else to do. */
static bool has_slot(const struct pulse_s3_stream *s)
{
    return s->begun < s->kept + s->slots &&
           (s->begun == s->given || !pulse_s3_object_keeps(get_block(s, s->begun).out));
}

/* Begins blocks while there are free slots. After a block from the cache it stops: the next may be
 * there too, and can be read when its turn comes. */
static int begin_blocks(void *context, struct pulse_err *err)
{
    struct pulse_s3_stream *s = context;
    while (s->begun < s->end && has_slot(s) &&
           (s->begun == s->given || !s->recalled[(s->begun - 1) % s->slots])) {
        if (pulse_http_interrupted(err) != 0)
            return -1;
        begin_block(s);
    }
    return 0;
}

/* Takes the next block in order, which has arrived. An object of one block was checked by its
 * request. */
static int take_block(struct pulse_s3_stream *s, struct pulse_err *err)
{
    const struct pulse_range block = get_block(s, s->given);
    if (!s->recalled[s->given % s->slots])
        pulse_s3_object_put_cached(s->o, block.offset, block.out, block.bytes);
    pulse_sum_add(&s->sum, block.out, block.bytes);
    s->given++;
    s->wrong = block.offset + block.bytes == s->o->object.size &&
               pulse_s3_object_check_sum(s->o, &s->sum, err) != 0;
    return s->wrong ? -1 : 0;
}

int pulse_s3_stream_block(struct pulse_s3_stream *s, int64_t i, struct pulse_range *out,
                          struct pulse_err *err)
{
    s->kept = i;
    while (s->given <= i) {
        if (begin_blocks(s, err) != 0)
            return -1;
        const int rc = s->requests[s->given % s->slots].ended
                           ? take_block(s, err)
                           : pulse_s3_many_step(s->many, true, err);
        if (rc != 0)
            return -1;
    }
    *out = get_block(s, i);
    return pulse_s3_stream_advance(s, err);
}

int pulse_s3_stream_advance(struct pulse_s3_stream *s, struct pulse_err *err)
{
    if (begin_blocks(s, err) != 0)
        return -1;
    return s->begun == s->given ? 0 : pulse_s3_many_step(s->many, false, err);
}

bool pulse_s3_stream_has(const struct pulse_s3_stream *s, int64_t i)
{
    return i >= s->first && i >= s->begun - s->slots && i <= s->given && i < s->end;
}

int pulse_s3_stream_new(struct pulse_s3_object *o, int64_t first, int64_t end, int64_t spare,
                        struct pulse_s3_stream **out, struct pulse_err *err)
{
    static const struct pulse_integrity none = {0};
    const bool all = first == 0 && end > 1 && end * PULSE_S3_BLOCK >= o->object.size;
    struct pulse_s3_stream *s = pulse_calloc(1, sizeof *s, "blocks of an object", err);
    *out = s;
    if (s == NULL)
        return -1;
    *s = (struct pulse_s3_stream){
        .o = o, .first = first, .end = end, .begun = first, .given = first, .kept = first};
    s->slots = pulse_s3_request_concurrency() + spare;
    s->slots = s->slots < MAX_SLOTS ? s->slots : MAX_SLOTS;
    s->slots = s->slots < end - first ? s->slots : end - first;
    s->requests = pulse_calloc(s->slots, sizeof *s->requests, "requests to S3", err);
    s->buffers = pulse_alloc_aligned(s->slots, PULSE_S3_BLOCK, "blocks of an object", err);
    if (s->requests == NULL || s->buffers == NULL ||
        pulse_sum_init(&s->sum, all ? &o->integrity : &none, err) != 0)
        return -1;
    for (int64_t i = 0; i < s->slots; i++)
        s->requests[i].ended = true; /* there is none yet */
    return pulse_s3_many_new(s->requests, s->slots, begin_blocks, s, &s->many, err);
}

void pulse_s3_stream_free(struct pulse_s3_stream *s)
{
    if (s == NULL)
        return;
    pulse_s3_many_free(s->many);
    pulse_s3_object_wait_kept(NULL);
    for (int64_t i = 0; s->requests != NULL && i < s->slots; i++)
        pulse_s3_request_clear(&s->requests[i]);
    pulse_sum_clear(&s->sum);
    free(s->requests);
    free(s->buffers);
    free(s);
}

/* ---- All of an object ----------------------------------------------------------- */

/* Prepares the sink for another attempt; false if there is to be none. */
static bool begin_again(const struct pulse_store_sink *sink, int attempts, struct pulse_err *err)
{
    const struct pulse_http no_answer = {0};
    double until;
    if (sink->again == NULL || !pulse_retry_state_schedule(&no_answer, attempts, false, &until))
        return false;
    *err = (struct pulse_err){.kind = PULSE_OK};
    return pulse_retry_state_sleep(until, err) == 0 && sink->again(sink->context, err) == 0;
}

/* Streams the object once. */
static int stream_once(struct pulse_s3_object *o, const struct pulse_store_sink *sink, bool *wrong,
                       struct pulse_err *err)
{
    const int64_t blocks = (o->object.size + PULSE_S3_BLOCK - 1) / PULSE_S3_BLOCK;
    /* The first in order may be the last to arrive. */
    const int64_t spare = pulse_s3_request_concurrency() / 2 + 1;
    struct pulse_s3_stream *s;
    struct pulse_range block;
    int rc = pulse_s3_stream_new(o, 0, blocks, spare, &s, err);
    for (int64_t i = 0; rc == 0 && i < blocks; i++) {
        rc = pulse_s3_stream_block(s, i, &block, err);
        if (rc == 0)
            rc = sink->take(sink->context, block.out, block.bytes, err);
    }
    *wrong = s != NULL && s->wrong;
    pulse_s3_stream_free(s);
    return rc;
}

int pulse_s3_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                    struct pulse_err *err)
{
    bool wrong = false;
    int attempts = 1, rc = 0;
    if (object->size == 0)
        return 0;
    do
        rc = stream_once(pulse_s3_object_of(object), sink, &wrong, err);
    while (rc != 0 && wrong && begin_again(sink, attempts++, err));
    return rc;
}
