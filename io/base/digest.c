#include "base/digest.h"

#include <stdio.h>
#include <string.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* the same by the widest registers that the processor has */
#else
#include <xxhash.h>
#endif

static struct pulse_digest take_words(XXH128_hash_t hash)
{
    return (struct pulse_digest){{hash.low64, hash.high64}};
}

struct pulse_digest pulse_digest_of(const void *bytes, int64_t n)
{
    return take_words(XXH3_128bits(bytes, (size_t)n));
}

struct pulse_digest pulse_digest_of_text(const char *text)
{
    return pulse_digest_of(text, (int64_t)strlen(text));
}

bool pulse_digest_stream_init(struct pulse_digest_stream *stream)
{
    stream->state = XXH3_createState();
    return stream->state != NULL && XXH3_128bits_reset(stream->state) == XXH_OK;
}

void pulse_digest_stream_add(struct pulse_digest_stream *stream, const void *bytes, int64_t n)
{
    (void)XXH3_128bits_update(stream->state, bytes, (size_t)n);
}

struct pulse_digest pulse_digest_stream_get(const struct pulse_digest_stream *stream)
{
    return take_words(XXH3_128bits_digest(stream->state));
}

void pulse_digest_stream_clear(struct pulse_digest_stream *stream)
{
    (void)XXH3_freeState(stream->state);
    stream->state = NULL;
}

bool pulse_digest_equal(const struct pulse_digest *a, const struct pulse_digest *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

char *pulse_digest_text(const struct pulse_digest *digest, char out[PULSE_DIGEST_TEXT])
{
    (void)snprintf(out, PULSE_DIGEST_TEXT, "%016llx%016llx", (unsigned long long)digest->word[1],
                   (unsigned long long)digest->word[0]);
    return out;
}
