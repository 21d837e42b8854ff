#include "data/common/decompress_zip.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>

/* APPNOTE.TXT of the format, 4.3.7 and 4.3.9. */
enum {
    HEADER = 30, /* bytes of a local header, before the name */
    TAIL = 24,   /* of what may follow the data, and the signature after it */
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1,
    SUM_BEHIND = 8 /* flags */
};

enum step { IN_HEADER, IN_NAME, IN_DATA, IN_TAIL, AFTER };

struct pulse_unzip {
    enum step step;
    z_stream deflate;
    unsigned char head[HEADER], tail[TAIL];
    int64_t filled; /* of the header or the tail */
    int64_t left;   /* of the name, or of stored data */
    int method, flags;
    uLong sum, expected;
};

static uint32_t integer_at(const unsigned char *at, int bytes)
{
    uint32_t x = 0;
    for (int i = bytes - 1; i >= 0; i--)
        x = x << 8 | at[i];
    return x;
}

struct pulse_unzip *pulse_unzip_new(void)
{
    struct pulse_unzip *z = calloc(1, sizeof *z);
    if (z == NULL || inflateInit2(&z->deflate, -MAX_WBITS) == Z_OK)
        return z;
    free(z);
    return NULL;
}

void pulse_unzip_free(struct pulse_unzip *z)
{
    if (z == NULL)
        return;
    (void)inflateEnd(&z->deflate);
    free(z);
}

void pulse_unzip_restart(struct pulse_unzip *z)
{
    (void)inflateReset(&z->deflate);
    z->step = IN_HEADER;
    z->filled = 0;
    z->sum = 0;
}

/* Fills `to` up to `size` bytes; whether it is full. */
static bool gather(struct pulse_unzip *z, const char *in, int64_t n, unsigned char *to,
                   int64_t size, int64_t *taken)
{
    *taken = size - z->filled < n ? size - z->filled : n;
    if (*taken > 0)
        memcpy(to + z->filled, in, (size_t)*taken);
    z->filled += *taken;
    return z->filled == size;
}

static const char *begin_file(struct pulse_unzip *z)
{
    const unsigned char *h = z->head;
    if (memcmp(h, "PK\3\4", 4) != 0)
        return memcmp(h, "PK", 2) == 0 ? "no file is in it" : "broken";
    z->flags = (int)integer_at(h + 6, 2);
    z->method = (int)integer_at(h + 8, 2);
    z->expected = integer_at(h + 14, 4);
    z->left = integer_at(h + 26, 2) + integer_at(h + 28, 2);
    z->step = IN_NAME;
    if ((z->flags & ENCRYPTED) != 0)
        return "it is encrypted";
    if (z->method != DEFLATED && (z->method != STORED || (z->flags & SUM_BEHIND) != 0 ||
                                  integer_at(h + 18, 4) == UINT32_MAX))
        return "packed in a way that is not read; pack it with deflate";
    return NULL;
}

static void pass_name(struct pulse_unzip *z, int64_t n, int64_t *taken)
{
    *taken = z->left < n ? z->left : n;
    z->left -= *taken;
    if (z->left > 0)
        return;
    z->filled = 0;
    z->left = integer_at(z->head + 18, 4);
    z->step = z->method == STORED && z->left == 0 ? IN_TAIL : IN_DATA;
}

static const char *run_data(struct pulse_unzip *z, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made)
{
    enum { PIECE = 1 << 30 }; /* zlib counts in unsigned int */
    if (z->method == STORED) {
        *taken = *made = z->left < n ? z->left : n;
        *made = *taken = *made < capacity ? *made : capacity;
        if (*made > 0)
            memcpy(out, in, (size_t)*made);
        z->left -= *taken;
        z->step = z->left == 0 ? IN_TAIL : IN_DATA;
    } else {
        z->deflate.next_in = (const Bytef *)in;
        z->deflate.avail_in = (uInt)(n < PIECE ? n : PIECE);
        z->deflate.next_out = (Bytef *)out;
        z->deflate.avail_out = (uInt)(capacity < PIECE ? capacity : PIECE);
        const int status = inflate(&z->deflate, Z_NO_FLUSH);
        *taken = (const char *)z->deflate.next_in - in;
        *made = (char *)z->deflate.next_out - out;
        if (status == Z_STREAM_END)
            z->step = IN_TAIL;
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return z->deflate.msg == NULL ? "broken" : z->deflate.msg;
    }
    z->sum = crc32_z(z->sum, (const Bytef *)out, (size_t)*made);
    return NULL;
}

/* The sum, where it stands behind the data, and no other file after it. */
static const char *end_file(struct pulse_unzip *z)
{
    const unsigned char *at = z->tail, *next = at;
    if ((z->flags & SUM_BEHIND) != 0) {
        const bool is_signed = memcmp(at, "PK\7\10", 4) == 0;
        z->expected = integer_at(at + 4 * is_signed, 4);
        next = at + 4 * is_signed + 12;
        if (memcmp(next, "PK", 2) != 0) /* lengths of eight bytes */
            next = is_signed ? at : next + 8;
    }
    if (z->expected != z->sum)
        return "its sum is wrong";
    return memcmp(next, "PK\3\4", 4) == 0
               ? "it holds more than one file; unpack it, or make an archive of one"
               : NULL;
}

const char *pulse_unzip_run(struct pulse_unzip *z, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made, bool *done)
{
    const char *wrong = NULL;
    *taken = *made = 0;
    if (z->step == IN_HEADER && gather(z, in, n, z->head, HEADER, taken))
        wrong = begin_file(z);
    else if (z->step == IN_NAME)
        pass_name(z, n, taken);
    else if (z->step == IN_DATA)
        wrong = run_data(z, in, n, out, capacity, taken, made);
    else if (z->step == IN_TAIL && gather(z, in, n, z->tail, TAIL, taken)) {
        wrong = end_file(z);
        z->step = AFTER;
    } else if (z->step == AFTER) {
        *taken = n;
    }
    if (wrong == NULL && z->step == IN_NAME && z->left == 0) { /* no name: nothing to wait for */
        int64_t none;
        pass_name(z, 0, &none);
    }
    *done = z->step == AFTER && wrong == NULL;
    return wrong;
}
