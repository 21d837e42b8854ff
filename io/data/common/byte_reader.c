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
    CHARACTER = 3           /* bytes of a character of Windows-1252 in UTF-8, at most */
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
    char *foreign; /* what is unpacked of Windows-1252, before it is made UTF-8 */
};

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

static int open_forwards(struct pulse_byte_reader *input, struct pulse_err *err)
{
    input->size = -1;
    input->packed = pulse_calloc(CHUNK, 1, "packed bytes", err);
    input->window = pulse_calloc(WINDOW, 1, "unpacked bytes", err);
    if (input->packed == NULL || input->window == NULL)
        return -1;
    if (input->western) {
        input->foreign = pulse_calloc(WINDOW / CHARACTER, 1, "unpacked bytes", err);
        if (input->foreign == NULL)
            return -1;
    }
    if (input->packing == PULSE_COMPRESSION_NONE)
        return 0;
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
    if (rc == 0 && pulse_byte_reader_goes_forwards(input))
        rc = open_forwards(input, err);
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

bool pulse_byte_reader_goes_forwards(const struct pulse_byte_reader *input)
{
    return input->packing != PULSE_COMPRESSION_NONE || input->western;
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
    if (pulse_byte_reader_goes_forwards(input)) {
        offset = 0;
        bytes = pulse_store_size(input->object);
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
    const int rc = n == 0      ? 0
                   : from == 0 ? pulse_store_read_ranges(input->object, &range, 1, err)
                               : pulse_store_read(input->object, from, input->packed, n, err);
    if (rc != 0)
        return -1;
    input->packed_from = from;
    input->packed_n = n;
    input->packed_at = 0;
    if (from == 0 && input->unpacker != NULL &&
        pulse_compression_of_bytes(input->packed, n) != input->packing)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no %s file, though its name says so",
                          pulse_byte_reader_uri(input), pulse_compression_name(input->packing));
    return 0;
}

/* Bytes at hand → at most `capacity` bytes that are unpacked, which those of a file that is not
 * packed are. */
static int unpack(struct pulse_byte_reader *input, char *out, int64_t capacity, int64_t *taken,
                  int64_t *made, struct pulse_err *err)
{
    const char *in = input->packed + input->packed_at;
    const int64_t n = input->packed_n - input->packed_at;
    if (input->unpacker != NULL)
        return pulse_decompressor_run(input->unpacker, in, n, out, capacity, taken, made, err);
    *taken = *made = n < capacity ? n : capacity;
    memcpy(out, in, (size_t)*made);
    return 0;
}

/* The same to the end of the window, as UTF-8. */
static int unpack_to_window(struct pulse_byte_reader *input, int64_t *taken, int64_t *made,
                            struct pulse_err *err)
{
    char *to = input->window + input->window_n;
    const int64_t capacity = WINDOW - input->window_n;
    if (!input->western) {
        if (unpack(input, to, capacity, taken, made, err) != 0)
            return -1;
        input->window_n += *made;
        return 0;
    }
    if (unpack(input, input->foreign, capacity / CHARACTER, taken, made, err) != 0)
        return -1;
    for (int64_t i = 0; i < *made; i++)
        input->window_n +=
            put_character((unsigned char)input->foreign[i], input->window + input->window_n);
    return 0;
}

/* The text's next stretch into the window; an empty one at the end. */
static int unpack_on(struct pulse_byte_reader *input, struct pulse_err *err)
{
    input->window_from += input->window_n;
    input->window_n = 0;
    while (input->window_n <= WINDOW - CHARACTER) {
        int64_t taken, made;
        const bool last = input->packed_from + input->packed_n == pulse_store_size(input->object);
        if (input->packed_at == input->packed_n && (!last || input->packed_n == 0) &&
            fetch_chunk(input, err) != 0)
            return -1;
        if (unpack_to_window(input, &taken, &made, err) != 0)
            return -1;
        input->packed_at += taken;
        if (taken == 0 && made == 0 && last) {
            input->size = input->window_from + input->window_n;
            return input->unpacker == NULL ? 0 : pulse_decompressor_end(input->unpacker, err);
        }
    }
    return 0;
}

/* Back to the beginning; what was fetched first is most often still at hand. */
static void restart_stream(struct pulse_byte_reader *input)
{
    if (input->unpacker != NULL)
        pulse_decompressor_restart(input->unpacker);
    input->window_from = input->window_n = input->packed_at = 0;
    if (input->packed_from != 0)
        input->packed_from = input->packed_n = 0;
}

static int read_forwards(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
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

static int64_t clip_size(const struct pulse_byte_reader *input, int64_t offset, int64_t n)
{
    const int64_t left = offset < input->size ? input->size - offset : 0;
    return n < left ? n : left;
}

int pulse_byte_reader_read(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err)
{
    if (pulse_byte_reader_goes_forwards(input))
        return read_forwards(input, offset, out, n, got, err);
    *got = clip_size(input, offset, n);
    return pulse_store_read(input->object, offset, out, *got, err);
}

int pulse_byte_reader_peek(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err)
{
    if (pulse_byte_reader_goes_forwards(input))
        return read_forwards(input, offset, out, n, got, err);
    *got = clip_size(input, offset, n);
    const struct pulse_range range = {.offset = offset, .bytes = *got, .out = out};
    return pulse_store_read_ranges(input->object, &range, 1, err);
}
