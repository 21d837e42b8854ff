#include "data/common/decompress_zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zlib promises not to write what it reads */
#include <zlib.h>

#include "base/utf8.h"

/* APPNOTE.TXT of the format, 4.3.7 and 4.3.9. */
enum {
    HEADER = 30, /* bytes of a local header, before the name */
    NAME = 64,
    TAIL = 28,             /* of what may follow the data, and the signature after it */
    WASTE = 4 << 10,       /* bytes that are left out at once */
    MOST_WASTE = 16 << 20, /* and in all */
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1,
    SUM_BEHIND = 8 /* flags */
};

const char pulse_workbook_advice[] =
    "a workbook of Excel and no CSV; save its sheet as CSV UTF-8, or as pandas does with "
    "pd.read_excel('FILE').to_csv('NEW.csv', index=False)";

enum step { IN_HEADER, IN_NAME, IN_DATA, IN_TAIL, AFTER };

struct pulse_unzip {
    enum step step;
    z_stream deflate;
    unsigned char head[HEADER], tail[TAIL];
    char name[NAME + 1]; /* its beginning */
    size_t named;
    char file[NAME + 1]; /* the name of the one that is read */
    bool found, skips;   /* there was one; what is being passed is none */
    int64_t skipped;     /* bytes */
    char wrong[NAME + 160];
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
    z->named = 0;
    z->sum = 0;
    z->found = z->skips = false;
    z->skipped = 0;
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
    if (memcmp(h, "PK\3\4", 4) != 0) {
        z->step = AFTER;
        return z->found && memcmp(h, "PK", 2) == 0 ? NULL
               : memcmp(h, "PK", 2) == 0           ? "no file is in it"
                                                   : "broken";
    }
    (void)inflateReset(&z->deflate);
    z->sum = 0;
    z->flags = (int)integer_at(h + 6, 2);
    z->method = (int)integer_at(h + 8, 2);
    z->expected = integer_at(h + 14, 4);
    z->left = integer_at(h + 26, 2) + integer_at(h + 28, 2);
    z->step = IN_NAME;
    return (z->flags & ENCRYPTED) != 0 ? "it is encrypted" : NULL;
}

/* Whether it is known where the data end. */
static bool can_unpack(const struct pulse_unzip *z)
{
    return z->method == DEFLATED || (z->method == STORED && (z->flags & SUM_BEHIND) == 0 &&
                                     integer_at(z->head + 18, 4) != UINT32_MAX);
}

/* Whether the archive is a workbook: the parts of OOXML, or the kind of OpenDocument. */
static bool is_workbook(const char *name)
{
    static const char *const parts[] = {"[Content_Types].xml", "xl/", "docProps/", "_rels/",
                                        "mimetype"};
    bool is = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        is = is || strncmp(name, parts[i], strlen(parts[i])) == 0;
    return is;
}

/* What the Finder of macOS puts beside the files of people. */
static bool is_litter(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash == NULL ? name : slash + 1;
    return strncmp(name, "__MACOSX/", 9) == 0 || strcmp(base, ".DS_Store") == 0;
}

static const char *fail_several(struct pulse_unzip *z)
{
    const bool plain = z->file[0] != '\0' && strlen(z->file) < NAME &&
                       strpbrk(z->file, "'\\\n\r") == NULL && pulse_utf8_valid(z->file);
    (void)snprintf(z->wrong, sizeof z->wrong,
                   "it holds more than one file; make an archive of one, or unpack one: unzip -p "
                   "FILE '%s' | pulse-data info -",
                   plain ? z->file : "NAME.csv");
    return z->wrong;
}

/* One file is read; litter and directories are passed. */
static const char *judge_name(struct pulse_unzip *z)
{
    const size_t length = strlen(z->name);
    const bool directory = length > 0 && z->name[length - 1] == '/' && z->step == IN_TAIL;
    z->skips = directory || is_litter(z->name);
    if (is_workbook(z->name))
        return pulse_workbook_advice;
    if (!directory && !can_unpack(z))
        return "packed in a way that is not read; pack it with deflate";
    if (!z->skips && z->found)
        return fail_several(z);
    if (!z->skips)
        (void)snprintf(z->file, sizeof z->file, "%s", z->name);
    z->found = z->found || !z->skips;
    return NULL;
}

/* The name and what else stands before the data. */
static const char *pass_name(struct pulse_unzip *z, const char *in, int64_t n, int64_t *taken)
{
    const size_t length = integer_at(z->head + 26, 2);
    *taken = z->left < n ? z->left : n;
    z->left -= *taken;
    for (int64_t i = 0; i < *taken && z->named < length; i++, z->named++)
        if (z->named < NAME)
            z->name[z->named] = in[i];
    if (z->left > 0)
        return NULL;
    z->name[length < NAME ? length : NAME] = '\0';
    z->filled = 0;
    z->named = 0;
    z->left = integer_at(z->head + 18, 4);
    z->step = z->method == STORED && z->left == 0 ? IN_TAIL : IN_DATA;
    return judge_name(z);
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

/* Data of what is no file of people's. */
static const char *skip_data(struct pulse_unzip *z, const char *in, int64_t n, int64_t *taken)
{
    char waste[WASTE];
    const char *wrong = NULL;
    int64_t made = WASTE;
    *taken = 0;
    while (wrong == NULL && z->step == IN_DATA && *taken == 0 && made == WASTE) {
        wrong = run_data(z, in, n, waste, WASTE, taken, &made);
        z->skipped += made;
        if (wrong == NULL && z->skipped > MOST_WASTE)
            wrong = "too much lies beside its file";
    }
    return wrong;
}

/* The sum, where it stands behind the data, and the beginning of what follows. */
static const char *end_file(struct pulse_unzip *z)
{
    const unsigned char *at = z->tail, *next = at;
    if ((z->flags & SUM_BEHIND) != 0) {
        const bool is_signed = memcmp(at, "PK\7\10", 4) == 0;
        z->expected = integer_at(at + 4 * is_signed, 4);
        next = at + 4 * is_signed + 12;
        if (memcmp(next, "PK", 2) != 0) /* lengths of eight bytes */
            next += 8;
    }
    if (z->expected != z->sum)
        return "its sum is wrong";
    z->filled = 0;
    z->step = AFTER;
    if (memcmp(next, "PK\3\4", 4) == 0 || !z->found) {
        z->step = IN_HEADER;
        z->filled = at + TAIL - next;
        memcpy(z->head, next, (size_t)z->filled);
    }
    return NULL;
}

const char *pulse_unzip_run(struct pulse_unzip *z, const char *in, int64_t n, char *out,
                            int64_t capacity, int64_t *taken, int64_t *made, bool *done)
{
    const char *wrong = NULL;
    *taken = *made = 0;
    if (z->step == IN_HEADER && gather(z, in, n, z->head, HEADER, taken))
        wrong = begin_file(z);
    else if (z->step == IN_NAME)
        wrong = pass_name(z, in, n, taken);
    else if (z->step == IN_DATA && z->skips)
        wrong = skip_data(z, in, n, taken);
    else if (z->step == IN_DATA)
        wrong = run_data(z, in, n, out, capacity, taken, made);
    else if (z->step == IN_TAIL && gather(z, in, n, z->tail, TAIL, taken))
        wrong = end_file(z);
    else if (z->step == AFTER)
        *taken = n;
    if (wrong == NULL && z->step == IN_NAME && z->left == 0) { /* no name: nothing to wait for */
        int64_t none;
        wrong = pass_name(z, in, 0, &none);
    }
    *done = z->step == AFTER && wrong == NULL;
    return wrong;
}
