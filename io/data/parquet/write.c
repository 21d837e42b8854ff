#include "data/parquet/write.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "data/common/codec.h"
#include "data/parquet/meta.h"
#include "data/parquet/thrift.h"
#include "data/parquet/thrift_write.h"

enum {
    GROUP_ROWS = 256 << 10,
    PAGE_ROWS = 64 << 10,
    PLAIN = 0, /* encodings, repetition and annotations, by Parquet's numbers */
    RLE = 3,
    OPTIONAL = 1,
    CONVERTED_UTF8 = 0,
    CONVERTED_UINT_64 = 14,
    LONGEST_BOUND = 64 /* of a text in the statistics; longer ones are left out */
};

/* What of a column is not written yet: its part of the row group. */
struct column {
    char *name;
    enum pulse_kind_of_column kind;
    const struct pulse_zone *zone; /* of times; NULL: none */
    bool *missing;                 /* rows */
    int64_t *integers;             /* one of the three, by kind */
    double *reals;
    char *text;
    int64_t *text_end; /* of each row, into `text` */
    int64_t room_missing, room_integers, room_reals, room_text_end, room_text;
};

/* A chunk that is in the file. */
struct chunk {
    int64_t offset, bytes, plain_bytes, missing;
    bool bounded;
    uint8_t least[LONGEST_BOUND], most[LONGEST_BOUND];
    int64_t least_bytes, most_bytes;
};

struct group {
    int64_t rows;
    struct chunk *chunks; /* n */
};

struct pulse_parquet_writer {
    FILE *out;
    char *path;
    int64_t offset;
    int codec;
    int64_t group_rows;
    int64_t n;
    struct column *columns;
    int64_t rows; /* of the group that is being filled */
    int64_t total_rows;
    struct group *groups;
    int64_t n_groups, room_groups;
};

/* ---- Columns -------------------------------------------------------------------- */

static enum pulse_parquet_type type_of(enum pulse_kind_of_column kind)
{
    switch (kind) {
    case PULSE_KIND_BOOL:
        return PULSE_PARQUET_BOOLEAN;
    case PULSE_KIND_FLOAT:
        return PULSE_PARQUET_FLOAT;
    case PULSE_KIND_DOUBLE:
        return PULSE_PARQUET_DOUBLE;
    case PULSE_KIND_TEXT:
        return PULSE_PARQUET_BYTE_ARRAY;
    default:
        return PULSE_PARQUET_INT64;
    }
}

static bool is_real(enum pulse_kind_of_column kind)
{
    return kind == PULSE_KIND_FLOAT || kind == PULSE_KIND_DOUBLE;
}

static int write_stream(struct pulse_parquet_writer *w, const void *bytes, int64_t n,
                        struct pulse_err *err)
{
    w->offset += n;
    if (n == 0 || fwrite(bytes, 1, (size_t)n, w->out) == (size_t)n)
        return 0;
    return pulse_fail_errno(err, errno, "writing %s", w->path);
}

int pulse_parquet_write_open(FILE *out, const char *path, const struct pulse_table_column *columns,
                             int64_t n, const struct pulse_parquet_write_options *options,
                             struct pulse_parquet_writer **writer, struct pulse_err *err)
{
    if (n < 1)
        return pulse_fail(err, PULSE_E_INPUT, "%s: a Parquet file needs at least one column", path);
    struct pulse_parquet_writer *w = pulse_calloc(1, sizeof *w, "a Parquet file", err);
    if (w == NULL)
        return -1;
    w->out = out;
    w->codec = options == NULL ? PULSE_CODEC_ZSTD : options->codec;
    w->group_rows = options == NULL || options->group_rows == 0 ? GROUP_ROWS : options->group_rows;
    w->path = pulse_strdup(path, err);
    w->columns = pulse_calloc(n, sizeof *w->columns, "Parquet columns", err);
    int rc = w->path == NULL || w->columns == NULL ? -1 : 0;
    for (; rc == 0 && w->n < n; w->n++) {
        w->columns[w->n].kind = columns[w->n].kind;
        w->columns[w->n].zone = columns[w->n].zone;
        w->columns[w->n].name = pulse_strdup(columns[w->n].name, err);
        if (w->columns[w->n].name == NULL)
            rc = -1;
    }
    if (rc == 0)
        rc = write_stream(w, "PAR1", 4, err);
    if (rc == 0)
        *writer = w;
    else
        pulse_parquet_write_free(w);
    return rc;
}

void pulse_parquet_write_free(struct pulse_parquet_writer *w)
{
    if (w == NULL)
        return;
    for (int64_t c = 0; c < w->n; c++) {
        free(w->columns[c].name);
        free(w->columns[c].missing);
        free(w->columns[c].integers);
        free(w->columns[c].reals);
        free(w->columns[c].text);
        free(w->columns[c].text_end);
    }
    for (int64_t g = 0; g < w->n_groups; g++)
        free(w->groups[g].chunks);
    free(w->groups);
    free(w->columns);
    free(w->path);
    free(w);
}

/* ---- Filling a row group -------------------------------------------------------- */

static int64_t begin_of(const int64_t *text_end, int64_t row)
{
    return row == 0 ? 0 : text_end[row - 1];
}

static int add_text(struct column *c, int64_t at, const struct pulse_vector *v, int64_t from,
                    int64_t rows, struct pulse_err *err)
{
    const int64_t begin = begin_of(v->text_end, from), have = begin_of(c->text_end, at);
    const int64_t more = begin_of(v->text_end, from + rows) - begin;
    if (pulse_grow(&c->text, &c->room_text, have + more, 1, "a Parquet column", err) != 0 ||
        pulse_grow(&c->text_end, &c->room_text_end, at + rows, sizeof *c->text_end,
                   "a Parquet column", err) != 0)
        return -1;
    if (more > 0)
        memcpy(c->text + have, v->text + begin, (size_t)more);
    for (int64_t i = 0; i < rows; i++)
        c->text_end[at + i] = v->text_end[from + i] - begin + have;
    return 0;
}

static int add_rows(struct column *c, int64_t at, const struct pulse_vector *v, int64_t from,
                    int64_t rows, struct pulse_err *err)
{
    const size_t n = (size_t)rows;
    if (pulse_grow(&c->missing, &c->room_missing, at + rows, sizeof *c->missing, "a Parquet column",
                   err) != 0)
        return -1;
    if (v->missing != NULL)
        memcpy(c->missing + at, v->missing + from, n * sizeof *c->missing);
    else
        memset(c->missing + at, 0, n * sizeof *c->missing);
    if (c->kind == PULSE_KIND_TEXT)
        return add_text(c, at, v, from, rows, err);
    if (is_real(c->kind)) {
        if (pulse_grow(&c->reals, &c->room_reals, at + rows, sizeof *c->reals, "a Parquet column",
                       err) != 0)
            return -1;
        memcpy(c->reals + at, v->reals + from, n * sizeof *c->reals);
        return 0;
    }
    if (pulse_grow(&c->integers, &c->room_integers, at + rows, sizeof *c->integers,
                   "a Parquet column", err) != 0)
        return -1;
    memcpy(c->integers + at, v->integers + from, n * sizeof *c->integers);
    return 0;
}

/* ---- Pages ---------------------------------------------------------------------- */

/* llllllll, then one bit-packed run: its count of eights as LEB128 with 1 as lowest bit, then a bit
 * per row, the lowest first: 1 where there is a value. */
static int add_levels(struct pulse_text_buffer *b, const bool *missing, int64_t rows)
{
    uint8_t head[5];
    int n = 0;
    const int64_t eights = (rows + 7) / 8;
    for (uint64_t left = (uint64_t)eights << 1 | 1;; left >>= 7) {
        head[n++] = (uint8_t)((left & 0x7f) | (left >= 0x80 ? 0x80 : 0));
        if (left < 0x80)
            break;
    }
    const uint32_t length = (uint32_t)(n + eights);
    if (pulse_text_buffer_add_bytes(b, &length, sizeof length) != 0 ||
        pulse_text_buffer_add_bytes(b, head, n) != 0)
        return -1;
    for (int64_t i = 0; i < rows; i += 8) {
        uint8_t bits = 0;
        for (int64_t k = i; k < i + 8 && k < rows; k++)
            bits = (uint8_t)(bits | (!missing[k]) << (k - i));
        if (pulse_text_buffer_add_bytes(b, &bits, 1) != 0)
            return -1;
    }
    return 0;
}

static int add_bools(struct pulse_text_buffer *b, const struct column *c, int64_t from,
                     int64_t rows)
{
    uint8_t bits = 0;
    int filled = 0;
    for (int64_t i = from; i < from + rows; i++) {
        if (c->missing[i])
            continue;
        bits = (uint8_t)(bits | (c->integers[i] != 0) << filled);
        if (++filled < 8)
            continue;
        if (pulse_text_buffer_add_bytes(b, &bits, 1) != 0)
            return -1;
        bits = 0;
        filled = 0;
    }
    return filled == 0 ? 0 : pulse_text_buffer_add_bytes(b, &bits, 1);
}

static int add_value(struct pulse_text_buffer *b, const struct column *c, int64_t row)
{
    float narrow;
    uint32_t length;
    int64_t begin;
    switch (c->kind) {
    case PULSE_KIND_FLOAT:
        narrow = (float)c->reals[row];
        return pulse_text_buffer_add_bytes(b, &narrow, sizeof narrow);
    case PULSE_KIND_DOUBLE:
        return pulse_text_buffer_add_bytes(b, &c->reals[row], sizeof *c->reals);
    case PULSE_KIND_TEXT:
        begin = begin_of(c->text_end, row);
        length = (uint32_t)(c->text_end[row] - begin);
        if (pulse_text_buffer_add_bytes(b, &length, sizeof length) != 0)
            return -1;
        return pulse_text_buffer_add_bytes(b, c->text + begin, length);
    default:
        return pulse_text_buffer_add_bytes(b, &c->integers[row], sizeof *c->integers);
    }
}

static int fill_page(struct pulse_text_buffer *page, const struct column *c, int64_t from,
                     int64_t rows)
{
    page->n = 0;
    if (add_levels(page, c->missing + from, rows) != 0)
        return -1;
    if (c->kind == PULSE_KIND_BOOL)
        return add_bools(page, c, from, rows);
    for (int64_t i = from; i < from + rows; i++)
        if (!c->missing[i] && add_value(page, c, i) != 0)
            return -1;
    return 0;
}

/* {1: type, 2: bytes, 3: compressed bytes, 4: CRC, 5: {1: values, 2: encoding, 3, 4: of levels}} */
static int page_header(struct pulse_thrift_out *t, const struct pulse_text_buffer *page,
                       const struct pulse_text_buffer *packed, int64_t rows)
{
    t->n = 0;
    const uint32_t crc = (uint32_t)crc32_z(0, (const uint8_t *)packed->bytes, (size_t)packed->n);
    pulse_thrift_begin(t, 0);
    pulse_thrift_put_int(t, 1, PULSE_THRIFT_I32, 0);
    pulse_thrift_put_int(t, 2, PULSE_THRIFT_I32, page->n);
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I32, packed->n);
    pulse_thrift_put_int(t, 4, PULSE_THRIFT_I32, (int32_t)crc);
    pulse_thrift_begin(t, 5);
    pulse_thrift_put_int(t, 1, PULSE_THRIFT_I32, rows);
    pulse_thrift_put_int(t, 2, PULSE_THRIFT_I32, PLAIN);
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I32, RLE);
    pulse_thrift_put_int(t, 4, PULSE_THRIFT_I32, RLE);
    pulse_thrift_end(t);
    pulse_thrift_end(t);
    return t->err->kind == PULSE_OK ? 0 : -1;
}

static int write_page(struct pulse_parquet_writer *w, struct chunk *chunk,
                      const struct pulse_text_buffer *page, struct pulse_text_buffer *packed,
                      struct pulse_thrift_out *header, int64_t rows, struct pulse_err *err)
{
    if (page->n > INT32_MAX / 2)
        return pulse_fail(err, PULSE_E_INPUT, "%s: texts of more than 1 GiB in %d rows", w->path,
                          PAGE_ROWS);
    packed->n = 0;
    if (pulse_text_buffer_reserve(packed, pulse_codec_bound(w->codec, page->n)) != 0)
        return -1;
    const char *wrong = pulse_codec_encode(w->codec, (const uint8_t *)page->bytes, page->n,
                                           (uint8_t *)packed->bytes, packed->capacity, &packed->n);
    if (wrong != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %s", w->path, wrong);
    if (page_header(header, page, packed, rows) != 0 ||
        write_stream(w, header->bytes, header->n, err) != 0 ||
        write_stream(w, packed->bytes, packed->n, err) != 0)
        return -1;
    chunk->bytes += header->n + packed->n;
    chunk->plain_bytes += header->n + page->n;
    return 0;
}

/* ---- Statistics ----------------------------------------------------------------- */

/* Of texts as bytes, unsigned; of uint64 as such. < 0, 0, > 0. */
static int compare_rows(const struct column *c, int64_t a, int64_t b)
{
    if (is_real(c->kind))
        return (c->reals[a] > c->reals[b]) - (c->reals[a] < c->reals[b]);
    if (c->kind == PULSE_KIND_UINT)
        return ((uint64_t)c->integers[a] > (uint64_t)c->integers[b]) -
               ((uint64_t)c->integers[a] < (uint64_t)c->integers[b]);
    if (c->kind != PULSE_KIND_TEXT)
        return (c->integers[a] > c->integers[b]) - (c->integers[a] < c->integers[b]);
    const int64_t x = begin_of(c->text_end, a), y = begin_of(c->text_end, b);
    const int64_t n = c->text_end[a] - x, m = c->text_end[b] - y;
    const int64_t least = n < m ? n : m;
    const int order = least == 0 ? 0 : memcmp(c->text + x, c->text + y, (size_t)least);
    return order != 0 ? order : (n > m) - (n < m);
}

/* The value of a row as a bound; a zero takes the sign that bounds both. 0 where it is too long. */
static int64_t bound_of(const struct column *c, int64_t row, bool most, uint8_t out[LONGEST_BOUND])
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_text_buffer b = {.what = "a Parquet page", .err = &err};
    int64_t n = 0;
    if (c->kind == PULSE_KIND_BOOL) {
        out[0] = c->integers[row] != 0;
        return 1;
    }
    if (add_value(&b, c, row) == 0) {
        const int64_t skip = c->kind == PULSE_KIND_TEXT ? 4 : 0; /* its length */
        n = b.n - skip <= LONGEST_BOUND ? b.n - skip : 0;
        if (n > 0)
            memcpy(out, b.bytes + skip, (size_t)n);
        if (is_real(c->kind) && c->reals[row] == 0)
            out[n - 1] = most ? 0 : 0x80; /* +0 or −0 */
    }
    pulse_text_buffer_clear(&b);
    return n;
}

static void set_statistics(const struct column *c, int64_t rows, struct chunk *chunk)
{
    int64_t least = -1, most = -1;
    for (int64_t i = 0; i < rows; i++) {
        chunk->missing += c->missing[i];
        if (c->missing[i] || (is_real(c->kind) && isnan(c->reals[i])))
            continue;
        least = least < 0 || compare_rows(c, i, least) < 0 ? i : least;
        most = most < 0 || compare_rows(c, i, most) > 0 ? i : most;
    }
    if (least < 0)
        return;
    chunk->least_bytes = bound_of(c, least, false, chunk->least);
    chunk->most_bytes = bound_of(c, most, true, chunk->most);
    chunk->bounded = chunk->least_bytes > 0 && chunk->most_bytes > 0;
}

/* ---- Row groups ----------------------------------------------------------------- */

static int write_chunk(struct pulse_parquet_writer *w, const struct column *c, struct chunk *chunk,
                       struct pulse_err *err)
{
    struct pulse_text_buffer page = {.what = "a Parquet page", .err = err}, packed = page;
    struct pulse_thrift_out header = {.err = err};
    int rc = 0;
    chunk->offset = w->offset;
    for (int64_t from = 0; rc == 0 && from < w->rows; from += PAGE_ROWS) {
        const int64_t left = w->rows - from, rows = left < PAGE_ROWS ? left : PAGE_ROWS;
        rc = fill_page(&page, c, from, rows);
        if (rc == 0)
            rc = write_page(w, chunk, &page, &packed, &header, rows, err);
    }
    set_statistics(c, w->rows, chunk);
    pulse_text_buffer_clear(&page);
    pulse_text_buffer_clear(&packed);
    free(header.bytes);
    return rc;
}

static int write_group(struct pulse_parquet_writer *w, struct pulse_err *err)
{
    if (w->rows == 0)
        return 0;
    if (pulse_grow(&w->groups, &w->room_groups, w->n_groups + 1, sizeof *w->groups, "row groups",
                   err) != 0)
        return -1;
    struct group *group = &w->groups[w->n_groups];
    *group = (struct group){.rows = w->rows};
    group->chunks = pulse_calloc(w->n, sizeof *group->chunks, "column chunks", err);
    if (group->chunks == NULL)
        return -1;
    w->n_groups++;
    for (int64_t c = 0; c < w->n; c++)
        if (write_chunk(w, &w->columns[c], &group->chunks[c], err) != 0)
            return -1;
    w->total_rows += w->rows;
    w->rows = 0;
    return 0;
}

int pulse_parquet_write_batch(struct pulse_parquet_writer *w, const struct pulse_batch *batch,
                              struct pulse_err *err)
{
    for (int64_t from = 0; from < batch->rows;) {
        const int64_t left = batch->rows - from, capacity = w->group_rows - w->rows;
        const int64_t rows = left < capacity ? left : capacity;
        for (int64_t c = 0; c < w->n; c++)
            if (add_rows(&w->columns[c], w->rows, &batch->vectors[c], from, rows, err) != 0)
                return -1;
        w->rows += rows;
        from += rows;
        if (w->rows == w->group_rows && write_group(w, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Footer --------------------------------------------------------------------- */

/* {1: type, 3: repetition, 4: name, 6: older annotation, 10: newer: a union} */
static void put_element(struct pulse_thrift_out *t, const struct column *c)
{
    pulse_thrift_begin(t, 0);
    pulse_thrift_put_int(t, 1, PULSE_THRIFT_I32, type_of(c->kind));
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I32, OPTIONAL);
    pulse_thrift_put_text(t, 4, c->name);
    if (c->kind == PULSE_KIND_TEXT || c->kind == PULSE_KIND_UINT)
        pulse_thrift_put_int(t, 6, PULSE_THRIFT_I32,
                             c->kind == PULSE_KIND_TEXT ? CONVERTED_UTF8 : CONVERTED_UINT_64);
    if (c->kind == PULSE_KIND_TEXT || c->kind == PULSE_KIND_UINT || c->kind == PULSE_KIND_TIME)
        pulse_thrift_begin(t, 10);
    if (c->kind == PULSE_KIND_TEXT) { /* {1: {}}: a string */
        pulse_thrift_begin(t, 1);
        pulse_thrift_end(t);
    } else if (c->kind == PULSE_KIND_UINT) { /* {10: {1: bits, 2: signed}} */
        pulse_thrift_begin(t, 10);
        pulse_thrift_put_int(t, 1, PULSE_THRIFT_BYTE, 64);
        pulse_thrift_put_bool(t, 2, false);
        pulse_thrift_end(t);
    } else if (c->kind == PULSE_KIND_TIME) { /* {8: {1: UTC, 2: {3: {}}}}: nanoseconds */
        pulse_thrift_begin(t, 8);
        pulse_thrift_put_bool(t, 1, c->zone != NULL);
        pulse_thrift_begin(t, 2);
        pulse_thrift_begin(t, 3);
        pulse_thrift_end(t);
        pulse_thrift_end(t);
        pulse_thrift_end(t);
    }
    if (c->kind == PULSE_KIND_TEXT || c->kind == PULSE_KIND_UINT || c->kind == PULSE_KIND_TIME)
        pulse_thrift_end(t);
    pulse_thrift_end(t);
}

/* {3: missing, 5: most, 6: least} */
static void put_statistics(struct pulse_thrift_out *t, const struct chunk *chunk)
{
    pulse_thrift_begin(t, 12);
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I64, chunk->missing);
    if (chunk->bounded) {
        pulse_thrift_put_bytes(t, 5, chunk->most, chunk->most_bytes);
        pulse_thrift_put_bytes(t, 6, chunk->least, chunk->least_bytes);
    }
    pulse_thrift_end(t);
}

/* {2: offset, 3: {1: type, 2: [encoding], 3: [path], 4: codec, 5: values, 6: bytes, 7: compressed,
 * 9: first page, 12: statistics}} */
static void put_chunk(struct pulse_thrift_out *t, const struct pulse_parquet_writer *w,
                      const struct column *c, const struct chunk *chunk, int64_t rows)
{
    pulse_thrift_begin(t, 0);
    pulse_thrift_put_int(t, 2, PULSE_THRIFT_I64, chunk->offset);
    pulse_thrift_begin(t, 3);
    pulse_thrift_put_int(t, 1, PULSE_THRIFT_I32, type_of(c->kind));
    pulse_thrift_put_list(t, 2, PULSE_THRIFT_I32, 2);
    pulse_thrift_element_int(t, PLAIN);
    pulse_thrift_element_int(t, RLE);
    pulse_thrift_put_list(t, 3, PULSE_THRIFT_BINARY, 1);
    pulse_thrift_element_text(t, c->name);
    pulse_thrift_put_int(t, 4, PULSE_THRIFT_I32, w->codec);
    pulse_thrift_put_int(t, 5, PULSE_THRIFT_I64, rows);
    pulse_thrift_put_int(t, 6, PULSE_THRIFT_I64, chunk->plain_bytes);
    pulse_thrift_put_int(t, 7, PULSE_THRIFT_I64, chunk->bytes);
    pulse_thrift_put_int(t, 9, PULSE_THRIFT_I64, chunk->offset);
    put_statistics(t, chunk);
    pulse_thrift_end(t);
    pulse_thrift_end(t);
}

/* {1: [chunk], 2: bytes, 3: rows} */
static void put_group(struct pulse_thrift_out *t, const struct pulse_parquet_writer *w,
                      const struct group *group)
{
    int64_t bytes = 0;
    pulse_thrift_begin(t, 0);
    pulse_thrift_put_list(t, 1, PULSE_THRIFT_STRUCT, w->n);
    for (int64_t c = 0; c < w->n; c++) {
        put_chunk(t, w, &w->columns[c], &group->chunks[c], group->rows);
        bytes += group->chunks[c].plain_bytes;
    }
    pulse_thrift_put_int(t, 2, PULSE_THRIFT_I64, bytes);
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I64, group->rows);
    pulse_thrift_end(t);
}

/* {5: [{1: "pandas", 2: JSON}]}, which names the zones of times; nothing where there is none. */
static void put_zones(struct pulse_thrift_out *t, const struct pulse_parquet_writer *w)
{
    json_t *list = json_array();
    for (int64_t c = 0; c < w->n; c++) {
        const char *name = w->columns[c].name;
        if (w->columns[c].zone != NULL)
            (void)json_array_append_new(
                list, json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "name", name, "field_name", name,
                                "pandas_type", "datetimetz", "numpy_type", "datetime64[ns]",
                                "metadata", "timezone", pulse_zone_name(w->columns[c].zone)));
    }
    json_t *root = json_array_size(list) == 0
                       ? NULL
                       : json_pack("{s:[], s:[], s:O, s:s}", "index_columns", "column_indexes",
                                   "columns", list, "pandas_version", "2.0.0");
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    if (text != NULL) {
        pulse_thrift_put_list(t, 5, PULSE_THRIFT_STRUCT, 1);
        pulse_thrift_begin(t, 0);
        pulse_thrift_put_text(t, 1, "pandas");
        pulse_thrift_put_text(t, 2, text);
        pulse_thrift_end(t);
    }
    free(text);
    json_decref(root);
    json_decref(list);
}

/* {1: version, 2: [schema element], 3: rows, 4: [row group], 5: [pair], 6: writer, 7: [order of a
 * column]} */
static void put_footer(struct pulse_thrift_out *t, const struct pulse_parquet_writer *w)
{
    pulse_thrift_begin(t, 0);
    pulse_thrift_put_int(t, 1, PULSE_THRIFT_I32, 2);
    pulse_thrift_put_list(t, 2, PULSE_THRIFT_STRUCT, w->n + 1);
    pulse_thrift_begin(t, 0); /* the root: {4: name, 5: children} */
    pulse_thrift_put_text(t, 4, "schema");
    pulse_thrift_put_int(t, 5, PULSE_THRIFT_I32, w->n);
    pulse_thrift_end(t);
    for (int64_t c = 0; c < w->n; c++)
        put_element(t, &w->columns[c]);
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I64, w->total_rows);
    pulse_thrift_put_list(t, 4, PULSE_THRIFT_STRUCT, w->n_groups);
    for (int64_t g = 0; g < w->n_groups; g++)
        put_group(t, w, &w->groups[g]);
    put_zones(t, w);
    pulse_thrift_put_text(t, 6, "pulse-data version " PULSE_VERSION);
    pulse_thrift_put_list(t, 7, PULSE_THRIFT_STRUCT, w->n);
    for (int64_t c = 0; c < w->n; c++) { /* {1: {}}: as the type says */
        pulse_thrift_begin(t, 0);
        pulse_thrift_begin(t, 1);
        pulse_thrift_end(t);
        pulse_thrift_end(t);
    }
    pulse_thrift_end(t);
}

int pulse_parquet_write_end(struct pulse_parquet_writer *w, struct pulse_err *err)
{
    if (write_group(w, err) != 0)
        return -1;
    struct pulse_thrift_out footer = {.err = err};
    put_footer(&footer, w);
    const uint32_t length = (uint32_t)footer.n;
    int rc = err->kind == PULSE_OK ? 0 : -1;
    if (rc == 0 && footer.n > UINT32_MAX / 2)
        rc = pulse_fail(err, PULSE_E_INPUT,
                        "%s: a footer of more than 2 GiB; use larger row groups", w->path);
    if (rc == 0 &&
        (write_stream(w, footer.bytes, footer.n, err) != 0 ||
         write_stream(w, &length, sizeof length, err) != 0 || write_stream(w, "PAR1", 4, err) != 0))
        rc = -1;
    free(footer.bytes);
    return rc;
}
