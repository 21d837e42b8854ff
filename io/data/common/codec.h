/* Compression of one block of bytes in memory, by the numbers that Parquet gives the methods.
 * Internal to io/data. */
#ifndef PULSE_DATA_COMMON_CODEC_H
#define PULSE_DATA_COMMON_CODEC_H

#include <stdint.h>

enum { PULSE_CODEC_NONE = 0, PULSE_CODEC_SNAPPY = 1, PULSE_CODEC_ZSTD = 6 }; /* that are written */

/* Fills exactly `out_bytes` from `bytes`: SNAPPY, GZIP (one member or several), ZSTD, LZ4_RAW,
 * BROTLI or UNCOMPRESSED. NULL when it did, else what was wrong, with the method's name. */
const char *pulse_codec_decode(int codec, const uint8_t *in, int64_t bytes, uint8_t *out,
                               int64_t out_bytes);

/* Most bytes that `bytes` bytes can become. */
int64_t pulse_codec_bound(int codec, int64_t bytes);

/* Compresses into `out`, which has that capacity at least. NULL, or what was wrong. */
const char *pulse_codec_encode(int codec, const uint8_t *in, int64_t bytes, uint8_t *out,
                               int64_t capacity, int64_t *out_bytes);

#endif
