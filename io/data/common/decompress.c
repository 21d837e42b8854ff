#include "data/common/decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "data/common/decompress_zip.h"

static const struct {
    const char *name, *extension, *unpacker, *begin; /* its first bytes */
} packings[] = {[PULSE_COMPRESSION_GZIP] = {"gzip", ".gz", "gzip -dc", "\x1f\x8b\x08"},
                [PULSE_COMPRESSION_ZSTD] = {"zstd", ".zst", "zstd -dc", "\x28\xb5\x2f\xfd"},
                [PULSE_COMPRESSION_BZIP2] = {"bzip2", ".bz2", "bzip2 -dc", "BZh"},
                [PULSE_COMPRESSION_XZ] = {"xz", ".xz", "xz -dc",
                                          "\xfd"
                                          "7zXZ"},
                [PULSE_COMPRESSION_ZIP] = {"zip", ".zip", "unzip -p", "PK\3\4"}};

enum pulse_compression pulse_compression_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (int i = PULSE_COMPRESSION_GZIP; dot != NULL && i <= PULSE_COMPRESSION_ZIP; i++)
        if (strcasecmp(dot, packings[i].extension) == 0)
            return (enum pulse_compression)i;
    return PULSE_COMPRESSION_NONE;
}

enum pulse_compression pulse_compression_of_bytes(const char *bytes, int64_t n)
{
    for (int i = PULSE_COMPRESSION_GZIP; i <= PULSE_COMPRESSION_ZIP; i++) {
        const size_t length = strlen(packings[i].begin);
        if (n >= (int64_t)length && memcmp(bytes, packings[i].begin, length) == 0)
            return (enum pulse_compression)i;
    }
    /* A frame to be skipped, with which pzstd begins. */
    return n >= 4 && (bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0
               ? PULSE_COMPRESSION_ZSTD
               : PULSE_COMPRESSION_NONE;
}

const char *pulse_compression_name(enum pulse_compression packing)
{
    return packings[packing].name;
}

const char *pulse_compression_extension(enum pulse_compression packing)
{
    return packings[packing].extension;
}

const char *pulse_compression_unpacker(enum pulse_compression packing)
{
    return packings[packing].unpacker;
}

struct pulse_decompressor {
    enum pulse_compression packing;
    const char *where;
    z_stream gzip; /* one of these */
    ZSTD_DStream *zstd;
    bz_stream bzip2;
    lzma_stream xz;
    struct pulse_unzip *zip;
    bool between; /* a member or frame has just ended */
    int64_t made;
    int64_t most;
};

static bool begin_xz(struct pulse_decompressor *u)
{
    enum { MEMORY = 256 << 20 }; /* four times what the strongest level of xz needs */
    return lzma_stream_decoder(&u->xz, MEMORY, LZMA_CONCATENATED) == LZMA_OK;
}

static bool begin_stream(struct pulse_decompressor *u)
{
    enum { GZIP_ONLY = 16 };
    switch (u->packing) {
    case PULSE_COMPRESSION_ZSTD:
        return (u->zstd = ZSTD_createDStream()) != NULL;
    case PULSE_COMPRESSION_BZIP2:
        return BZ2_bzDecompressInit(&u->bzip2, 0, 0) == BZ_OK;
    case PULSE_COMPRESSION_XZ:
        return begin_xz(u);
    case PULSE_COMPRESSION_ZIP:
        return (u->zip = pulse_unzip_new()) != NULL;
    default:
        return inflateInit2(&u->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
    }
}

struct pulse_decompressor *pulse_decompressor_new(enum pulse_compression packing, const char *where,
                                                  int64_t packed_bytes, struct pulse_err *err)
{
    enum { ANY = 16 << 20, TIMES = 64 };
    struct pulse_decompressor *u = pulse_calloc(1, sizeof *u, "an unpacker", err);
    if (u == NULL)
        return NULL;
    u->packing = packing;
    u->where = where;
    if (__builtin_mul_overflow(packed_bytes, TIMES, &u->most) || u->most > INT64_MAX / 2)
        u->most = INT64_MAX / 2;
    u->most += ANY;
    if (begin_stream(u))
        return u;
    free(u);
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: unpacking %s", where);
    return NULL;
}

void pulse_decompressor_free(struct pulse_decompressor *u)
{
    if (u == NULL)
        return;
    switch (u->packing) {
    case PULSE_COMPRESSION_ZSTD:
        (void)ZSTD_freeDStream(u->zstd);
        break;
    case PULSE_COMPRESSION_BZIP2:
        (void)BZ2_bzDecompressEnd(&u->bzip2);
        break;
    case PULSE_COMPRESSION_XZ:
        lzma_end(&u->xz);
        break;
    case PULSE_COMPRESSION_ZIP:
        pulse_unzip_free(u->zip);
        break;
    default:
        (void)inflateEnd(&u->gzip);
        break;
    }
    free(u);
}

static void restart_bzip2(struct pulse_decompressor *u)
{
    (void)BZ2_bzDecompressEnd(&u->bzip2);
    u->bzip2 = (bz_stream){0};
    (void)BZ2_bzDecompressInit(&u->bzip2, 0, 0);
}

void pulse_decompressor_restart(struct pulse_decompressor *u)
{
    /* bzip2 has no reset; where one fails for memory, the stream's first bytes fail again. */
    switch (u->packing) {
    case PULSE_COMPRESSION_ZSTD:
        (void)ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
        break;
    case PULSE_COMPRESSION_BZIP2:
        restart_bzip2(u);
        break;
    case PULSE_COMPRESSION_XZ:
        (void)begin_xz(u);
        break;
    case PULSE_COMPRESSION_ZIP:
        pulse_unzip_restart(u->zip);
        break;
    default:
        (void)inflateReset(&u->gzip);
        break;
    }
    u->between = false;
    u->made = 0;
}

/* ---- The libraries; each gives what is wrong, or NULL ----------------------- */

static const char *run_gzip(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made)
{
    enum { PIECE = 1 << 30 }; /* zlib counts in unsigned int */
    while (u->between && *taken < n && in[*taken] == '\0')
        (*taken)++; /* zeros that fill a block, as gzip(1) and Python pass them */
    if (*taken > 0)
        return NULL;
    if (u->between && inflateReset(&u->gzip) != Z_OK)
        return "broken";
    u->gzip.next_in = (const Bytef *)in;
    u->gzip.avail_in = (uInt)(n < PIECE ? n : PIECE);
    u->gzip.next_out = (Bytef *)out;
    u->gzip.avail_out = (uInt)(capacity < PIECE ? capacity : PIECE);
    const int status = inflate(&u->gzip, Z_NO_FLUSH);
    *taken = (const char *)u->gzip.next_in - in;
    *made = (char *)u->gzip.next_out - out;
    u->between = status == Z_STREAM_END;
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
        return NULL;
    return u->gzip.msg == NULL ? "broken" : u->gzip.msg;
}

static const char *run_zstd(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made)
{
    ZSTD_inBuffer from = {in, (size_t)n, 0};
    ZSTD_outBuffer to = {out, (size_t)capacity, 0};
    const size_t left = ZSTD_decompressStream(u->zstd, &to, &from);
    *taken = (int64_t)from.pos;
    *made = (int64_t)to.pos;
    if (ZSTD_isError(left))
        return ZSTD_getErrorName(left);
    u->between = left == 0;
    return NULL;
}

static const char *run_bzip2(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                             int64_t capacity, int64_t *taken, int64_t *made)
{
    enum { PIECE = 1 << 30 }; /* it counts in unsigned int */
    if (u->between)
        restart_bzip2(u);
    memcpy(&u->bzip2.next_in, &in, sizeof in); /* which it does not write to */
    u->bzip2.avail_in = (unsigned)(n < PIECE ? n : PIECE);
    u->bzip2.next_out = out;
    u->bzip2.avail_out = (unsigned)(capacity < PIECE ? capacity : PIECE);
    const int status = BZ2_bzDecompress(&u->bzip2);
    *taken = u->bzip2.next_in - in;
    *made = u->bzip2.next_out - out;
    u->between = status == BZ_STREAM_END;
    return status == BZ_OK || status == BZ_STREAM_END ? NULL : "broken";
}

static const char *run_xz(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                          int64_t capacity, int64_t *taken, int64_t *made)
{
    u->xz.next_in = (const uint8_t *)in;
    u->xz.avail_in = (size_t)n;
    u->xz.next_out = (uint8_t *)out;
    u->xz.avail_out = (size_t)capacity;
    const lzma_ret status = lzma_code(&u->xz, n == 0 ? LZMA_FINISH : LZMA_RUN);
    *taken = (const char *)u->xz.next_in - in;
    *made = (char *)u->xz.next_out - out;
    u->between = status == LZMA_STREAM_END;
    return status == LZMA_OK || status == LZMA_STREAM_END || status == LZMA_BUF_ERROR ? NULL
           : status == LZMA_MEMLIMIT_ERROR ? "it needs more than 256 MiB to unpack"
                                           : "broken";
}

static const char *run_stream(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                              int64_t capacity, int64_t *taken, int64_t *made)
{
    switch (u->packing) {
    case PULSE_COMPRESSION_ZSTD:
        return run_zstd(u, in, n, out, capacity, taken, made);
    case PULSE_COMPRESSION_BZIP2:
        return run_bzip2(u, in, n, out, capacity, taken, made);
    case PULSE_COMPRESSION_XZ:
        return run_xz(u, in, n, out, capacity, taken, made);
    case PULSE_COMPRESSION_ZIP:
        return pulse_unzip_run(u->zip, in, n, out, capacity, taken, made, &u->between);
    default:
        return run_gzip(u, in, n, out, capacity, taken, made);
    }
}

/* Whether what follows a whole member or frame begins no other; of an archive its directory does.
 */
static bool begins_none(const struct pulse_decompressor *u, char first)
{
    const bool fills = u->packing == PULSE_COMPRESSION_GZIP && first == '\0';
    const bool skipped = u->packing == PULSE_COMPRESSION_ZSTD && (first & 0xf0) == 0x50;
    return u->between && u->packing != PULSE_COMPRESSION_ZIP && !fills && !skipped &&
           first != packings[u->packing].begin[0];
}

int pulse_decompressor_run(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                           int64_t capacity, int64_t *taken, int64_t *made, struct pulse_err *err)
{
    *taken = *made = 0;
    if (n == 0 && u->between) /* nothing can come, and nothing is to be begun */
        return 0;
    if (n > 0 && begins_none(u, in[0]))
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: %s: bytes of something else stand behind its end; for what is before "
            "them: %s FILE | pulse-data info -",
            u->where, pulse_compression_name(u->packing), pulse_compression_unpacker(u->packing));
    const char *wrong = run_stream(u, in, n, out, capacity, taken, made);
    u->made += *made;
    if (wrong != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %s: %s%s", u->where,
                          pulse_compression_name(u->packing), wrong,
                          u->packing == PULSE_COMPRESSION_ZIP ? "" : "; the file is corrupted");
    if (u->made > u->most)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: %s: it grows beyond 16 MiB and 64 times its size; unpack it "
                          "yourself if you trust it",
                          u->where, pulse_compression_name(u->packing));
    return 0;
}

int pulse_decompressor_end(const struct pulse_decompressor *u, struct pulse_err *err)
{
    return u->between ? 0
                      : pulse_fail(err, PULSE_E_INPUT, "%s: %s: it ends too early", u->where,
                                   pulse_compression_name(u->packing));
}

/* ---- All at once ---------------------------------------------------------------- */

struct output {
    char *bytes;
    int64_t n;
    int64_t cap;
};

static int unpack_all(struct pulse_decompressor *u, const char *in, int64_t n, struct output *out,
                      struct pulse_err *err)
{
    enum { STEP = 64 << 10 };
    for (;;) {
        int64_t taken, made;
        if (pulse_grow(&out->bytes, &out->cap, out->n + STEP, 1, "unpacked bytes", err) != 0 ||
            pulse_decompressor_run(u, in, n, out->bytes + out->n, out->cap - out->n, &taken, &made,
                                   err) != 0)
            return -1;
        in += taken;
        n -= taken;
        out->n += made;
        if (taken == 0 && made == 0)
            return pulse_decompressor_end(u, err);
    }
}

char *pulse_decompress(enum pulse_compression packing, const char *where, const char *in, int64_t n,
                       size_t padding, int64_t *out_bytes, struct pulse_err *err)
{
    struct output out = {0};
    struct pulse_decompressor *u = pulse_decompressor_new(packing, where, n, err);
    if (u == NULL)
        return NULL;
    int rc = unpack_all(u, in, n, &out, err);
    pulse_decompressor_free(u);
    if (rc == 0)
        rc = pulse_grow(&out.bytes, &out.cap, out.n + (int64_t)padding, 1, "unpacked bytes", err);
    if (rc != 0) {
        free(out.bytes);
        return NULL;
    }
    memset(out.bytes + out.n, 0, padding);
    *out_bytes = out.n;
    return out.bytes;
}
