#include <stdlib.h>

#include "base/mem.h"
#include "store/attempts.h"
#include "store/s3_object.h"

enum { MOST_SLOTS = 64 };

/* Blocks of an object on their way: block i in slot i % slots, and handed on in order. */
struct stream {
    struct pulse_s3_object *o;
    const struct pulse_store_sink *sink;
    struct pulse_sum sum;
    int64_t blocks, slots;
    int64_t begun, given; /* blocks */
    struct pulse_s3_request *requests;
    bool recalled[MOST_SLOTS];
    bool wrong; /* all came, and did not add up */
    char *buffers;
};

static struct pulse_range block_of(const struct stream *s, int64_t i)
{
    const int64_t at = i * PULSE_S3_BLOCK, left = s->o->object.size - at;
    return (struct pulse_range){.offset = at,
                                .bytes = left < PULSE_S3_BLOCK ? left : PULSE_S3_BLOCK,
                                .out = s->buffers + i % s->slots * PULSE_S3_BLOCK};
}

static void begin_block(struct stream *s)
{
    const struct pulse_range block = block_of(s, s->begun);
    const int64_t slot = s->begun++ % s->slots;
    s->requests[slot] = pulse_s3_piece(s->o, &block);
    s->recalled[slot] = s->requests[slot].ended =
        pulse_s3_recall(s->o, block.offset, block.out, block.bytes);
}

static int give_block(struct stream *s, struct pulse_err *err)
{
    const struct pulse_range block = block_of(s, s->given);
    const int64_t slot = s->given++ % s->slots;
    pulse_s3_request_clear(&s->requests[slot]);
    if (!s->recalled[slot])
        pulse_s3_keep(s->o, block.offset, block.out, block.bytes);
    pulse_sum_add(&s->sum, block.out, block.bytes);
    return s->sink->take(s->sink->context, block.out, block.bytes, err);
}

/* Hands on the blocks that are there, and begins others in their places. */
static int move_on(void *context, struct pulse_err *err)
{
    struct stream *s = context;
    while (pulse_http_interrupted(err) == 0) {
        if (s->given < s->begun && s->requests[s->given % s->slots].ended) {
            if (give_block(s, err) != 0)
                return -1;
        } else if (s->begun < s->blocks && s->begun < s->given + s->slots)
            begin_block(s);
        else
            return 0;
    }
    return -1;
}

/* From the first block to the last. An object of a single one is checked as it comes. */
static int run(struct stream *s, struct pulse_err *err)
{
    static const struct pulse_integrity none = {0};
    s->begun = s->given = 0;
    int rc = pulse_sum_init(&s->sum, s->blocks > 1 ? &s->o->integrity : &none, err);
    if (rc == 0)
        rc = move_on(s, err);
    if (rc == 0)
        rc = pulse_s3_perform_on(s->requests, s->slots, move_on, s, err);
    for (; s->given < s->begun; s->given++)
        pulse_s3_request_clear(&s->requests[s->given % s->slots]);
    s->wrong = rc == 0 && pulse_s3_check(s->o, &s->sum, err) != 0;
    pulse_sum_clear(&s->sum);
    return s->wrong ? -1 : rc;
}

/* Whether the bytes did not add up, and are to be asked for once more. */
static bool once_more(const struct stream *s, int attempts, struct pulse_err *err)
{
    const struct pulse_http no_answer = {0};
    double until;
    if (!s->wrong || s->sink->again == NULL ||
        !pulse_attempts_again(&no_answer, attempts, false, &until))
        return false;
    *err = (struct pulse_err){.kind = PULSE_OK};
    return pulse_attempts_sleep(until, err) == 0 && s->sink->again(s->sink->context, err) == 0;
}

int pulse_s3_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                    struct pulse_err *err)
{
    struct stream s = {.o = pulse_s3_object_of(object), .sink = sink};
    const int64_t spare = pulse_s3_request_concurrency() / 2 + 1;
    int attempts = 1;
    s.blocks = (object->size + PULSE_S3_BLOCK - 1) / PULSE_S3_BLOCK;
    s.slots =
        pulse_s3_request_concurrency() + spare; /* the first in order may be the last to come */
    s.slots = s.slots < MOST_SLOTS ? s.slots : MOST_SLOTS;
    s.slots = s.slots < s.blocks ? s.slots : s.blocks;
    if (s.blocks == 0)
        return 0;
    s.requests = pulse_calloc(s.slots, sizeof *s.requests, "requests to S3", err);
    s.buffers = pulse_alloc_aligned(s.slots, PULSE_S3_BLOCK, "blocks of an object", err);
    int rc = s.requests == NULL || s.buffers == NULL ? -1 : run(&s, err);
    while (rc != 0 && once_more(&s, attempts++, err))
        rc = run(&s, err);
    free(s.requests);
    free(s.buffers);
    return rc;
}
