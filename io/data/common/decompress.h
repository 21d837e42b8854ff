/* What gzip (members one after another), zstd, bzip2 and xz streams (frames likewise) and zip
 * archives of one file unpack to, a piece at a time or all at once. Works on bytes in memory; knows
 * nothing of files. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_DECOMPRESS_H
#define PULSE_DATA_COMMON_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum pulse_compression {
    PULSE_COMPRESSION_NONE,
    PULSE_COMPRESSION_GZIP,
    PULSE_COMPRESSION_ZSTD,
    PULSE_COMPRESSION_BZIP2,
    PULSE_COMPRESSION_XZ,
    PULSE_COMPRESSION_ZIP
};

/* What the name says: ".gz", ".zst", ".bz2", ".xz" or ".zip" at its end, in any case. */
enum pulse_compression pulse_compression_of_name(const char *path);

/* What the first bytes say. */
enum pulse_compression pulse_compression_of_bytes(const char *bytes, int64_t n);

/* "gzip", ".gz" and the like; not of PULSE_COMPRESSION_NONE. */
const char *pulse_compression_name(enum pulse_compression packing);
const char *pulse_compression_extension(enum pulse_compression packing);

/* What unpacks a file on a command line, "gzip -dc"; not of PULSE_COMPRESSION_NONE. */
const char *pulse_compression_unpacker(enum pulse_compression packing);

struct pulse_decompressor;

/* For a stream of `packed_bytes` bytes in all, which may grow to 16 MiB and 64 times its size and
 * no further: a few bytes could stand for any number. `where` is borrowed, for messages. NULL with
 * PULSE_E_MEMORY. */
struct pulse_decompressor *pulse_decompressor_new(enum pulse_compression packing, const char *where,
                                                  int64_t packed_bytes, struct pulse_err *err);
void pulse_decompressor_free(struct pulse_decompressor *unpacker);

/* Back to the stream's beginning. */
void pulse_decompressor_restart(struct pulse_decompressor *unpacker);

/* Takes bytes of `in` and puts some into `out`, at most `capacity` (1 or more): `taken` and `made`
 * say how many. Where neither moves, it wants more of the stream. PULSE_E_INPUT for broken streams
 * and for those that grow too far. */
int pulse_decompressor_run(struct pulse_decompressor *unpacker, const char *in, int64_t n,
                           char *out, int64_t capacity, int64_t *taken, int64_t *made,
                           struct pulse_err *err);

/* The stream ends after what was taken: PULSE_E_INPUT where that is too early. */
int pulse_decompressor_end(const struct pulse_decompressor *unpacker, struct pulse_err *err);

/* All that `in` was made of, `padding` zero bytes behind it; to be freed. */
char *pulse_decompress(enum pulse_compression packing, const char *where, const char *in, int64_t n,
                       size_t padding, int64_t *out_bytes, struct pulse_err *err);

#endif
