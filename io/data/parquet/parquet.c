#include "data/parquet/parquet.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/zone.h"
#include "data/common/columns.h"
#include "data/parquet/chunk.h"
#include "data/parquet/meta.h"
#include "store/store.h"

struct pulse_parquet {
    struct pulse_object *object;
    struct pulse_parquet_meta meta; /* its bytes_read not yet reported to the caller */
};

int pulse_parquet_open(const char *uri, struct pulse_parquet **out, struct pulse_err *err)
{
    struct pulse_parquet *parquet = pulse_calloc(1, sizeof *parquet, "an open Parquet file", err);
    if (parquet == NULL)
        return -1;
    if (pulse_store_open(uri, &parquet->object, err) != 0 ||
        pulse_parquet_meta_read(parquet->object, &parquet->meta, err) != 0) {
        pulse_parquet_free(parquet);
        return -1;
    }
    *out = parquet;
    return 0;
}

void pulse_parquet_free(struct pulse_parquet *parquet)
{
    if (parquet == NULL)
        return;
    pulse_parquet_meta_clear(&parquet->meta);
    pulse_store_close(parquet->object);
    free(parquet);
}

int64_t pulse_parquet_rows(const struct pulse_parquet *parquet)
{
    return parquet->meta.rows;
}

const struct pulse_table_column *pulse_parquet_columns(const struct pulse_parquet *parquet,
                                                       int64_t *n)
{
    *n = parquet->meta.n;
    return parquet->meta.columns;
}

bool pulse_parquet_is_text(const struct pulse_parquet *parquet, int64_t column)
{
    const struct pulse_parquet_meta *meta = &parquet->meta;
    return meta->columns[column].kind == PULSE_KIND_TEXT &&
           meta->leaves[meta->leaf_of[column]].meaning == PULSE_PARQUET_PLAIN;
}

char *const *pulse_parquet_nested(const struct pulse_parquet *parquet, int64_t *n)
{
    *n = parquet->meta.n_nested;
    return parquet->meta.nested;
}

int pulse_parquet_note_nested(const struct pulse_parquet *parquet, char **note,
                              struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    const int64_t n = parquet->meta.n_nested;
    *note = n == 0 ? NULL
                   : pulse_print(err, "lists, maps and structs are left out: %s",
                                 pulse_columns_list(parquet->meta.nested, n, list));
    return n > 0 && *note == NULL ? -1 : 0;
}

int64_t pulse_parquet_groups(const struct pulse_parquet *parquet)
{
    return parquet->meta.n_groups;
}

void pulse_parquet_group(const struct pulse_parquet *parquet, int64_t group, int64_t *first,
                         int64_t *rows)
{
    *first = parquet->meta.groups[group].first;
    *rows = parquet->meta.groups[group].rows;
}

bool pulse_parquet_period(const struct pulse_parquet *parquet, int64_t group, int64_t column,
                          int64_t *first_ns, int64_t *last_ns)
{
    const struct pulse_parquet_meta *meta = &parquet->meta;
    const struct pulse_parquet_leaf *leaf = &meta->leaves[meta->leaf_of[column]];
    const struct pulse_parquet_chunk *chunk = &meta->groups[group].chunks[column];
    int64_t unit;
    if (leaf->meaning == PULSE_PARQUET_DATE)
        unit = PULSE_NS_PER_DAY;
    else if (leaf->meaning == PULSE_PARQUET_INSTANT && leaf->type == PULSE_PARQUET_INT64)
        unit = leaf->unit_ns;
    else
        return false;
    return chunk->bounded && !__builtin_mul_overflow(chunk->least, unit, first_ns) &&
           !__builtin_mul_overflow(chunk->most, unit, last_ns);
}

int pulse_parquet_zone(const struct pulse_parquet *parquet, int64_t column, bool resolve,
                       const struct pulse_zone **out, struct pulse_err *err)
{
    const struct pulse_parquet_meta *meta = &parquet->meta;
    const struct pulse_parquet_leaf *leaf = &meta->leaves[meta->leaf_of[column]];
    *out = leaf->utc ? pulse_zone_utc() : NULL;
    if (!leaf->utc || !resolve || meta->zones == NULL || meta->zones[column] == NULL)
        return 0;
    return pulse_zone_of_file(pulse_store_uri(parquet->object), meta->zones[column], out, err);
}

int64_t pulse_parquet_chunk_bytes(const struct pulse_parquet *parquet, int64_t group,
                                  int64_t column)
{
    return parquet->meta.groups[group].chunks[column].bytes;
}

/* The bytes of `n` chunks of a row group, one after the other; NULL with an error. */
static uint8_t *fetch_chunks(struct pulse_parquet *parquet, const struct pulse_parquet_group *group,
                             const int64_t *columns, int64_t n, struct pulse_err *err)
{
    int64_t total = 0;
    uint8_t *bytes = NULL;
    for (int64_t i = 0; i < n; i++) /* together no longer than the file, but for asking twice */
        if (__builtin_add_overflow(total, group->chunks[columns[i]].bytes, &total))
            total = -1;
    struct pulse_range *ranges = pulse_calloc(n, sizeof *ranges, "Parquet columns", err);
    if (ranges != NULL)
        bytes = pulse_alloc_aligned(total, 1, "Parquet columns", err);
    int64_t at = 0;
    for (int64_t i = 0; bytes != NULL && i < n; i++) {
        const struct pulse_parquet_chunk *chunk = &group->chunks[columns[i]];
        ranges[i] =
            (struct pulse_range){.offset = chunk->offset, .bytes = chunk->bytes, .out = bytes + at};
        at += chunk->bytes;
    }
    if (bytes != NULL && pulse_store_read_ranges(parquet->object, ranges, n, err) != 0) {
        free(bytes);
        bytes = NULL;
    }
    free(ranges);
    return bytes;
}

int pulse_parquet_read(struct pulse_parquet *parquet, int64_t group, const int64_t *columns,
                       int64_t n, struct pulse_batch *out, int64_t *bytes_read,
                       struct pulse_err *err)
{
    struct pulse_parquet_meta *meta = &parquet->meta;
    uint8_t *bytes = NULL;
    int rc = 0;
    *out = (struct pulse_batch){.rows = meta->groups[group].rows};
    out->vectors = pulse_calloc(n, sizeof *out->vectors, "Parquet columns", err);
    if (out->vectors == NULL)
        return -1;
    out->n = n;
    bytes = fetch_chunks(parquet, &meta->groups[group], columns, n, err);
    rc = bytes == NULL ? -1 : 0;
    int64_t at = 0;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        const struct pulse_table_column *column = &meta->columns[columns[i]];
        const struct pulse_parquet_where where = {pulse_store_uri(parquet->object), group,
                                                  column->name, err};
        const struct pulse_parquet_chunk *chunk = &meta->groups[group].chunks[columns[i]];
        rc = pulse_parquet_chunk_read(bytes + at, &where, &meta->leaves[meta->leaf_of[columns[i]]],
                                      column->kind, chunk, &out->vectors[i]);
        at += chunk->bytes;
    }
    free(bytes);
    *bytes_read += at + meta->bytes_read;
    meta->bytes_read = 0;
    if (rc != 0)
        pulse_batch_clear(out);
    return rc;
}
