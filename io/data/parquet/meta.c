#include "data/parquet/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/parquet/thrift.h"
#include "data/parquet/zones.h"

enum {
    TAIL_BYTES = 8, /* length of the footer, "PAR1" */
    END_BYTES = 64 << 10,
    LONGEST_FOOTER = 256 << 20, /* a million chunks take about half of it */
    CHUNK_SLACK_BYTES = 100,    /* old writers left a page header out of a chunk's size */
    DEEPEST_SCHEMA = 64,
    MISSING = -1
};

/* The footer being read. */
struct footer {
    struct pulse_thrift t;
    const char *uri;
    struct pulse_parquet_meta *meta;
    int64_t cap_leaves;
    int64_t cap_columns;
    int64_t cap_leaf_of;
    int64_t cap_nested;
    int64_t cap_groups;
    int64_t chunk_bytes; /* of all chunks so far */
    struct pulse_err *err;
};

bool pulse_parquet_is_plausible(int64_t values, int64_t bytes)
{
    return values <= (INT64_C(16) << 20) || values / 1024 <= bytes;
}

static int fail_footer(const struct footer *f, const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s: %s", f->uri, what);
}

/* ---- Schema --------------------------------------------------------------------- */

/* One SchemaElement as it stands. */
struct element {
    int64_t type;
    int64_t width;
    int64_t repetition; /* 0 required, 1 optional, 2 repeated */
    int64_t children;
    int64_t converted; /* the older annotation */
    int64_t scale;
    int logical; /* the newer: number of the member of its union; 0 for none */
    int64_t unit_ns;
    bool is_signed;
    const uint8_t *name;
    int64_t name_length;
    bool utc; /* of an instant */
};

/* 1 → milliseconds, 2 → microseconds, 3 → nanoseconds; each an empty structure. */
static void read_unit(struct pulse_thrift *t, struct element *e)
{
    static const int64_t units[] = {0, 1000000, 1000, 1};
    struct pulse_thrift_field field = {0};
    while (pulse_thrift_next(t, &field)) {
        if (field.id >= 1 && field.id <= 3)
            e->unit_ns = units[field.id];
        pulse_thrift_skip(t, field.type);
    }
}

enum {
    LOGICAL_STRING = 1,
    LOGICAL_ENUM = 4,
    LOGICAL_DECIMAL = 5,
    LOGICAL_DATE = 6,
    LOGICAL_TIME = 7,
    LOGICAL_TIMESTAMP = 8,
    LOGICAL_INTEGER = 10,
    LOGICAL_JSON = 12,
    LOGICAL_UUID = 14,
    LOGICAL_HALF = 15
};

/* A union: one field, whose number says which annotation it is.
 * 5 → {1: scale}, 7 and 8 → {1: utc?, 2: unit}, 10 → {2: signed?} */
static void read_logical(struct pulse_thrift *t, struct element *e)
{
    struct pulse_thrift_field member = {0}, field = {0};
    while (pulse_thrift_next(t, &member)) {
        e->logical = member.id;
        if (!pulse_thrift_struct(t, member))
            continue;
        field = (struct pulse_thrift_field){0};
        while (pulse_thrift_next(t, &field)) {
            if (member.id == LOGICAL_DECIMAL && field.id == 1)
                e->scale = pulse_thrift_int(t, field);
            else if (member.id == LOGICAL_TIMESTAMP && field.id == 1)
                e->utc = pulse_thrift_bool(t, field);
            else if ((member.id == LOGICAL_TIMESTAMP || member.id == LOGICAL_TIME) &&
                     field.id == 2 && pulse_thrift_struct(t, field))
                read_unit(t, e);
            else if (member.id == LOGICAL_INTEGER && field.id == 2)
                e->is_signed = pulse_thrift_bool(t, field);
            else
                pulse_thrift_skip(t, field.type);
        }
    }
}

static void read_element(struct pulse_thrift *t, struct element *e)
{
    struct pulse_thrift_field field = {0};
    *e = (struct element){.type = MISSING, .converted = MISSING, .is_signed = true};
    while (pulse_thrift_next(t, &field)) {
        if (field.id == 1)
            e->type = pulse_thrift_int(t, field);
        else if (field.id == 2)
            e->width = pulse_thrift_int(t, field);
        else if (field.id == 3)
            e->repetition = pulse_thrift_int(t, field);
        else if (field.id == 4)
            e->name = pulse_thrift_bytes(t, field, &e->name_length);
        else if (field.id == 5)
            e->children = pulse_thrift_int(t, field);
        else if (field.id == 6)
            e->converted = pulse_thrift_int(t, field);
        else if (field.id == 7)
            e->scale = pulse_thrift_int(t, field);
        else if (field.id == 10 && pulse_thrift_struct(t, field))
            read_logical(t, e);
        else
            pulse_thrift_skip(t, field.type);
    }
}

static void set_counted(struct pulse_parquet_leaf *leaf, enum pulse_parquet_meaning meaning,
                        int64_t unit_ns)
{
    leaf->meaning = meaning;
    leaf->unit_ns = unit_ns;
}

/* The newer annotation wins; what is not known, or does not fit the type, leaves the plain type. */
static void set_meaning(const struct element *e, struct pulse_parquet_leaf *leaf)
{
    enum {
        UTF8 = 0,
        ENUM = 4,
        DECIMAL = 5,
        DATE = 6,
        CLOCK_MILLIS = 7,
        CLOCK_MICROS = 8,
        MILLIS = 9,
        MICROS = 10,
        UINT_8 = 11,
        UINT_64 = 14,
        JSON = 19
    };
    const bool newer = e->logical != 0;
    const bool decimal = newer ? e->logical == LOGICAL_DECIMAL : e->converted == DECIMAL;
    const bool date = newer ? e->logical == LOGICAL_DATE : e->converted == DATE;
    const bool natural = newer ? e->logical == LOGICAL_INTEGER && !e->is_signed
                               : e->converted >= UINT_8 && e->converted <= UINT_64;
    const bool int32 = leaf->type == PULSE_PARQUET_INT32, int64 = leaf->type == PULSE_PARQUET_INT64;
    const bool bytes = leaf->type == PULSE_PARQUET_BYTE_ARRAY || leaf->type == PULSE_PARQUET_FIXED;
    const bool text = newer ? e->logical == LOGICAL_STRING || e->logical == LOGICAL_ENUM ||
                                  e->logical == LOGICAL_JSON
                            : e->converted == UTF8 || e->converted == ENUM || e->converted == JSON;
    if (leaf->type == PULSE_PARQUET_INT96)
        set_counted(leaf, PULSE_PARQUET_INSTANT, 1);
    else if (int64 && newer && e->logical == LOGICAL_TIMESTAMP && e->unit_ns > 0) {
        set_counted(leaf, PULSE_PARQUET_INSTANT, e->unit_ns);
        leaf->utc = e->utc;
    } else if (int64 && !newer && (e->converted == MILLIS || e->converted == MICROS))
        set_counted(leaf, PULSE_PARQUET_INSTANT, e->converted == MILLIS ? 1000000 : 1000);
    else if ((int32 || int64) && newer && e->logical == LOGICAL_TIME && e->unit_ns > 0)
        set_counted(leaf, PULSE_PARQUET_CLOCK, e->unit_ns);
    else if ((int32 || int64) && !newer &&
             (e->converted == CLOCK_MILLIS || e->converted == CLOCK_MICROS))
        set_counted(leaf, PULSE_PARQUET_CLOCK, e->converted == CLOCK_MILLIS ? 1000000 : 1000);
    else if (int32 && date)
        leaf->meaning = PULSE_PARQUET_DATE;
    else if ((int32 || int64) && natural)
        leaf->meaning = PULSE_PARQUET_UNSIGNED;
    else if ((int32 || int64 || bytes) && decimal)
        leaf->meaning = PULSE_PARQUET_DECIMAL;
    else if (leaf->type == PULSE_PARQUET_FIXED && leaf->width == 2 && e->logical == LOGICAL_HALF)
        leaf->meaning = PULSE_PARQUET_HALF;
    else if (leaf->type == PULSE_PARQUET_FIXED && leaf->width == 16 && e->logical == LOGICAL_UUID)
        leaf->meaning = PULSE_PARQUET_UUID;
    else if (leaf->type == PULSE_PARQUET_FIXED || (bytes && !text))
        leaf->meaning = PULSE_PARQUET_BYTES;
}

static enum pulse_kind_of_column kind_of(const struct pulse_parquet_leaf *leaf)
{
    switch (leaf->meaning) {
    case PULSE_PARQUET_UNSIGNED:
        return PULSE_KIND_UINT;
    case PULSE_PARQUET_DATE:
    case PULSE_PARQUET_INSTANT:
    case PULSE_PARQUET_PERIOD:
        return PULSE_KIND_TIME;
    case PULSE_PARQUET_DECIMAL:
        return PULSE_KIND_DOUBLE;
    case PULSE_PARQUET_HALF:
        return PULSE_KIND_FLOAT;
    case PULSE_PARQUET_CLOCK:
        return PULSE_KIND_TEXT;
    default:
        break;
    }
    switch (leaf->type) {
    case PULSE_PARQUET_BOOLEAN:
        return PULSE_KIND_BOOL;
    case PULSE_PARQUET_INT32:
    case PULSE_PARQUET_INT64:
        return PULSE_KIND_INT;
    case PULSE_PARQUET_FLOAT:
        return PULSE_KIND_FLOAT;
    case PULSE_PARQUET_DOUBLE:
        return PULSE_KIND_DOUBLE;
    default:
        return PULSE_KIND_TEXT;
    }
}

static char *copy_name(const struct footer *f, const struct element *e)
{
    if (memchr(e->name, '\0', (size_t)e->name_length) != NULL) {
        (void)fail_footer(f, "a column's name has a NUL in it");
        return NULL;
    }
    char *name = pulse_calloc(e->name_length + 1, 1, "a column's name", f->err);
    if (name != NULL)
        memcpy(name, e->name, (size_t)e->name_length);
    return name;
}

static int add_nested(struct footer *f, const struct element *e)
{
    struct pulse_parquet_meta *m = f->meta;
    if (pulse_grow(&m->nested, &f->cap_nested, m->n_nested + 1, sizeof *m->nested, "column names",
                   f->err) != 0)
        return -1;
    m->nested[m->n_nested] = copy_name(f, e);
    return m->nested[m->n_nested++] == NULL ? -1 : 0;
}

static int add_column(struct footer *f, const struct element *e, struct pulse_parquet_leaf *leaf)
{
    struct pulse_parquet_meta *m = f->meta;
    if (pulse_grow(&m->columns, &f->cap_columns, m->n + 1, sizeof *m->columns, "columns", f->err) !=
            0 ||
        pulse_grow(&m->leaf_of, &f->cap_leaf_of, m->n + 1, sizeof *m->leaf_of, "columns", f->err) !=
            0)
        return -1;
    leaf->column = m->n;
    m->leaf_of[m->n] = m->n_leaves;
    m->columns[m->n] = (struct pulse_table_column){.name = copy_name(f, e), .kind = kind_of(leaf)};
    return m->columns[m->n++].name == NULL ? -1 : 0;
}

/* `depth` groups are around it, the root among them. */
static int add_leaf(struct footer *f, const struct element *e, int depth)
{
    static const int widths[] = {1, 4, 8, 12, 4, 8, 0, 0};
    enum { WIDEST = 1 << 20 };
    struct pulse_parquet_meta *m = f->meta;
    if (e->type < 0 || e->type > PULSE_PARQUET_FIXED ||
        (e->type == PULSE_PARQUET_FIXED && (e->width < 1 || e->width > WIDEST)) || e->scale < 0 ||
        e->scale > 1000 || e->repetition < 0 || e->repetition > 2)
        return fail_footer(f, "the footer describes a column that cannot be; corrupted");
    if (pulse_grow(&m->leaves, &f->cap_leaves, m->n_leaves + 1, sizeof *m->leaves, "columns",
                   f->err) != 0)
        return -1;
    struct pulse_parquet_leaf leaf = {.type = (enum pulse_parquet_type)e->type,
                                      .scale = (int)e->scale,
                                      .flat = depth == 1 && e->repetition != 2,
                                      .optional = e->repetition == 1,
                                      .column = MISSING};
    leaf.width = e->type == PULSE_PARQUET_FIXED ? (int)e->width : widths[e->type];
    set_meaning(e, &leaf);
    if (leaf.flat ? add_column(f, e, &leaf) != 0 : depth == 1 && add_nested(f, e) != 0)
        return -1;
    m->leaves[m->n_leaves++] = leaf;
    return 0;
}

/* The tree in the order of a walk from the root, each group with its number of children. */
static int read_schema(struct footer *f, struct pulse_thrift_field field)
{
    int64_t left[DEEPEST_SCHEMA]; /* children still to come of the groups we are in */
    int depth = 0;
    int64_t n = pulse_thrift_structs(&f->t, field);
    for (int64_t i = 0; i < n && pulse_thrift_element(&f->t); i++) {
        struct element e;
        read_element(&f->t, &e);
        if (f->t.broken)
            break;
        if (e.name == NULL || (i > 0 && depth == 0) || e.children < 0)
            return fail_footer(f, "the footer's schema is no tree; corrupted");
        if (depth > 0)
            left[depth - 1]--;
        if (e.children > 0 || i == 0) {
            if (depth == 1 && add_nested(f, &e) != 0)
                return -1;
            if (depth == DEEPEST_SCHEMA)
                return fail_footer(f, "columns nested more than 64 deep");
            left[depth++] = e.children;
        } else if (add_leaf(f, &e, depth) != 0)
            return -1;
        while (depth > 0 && left[depth - 1] == 0)
            depth--;
    }
    return f->t.broken || depth == 0 ? 0
                                     : fail_footer(f, "the footer's schema is no tree; corrupted");
}

/* ---- Row groups ----------------------------------------------------------------- */

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
    *c = (struct chunk_fields){.type = MISSING, .values = MISSING, .data_offset = MISSING};
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

static int fail_chunk(const struct footer *f, const struct pulse_parquet_leaf *leaf,
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

static int set_chunk(struct footer *f, const struct pulse_parquet_leaf *leaf,
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

static int read_chunks(struct footer *f, struct pulse_thrift_field field,
                       struct pulse_parquet_group *group)
{
    const struct pulse_parquet_meta *m = f->meta;
    int64_t n = pulse_thrift_structs(&f->t, field);
    if (f->t.broken || n != m->n_leaves || group->chunks != NULL)
        return fail_footer(f, "a row group has other columns than the schema; corrupted");
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
static int read_group(struct footer *f)
{
    struct pulse_parquet_meta *m = f->meta;
    struct pulse_thrift_field field = {0};
    if (pulse_grow(&m->groups, &f->cap_groups, m->n_groups + 1, sizeof *m->groups, "row groups",
                   f->err) != 0)
        return -1;
    struct pulse_parquet_group *group = &m->groups[m->n_groups];
    *group = (struct pulse_parquet_group){.rows = MISSING, .first = m->rows};
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
        return fail_footer(f, "a row group without columns or rows; corrupted");
    for (int64_t c = 0; c < m->n; c++)
        if (group->chunks[c].values != group->rows)
            return fail_footer(f, "a row group's columns have different lengths; corrupted");
    m->rows += group->rows;
    return 0;
}

static int read_groups(struct footer *f, struct pulse_thrift_field field)
{
    int64_t n = pulse_thrift_structs(&f->t, field);
    if (f->meta->n_leaves == 0 || f->meta->n_groups > 0)
        return fail_footer(f, "the footer has no columns; corrupted");
    for (int64_t i = 0; i < n && pulse_thrift_element(&f->t); i++)
        if (read_group(f) != 0)
            return -1;
    return 0;
}

/* ---- The footer ----------------------------------------------------------------- */

/* [{1: key, 2: value}] */
static int read_pairs(struct footer *f, struct pulse_thrift_field list)
{
    static const struct {
        const char *key;
        int (*take)(const uint8_t *value, int64_t length, struct pulse_table_column *columns,
                    int64_t n, char **zones, struct pulse_err *err);
    } known[] = {{"pandas", pulse_parquet_zones_of_pandas},
                 {"ARROW:schema", pulse_parquet_zones_of_arrow}};
    struct pulse_parquet_meta *m = f->meta;
    const int64_t n = pulse_thrift_structs(&f->t, list);
    int rc = 0;
    if (m->zones == NULL)
        m->zones = pulse_calloc(m->n, sizeof *m->zones, "columns", f->err);
    if (m->zones == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < n && pulse_thrift_element(&f->t); i++) {
        struct pulse_thrift_field field = {0};
        const uint8_t *key = NULL, *value = NULL;
        int64_t key_length = 0, length = 0;
        while (pulse_thrift_next(&f->t, &field)) {
            if (field.id == 1)
                key = pulse_thrift_bytes(&f->t, field, &key_length);
            else if (field.id == 2)
                value = pulse_thrift_bytes(&f->t, field, &length);
            else
                pulse_thrift_skip(&f->t, field.type);
        }
        for (size_t k = 0; k < 2 && rc == 0 && !f->t.broken && value != NULL; k++)
            if (key_length == (int64_t)strlen(known[k].key) &&
                memcmp(key, known[k].key, (size_t)key_length) == 0)
                rc = known[k].take(value, length, m->columns, m->n, m->zones, f->err);
    }
    return rc;
}

/* Integers that pandas says to number periods are the times at which these begin. */
static int set_periods(struct footer *f)
{
    struct pulse_parquet_meta *m = f->meta;
    const size_t prefix = strlen(PULSE_PARQUET_PERIOD_NAME);
    char what[PULSE_ERR_TEXT / 4];
    for (int64_t c = 0; m->zones != NULL && c < m->n; c++) {
        struct pulse_parquet_leaf *leaf = &m->leaves[m->leaf_of[c]];
        if (m->zones[c] == NULL || strncmp(m->zones[c], PULSE_PARQUET_PERIOD_NAME, prefix) != 0)
            continue;
        if (leaf->type != PULSE_PARQUET_INT64 || leaf->meaning != PULSE_PARQUET_PLAIN) {
            free(m->zones[c]); /* which numbers nothing, and is no zone */
            m->zones[c] = NULL;
            continue;
        }
        (void)snprintf(what, sizeof what,
                       "column '%.60s' numbers periods that are not read, %.60s; write it with "
                       "to_timestamp()",
                       m->columns[c].name, m->zones[c]);
        if (!pulse_period_read(m->zones[c], strlen(m->zones[c]), &leaf->period))
            return fail_footer(f, what);
        leaf->meaning = PULSE_PARQUET_PERIOD;
        m->columns[c].kind = kind_of(leaf);
    }
    return 0;
}

/* {1: version, 2: [schema element], 3: rows, 4: [row group], 5: [pair]}, in this order, as every
 * writer has it, and nothing after it: a footer that begins elsewhere than its length says reads as
 * another.
 */
static int read_file_meta(struct footer *f)
{
    struct pulse_thrift_field field = {0};
    int64_t version = MISSING, rows = MISSING;
    int rc = 0;
    while (rc == 0 && pulse_thrift_next(&f->t, &field)) {
        if (field.id == 1)
            version = pulse_thrift_int(&f->t, field);
        else if (field.id == 3)
            rows = pulse_thrift_int(&f->t, field);
        else if (field.id == 2 && f->meta->n_leaves == 0)
            rc = read_schema(f, field);
        else if (field.id == 4)
            rc = read_groups(f, field);
        else if (field.id == 5)
            rc = read_pairs(f, field);
        else
            pulse_thrift_skip(&f->t, field.type);
    }
    int64_t values;
    if (rc == 0 && (f->t.broken || f->t.at != f->t.end || version < 1))
        rc = fail_footer(f, "the footer cannot be understood; truncated or corrupted");
    if (rc == 0 && rows != f->meta->rows)
        rc = fail_footer(f, "the footer counts other rows than its row groups have; corrupted");
    if (rc == 0 && (__builtin_mul_overflow(f->meta->rows, f->meta->n, &values) ||
                    !pulse_parquet_is_plausible(values, f->meta->end) ||
                    !pulse_parquet_is_plausible(f->meta->rows, f->meta->end)))
        rc = fail_footer(f, "more rows than its bytes can hold; corrupted");
    return rc == 0 ? set_periods(f) : rc;
}

static int read_range(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                      struct pulse_err *err)
{
    return pulse_store_read_ranges(
        object, &(struct pulse_range){.offset = offset, .bytes = bytes, .out = out}, 1, err);
}

/* …footer, llllllll → its length, "PAR1" or, encrypted, "PARE". One range has all of it but for
 * files of very many chunks: `end` holds END_BYTES. */
static int read_footer(struct pulse_object *object, struct footer *f, uint8_t *end, uint8_t **bytes)
{
    uint32_t length;
    const int64_t size = pulse_store_size(object), at_hand = size < END_BYTES ? size : END_BYTES;
    if (size < 4 + TAIL_BYTES)
        return fail_footer(f, "too short to be a Parquet file");
    if (read_range(object, size - at_hand, end, at_hand, f->err) != 0)
        return -1;
    const uint8_t *tail = end + at_hand - TAIL_BYTES;
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return fail_footer(f, "an encrypted Parquet file; write it without encryption");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return fail_footer(f, "no Parquet file, or a truncated one: it does not end with PAR1");
    memcpy(&length, tail, sizeof length);
    if ((int64_t)length > size - 4 - TAIL_BYTES || length > LONGEST_FOOTER)
        return fail_footer(f, "the footer's length cannot be; truncated or corrupted");
    f->meta->end = size - TAIL_BYTES - (int64_t)length;
    *bytes = pulse_alloc_aligned(length, 1, "a Parquet footer", f->err);
    if (*bytes == NULL)
        return -1;
    if ((int64_t)length + TAIL_BYTES <= at_hand)
        memcpy(*bytes, tail - length, length);
    else if (read_range(object, f->meta->end, *bytes, length, f->err) != 0)
        return -1;
    f->meta->bytes_read = TAIL_BYTES + (int64_t)length;
    f->t = (struct pulse_thrift){.at = *bytes, .end = *bytes + length};
    return read_file_meta(f);
}

int pulse_parquet_meta_read(struct pulse_object *object, struct pulse_parquet_meta *out,
                            struct pulse_err *err)
{
    struct footer f = {.uri = pulse_store_uri(object), .meta = out, .err = err};
    uint8_t *bytes = NULL, *end = pulse_calloc(END_BYTES, 1, "a Parquet footer", err);
    *out = (struct pulse_parquet_meta){0};
    int rc = end == NULL ? -1 : read_footer(object, &f, end, &bytes);
    free(bytes);
    free(end);
    if (rc != 0)
        pulse_parquet_meta_clear(out);
    return rc;
}

void pulse_parquet_meta_clear(struct pulse_parquet_meta *meta)
{
    for (int64_t c = 0; c < meta->n; c++)
        free(meta->columns[c].name);
    for (int64_t c = 0; c < meta->n_nested; c++)
        free(meta->nested[c]);
    for (int64_t g = 0; g < meta->n_groups; g++)
        free(meta->groups[g].chunks);
    free(meta->columns);
    for (int64_t c = 0; meta->zones != NULL && c < meta->n; c++)
        free(meta->zones[c]);
    free(meta->zones);
    free(meta->leaf_of);
    free(meta->leaves);
    free(meta->nested);
    free(meta->groups);
    *meta = (struct pulse_parquet_meta){0};
}
