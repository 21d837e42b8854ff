#include "data/parquet/footer.h"

#include <string.h>

#include "base/mem.h"

enum { CHUNK_SLACK_BYTES = 100 }; /* old writers left a page header out of a chunk's size */

/* One ColumnMetaData as it stands. */
struct chunk_fields {
    int64_t type;
    int64_t codec;
    int64_t values;
    int64_t bytes;
    int64_t data_offset;
    int64_t dictionary_offset; /* 0 and less mean none */
    struct bound {
        const uint8_t *at; /* NULL: none is given */
        int64_t bytes;
    } bounds[7]; /* by the statistics' field: 1 and 2 most and least of old writers, 5 and 6 of new
                  */
    bool elsewhere; /* in another file */
    bool encrypted;
};

/* {1: most, 2: least, 5: most, 6: least}, each as the value itself lies in a page. */
static void read_statistics(struct pulse_thrift *t, struct chunk_fields *c)
{
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field)) {
        const bool bound = field.id == 1 || field.id == 2 || field.id == 5 || field.id == 6;
        if (bound)
            c->bounds[field.id].at = pulse_thrift_bytes(t, field, &c->bounds[field.id].bytes);
        else
            pulse_thrift_skip(t, field.type);
    }
}

static void read_chunk_data(struct pulse_thrift *t, struct chunk_fields *c)
{
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 1)
            c->type = pulse_thrift_int(t, field);
        else if (field.id == 4)
            c->codec = pulse_thrift_int(t, field);
        else if (field.id == 5)
            c->values = pulse_thrift_int(t, field);
        else if (field.id == 7)
            c->bytes = pulse_thrift_int(t, field);
        else if (field.id == 9)
            c->data_offset = pulse_thrift_int(t, field);
        else if (field.id == 11)
            c->dictionary_offset = pulse_thrift_int(t, field);
        else if (field.id == 12 && pulse_thrift_struct(t, field))
            read_statistics(t, c);
        else
            pulse_thrift_skip(t, field.type);
    }
}

static void read_chunk(struct pulse_thrift *t, struct chunk_fields *c)
{
    struct pulse_thrift_field field = {0};
    *c = (struct chunk_fields){.type = PULSE_PARQUET_MISSING,
                               .values = PULSE_PARQUET_MISSING,
                               .data_offset = PULSE_PARQUET_MISSING};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 3 && pulse_thrift_struct(t, field)) {
            read_chunk_data(t, c);
            continue;
        }
        c->elsewhere |= field.id == 1;
        c->encrypted |= field.id == 8 || field.id == 9;
        pulse_thrift_skip(t, field.type);
    }
}

static int fail_chunk(const struct pulse_parquet_footer *f, const struct pulse_parquet_leaf *leaf,
                      const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s, row group %lld, column '%s': %s", f->uri,
                      (long long)f->meta->n_groups, f->meta->columns[leaf->column].name, what);
}

static bool take_bound(const struct pulse_parquet_leaf *leaf, const struct bound *bound,
                       int64_t *out)
{
    int32_t narrow;
    if (bound->at == NULL || bound->bytes != leaf->width)
        return false;
    if (leaf->type == PULSE_PARQUET_INT64) {
        memcpy(out, bound->at, sizeof *out);
        return true;
    }
    memcpy(&narrow, bound->at, sizeof narrow);
    *out = narrow;
    return leaf->type == PULSE_PARQUET_INT32;
}

/* Of signed whole numbers only: there the older statistics have the right order, too. Bounds that
 * contradict each other are none. */
static void set_bounds(const struct pulse_parquet_leaf *leaf, const struct chunk_fields *c,
                       struct pulse_parquet_chunk *out)
{
    const bool newer = c->bounds[5].at != NULL && c->bounds[6].at != NULL;
    if (leaf->width < 4 || leaf->meaning == PULSE_PARQUET_UNSIGNED)
        return;
    out->bounded = take_bound(leaf, &c->bounds[newer ? 5 : 1], &out->most) &&
                   take_bound(leaf, &c->bounds[newer ? 6 : 2], &out->least) &&
                   out->least <= out->most;
}

static int set_chunk(struct pulse_parquet_footer *f, const struct pulse_parquet_leaf *leaf,
                     const struct chunk_fields *c, struct pulse_parquet_chunk *out)
{
    bool dictionary = c->dictionary_offset > 0 && c->dictionary_offset < c->data_offset;
    int64_t offset = dictionary ? c->dictionary_offset : c->data_offset;
    if (c->elsewhere)
        return fail_chunk(f, leaf, "its values are in another file; give that one");
    if (c->encrypted)
        return fail_chunk(f, leaf, "its values are encrypted");
    if (c->type != (int64_t)leaf->type || c->values < 0 || c->codec < 0 || c->codec > INT16_MAX)
        return fail_chunk(f, leaf, "its description contradicts the schema; corrupted");
    if (offset < 4 || offset > f->meta->end || c->bytes < 0 || c->bytes > f->meta->end - offset)
        return fail_chunk(f, leaf, "its values lie outside the file; truncated or corrupted");
    /* No two chunks share bytes, so together they are no longer than the file. */
    f->chunk_bytes += c->bytes;
    if (f->chunk_bytes > f->meta->end)
        return fail_chunk(f, leaf, "the chunks are longer than the file; corrupted");
    int64_t capacity = f->meta->end - offset - c->bytes;
    *out = (struct pulse_parquet_chunk){
        .codec = (int)c->codec,
        .values = c->values,
        .offset = offset,
        .bytes = c->bytes + (capacity < CHUNK_SLACK_BYTES ? capacity : CHUNK_SLACK_BYTES)};
    set_bounds(leaf, c, out);
    return 0;
}

static int read_chunks(struct pulse_parquet_footer *f, struct pulse_thrift_field field,
                       struct pulse_parquet_group *group)
{
    const struct pulse_parquet_meta *m = f->meta;
    int64_t n = pulse_thrift_structs(&f->t, field);
    if (f->t.broken || n != m->n_leaves || group->chunks != NULL)
        return pulse_parquet_footer_fail(
            f, "a row group has other columns than the schema; corrupted");
    group->chunks = pulse_calloc(m->n, sizeof *group->chunks, "column chunks", f->err);
    if (group->chunks == NULL)
        return -1;
    for (int64_t i = 0; i < n && pulse_thrift_element(&f->t); i++) {
        struct chunk_fields c;
        const struct pulse_parquet_leaf *leaf = &m->leaves[i];
        read_chunk(&f->t, &c);
        if (!f->t.broken && leaf->flat && set_chunk(f, leaf, &c, &group->chunks[leaf->column]) != 0)
            return -1;
    }
    return 0;
}

/* {1: [chunk], 3: rows} */
static int read_group(struct pulse_parquet_footer *f)
{
    struct pulse_parquet_meta *m = f->meta;
    struct pulse_thrift_field field = {0};
    if (pulse_grow(&m->groups, &f->cap_groups, m->n_groups + 1, sizeof *m->groups, "row groups",
                   f->err) != 0)
        return -1;
    struct pulse_parquet_group *group = &m->groups[m->n_groups];
    *group = (struct pulse_parquet_group){.rows = PULSE_PARQUET_MISSING, .first = m->rows};
    int rc = 0;
    while (rc == 0 && pulse_thrift_next(&f->t, &field)) {
        if (field.id == 1)
            rc = read_chunks(f, field, group);
        else if (field.id == 3)
            group->rows = pulse_thrift_int(&f->t, field);
        else
            pulse_thrift_skip(&f->t, field.type);
    }
    m->n_groups++; /* from here on it is cleared with the rest */
    if (rc != 0 || f->t.broken)
        return rc;
    if (group->chunks == NULL || group->rows < 0 || group->rows > INT64_MAX - m->rows)
        return pulse_parquet_footer_fail(f, "a row group without columns or rows; corrupted");
    for (int64_t c = 0; c < m->n; c++)
        if (group->chunks[c].values != group->rows)
            return pulse_parquet_footer_fail(
                f, "a row group's columns have different lengths; corrupted");
    m->rows += group->rows;
    return 0;
}

int pulse_parquet_groups_read(struct pulse_parquet_footer *f, struct pulse_thrift_field field)
{
    int64_t n = pulse_thrift_structs(&f->t, field);
    if (f->meta->n_leaves == 0 || f->meta->n_groups > 0)
        return pulse_parquet_footer_fail(f, "the footer has no columns; corrupted");
    for (int64_t i = 0; i < n && pulse_thrift_element(&f->t); i++)
        if (read_group(f) != 0)
            return -1;
    return 0;
}
