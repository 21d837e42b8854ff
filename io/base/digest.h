/* A digest of any number of bytes, which shows damage and change: fast, not secret. Pure. */
#ifndef PULSE_BASE_DIGEST_H
#define PULSE_BASE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

/* Of 128 bits: two contents do not share one by accident. */
struct pulse_digest {
    uint64_t word[2];
};

enum { PULSE_DIGEST_TEXT = 33 };

/* XXH3 of `n` bytes: the same on every machine of the same byte order. */
struct pulse_digest pulse_digest_of(const void *bytes, int64_t n);

/* That of a text, without its end. */
struct pulse_digest pulse_digest_of_text(const char *text);

/* The same of bytes that come piece by piece. Init is false, with errno, where there is no memory;
 * clear it in any case. */
struct pulse_digest_stream {
    void *state;
};
bool pulse_digest_stream_init(struct pulse_digest_stream *stream);
void pulse_digest_stream_add(struct pulse_digest_stream *stream, const void *bytes, int64_t n);
struct pulse_digest pulse_digest_stream_get(const struct pulse_digest_stream *stream);
void pulse_digest_stream_clear(struct pulse_digest_stream *stream);

bool pulse_digest_equal(const struct pulse_digest *a, const struct pulse_digest *b);

/* 32 hexadecimal digits; returns `out`. */
char *pulse_digest_text(const struct pulse_digest *digest, char out[PULSE_DIGEST_TEXT]);

#endif
