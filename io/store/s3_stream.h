/* Blocks of an object one after the other, while those after them are on their way already.
 * Internal to io/store. */
#ifndef PULSE_STORE_S3_STREAM_H
#define PULSE_STORE_S3_STREAM_H

#include "store/s3_object.h"

struct pulse_s3_stream;

/* Blocks [first, end) of the object, as many at once as there are requests at once and `spare`
 * more, 8 MiB each: that is all the memory it takes. To be freed in any case; `o` must outlive it.
 */
int pulse_s3_stream_new(struct pulse_s3_object *o, int64_t first, int64_t end, int64_t spare,
                        struct pulse_s3_stream **out, struct pulse_err *err);
void pulse_s3_stream_free(struct pulse_s3_stream *stream);

/* Whether block `i` is the next, or one of those before it that are still in memory. */
bool pulse_s3_stream_has(const struct pulse_s3_stream *stream, int64_t i);

/* Such a block's bytes, after waiting for them; good until the next one is asked for. The last
 * block of an object that was read from its first is PULSE_E_TEMPORARY when all of them do not add
 * up. After an error the stream is of no use. */
int pulse_s3_stream_block(struct pulse_s3_stream *stream, int64_t i, struct pulse_range *out,
                          struct pulse_err *err);

/* Takes what has come meanwhile and asks for more, without waiting. */
int pulse_s3_stream_go_on(struct pulse_s3_stream *stream, struct pulse_err *err);

#endif
