/* What a fuzz target gives the driver. */
#ifndef PULSE_FUZZ_TARGET_H
#define PULSE_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as a file; must not crash, leak or hang whatever they are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sample `i` of the corpus, NULL past the last; the bytes belong to the target. */
const uint8_t *fuzz_sample(size_t i, size_t *size);

/* A corpus that is written down: an array of FUZZ_BYTES("…"), of which fuzz_sample takes one by
 * fuzz_take_sample. */
struct fuzz_bytes {
    const char *at;
    size_t size;
};
#define FUZZ_BYTES(text)                                                                           \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static inline const uint8_t *fuzz_take_sample(const struct fuzz_bytes *corpus, size_t n, size_t i,
                                              size_t *size)
{
    *size = i < n ? corpus[i].size : 0;
    return i < n ? (const uint8_t *)corpus[i].at : NULL;
}

/* How many mutations the driver makes, and how. */
struct fuzz_plan {
    int mutations;
    int changes; /* the most bytes or pieces that one mutation touches; 0: it only truncates */
};
extern const struct fuzz_plan fuzz_plan;

#endif
