#include "data/common/compress.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

enum { ROOM = 128 << 10, AT_ONCE = 1 << 30 };

struct packer {
    FILE *to;
    enum pulse_compression packing;
    z_stream gzip; /* one of these */
    ZSTD_CStream *zstd;
    bz_stream bzip2;
    lzma_stream xz;
    unsigned char out[ROOM];
};

static bool put_packed(struct packer *p, size_t n)
{
    return fwrite(p->out, 1, n, p->to) == n;
}

/* All pack `n` bytes, and at the end of all write what they hold back. */

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

static bool pack_bzip2(struct packer *p, const char *bytes, size_t n, bool end)
{
    int status = BZ_RUN_OK;
    memcpy(&p->bzip2.next_in, &bytes, sizeof bytes); /* which it does not write to */
    p->bzip2.avail_in = (unsigned)n;
    while (p->bzip2.avail_in > 0 || (end && status != BZ_STREAM_END)) {
        p->bzip2.next_out = (char *)p->out;
        p->bzip2.avail_out = ROOM;
        status = BZ2_bzCompress(&p->bzip2, end ? BZ_FINISH : BZ_RUN);
        if (status < 0 || !put_packed(p, ROOM - p->bzip2.avail_out))
            return false;
    }
    return true;
}

static bool pack_xz(struct packer *p, const char *bytes, size_t n, bool end)
{
    lzma_ret status = LZMA_OK;
    p->xz.next_in = (const uint8_t *)bytes;
    p->xz.avail_in = n;
    while (p->xz.avail_in > 0 || (end && status != LZMA_STREAM_END)) {
        p->xz.next_out = p->out;
        p->xz.avail_out = ROOM;
        status = lzma_code(&p->xz, end ? LZMA_FINISH : LZMA_RUN);
        if ((status != LZMA_OK && status != LZMA_STREAM_END) ||
            !put_packed(p, ROOM - p->xz.avail_out))
            return false;
    }
    return true;
}

static bool pack(struct packer *p, const char *bytes, size_t n, bool end)
{
    switch (p->packing) {
    case PULSE_COMPRESSION_ZSTD:
        return pack_zstd(p, bytes, n, end);
    case PULSE_COMPRESSION_BZIP2:
        return pack_bzip2(p, bytes, n, end);
    case PULSE_COMPRESSION_XZ:
        return pack_xz(p, bytes, n, end);
    default:
        return pack_gzip(p, bytes, n, end);
    }
}

static ssize_t write_packed(void *cookie, const char *bytes, size_t n)
{
    struct packer *p = cookie;
    const size_t most = n < AT_ONCE ? n : AT_ONCE;
    if (pack(p, bytes, most, false))
        return (ssize_t)most;
    errno = errno == 0 ? EIO : errno;
    return 0; /* which says that it failed */
}

static void free_packer(struct packer *p)
{
    if (p->packing == PULSE_COMPRESSION_ZSTD)
        (void)ZSTD_freeCStream(p->zstd);
    else if (p->packing == PULSE_COMPRESSION_BZIP2)
        (void)BZ2_bzCompressEnd(&p->bzip2);
    else if (p->packing == PULSE_COMPRESSION_XZ)
        lzma_end(&p->xz);
    else
        (void)deflateEnd(&p->gzip);
    free(p);
}

static int close_packed(void *cookie)
{
    struct packer *p = cookie;
    const bool good = pack(p, "", 0, true);
    free_packer(p);
    return good ? 0 : EOF;
}

static bool begin_packing(struct packer *p)
{
    enum { GZIP_ONLY = 16, MEMORY = 8 /* zlib's default */, BLOCK = 9 /* bzip2's */ };
    if (p->packing == PULSE_COMPRESSION_ZSTD)
        return (p->zstd = ZSTD_createCStream()) != NULL;
    if (p->packing == PULSE_COMPRESSION_BZIP2)
        return BZ2_bzCompressInit(&p->bzip2, BLOCK, 0, 0) == BZ_OK;
    if (p->packing == PULSE_COMPRESSION_XZ)
        return lzma_easy_encoder(&p->xz, LZMA_PRESET_DEFAULT, LZMA_CHECK_CRC64) == LZMA_OK;
    return deflateInit2(&p->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP_ONLY, MEMORY,
                        Z_DEFAULT_STRATEGY) == Z_OK;
}

FILE *pulse_compress_open(FILE *to, enum pulse_compression packing, struct pulse_err *err)
{
    static const cookie_io_functions_t functions = {.write = write_packed, .close = close_packed};
    if (packing == PULSE_COMPRESSION_ZIP) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "archives of zip are read, not written; end the name with .gz, .zst, "
                         ".bz2 or .xz");
        return NULL;
    }
    struct packer *p = pulse_calloc(1, sizeof *p, "a packed file", err);
    FILE *packed = NULL;
    if (p == NULL)
        return NULL;
    p->to = to;
    p->packing = packing;
    const bool ready = begin_packing(p);
    if (ready && (packed = fopencookie(p, "w", functions)) != NULL)
        return packed;
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: a packed file");
    if (ready)
        free_packer(p);
    else
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
