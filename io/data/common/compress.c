#include "data/common/compress.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

enum { ROOM = 128 << 10, AT_ONCE = 1 << 30 };

struct packer {
    FILE *to;
    z_stream gzip; /* one of the two */
    ZSTD_CStream *zstd;
    unsigned char out[ROOM];
};

static bool put_packed(struct packer *p, size_t n)
{
    return fwrite(p->out, 1, n, p->to) == n;
}

/* Both pack `n` bytes, and at the end of all write what they hold back. */

static bool pack_gzip(struct packer *p, const char *bytes, size_t n, bool end)
{
    int status;
    p->gzip.next_in = (Bytef *)bytes; /* which it does not write to */
    p->gzip.avail_in = (uInt)n;
    do {
        p->gzip.next_out = p->out;
        p->gzip.avail_out = ROOM;
        status = deflate(&p->gzip, end ? Z_FINISH : Z_NO_FLUSH);
        if (!put_packed(p, ROOM - p->gzip.avail_out))
            return false;
    } while (p->gzip.avail_out == 0 || (end && status == Z_OK));
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
}

static bool pack_zstd(struct packer *p, const char *bytes, size_t n, bool end)
{
    ZSTD_inBuffer in = {bytes, n, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {p->out, ROOM, 0};
        left = ZSTD_compressStream2(p->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) || !put_packed(p, out.pos))
            return false;
    } while (in.pos < in.size || (end && left > 0));
    return true;
}

static ssize_t write_packed(void *cookie, const char *bytes, size_t n)
{
    struct packer *p = cookie;
    const size_t most = n < AT_ONCE ? n : AT_ONCE;
    if (p->zstd != NULL ? pack_zstd(p, bytes, most, false) : pack_gzip(p, bytes, most, false))
        return (ssize_t)most;
    errno = errno == 0 ? EIO : errno;
    return 0; /* which says that it failed */
}

static int close_packed(void *cookie)
{
    struct packer *p = cookie;
    const bool good = p->zstd != NULL ? pack_zstd(p, "", 0, true) : pack_gzip(p, "", 0, true);
    if (p->zstd != NULL)
        (void)ZSTD_freeCStream(p->zstd);
    else
        (void)deflateEnd(&p->gzip);
    free(p);
    return good ? 0 : EOF;
}

FILE *pulse_compress_open(FILE *to, enum pulse_compression packing, struct pulse_err *err)
{
    enum { GZIP_ONLY = 16, MEMORY = 8 /* zlib's default */ };
    static const cookie_io_functions_t functions = {.write = write_packed, .close = close_packed};
    struct packer *p = pulse_calloc(1, sizeof *p, "a packed file", err);
    FILE *packed = NULL;
    bool ready;
    if (p == NULL)
        return NULL;
    p->to = to;
    if (packing == PULSE_COMPRESSION_ZSTD)
        ready = (p->zstd = ZSTD_createCStream()) != NULL;
    else
        ready = deflateInit2(&p->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP_ONLY,
                             MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
    if (ready && (packed = fopencookie(p, "w", functions)) != NULL)
        return packed;
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: a packed file");
    if (ready && p->zstd != NULL)
        (void)ZSTD_freeCStream(p->zstd);
    else if (ready)
        (void)deflateEnd(&p->gzip);
    free(p);
    return NULL;
}

int pulse_compress_end(FILE *packed, const char *path, struct pulse_err *err)
{
    const bool failed = ferror(packed) != 0;
    return fclose(packed) != 0 || failed
               ? pulse_fail(err, PULSE_E_STORAGE, "writing %s: the disk is full or failed", path)
               : 0;
}
