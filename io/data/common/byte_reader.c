#include "data/common/byte_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/types.h"
#include "store/store.h"

enum {
    FIRST_CHUNK = 64 << 10, /* packed bytes fetched to look at a file */
    CHUNK = 256 << 10,      /* … and to read on in it */
    WINDOW = 256 << 10,     /* unpacked bytes at hand */
    CHARACTER = 3,          /* bytes of a character of Windows-1252 in UTF-8, at most */
    STRETCH = WINDOW / CHARACTER
};

struct pulse_byte_reader {
    struct pulse_object *object;
    enum pulse_compression packing;
    bool western; /* the text is made of Windows-1252 */
    int64_t size; /* of the text; -1 while that is not known */
    struct pulse_decompressor *unpacker;
    char *packed; /* the file's [packed_from, packed_from + packed_n), of which packed_at is next */
    int64_t packed_from, packed_n, packed_at;
    char *window; /* the text's [window_from, window_from + window_n) */
    int64_t window_from, window_n;
    char *foreign;   /* STRETCH bytes of Windows-1252 */
    int64_t *starts; /* of a file that is not packed: where in the text each STRETCH of it begins */
};

/* ---- Windows-1252 --------------------------------------------------------------- */

/* Writes one character of it, of which Latin-1 is a part, and returns how many bytes it has. What
 * it leaves undefined is U+FFFD. */
static int64_t put_character(unsigned char character, char out[CHARACTER])
{
    /* What 0x80 … 0x9f stand for; all others stand for themselves. */
    static const uint16_t upper[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
    const unsigned code =
        character >= 0x80 && character < 0xa0 ? upper[character - 0x80] : character;
    int64_t n = 0;
    if (code < 0x80) {
        out[n++] = (char)code;
    } else if (code < 0x800) {
        out[n++] = (char)(0xc0 | code >> 6);
        out[n++] = (char)(0x80 | (code & 0x3f));
    } else {
        out[n++] = (char)(0xe0 | code >> 12);
        out[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (code & 0x3f));
    }
    return n;
}

/* Puts `n` foreign bytes, at most a STRETCH, into the window behind what is there. */
static void put_foreign(struct pulse_byte_reader *input, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        input->window_n +=
            put_character((unsigned char)input->foreign[i], input->window + input->window_n);
}

/* The window becomes a stretch of a file that is not packed. */
static int take_stretch(struct pulse_byte_reader *input, int64_t stretch, struct pulse_err *err)
{
    const int64_t from = stretch * STRETCH, left = pulse_store_size(input->object) - from;
    const int64_t n = left < STRETCH ? left : STRETCH;
    input->window_from = input->starts[stretch];
    input->window_n = 0;
    if (pulse_store_read(input->object, from, input->foreign, n, err) != 0)
        return -1;
    put_foreign(input, n);
    return 0;
}

/* Reads all of a file that is not packed, so that any part of its text can be found again. */
static int open_western(struct pulse_byte_reader *input, struct pulse_err *err)
{
    const int64_t bytes = pulse_store_size(input->object);
    const int64_t stretches = bytes / STRETCH + (bytes % STRETCH > 0);
    input->starts = pulse_calloc(stretches + 1, sizeof *input->starts, "places in a file", err);
    if (input->starts == NULL)
        return -1;
    pulse_store_will_read(input->object, 0, bytes);
    for (int64_t i = 0; i < stretches; i++) {
        if (take_stretch(input, i, err) != 0)
            return -1;
        input->starts[i + 1] = input->starts[i] + input->window_n;
    }
    input->size = input->starts[stretches];
    return 0;
}

static int64_t clip_size(const struct pulse_byte_reader *input, int64_t offset, int64_t n)
{
    const int64_t left = offset < input->size ? input->size - offset : 0;
    return n < left ? n : left;
}

/* The stretch in whose text `offset` lies, which is not beyond the text. */
static int64_t find_stretch(const struct pulse_byte_reader *input, int64_t offset)
{
    int64_t first = offset / (CHARACTER * (int64_t)STRETCH), behind = offset / STRETCH + 1;
    while (first + 1 < behind) {
        const int64_t middle = first + (behind - first) / 2;
        const bool before =
            middle * STRETCH < pulse_store_size(input->object) && input->starts[middle] <= offset;
        *(before ? &first : &behind) = middle;
    }
    return first;
}

static int read_western(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                        int64_t *got, struct pulse_err *err)
{
    n = clip_size(input, offset, n);
    for (*got = 0; *got < n;) {
        int64_t at = offset + *got - input->window_from;
        if (at < 0 || at >= input->window_n) {
            if (take_stretch(input, find_stretch(input, offset + *got), err) != 0)
                return -1;
            at = offset + *got - input->window_from;
        }
        const int64_t here = input->window_n - at, wanted = n - *got;
        const int64_t piece = here < wanted ? here : wanted;
        memcpy(out + *got, input->window + at, (size_t)piece);
        *got += piece;
    }
    return 0;
}

/* ---- Opening -------------------------------------------------------------------- */

static int open_packed(struct pulse_byte_reader *input, struct pulse_err *err)
{
    input->size = -1;
    input->packed = pulse_calloc(CHUNK, 1, "packed bytes", err);
    if (input->packed == NULL)
        return -1;
    input->unpacker = pulse_decompressor_new(input->packing, pulse_store_uri(input->object),
                                             pulse_store_size(input->object), err);
    return input->unpacker == NULL ? -1 : 0;
}

int pulse_byte_reader_open(const char *uri, enum pulse_compression packing, char encoding,
                           struct pulse_byte_reader **out, struct pulse_err *err)
{
    struct pulse_byte_reader *input = pulse_calloc(1, sizeof *input, "an open file", err);
    if (input == NULL)
        return -1;
    int rc = pulse_store_open(uri, &input->object, err);
    if (rc == 0) {
        input->packing = packing;
        input->western = encoding == PULSE_WINDOWS_1252;
        input->size = pulse_store_size(input->object);
    }
    if (rc == 0 && (packing != PULSE_COMPRESSION_NONE || input->western)) {
        input->window = pulse_calloc(WINDOW, 1, "a file's text", err);
        rc = input->window == NULL ? -1 : 0;
    }
    if (rc == 0 && input->western) {
        input->foreign = pulse_calloc(STRETCH, 1, "a file's text", err);
        rc = input->foreign == NULL ? -1 : 0;
    }
    if (rc == 0 && packing != PULSE_COMPRESSION_NONE)
        rc = open_packed(input, err);
    else if (rc == 0 && input->western)
        rc = open_western(input, err);
    if (rc == 0)
        *out = input;
    else
        pulse_byte_reader_close(input);
    return rc;
}

void pulse_byte_reader_close(struct pulse_byte_reader *input)
{
    if (input == NULL)
        return;
    pulse_store_close(input->object);
    pulse_decompressor_free(input->unpacker);
    free(input->packed);
    free(input->window);
    free(input->foreign);
    free(input->starts);
    free(input);
}

const char *pulse_byte_reader_uri(const struct pulse_byte_reader *input)
{
    return pulse_store_uri(input->object);
}

enum pulse_compression pulse_byte_reader_packing(const struct pulse_byte_reader *input)
{
    return input->packing;
}

bool pulse_byte_reader_is_packed(const struct pulse_byte_reader *input)
{
    return input->packing != PULSE_COMPRESSION_NONE;
}

int64_t pulse_byte_reader_size(const struct pulse_byte_reader *input)
{
    return input->size;
}

int64_t pulse_byte_reader_guess_size(const struct pulse_byte_reader *input)
{
    const int64_t taken = input->packed_from + input->packed_at;
    const int64_t made = input->window_from + input->window_n;
    if (input->size >= 0)
        return input->size;
    return taken == 0
               ? pulse_store_size(input->object)
               : (int64_t)((double)made / (double)taken * (double)pulse_store_size(input->object));
}

void pulse_byte_reader_will_read(struct pulse_byte_reader *input, int64_t offset, int64_t bytes)
{
    if (input->packing != PULSE_COMPRESSION_NONE) {
        offset = 0;
        bytes = pulse_store_size(input->object);
    } else if (input->western) { /* no text is shorter than what it is made of */
        const int64_t last = offset + bytes < input->size ? offset + bytes : input->size;
        if (offset >= last)
            return;
        const int64_t stretch = find_stretch(input, offset);
        offset = stretch * STRETCH;
        bytes = (find_stretch(input, last - 1) + 1) * STRETCH;
        bytes =
            (bytes < pulse_store_size(input->object) ? bytes : pulse_store_size(input->object)) -
            offset;
    }
    pulse_store_will_read(input->object, offset, bytes);
}

/* ---- Unpacking ------------------------------------------------------------------ */

/* The next packed bytes, where there are more: the first few alone, since often only the names of
 * columns are wanted. */
static int fetch_chunk(struct pulse_byte_reader *input, struct pulse_err *err)
{
    const int64_t from = input->packed_from + input->packed_n;
    const int64_t left = pulse_store_size(input->object) - from,
                  most = from == 0 ? FIRST_CHUNK : CHUNK;
    const int64_t n = left < most ? left : most;
    const struct pulse_range range = {.offset = from, .bytes = n, .out = input->packed};
    const int rc = from == 0 ? pulse_store_read_ranges(input->object, &range, 1, err)
                             : pulse_store_read(input->object, from, input->packed, n, err);
    if (rc != 0)
        return -1;
    input->packed_from = from;
    input->packed_n = n;
    input->packed_at = 0;
    if (from == 0 && pulse_compression_of_bytes(input->packed, n) != input->packing)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no %s file, though its name says so",
                          pulse_byte_reader_uri(input), pulse_compression_name(input->packing));
    return 0;
}

/* Bytes that can be unpacked now. */
static int64_t room_left(const struct pulse_byte_reader *input)
{
    const int64_t left = WINDOW - input->window_n;
    return input->western ? left / CHARACTER : left;
}

/* The text's next stretch into the window; an empty one at the end. */
static int unpack_on(struct pulse_byte_reader *input, struct pulse_err *err)
{
    input->window_from += input->window_n;
    input->window_n = 0;
    for (int64_t room; (room = room_left(input)) > 0;) {
        int64_t taken, made;
        const bool last = input->packed_from + input->packed_n == pulse_store_size(input->object);
        if (input->packed_at == input->packed_n && (!last || input->packed_n == 0) &&
            fetch_chunk(input, err) != 0)
            return -1;
        if (pulse_decompressor_run(input->unpacker, input->packed + input->packed_at,
                                   input->packed_n - input->packed_at,
                                   input->western ? input->foreign
                                                  : input->window + input->window_n,
                                   room, &taken, &made, err) != 0)
            return -1;
        input->packed_at += taken;
        if (input->western)
            put_foreign(input, made);
        else
            input->window_n += made;
        if (taken == 0 && made == 0 && last) {
            input->size = input->window_from + input->window_n;
            return pulse_decompressor_end(input->unpacker, err);
        }
    }
    return 0;
}

/* Back to the beginning; what was fetched first is most often still at hand. */
static void restart_stream(struct pulse_byte_reader *input)
{
    pulse_decompressor_restart(input->unpacker);
    input->window_from = input->window_n = input->packed_at = 0;
    if (input->packed_from != 0)
        input->packed_from = input->packed_n = 0;
}

static int read_packed(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                       int64_t *got, struct pulse_err *err)
{
    *got = 0;
    if (offset < input->window_from)
        restart_stream(input);
    while (*got < n && (input->size < 0 || offset + *got < input->size)) {
        const int64_t at = offset + *got - input->window_from;
        const int64_t here = input->window_n - at, wanted = n - *got;
        if (here <= 0) {
            if (unpack_on(input, err) != 0)
                return -1;
            continue;
        }
        const int64_t piece = here < wanted ? here : wanted;
        memcpy(out + *got, input->window + at, (size_t)piece);
        *got += piece;
    }
    return 0;
}

/* ---- Reading -------------------------------------------------------------------- */

int pulse_byte_reader_read(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err)
{
    if (input->packing != PULSE_COMPRESSION_NONE)
        return read_packed(input, offset, out, n, got, err);
    if (input->western)
        return read_western(input, offset, out, n, got, err);
    *got = clip_size(input, offset, n);
    return pulse_store_read(input->object, offset, out, *got, err);
}

int pulse_byte_reader_peek(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err)
{
    if (input->packing != PULSE_COMPRESSION_NONE)
        return read_packed(input, offset, out, n, got, err);
    if (input->western)
        return read_western(input, offset, out, n, got, err);
    *got = clip_size(input, offset, n);
    const struct pulse_range range = {.offset = offset, .bytes = *got, .out = out};
    return pulse_store_read_ranges(input->object, &range, 1, err);
}
