#include "data/pickle/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/pickle/finder.h"

enum {
    RECORD_COLUMNS_MOST = 1024, /* keys of records are looked for one by one; fields too */
    CELLS_MOST = 1 << 28        /* of columns of objects */
};

int pulse_pickle_frame_fail(const struct pulse_pickle_finder *f, const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s: pickle: %s", f->where, what);
}

/* ---- Adding columns ------------------------------------------------------------- */

static enum pulse_pickle_cell_kind join_kinds(enum pulse_pickle_cell_kind a,
                                              enum pulse_pickle_cell_kind b)
{
    const bool integers =
        (a == PULSE_PICKLE_CELL_INT || a == PULSE_PICKLE_CELL_UINT ||
         a == PULSE_PICKLE_CELL_REAL) &&
        (b == PULSE_PICKLE_CELL_INT || b == PULSE_PICKLE_CELL_UINT || b == PULSE_PICKLE_CELL_REAL);
    if (a == b || b == PULSE_PICKLE_CELL_MISSING)
        return a;
    if (a == PULSE_PICKLE_CELL_MISSING)
        return b;
    return integers ? PULSE_PICKLE_CELL_REAL : PULSE_PICKLE_CELL_OTHER;
}

static enum pulse_pickle_cell_kind kind_of_cells(const struct pulse_pickle_column *column)
{
    enum pulse_pickle_cell_kind kind = PULSE_PICKLE_CELL_MISSING;
    struct pulse_pickle_cell cell;
    if (column->dtype.kind != 'O')
        return pulse_pickle_dtype_cells(&column->dtype);
    for (int64_t i = 0; i < column->rows; i++) {
        pulse_pickle_column_cell(column, i, &cell);
        kind = join_kinds(kind, cell.kind);
    }
    return kind;
}

static enum pulse_pickle_cell_kind kind_of(const struct pulse_pickle_column *column)
{
    struct pulse_pickle_column categories;
    if (column->categories == NULL)
        return kind_of_cells(column);
    if (!pulse_pickle_array_column(column->categories, 0, &categories) ||
        categories.categories != NULL)
        return PULSE_PICKLE_CELL_OTHER;
    return kind_of_cells(&categories);
}

/* A reference to an array costs next to nothing, so a small file could stand for any number of
 * cells.
 */
static bool is_too_much(struct pulse_pickle_finder *f, const struct pulse_pickle_column *column)
{
    int64_t bytes, categories = 0;
    if (column->categories != NULL)
        (void)pulse_pickle_array_columns(column->categories, &categories);
    if (column->dtype.kind == 'O' || categories > 0) {
        f->cells_left -= column->rows < CELLS_MOST ? column->rows : CELLS_MOST;
        f->cells_left -= categories < CELLS_MOST ? categories : CELLS_MOST;
        if (column->dtype.kind == 'O' || f->cells_left < 0)
            return f->cells_left < 0;
    }
    if (__builtin_mul_overflow(column->rows, column->dtype.size, &bytes) || bytes > f->bytes_left)
        return true;
    f->bytes_left -= bytes;
    return false;
}

int pulse_pickle_add_column(struct pulse_pickle_finder *f, const char *name, int64_t length,
                            const struct pulse_pickle_column *column, bool index)
{
    struct pulse_pickle_frame *frame = f->frame;
    const bool unread = column->rows == 0 && column->step == 0;
    if (!unread && frame->n > frame->n_unread && column->rows != frame->rows)
        return pulse_pickle_frame_fail(f, "its columns differ in length");
    if (is_too_much(f, column))
        return pulse_pickle_frame_fail(
            f, "its columns refer to more data than it holds; the file is corrupted");
    if (pulse_grow(&frame->all, &frame->cap, frame->n + 1, sizeof *frame->all, "columns", f->err) !=
        0)
        return -1;
    char *copy = pulse_calloc(length + 1, 1, "a column name", f->err);
    if (copy == NULL)
        return -1;
    memcpy(copy, name, (size_t)length);
    frame->n_unread += unread;
    if (!unread)
        frame->rows = column->rows;
    frame->all[frame->n++] = (struct pulse_pickle_named){copy, kind_of(column), *column, index};
    return (int64_t)strlen(copy) == length && pulse_utf8_valid(copy)
               ? 0
               : pulse_pickle_frame_fail(f, "a column name that is no UTF-8 text");
}

int pulse_pickle_add_named(struct pulse_pickle_finder *f, const struct pulse_pickle_value *name,
                           const struct pulse_pickle_column *column, bool index)
{
    char digits[32];
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return pulse_pickle_add_column(f, name->as.text.at, name->as.text.length, column, index);
    if (!pulse_pickle_is(name, PULSE_PICKLE_INT))
        return pulse_pickle_frame_fail(f, "a column name that is no text; rename it");
    int length = snprintf(digits, sizeof digits, "%lld", (long long)name->as.integer);
    return pulse_pickle_add_column(f, digits, length, column, index);
}

/* ---- Arrays, dicts, records ----------------------------------------------------- */

/* dtype [("timestamp", "<M8[ns]"), ("value", "<f8")]: a column per field */
static int find_structured(struct pulse_pickle_finder *f, const struct pulse_pickle_column *array)
{
    struct pulse_pickle_column field;
    int rc = 0;
    if (array->dtype.names->as.list.n > RECORD_COLUMNS_MOST)
        return pulse_pickle_frame_fail(f, "an array of more than 1024 fields");
    for (int64_t i = 0; rc == 0 && i < array->dtype.names->as.list.n; i++) {
        const struct pulse_pickle_value *name = pulse_pickle_item(array->dtype.names, i);
        if (!pulse_pickle_is(name, PULSE_PICKLE_TEXT))
            return pulse_pickle_frame_fail(f, "a column name that is no text; rename it");
        if (pulse_pickle_array_field(array, name, &field))
            rc = pulse_pickle_add_named(f, name, &field, false);
    }
    return rc;
}

/* {"timestamp": […], "value": […]} */
static int find_dict(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict)
{
    struct pulse_pickle_column column;
    int64_t rows;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        if (pulse_pickle_array_columns(value, &rows) != 1 ||
            !pulse_pickle_array_column(value, 0, &column))
            return pulse_pickle_frame_fail(f, "a dict whose values are not all lists or arrays");
        rc = pulse_pickle_add_named(f, dict->as.list.items[i], &column, false);
    }
    return rc;
}

struct keys {
    const struct pulse_pickle_value *names[RECORD_COLUMNS_MOST];
    int64_t n;
};

static bool same_text(const struct pulse_pickle_value *a, const struct pulse_pickle_value *b)
{
    return a == b || (a->as.text.length == b->as.text.length &&
                      memcmp(a->as.text.at, b->as.text.at, (size_t)a->as.text.length) == 0);
}

/* Position of a key, looked for first at `guess`; `n` where it is new. */
static int64_t key_position(const struct keys *keys, const struct pulse_pickle_value *key,
                            int64_t guess)
{
    if (guess < keys->n && same_text(keys->names[guess], key))
        return guess;
    for (int64_t k = 0; k < keys->n; k++)
        if (same_text(keys->names[k], key))
            return k;
    return keys->n;
}

/* The keys of all records, in the order in which they come up. */
static int find_keys(struct pulse_pickle_finder *f, const struct pulse_pickle_value *records,
                     struct keys *keys)
{
    for (int64_t r = 0; r < records->as.list.n; r++) {
        const struct pulse_pickle_value *record = records->as.list.items[r];
        if (record->kind != PULSE_PICKLE_DICT)
            return pulse_pickle_frame_fail(f, "a list of other things than dicts");
        for (int64_t i = 0; i + 1 < record->as.list.n; i += 2) {
            const struct pulse_pickle_value *key = record->as.list.items[i];
            if (key->kind != PULSE_PICKLE_TEXT)
                return pulse_pickle_frame_fail(f, "a record's key that is no text");
            int64_t k = key_position(keys, key, i / 2);
            if (k == RECORD_COLUMNS_MOST)
                return pulse_pickle_frame_fail(f, "records of more than 1024 different keys");
            keys->names[k] = key;
            keys->n += k == keys->n;
        }
    }
    return 0;
}

/* [{"timestamp": …, "value": …}, …]; a key that a record lacks is missing there */
static int find_records(struct pulse_pickle_finder *f, const struct pulse_pickle_value *records)
{
    const int64_t rows = records->as.list.n;
    struct pulse_pickle_value **cells = NULL;
    int64_t size;
    struct keys *keys = pulse_calloc(1, sizeof *keys, "record keys", f->err);
    int rc = keys == NULL ? -1 : find_keys(f, records, keys);
    if (rc == 0 && __builtin_mul_overflow(rows, keys->n, &size))
        size = -1;
    /* A few records with many keys and many with few: more holes than values are no table. */
    if (rc == 0 && size > CELLS_MOST)
        rc = pulse_pickle_frame_fail(f, "records of more than 2^28 cells");
    if (rc == 0) {
        cells = pulse_pickle_tree_keep(f->tree, size, sizeof(void *), f->err);
        rc = cells == NULL ? -1 : 0;
    }
    for (int64_t r = 0; rc == 0 && r < rows; r++) {
        const struct pulse_pickle_value *record = records->as.list.items[r];
        for (int64_t i = 0; i + 1 < record->as.list.n; i += 2)
            cells[key_position(keys, record->as.list.items[i], i / 2) * rows + r] =
                record->as.list.items[i + 1];
    }
    for (int64_t k = 0; rc == 0 && k < keys->n; k++) {
        const struct pulse_pickle_column column = {
            .rows = rows, .dtype = {.kind = 'O'}, .step = 1, .objects = cells + k * rows};
        rc = pulse_pickle_add_named(f, keys->names[k], &column, false);
    }
    free(keys);
    return rc;
}

int pulse_pickle_frame_find(const char *where, int64_t bytes, struct pulse_pickle_tree *tree,
                            struct pulse_pickle_frame *out, struct pulse_err *err)
{
    const struct pulse_pickle_value *root = pulse_pickle_tree_root(tree);
    struct pulse_pickle_finder f = {where, tree, out, 4 * bytes, CELLS_MOST, err};
    struct pulse_pickle_column array;
    *out = (struct pulse_pickle_frame){0};
    if (pulse_pickle_is_call(root, PULSE_PICKLE_DATAFRAME))
        return pulse_pickle_find_dataframe(&f, root);
    if (pulse_pickle_is_call(root, PULSE_PICKLE_SERIES))
        return pulse_pickle_find_series(&f, root);
    if (root->kind == PULSE_PICKLE_DICT && root->as.list.n > 0)
        return find_dict(&f, root);
    if (root->kind == PULSE_PICKLE_LIST && root->as.list.n > 0)
        return find_records(&f, root);
    if (root->kind == PULSE_PICKLE_CALL && pulse_pickle_array_column(root, 0, &array) &&
        array.dtype.kind == 'V')
        return find_structured(&f, &array);
    return pulse_pickle_frame_fail(
        &f, "neither a frame nor a series of pandas, nor a structured array, a dict of "
            "lists or a list of dicts, with something in it");
}

void pulse_pickle_frame_clear(struct pulse_pickle_frame *frame)
{
    for (int64_t i = 0; i < frame->n; i++)
        free(frame->all[i].name);
    free(frame->all);
    *frame = (struct pulse_pickle_frame){0};
}
