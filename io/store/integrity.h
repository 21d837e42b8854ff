/* What the bytes of an object must add up to, as the headers of S3 tell it, and whether they do.
 * Sends nothing, knows no requests. Internal to io/store. */
#ifndef PULSE_STORE_INTEGRITY_H
#define PULSE_STORE_INTEGRITY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/http.h"

/* Sent with a HEAD, so that its answer tells the checksum. */
#define PULSE_INTEGRITY_ASK "x-amz-checksum-mode: ENABLED"

struct pulse_integrity {
    int kind; /* 0: S3 tells nothing that the whole object could be compared with */
    unsigned char sum[32];
};

/* The checksum of the whole object (x-amz-checksum-…, if not composed of those of parts), else an
 * ETag that is its MD5: not one of a multipart upload, with KMS or a customer's key, or in a
 * directory bucket. Nothing with AWS_RESPONSE_CHECKSUM_VALIDATION=when_required, as the SDKs have
 * it. */
void pulse_integrity_learn(const struct pulse_http *answer, const char *bucket,
                           struct pulse_integrity *out);

/* Adds up bytes in their order. `expected` is borrowed; clear it in the end, zeroed is clear. */
struct pulse_sum {
    const struct pulse_integrity *expected;
    void *digest;
    uint64_t crc, table[8][256];
};
int pulse_sum_init(struct pulse_sum *sum, const struct pulse_integrity *expected,
                   struct pulse_err *err);
void pulse_sum_add(struct pulse_sum *sum, const void *bytes, int64_t n);

/* Once, after the last byte: PULSE_E_TEMPORARY, which names no object, when it is another sum. */
int pulse_sum_check(struct pulse_sum *sum, struct pulse_err *err);
void pulse_sum_clear(struct pulse_sum *sum);

#endif
