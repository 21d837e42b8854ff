#include "data/parquet/write.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "data/common/codec.h"
#include "data/parquet/held.h"
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
    CONVERTED_UINT_64 = 14
};

/* A chunk that is in the file. */
struct chunk {
    int64_t offset, bytes, plain_bytes;
    struct pulse_parquet_bounds bounds;
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
    struct pulse_parquet_held *columns;
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
    for (int64_t c = 0; c < w->n; c++)
        pulse_parquet_held_clear(&w->columns[c]);
    for (int64_t g = 0; g < w->n_groups; g++)
        free(w->groups[g].chunks);
    free(w->groups);
    free(w->columns);
    free(w->path);
    free(w);
}

/* ---- Pages ---------------------------------------------------------------------- */

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

/* ---- Row groups ----------------------------------------------------------------- */

static int write_chunk(struct pulse_parquet_writer *w, const struct pulse_parquet_held *c,
                       struct chunk *chunk, struct pulse_err *err)
{
    struct pulse_text_buffer page = {.what = "a Parquet page", .err = err}, packed = page;
    struct pulse_thrift_out header = {.err = err};
    int rc = 0;
    chunk->offset = w->offset;
    for (int64_t from = 0; rc == 0 && from < w->rows; from += PAGE_ROWS) {
        const int64_t left = w->rows - from, rows = left < PAGE_ROWS ? left : PAGE_ROWS;
        rc = pulse_parquet_held_page(c, from, rows, &page);
        if (rc == 0)
            rc = write_page(w, chunk, &page, &packed, &header, rows, err);
    }
    pulse_parquet_held_bounds(c, w->rows, &chunk->bounds);
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
            if (pulse_parquet_held_add(&w->columns[c], w->rows, &batch->vectors[c], from, rows,
                                       err) != 0)
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
static void put_element(struct pulse_thrift_out *t, const struct pulse_parquet_held *c)
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
    pulse_thrift_put_int(t, 3, PULSE_THRIFT_I64, chunk->bounds.missing);
    if (chunk->bounds.bounded) {
        pulse_thrift_put_bytes(t, 5, chunk->bounds.most, chunk->bounds.most_bytes);
        pulse_thrift_put_bytes(t, 6, chunk->bounds.least, chunk->bounds.least_bytes);
    }
    pulse_thrift_end(t);
}

/* {2: offset, 3: {1: type, 2: [encoding], 3: [path], 4: codec, 5: values, 6: bytes, 7: compressed,
 * 9: first page, 12: statistics}} */
static void put_chunk(struct pulse_thrift_out *t, const struct pulse_parquet_writer *w,
                      const struct pulse_parquet_held *c, const struct chunk *chunk, int64_t rows)
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
