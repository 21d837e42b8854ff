#include "data/parquet/footer.h"

#include <string.h>

#include "base/mem.h"

enum { DEEPEST_SCHEMA = 64 };

int pulse_parquet_footer_fail(const struct pulse_parquet_footer *f, const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s: %s", f->uri, what);
}

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
    *e = (struct element){
        .type = PULSE_PARQUET_MISSING, .converted = PULSE_PARQUET_MISSING, .is_signed = true};
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

enum pulse_kind_of_column pulse_parquet_kind_of(const struct pulse_parquet_leaf *leaf)
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

static char *copy_name(const struct pulse_parquet_footer *f, const struct element *e)
{
    if (memchr(e->name, '\0', (size_t)e->name_length) != NULL) {
        (void)pulse_parquet_footer_fail(f, "a column's name has a NUL in it");
        return NULL;
    }
    char *name = pulse_calloc(e->name_length + 1, 1, "a column's name", f->err);
    if (name != NULL)
        memcpy(name, e->name, (size_t)e->name_length);
    return name;
}

static int add_nested(struct pulse_parquet_footer *f, const struct element *e)
{
    struct pulse_parquet_meta *m = f->meta;
    if (pulse_grow(&m->nested, &f->cap_nested, m->n_nested + 1, sizeof *m->nested, "column names",
                   f->err) != 0)
        return -1;
    m->nested[m->n_nested] = copy_name(f, e);
    return m->nested[m->n_nested++] == NULL ? -1 : 0;
}

static int add_column(struct pulse_parquet_footer *f, const struct element *e,
                      struct pulse_parquet_leaf *leaf)
{
    struct pulse_parquet_meta *m = f->meta;
    if (pulse_grow(&m->columns, &f->cap_columns, m->n + 1, sizeof *m->columns, "columns", f->err) !=
            0 ||
        pulse_grow(&m->leaf_of, &f->cap_leaf_of, m->n + 1, sizeof *m->leaf_of, "columns", f->err) !=
            0)
        return -1;
    leaf->column = m->n;
    m->leaf_of[m->n] = m->n_leaves;
    m->columns[m->n] =
        (struct pulse_table_column){.name = copy_name(f, e), .kind = pulse_parquet_kind_of(leaf)};
    return m->columns[m->n++].name == NULL ? -1 : 0;
}

/* `depth` groups are around it, the root among them. */
static int add_leaf(struct pulse_parquet_footer *f, const struct element *e, int depth)
{
    static const int widths[] = {1, 4, 8, 12, 4, 8, 0, 0};
    enum { WIDEST = 1 << 20 };
    struct pulse_parquet_meta *m = f->meta;
    if (e->type < 0 || e->type > PULSE_PARQUET_FIXED ||
        (e->type == PULSE_PARQUET_FIXED && (e->width < 1 || e->width > WIDEST)) || e->scale < 0 ||
        e->scale > 1000 || e->repetition < 0 || e->repetition > 2)
        return pulse_parquet_footer_fail(f,
                                         "the footer describes a column that cannot be; corrupted");
    if (pulse_grow(&m->leaves, &f->cap_leaves, m->n_leaves + 1, sizeof *m->leaves, "columns",
                   f->err) != 0)
        return -1;
    struct pulse_parquet_leaf leaf = {.type = (enum pulse_parquet_type)e->type,
                                      .scale = (int)e->scale,
                                      .flat = depth == 1 && e->repetition != 2,
                                      .optional = e->repetition == 1,
                                      .column = PULSE_PARQUET_MISSING};
    leaf.width = e->type == PULSE_PARQUET_FIXED ? (int)e->width : widths[e->type];
    set_meaning(e, &leaf);
    if (leaf.flat ? add_column(f, e, &leaf) != 0 : depth == 1 && add_nested(f, e) != 0)
        return -1;
    m->leaves[m->n_leaves++] = leaf;
    return 0;
}

int pulse_parquet_schema_read(struct pulse_parquet_footer *f, struct pulse_thrift_field field)
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
            return pulse_parquet_footer_fail(f, "the footer's schema is no tree; corrupted");
        if (depth > 0)
            left[depth - 1]--;
        if (e.children > 0 || i == 0) {
            if (depth == 1 && add_nested(f, &e) != 0)
                return -1;
            if (depth == DEEPEST_SCHEMA)
                return pulse_parquet_footer_fail(f, "columns nested more than 64 deep");
            left[depth++] = e.children;
        } else if (add_leaf(f, &e, depth) != 0)
            return -1;
        while (depth > 0 && left[depth - 1] == 0)
            depth--;
    }
    return f->t.broken || depth == 0
               ? 0
               : pulse_parquet_footer_fail(f, "the footer's schema is no tree; corrupted");
}
