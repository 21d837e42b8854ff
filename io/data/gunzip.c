#include "data/gunzip.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>

#include "base/mem.h"

bool pulse_gunzip_is(const char *bytes, int64_t n)
{
    return n >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0;
}

struct output {
    char *bytes;
    int64_t n;
    int64_t cap;
    int64_t most;
};

static int make_room(const char *where, struct output *out, struct pulse_err *err)
{
    enum { STEP = 64 << 10 };
    if (out->n > out->most)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: gzip: it grows beyond 64 MiB and 64 times its size; unpack it "
                          "yourself if you trust it",
                          where);
    return pulse_grow(&out->bytes, &out->cap, out->n + STEP, 1, "unpacked bytes", err);
}

/* One stream's bytes through zlib, member after member. */
static int inflate_all(const char *where, z_stream *stream, const char *in, int64_t n,
                       struct output *out, struct pulse_err *err)
{
    enum { PIECE = 1 << 30 }; /* zlib counts in unsigned int */
    int status = Z_OK;
    for (int64_t at = 0;;) {
        if (stream->avail_in == 0) {
            const int64_t piece = n - at < PIECE ? n - at : PIECE;
            stream->next_in = (const Bytef *)in + at;
            stream->avail_in = (uInt)piece;
            at += piece;
        }
        if (status == Z_STREAM_END && stream->avail_in == 0)
            return 0;
        if (status == Z_STREAM_END && inflateReset(stream) != Z_OK)
            break;
        if (make_room(where, out, err) != 0)
            return -1;
        const int64_t room = out->cap - out->n < PIECE ? out->cap - out->n : PIECE;
        stream->next_out = (Bytef *)out->bytes + out->n;
        stream->avail_out = (uInt)room;
        status = inflate(stream, Z_NO_FLUSH);
        out->n += room - (int64_t)stream->avail_out;
        if (status == Z_BUF_ERROR && stream->avail_in == 0 && at == n)
            return pulse_fail(err, PULSE_E_INPUT, "%s: gzip: it ends too early", where);
        if (status == Z_MEM_ERROR)
            return pulse_fail(err, PULSE_E_MEMORY, "out of memory: unpacking %s", where);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            break;
    }
    return pulse_fail(err, PULSE_E_INPUT, "%s: gzip: %s; the file is corrupted", where,
                      stream->msg == NULL ? "broken" : stream->msg);
}

char *pulse_gunzip(const char *where, const char *in, int64_t n, size_t padding, int64_t *out_bytes,
                   struct pulse_err *err)
{
    enum { ANY = 64 << 20, TIMES = 64, GZIP_ONLY = 16 };
    struct output out = {0};
    z_stream stream = {0};
    if (__builtin_mul_overflow(n, TIMES, &out.most) || out.most > INT64_MAX / 2)
        out.most = INT64_MAX / 2;
    out.most += ANY;
    if (inflateInit2(&stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: unpacking %s", where);
        return NULL;
    }
    int rc = inflate_all(where, &stream, in, n, &out, err);
    (void)inflateEnd(&stream);
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
