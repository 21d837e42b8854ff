/* The checksum of an object, as the headers of S3 name it, compared with the bytes that arrived.
 * Sends nothing, knows no requests. Internal to io/store. */
#ifndef PULSE_STORE_S3_INTEGRITY_H
#define PULSE_STORE_S3_INTEGRITY_H

#include <stdint.h>

#include "store/aws/http.h"

/* Sent with a HEAD, so that the answer names the checksum. */
#define PULSE_INTEGRITY_ASK "x-amz-checksum-mode: ENABLED"

struct pulse_integrity {
    int kind; /* 0: S3 names no checksum of the whole object */
    unsigned char sum[32];
};

/* The checksum of the whole object (x-amz-checksum-…, if not composed of those of parts), else an
 * ETag that is its MD5: not one of a multipart upload, with KMS or a customer's key, or in a
 * directory bucket. Nothing with AWS_RESPONSE_CHECKSUM_VALIDATION=when_required, as the SDKs have
 * it. */
void pulse_integrity_learn(const struct pulse_http *answer, const char *bucket,
                           struct pulse_integrity *out);

/* The sum of bytes in their order, to be compared with `expected`, which is borrowed. Clear it in
 * the end; zeroed is clear. Errors: PULSE_E_MEMORY. */
struct pulse_sum {
    const struct pulse_integrity *expected;
    void *digest;
    uint64_t crc, table[8][256];
};
int pulse_sum_init(struct pulse_sum *sum, const struct pulse_integrity *expected,
                   struct pulse_err *err);
void pulse_sum_add(struct pulse_sum *sum, const void *bytes, int64_t n);

/* Once, after the last byte: PULSE_E_TEMPORARY if the sums differ; the message names no object. */
int pulse_sum_check(struct pulse_sum *sum, struct pulse_err *err);
void pulse_sum_clear(struct pulse_sum *sum);

#endif
