/* Blocks of an object in order, while the blocks after the current one are being fetched. Knows
 * nothing of who reads them. Internal to io/store. */
#ifndef PULSE_STORE_S3_STREAM_H
#define PULSE_STORE_S3_STREAM_H

#include "store/s3/object.h"

struct pulse_s3_stream;

/* Blocks [first, end) of the object. Its memory is 8 MiB for each request in flight, and for
 * `spare` more. Free *out in any case; `o` must outlive it. Errors: PULSE_E_MEMORY. */
int pulse_s3_stream_new(struct pulse_s3_object *o, int64_t first, int64_t end, int64_t spare,
                        struct pulse_s3_stream **out, struct pulse_err *err);
void pulse_s3_stream_free(struct pulse_s3_stream *stream);

/* Whether block `i` is the next one, or an earlier one that is still in memory. */
bool pulse_s3_stream_has(const struct pulse_s3_stream *stream, int64_t i);

/* Waits for such a block; its bytes are valid until the next one is asked for. Errors as of
 * pulse_s3_request_perform; PULSE_E_TEMPORARY also for the last block of an object that was read
 * from its first, when its bytes do not match the checksum. After an error only free the stream. */
int pulse_s3_stream_block(struct pulse_s3_stream *stream, int64_t i, struct pulse_range *out,
                          struct pulse_err *err);

/* Receives what has arrived and asks for more, without waiting. Errors as above. */
int pulse_s3_stream_advance(struct pulse_s3_stream *stream, struct pulse_err *err);

/* All bytes of an open object to a sink, as pulse_store_stream. */
int pulse_s3_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                    struct pulse_err *err);

#endif
