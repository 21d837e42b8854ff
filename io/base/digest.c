#include "base/digest.h"

#include <stdio.h>
#include <xxhash.h>

struct pulse_digest pulse_digest_of(const void *bytes, int64_t n)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, (size_t)n);
    return (struct pulse_digest){{hash.low64, hash.high64}};
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
