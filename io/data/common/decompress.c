#include "data/common/decompress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

enum pulse_compression pulse_compression_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL                    ? PULSE_COMPRESSION_NONE
           : strcasecmp(dot, ".gz") == 0  ? PULSE_COMPRESSION_GZIP
           : strcasecmp(dot, ".zst") == 0 ? PULSE_COMPRESSION_ZSTD
                                          : PULSE_COMPRESSION_NONE;
}

enum pulse_compression pulse_compression_of_bytes(const char *bytes, int64_t n)
{
    if (n >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0)
        return PULSE_COMPRESSION_GZIP;
    if (n < 4)
        return PULSE_COMPRESSION_NONE;
    /* A frame, or one to be skipped, with which pzstd begins. */
    return memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0 ||
                   ((bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0)
               ? PULSE_COMPRESSION_ZSTD
               : PULSE_COMPRESSION_NONE;
}

const char *pulse_compression_name(enum pulse_compression packing)
{
    return packing == PULSE_COMPRESSION_ZSTD ? "zstd" : "gzip";
}

struct pulse_decompressor {
    enum pulse_compression packing;
    const char *where;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool between; /* a member or frame has just ended */
    int64_t made;
    int64_t most;
};

struct pulse_decompressor *pulse_decompressor_new(enum pulse_compression packing, const char *where,
                                                  int64_t packed_bytes, struct pulse_err *err)
{
    enum { ANY = 16 << 20, TIMES = 64, GZIP_ONLY = 16 };
    struct pulse_decompressor *u = pulse_calloc(1, sizeof *u, "an unpacker", err);
    if (u == NULL)
        return NULL;
    u->packing = packing;
    u->where = where;
    if (__builtin_mul_overflow(packed_bytes, TIMES, &u->most) || u->most > INT64_MAX / 2)
        u->most = INT64_MAX / 2;
    u->most += ANY;
    bool ready;
    if (packing == PULSE_COMPRESSION_ZSTD)
        ready = (u->zstd = ZSTD_createDStream()) != NULL;
    else
        ready = inflateInit2(&u->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
    if (ready)
        return u;
    free(u);
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: unpacking %s", where);
    return NULL;
}

void pulse_decompressor_free(struct pulse_decompressor *u)
{
    if (u == NULL)
        return;
    if (u->packing == PULSE_COMPRESSION_ZSTD)
        (void)ZSTD_freeDStream(u->zstd);
    else
        (void)inflateEnd(&u->gzip);
    free(u);
}

void pulse_decompressor_restart(struct pulse_decompressor *u)
{
    if (u->packing == PULSE_COMPRESSION_ZSTD)
        (void)ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    else
        (void)inflateReset(&u->gzip);
    u->between = false;
    u->made = 0;
}

/* ---- The two libraries; each gives what is wrong, or NULL ----------------------- */

static const char *run_gzip(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made)
{
    enum { PIECE = 1 << 30 }; /* zlib counts in unsigned int */
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

int pulse_decompressor_run(struct pulse_decompressor *u, const char *in, int64_t n, char *out,
                           int64_t capacity, int64_t *taken, int64_t *made, struct pulse_err *err)
{
    *taken = *made = 0;
    if (n == 0 && u->between) /* nothing can come, and nothing is to be begun */
        return 0;
    const char *wrong = u->packing == PULSE_COMPRESSION_ZSTD
                            ? run_zstd(u, in, n, out, capacity, taken, made)
                            : run_gzip(u, in, n, out, capacity, taken, made);
    u->made += *made;
    if (wrong != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %s: %s; the file is corrupted", u->where,
                          pulse_compression_name(u->packing), wrong);
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
