#include "data/parquet/bits.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are taken as they lie");

static const char truncated[] = "packed integers end too early; corrupted";

uint32_t pulse_parquet_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* `width` bits (0 to 64) from bit `bit` of `at` on, lowest first; `left` bytes are there, and the
 * bits are among them. */
static uint64_t bits_at(const uint8_t *at, int64_t left, int64_t bit, int width)
{
    uint8_t nine[9] = {0};
    uint64_t low;
    int shift = (int)(bit % 8);
    at += bit / 8;
    left -= bit / 8;
    if (width == 0)
        return 0;
    memcpy(nine, at, left < 9 ? (size_t)left : 9);
    memcpy(&low, nine, sizeof low);
    low >>= shift;
    if (shift + width > 64)
        low |= (uint64_t)nine[8] << (64 - shift);
    return width == 64 ? low : low & ((UINT64_C(1) << width) - 1);
}

/* ---- Runs and packed bits ------------------------------------------------------- */

/* gggggg1 → g × 8 integers, packed lowest bit first; the last group may be cut off where its
 * integers are not needed */
static const char *packed_run(struct pulse_thrift *in, int width, uint64_t groups, int64_t n,
                              uint32_t *out, int64_t *count)
{
    int64_t left = in->end - in->at;
    *count = groups > (uint64_t)n / 8 ? n : (int64_t)groups * 8;
    if ((*count * width + 7) / 8 > left)
        return truncated;
    for (int64_t i = 0; i < *count; i++)
        out[i] = (uint32_t)bits_at(in->at, left, i * width, width);
    uint64_t bytes;
    if (__builtin_mul_overflow(groups, (uint64_t)width, &bytes) || bytes > (uint64_t)left)
        bytes = (uint64_t)left;
    in->at += bytes;
    return NULL;
}

/* nnnnnn0 → n times the integer in the next ceil(width / 8) bytes */
static const char *equal_run(struct pulse_thrift *in, int width, uint64_t times, int64_t n,
                             uint32_t *out, int64_t *count)
{
    int64_t bytes = (width + 7) / 8;
    uint32_t value = 0;
    if (bytes > in->end - in->at)
        return truncated;
    memcpy(&value, in->at, (size_t)bytes);
    if (width < 32 && value >> width != 0)
        return "a packed integer of more bits than the others; corrupted";
    in->at += bytes;
    *count = times > (uint64_t)n ? n : (int64_t)times;
    for (int64_t i = 0; i < *count; i++)
        out[i] = value;
    return NULL;
}

const char *pulse_parquet_hybrid(struct pulse_thrift *in, int width, int64_t n, uint32_t *out)
{
    const char *wrong = NULL;
    if (width > 32)
        return "integers of more than 32 bits; corrupted";
    if (width == 0 && in->at == in->end) { /* nothing needs to be said of zeros */
        memset(out, 0, (size_t)n * sizeof *out);
        return NULL;
    }
    for (int64_t i = 0, count = 0; wrong == NULL && i < n; i += count) {
        if (in->at == in->end)
            return truncated;
        uint64_t head = pulse_thrift_varint(in);
        if (in->broken)
            return truncated;
        if ((head & 1) != 0)
            wrong = packed_run(in, width, head >> 1, n - i, out + i, &count);
        else
            wrong = equal_run(in, width, head >> 1, n - i, out + i, &count);
    }
    return wrong;
}

bool pulse_parquet_is_run_of_ones(struct pulse_thrift in, int64_t n)
{
    const uint64_t head = pulse_thrift_varint(&in);
    return !in.broken && (head & 1) == 0 && head >> 1 >= (uint64_t)n && in.at < in.end &&
           *in.at == 1;
}

const char *pulse_parquet_old_bits(struct pulse_thrift *in, int64_t n, uint32_t *out)
{
    if ((n + 7) / 8 > in->end - in->at)
        return truncated;
    for (int64_t i = 0; i < n; i++)
        out[i] = in->at[i / 8] >> (7 - i % 8) & 1;
    in->at += (n + 7) / 8;
    return NULL;
}

/* ---- Deltas --------------------------------------------------------------------- */

struct deltas {
    int64_t per_mini; /* integers of a miniblock */
    int64_t minis;    /* miniblocks of a block */
    uint64_t value;
};

/* One miniblock: up to n of its integers. */
static const char *add_mini(struct pulse_thrift *in, struct deltas *d, uint64_t least, int width,
                            int64_t n, int64_t *out)
{
    int64_t left = in->end - in->at, count = n < d->per_mini ? n : d->per_mini;
    if (width > 64 || (count * width + 7) / 8 > left)
        return truncated;
    for (int64_t i = 0; i < count; i++) {
        d->value += least + bits_at(in->at, left, i * width, width);
        out[i] = (int64_t)d->value;
    }
    int64_t bytes = d->per_mini / 8 * width;
    in->at += bytes < left ? bytes : left; /* the last one need not be filled up */
    return NULL;
}

/* Least delta as zigzag, a byte for each miniblock's width, the miniblocks. */
static const char *add_block(struct pulse_thrift *in, struct deltas *d, int64_t n, int64_t *out)
{
    const char *wrong = NULL;
    uint64_t least = (uint64_t)pulse_thrift_zigzag(in);
    const uint8_t *widths = in->at;
    if (in->broken || in->end - in->at < d->minis)
        return truncated;
    in->at += d->minis;
    for (int64_t m = 0; wrong == NULL && m < d->minis && m * d->per_mini < n; m++)
        wrong = add_mini(in, d, least, widths[m], n - m * d->per_mini, out + m * d->per_mini);
    return wrong;
}

/* Varints: integers of a block, miniblocks of a block, integers in all; the first as zigzag; then
 * the blocks. */
const char *pulse_parquet_deltas(struct pulse_thrift *in, int64_t n, int64_t *out)
{
    enum { LARGEST_BLOCK = 1 << 24 };
    uint64_t block = pulse_thrift_varint(in), minis = pulse_thrift_varint(in);
    uint64_t total = pulse_thrift_varint(in);
    struct deltas d = {.value = (uint64_t)pulse_thrift_zigzag(in)};
    const char *wrong = NULL;
    if (in->broken)
        return truncated;
    if (total != (uint64_t)n)
        return "another number of delta integers than of values; corrupted";
    if (minis == 0 || block > LARGEST_BLOCK || block % minis != 0 || block / minis % 8 != 0 ||
        block == 0)
        return "blocks of delta integers of a size that cannot be; corrupted";
    d.minis = (int64_t)minis;
    d.per_mini = (int64_t)(block / minis);
    if (n > 0)
        out[0] = (int64_t)d.value;
    for (int64_t i = 1; wrong == NULL && i < n; i += (int64_t)block)
        wrong = add_block(in, &d, n - i < (int64_t)block ? n - i : (int64_t)block, out + i);
    return wrong;
}
