#include "data/common/codec.h"

#include <brotli/decode.h>
#include <libdeflate.h>
#include <limits.h>
#include <lz4.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <zstd.h>

/* Each of these says whether the bytes gave exactly `out_bytes`. */

static bool copy_bytes(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    if (bytes != out_bytes)
        return false;
    memcpy(out, in, (size_t)bytes);
    return true;
}

static bool decode_snappy(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    size_t length = 0;
    return snappy_uncompressed_length((const char *)in, (size_t)bytes, &length) == SNAPPY_OK &&
           length == (size_t)out_bytes &&
           snappy_uncompress((const char *)in, (size_t)bytes, (char *)out, &length) == SNAPPY_OK;
}

/* Some writers put several gzip members one after the other, some a zlib stream. */
static bool decode_gzip(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    static const uint8_t magic[] = {0x1f, 0x8b};
    size_t left = (size_t)bytes, wanted = (size_t)out_bytes, used = left, made = 0;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    bool good = inflater != NULL;
    if (good && (left < sizeof magic || memcmp(in, magic, sizeof magic) != 0)) {
        good = libdeflate_zlib_decompress(inflater, in, left, out, wanted, &made) == 0;
        wanted -= made;
        left = 0;
    }
    while (good && left > 0 && wanted > 0) {
        good = libdeflate_gzip_decompress_ex(inflater, in, left, out, wanted, &used, &made) == 0;
        in += used;
        left -= used;
        out += made;
        wanted -= made;
    }
    if (inflater != NULL)
        libdeflate_free_decompressor(inflater);
    return good && wanted == 0;
}

static bool decode_zstd(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    size_t length = ZSTD_decompress(out, (size_t)out_bytes, in, (size_t)bytes);
    return !ZSTD_isError(length) && length == (size_t)out_bytes;
}

static bool decode_lz4(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    return bytes <= INT_MAX && out_bytes <= INT_MAX &&
           LZ4_decompress_safe((const char *)in, (char *)out, (int)bytes, (int)out_bytes) ==
               (int)out_bytes;
}

static bool decode_brotli(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes)
{
    size_t length = (size_t)out_bytes;
    return BrotliDecoderDecompress((size_t)bytes, in, &length, out) ==
               BROTLI_DECODER_RESULT_SUCCESS &&
           length == (size_t)out_bytes;
}

const char *pulse_codec_decode(int codec, const uint8_t *in, int64_t bytes, uint8_t *out,
                               int64_t out_bytes)
{
    static const struct {
        bool (*decode)(const uint8_t *in, int64_t bytes, uint8_t *out, int64_t out_bytes);
        const char *failed;
    } codecs[] = {
        {copy_bytes, "an uncompressed page has two sizes"},
        {decode_snappy, "corrupted SNAPPY bytes"},
        {decode_gzip, "corrupted GZIP bytes"},
        {NULL, "LZO compression is not read; write it with snappy, zstd or gzip"},
        {decode_brotli, "corrupted BROTLI bytes"},
        {NULL, "LZ4 compression of the old kind is not read; write it with lz4_raw, snappy, zstd "
               "or gzip"},
        {decode_zstd, "corrupted ZSTD bytes"},
        {decode_lz4, "corrupted LZ4_RAW bytes"},
    };
    if (codec < 0 || codec >= (int)(sizeof codecs / sizeof *codecs))
        return "a compression that is not known; write it with snappy, zstd or gzip";
    if (codecs[codec].decode != NULL && out_bytes == 0)
        return NULL; /* a page of nothing but missing values; some writers compress even that */
    if (codecs[codec].decode == NULL || !codecs[codec].decode(in, bytes, out, out_bytes))
        return codecs[codec].failed;
    return NULL;
}

int64_t pulse_codec_bound(int codec, int64_t bytes)
{
    return codec == PULSE_CODEC_ZSTD     ? (int64_t)ZSTD_compressBound((size_t)bytes)
           : codec == PULSE_CODEC_SNAPPY ? (int64_t)snappy_max_compressed_length((size_t)bytes)
                                         : bytes;
}

const char *pulse_codec_encode(int codec, const uint8_t *in, int64_t bytes, uint8_t *out,
                               int64_t capacity, int64_t *out_bytes)
{
    enum { LEVEL = 3 }; /* zstd's own default */
    size_t length = (size_t)capacity;
    if (codec == PULSE_CODEC_ZSTD) {
        length = ZSTD_compress(out, length, in, (size_t)bytes, LEVEL);
        if (ZSTD_isError(length))
            return ZSTD_getErrorName(length);
    } else if (codec == PULSE_CODEC_SNAPPY) {
        if (snappy_compress((const char *)in, (size_t)bytes, (char *)out, &length) != SNAPPY_OK)
            return "snappy failed";
    } else {
        memcpy(out, in, (size_t)bytes);
        length = (size_t)bytes;
    }
    *out_bytes = (int64_t)length;
    return NULL;
}
