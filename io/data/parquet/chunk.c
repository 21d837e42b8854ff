#include "data/parquet/chunk.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"
#include "data/common/codec.h"
#include "data/parquet/bits.h"
#include "data/parquet/thrift.h"
#include "data/parquet/vector.h"

/* A chunk while it is read. */
struct chunk {
    const struct pulse_parquet_where *where;
    const struct pulse_parquet_leaf *leaf;
    int codec;
    const uint8_t *at; /* the bytes left */
    const uint8_t *end;
    uint8_t *dictionary_page; /* decompressed; its texts lie there */
    bool has_dictionary;
    struct pulse_parquet_values dictionary;
    struct pulse_parquet_values values; /* of one page */
    uint32_t *present;                  /* capacity for all rows; NULL where none can be missing */
    struct pulse_parquet_filling filling;
};

/* ---- Page headers --------------------------------------------------------------- */

enum { DATA_PAGE = 0, DICTIONARY_PAGE = 2, DATA_PAGE_V2 = 3, NO_PAGE = -1 };

struct page {
    int64_t type;
    int64_t raw_bytes; /* when decompressed, levels and values */
    int64_t bytes;     /* in the file */
    bool has_crc;
    uint32_t crc;
    int64_t n; /* values, with the missing ones */
    int64_t encoding;
    int64_t level_encoding;
    int64_t level_bytes;      /* v2: of the definition levels */
    int64_t repetition_bytes; /* v2: of the repetition levels, all 0 */
    bool is_compressed;       /* v2 may say no */
    const uint8_t *at;
};

/* {1: values, 2: encoding, 3: encoding of levels}; of a dictionary {1, 2} */
static void read_v1(struct pulse_thrift *t, struct page *page)
{
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 1)
            page->n = pulse_thrift_int(t, field);
        else if (field.id == 2)
            page->encoding = pulse_thrift_int(t, field);
        else if (field.id == 3 && page->type == DATA_PAGE)
            page->level_encoding = pulse_thrift_int(t, field);
        else
            pulse_thrift_skip(t, field.type);
    }
}

/* {1: values, 4: encoding, 5, 6: bytes of definition and repetition levels, 7: compressed?} */
static void read_v2(struct pulse_thrift *t, struct page *page)
{
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 1)
            page->n = pulse_thrift_int(t, field);
        else if (field.id == 4)
            page->encoding = pulse_thrift_int(t, field);
        else if (field.id == 5)
            page->level_bytes = pulse_thrift_int(t, field);
        else if (field.id == 6)
            page->repetition_bytes = pulse_thrift_int(t, field);
        else if (field.id == 7)
            page->is_compressed = pulse_thrift_bool(t, field);
        else
            pulse_thrift_skip(t, field.type);
    }
}

/* {1: type, 2: bytes decompressed, 3: bytes, 4: CRC-32, 5, 7, 8: what the type has} */
static void read_fields(struct pulse_thrift *t, struct page *page)
{
    struct pulse_thrift_field field = {0};
    *page = (struct page){.type = NO_PAGE,
                          .raw_bytes = -1,
                          .bytes = -1,
                          .n = -1,
                          .level_encoding = PULSE_PARQUET_RLE,
                          .is_compressed = true};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 1)
            page->type = pulse_thrift_int(t, field);
        else if (field.id == 2)
            page->raw_bytes = pulse_thrift_int(t, field);
        else if (field.id == 3)
            page->bytes = pulse_thrift_int(t, field);
        else if (field.id == 4) {
            page->crc = (uint32_t)pulse_thrift_int(t, field);
            page->has_crc = true;
        } else if ((field.id == 5 || field.id == 7) && pulse_thrift_struct(t, field))
            read_v1(t, page);
        else if (field.id == 8 && pulse_thrift_struct(t, field))
            read_v2(t, page);
        else
            pulse_thrift_skip(t, field.type);
    }
}

/* The next page, its sizes checked. */
static int next_page(struct chunk *c, struct page *page)
{
    struct pulse_thrift t = {.at = c->at, .end = c->end};
    read_fields(&t, page);
    if (t.broken || page->type < 0)
        return pulse_parquet_fail(c->where, "a page cannot be found; truncated or corrupted");
    if (page->bytes < 0 || page->bytes > t.end - t.at || page->raw_bytes < 0 ||
        page->raw_bytes > INT_MAX)
        return pulse_parquet_fail(c->where, "a page of a size that cannot be; corrupted");
    if (page->has_crc && crc32_z(0, t.at, (size_t)page->bytes) != page->crc)
        return pulse_parquet_fail(c->where, "a page's checksum is wrong: its bytes have changed");
    page->at = t.at;
    c->at = t.at + page->bytes;
    return 0;
}

/* Whether a page of `n` values may have so many bytes: what is more is padding or a bomb. Only a
 * text may be long, but not many times longer than its page. */
static bool is_plausible_page(const struct chunk *c, int64_t n, int64_t bytes, int64_t raw_bytes)
{
    enum {
        SLACK = 1 << 20,
        BESIDE = 16, /* bytes a value: levels, and what encodings add */
        WORD = 64,
        TIMES = 256
    };
    const bool text = c->leaf->type == PULSE_PARQUET_BYTE_ARRAY;
    const int64_t width = (text ? WORD : c->leaf->width) + BESIDE;
    return raw_bytes <= SLACK || (raw_bytes - SLACK) / width <= n ||
           (text && raw_bytes / TIMES <= bytes);
}

/* The decompressed bytes, to be freed, in `raw`. */
static int decompress_page(const struct chunk *c, int codec, const uint8_t *at, int64_t n,
                           int64_t bytes, int64_t raw_bytes, uint8_t **raw)
{
    if (!is_plausible_page(c, n, bytes, raw_bytes))
        return pulse_parquet_fail(c->where, "a page of a size that cannot be; corrupted");
    *raw = pulse_alloc_aligned(raw_bytes, 1, "a Parquet page", c->where->err);
    if (*raw == NULL)
        return -1;
    const char *wrong = pulse_codec_decode(codec, at, bytes, *raw, raw_bytes);
    return wrong == NULL ? 0 : pulse_parquet_fail(c->where, wrong);
}

/* ---- Pages ---------------------------------------------------------------------- */

static int read_dictionary(struct chunk *c, const struct page *page)
{
    if (c->has_dictionary || page->n < 0 || !pulse_parquet_is_plausible(page->n, page->bytes))
        return pulse_parquet_fail(c->where, "a dictionary that cannot be; corrupted");
    if (decompress_page(c, c->codec, page->at, page->n, page->bytes, page->raw_bytes,
                        &c->dictionary_page) != 0)
        return -1;
    c->has_dictionary = true;
    return pulse_parquet_values_decode(c->where, c->leaf, PULSE_PARQUET_AS_IS, c->dictionary_page,
                                       c->dictionary_page + page->raw_bytes, page->n, NULL,
                                       &c->dictionary);
}

/* Which of `n` rows have a value, where not all have; moves `in` behind the levels, which end
 * before `end`. */
static int read_levels(struct chunk *c, struct pulse_thrift *in, bool old_bits, int64_t n,
                       int64_t *count)
{
    *count = n;
    if (!old_bits && pulse_parquet_is_run_of_ones(*in, n))
        return 0;
    const char *wrong = old_bits ? pulse_parquet_old_bits(in, n, c->present)
                                 : pulse_parquet_hybrid(in, 1, n, c->present);
    if (wrong != NULL)
        return pulse_parquet_fail(c->where, wrong);
    *count = 0;
    for (int64_t i = 0; i < n; i++)
        *count += c->present[i];
    return 0;
}

/* The values of [at, end) and what levels said → rows. */
static int add_rows(struct chunk *c, const struct page *page, const uint8_t *at, const uint8_t *end,
                    int64_t count)
{
    if (pulse_parquet_values_decode(c->where, c->leaf, page->encoding, at, end, count,
                                    c->has_dictionary ? &c->dictionary : NULL, &c->values) != 0)
        return -1;
    return pulse_parquet_filling_add(&c->filling, c->where, c->leaf,
                                     count == page->n ? NULL : c->present, page->n, &c->values);
}

/* All of the page compressed together: llll → bytes of levels (not of the older kind), levels,
 * values. */
static int read_data_v1(struct chunk *c, const struct page *page, uint8_t **raw)
{
    if (decompress_page(c, c->codec, page->at, page->n, page->bytes, page->raw_bytes, raw) != 0)
        return -1;
    const bool old_bits = page->level_encoding == PULSE_PARQUET_OLD_BITS;
    struct pulse_thrift in = {.at = *raw, .end = *raw + page->raw_bytes};
    const uint8_t *values = in.at;
    int64_t count = page->n;
    if (c->present != NULL && !old_bits) {
        if (page->level_encoding != PULSE_PARQUET_RLE)
            return pulse_parquet_fail(c->where, "an encoding of levels that is not known");
        if (page->raw_bytes < 4 || pulse_parquet_u32(in.at) > in.end - in.at - 4)
            return pulse_parquet_fail(c->where, "levels longer than their page; corrupted");
        in.end = in.at + 4 + pulse_parquet_u32(in.at);
        in.at += 4;
        values = in.end;
    }
    if (c->present != NULL && read_levels(c, &in, old_bits, page->n, &count) != 0)
        return -1;
    if (c->present != NULL && old_bits)
        values = in.at;
    return add_rows(c, page, values, *raw + page->raw_bytes, count);
}

/* Repetition levels, definition levels, both as they are; then values, compressed or not. */
static int read_data_v2(struct chunk *c, const struct page *page, uint8_t **raw)
{
    if (page->repetition_bytes < 0 || page->repetition_bytes > page->bytes ||
        page->level_bytes < 0 || page->level_bytes > page->bytes - page->repetition_bytes)
        return pulse_parquet_fail(c->where, "levels longer than their page; corrupted");
    const int64_t levels = page->repetition_bytes + page->level_bytes;
    const uint8_t *at = page->at + levels;
    struct pulse_thrift in = {.at = page->at + page->repetition_bytes, .end = at};
    int64_t count = page->n, bytes = page->bytes - levels, raw_bytes = page->raw_bytes - levels;
    if (raw_bytes < 0)
        return pulse_parquet_fail(c->where, "levels longer than their page; corrupted");
    if (c->present != NULL && read_levels(c, &in, false, page->n, &count) != 0)
        return -1;
    if (decompress_page(c, page->is_compressed ? c->codec : 0, at, page->n, bytes, raw_bytes,
                        raw) != 0)
        return -1;
    return add_rows(c, page, *raw, *raw + raw_bytes, count);
}

static int read_page(struct chunk *c)
{
    struct page page;
    uint8_t *raw = NULL;
    if (next_page(c, &page) != 0)
        return -1;
    if (page.type == DICTIONARY_PAGE)
        return read_dictionary(c, &page);
    if (page.type != DATA_PAGE && page.type != DATA_PAGE_V2)
        return 0; /* of a kind made later: to be passed over */
    if (page.n < 0 || page.n > c->filling.rows - c->filling.done)
        return pulse_parquet_fail(c->where, "its pages hold more rows than it says; corrupted");
    int rc = page.type == DATA_PAGE ? read_data_v1(c, &page, &raw) : read_data_v2(c, &page, &raw);
    free(raw);
    return rc;
}

int pulse_parquet_chunk_read(const uint8_t *bytes, const struct pulse_parquet_where *where,
                             const struct pulse_parquet_leaf *leaf, enum pulse_kind_of_column kind,
                             const struct pulse_parquet_chunk *chunk, struct pulse_vector *out)
{
    struct chunk c = {.where = where, .leaf = leaf, .codec = chunk->codec};
    int rc = pulse_parquet_filling_init(&c.filling, out, kind, leaf->optional, chunk->values,
                                        chunk->bytes, where->err);
    if (rc == 0 && leaf->optional) {
        c.present =
            pulse_alloc_aligned(chunk->values, sizeof *c.present, "a Parquet column", where->err);
        rc = c.present == NULL ? -1 : 0;
    }
    c.at = bytes;
    c.end = bytes + chunk->bytes;
    while (rc == 0 && c.filling.done < c.filling.rows)
        rc = read_page(&c);
    pulse_parquet_values_clear(&c.dictionary);
    pulse_parquet_values_clear(&c.values);
    free(c.dictionary_page);
    free(c.present);
    return rc;
}
