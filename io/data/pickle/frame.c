#include "data/pickle/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"

enum {
    RECORD_COLUMNS_MOST = 1024, /* keys of records are looked for one by one; fields too */
    CELLS_MOST = 1 << 28        /* of columns of objects */
};

struct finder {
    const char *where;
    struct pulse_pickle_tree *tree;
    struct pulse_pickle_frame *frame;
    int64_t bytes_left; /* that columns of numbers may have: four times the file's */
    int64_t cells_left; /* of columns of objects */
    struct pulse_err *err;
};

static int fail_frame(const struct finder *f, const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s: pickle: %s", f->where, what);
}

static const struct pulse_pickle_value *state_of(const struct pulse_pickle_value *call)
{
    return pulse_pickle_is(call, PULSE_PICKLE_CALL) ? call->as.call.state : NULL;
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
static bool is_too_much(struct finder *f, const struct pulse_pickle_column *column)
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

/* Adds a column; the first `length` bytes of `name` are copied. */
static int add_column(struct finder *f, const char *name, int64_t length,
                      const struct pulse_pickle_column *column, bool index)
{
    struct pulse_pickle_frame *frame = f->frame;
    if (frame->n > 0 && column->rows != frame->rows)
        return fail_frame(f, "its columns differ in length");
    if (is_too_much(f, column))
        return fail_frame(f, "its columns refer to more data than it holds; the file is corrupted");
    if (pulse_grow(&frame->all, &frame->cap, frame->n + 1, sizeof *frame->all, "columns", f->err) !=
        0)
        return -1;
    char *copy = pulse_calloc(length + 1, 1, "a column name", f->err);
    if (copy == NULL)
        return -1;
    memcpy(copy, name, (size_t)length);
    frame->rows = column->rows;
    frame->all[frame->n++] = (struct pulse_pickle_named){copy, kind_of(column), *column, index};
    return (int64_t)strlen(copy) == length && pulse_utf8_valid(copy)
               ? 0
               : fail_frame(f, "a column name that is no UTF-8 text");
}

/* The same with a name that is a value: a text, or an integer in digits. */
static int add_named(struct finder *f, const struct pulse_pickle_value *name,
                     const struct pulse_pickle_column *column, bool index)
{
    char digits[32];
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return add_column(f, name->as.text.at, name->as.text.length, column, index);
    if (!pulse_pickle_is(name, PULSE_PICKLE_INT))
        return fail_frame(f, "a column name that is no text; rename it");
    int length = snprintf(digits, sizeof digits, "%lld", (long long)name->as.integer);
    return add_column(f, digits, length, column, index);
}

/* ---- Arrays, dicts, records ----------------------------------------------------- */

/* dtype [("timestamp", "<M8[ns]"), ("value", "<f8")]: a column per field */
static int find_structured(struct finder *f, const struct pulse_pickle_column *array)
{
    struct pulse_pickle_column field;
    int rc = 0;
    if (array->dtype.names->as.list.n > RECORD_COLUMNS_MOST)
        return fail_frame(f, "an array of more than 1024 fields");
    for (int64_t i = 0; rc == 0 && i < array->dtype.names->as.list.n; i++) {
        const struct pulse_pickle_value *name = pulse_pickle_item(array->dtype.names, i);
        if (!pulse_pickle_is(name, PULSE_PICKLE_TEXT))
            return fail_frame(f, "a column name that is no text; rename it");
        if (pulse_pickle_array_field(array, name, &field))
            rc = add_named(f, name, &field, false);
    }
    return rc;
}

/* {"timestamp": […], "value": […]} */
static int find_dict(struct finder *f, const struct pulse_pickle_value *dict)
{
    struct pulse_pickle_column column;
    int64_t rows;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        if (pulse_pickle_array_columns(value, &rows) != 1 ||
            !pulse_pickle_array_column(value, 0, &column))
            return fail_frame(f, "a dict whose values are not all lists or arrays");
        rc = add_named(f, dict->as.list.items[i], &column, false);
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
static int find_keys(struct finder *f, const struct pulse_pickle_value *records, struct keys *keys)
{
    for (int64_t r = 0; r < records->as.list.n; r++) {
        const struct pulse_pickle_value *record = records->as.list.items[r];
        if (record->kind != PULSE_PICKLE_DICT)
            return fail_frame(f, "a list of other things than dicts");
        for (int64_t i = 0; i + 1 < record->as.list.n; i += 2) {
            const struct pulse_pickle_value *key = record->as.list.items[i];
            if (key->kind != PULSE_PICKLE_TEXT)
                return fail_frame(f, "a record's key that is no text");
            int64_t k = key_position(keys, key, i / 2);
            if (k == RECORD_COLUMNS_MOST)
                return fail_frame(f, "records of more than 1024 different keys");
            keys->names[k] = key;
            keys->n += k == keys->n;
        }
    }
    return 0;
}

/* [{"timestamp": …, "value": …}, …]; a key that a record lacks is missing there */
static int find_records(struct finder *f, const struct pulse_pickle_value *records)
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
        rc = fail_frame(f, "records of more than 2^28 cells");
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
        rc = add_named(f, keys->names[k], &column, false);
    }
    free(keys);
    return rc;
}

/* ---- Frames of pandas ----------------------------------------------------------- */

/* The dict of an index, {"data": …, "name": …}; NULL where it is none. */
static const struct pulse_pickle_value *index_of(const struct pulse_pickle_value *index)
{
    return pulse_pickle_is_call(index, PULSE_PICKLE_NEW_INDEX) ||
                   pulse_pickle_is_call(index, PULSE_PICKLE_NEW_DATETIME_INDEX)
               ? pulse_pickle_argument(index, 1)
               : NULL;
}

/* An index of datetimes, or any that is called like a time, is a column; others only count. */
static int find_index(struct finder *f, const struct pulse_pickle_value *index)
{
    const struct pulse_pickle_value *dict = index_of(index);
    const struct pulse_pickle_value *name = pulse_pickle_find(dict, "name");
    const struct pulse_pickle_value *data = pulse_pickle_find(dict, "data");
    struct pulse_pickle_column column;
    if (data == NULL || !pulse_pickle_array_column(data, 0, &column))
        return 0;
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return add_named(f, name, &column, true);
    return add_column(f, "index", 5, &column, true);
}

/* Which column item `i` of a block is: slice(start, stop, step), or an array of positions. */
static int64_t placed_at(const struct pulse_pickle_value *placement, int64_t i)
{
    struct pulse_pickle_column positions;
    struct pulse_pickle_cell cell;
    int64_t at;
    if (pulse_pickle_is_call(placement, PULSE_PICKLE_BUILTIN_SLICE)) {
        const struct pulse_pickle_value *start = pulse_pickle_argument(placement, 0);
        const struct pulse_pickle_value *step = pulse_pickle_argument(placement, 2);
        if (!pulse_pickle_is(start, PULSE_PICKLE_INT))
            return -1;
        return __builtin_mul_overflow(
                   i, pulse_pickle_is(step, PULSE_PICKLE_INT) ? step->as.integer : 1, &at) ||
                       __builtin_add_overflow(at, start->as.integer, &at)
                   ? -1
                   : at;
    }
    if (!pulse_pickle_array_column(placement, 0, &positions) || i >= positions.rows)
        return -1;
    pulse_pickle_column_cell(&positions, i, &cell);
    return cell.kind == PULSE_PICKLE_CELL_INT ? cell.integer : -1;
}

/* Puts the columns of one block where they belong: _unpickle_block(values, placement, …), or in
 * older pickles {"values": …, "mgr_locs": …}. Arrays that are not read leave theirs empty. */
static int place_block(struct finder *f, const struct pulse_pickle_value *block,
                       struct pulse_pickle_column *columns, int64_t n)
{
    const bool call = pulse_pickle_is_call(block, PULSE_PICKLE_UNPICKLE_BLOCK);
    const struct pulse_pickle_value *values =
        call ? pulse_pickle_argument(block, 0) : pulse_pickle_find(block, "values");
    const struct pulse_pickle_value *placement =
        call ? pulse_pickle_argument(block, 1) : pulse_pickle_find(block, "mgr_locs");
    int64_t rows, count = pulse_pickle_array_columns(values, &rows);
    if (values == NULL || placement == NULL)
        return fail_frame(f, "a frame of a form that is not read");
    if (count > n)
        return fail_frame(f, "a block of more columns than its frame; the file is corrupted");
    for (int64_t i = 0; i < count; i++) {
        int64_t at = placed_at(placement, i);
        if (at < 0 || at >= n)
            return fail_frame(f, "a column outside its frame; the file is corrupted");
        if (!pulse_pickle_array_column(values, i, &columns[at]))
            columns[at] = (struct pulse_pickle_column){0};
    }
    return 0;
}

/* The parts of a block manager: BlockManager(blocks, axes), or a state (…, {"0.14.1": {"axes": …,
 * "blocks": …}}). */
static bool manager_parts(const struct pulse_pickle_value *manager,
                          const struct pulse_pickle_value **blocks,
                          const struct pulse_pickle_value **axes)
{
    const struct pulse_pickle_value *named =
        pulse_pickle_find(pulse_pickle_item(state_of(manager), 3), "0.14.1");
    if (!pulse_pickle_is_call(manager, PULSE_PICKLE_BLOCK_MANAGER) &&
        !pulse_pickle_is_call(manager, PULSE_PICKLE_SINGLE_BLOCK_MANAGER))
        return false;
    *blocks =
        named != NULL ? pulse_pickle_find(named, "blocks") : pulse_pickle_argument(manager, 0);
    *axes = named != NULL ? pulse_pickle_find(named, "axes") : pulse_pickle_argument(manager, 1);
    return *blocks != NULL && *axes != NULL;
}

static const struct pulse_pickle_value *manager_of(const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *manager = pulse_pickle_find(state_of(object), "_mgr");
    return manager != NULL ? manager : pulse_pickle_find(state_of(object), "_data");
}

/* The labels of a frame's columns: an array, or start, start + step, … */
struct labels {
    int64_t n;
    struct pulse_pickle_column array; /* of no rows where they are counted */
    int64_t start;
    int64_t step;
};

/* {"start": 0, "stop": 3, "step": 1} */
static bool read_range(const struct pulse_pickle_value *dict, struct labels *out)
{
    static const char *const keys[] = {"start", "stop", "step"};
    int64_t parts[3], span;
    for (int i = 0; i < 3; i++) {
        const struct pulse_pickle_value *part = pulse_pickle_find(dict, keys[i]);
        if (!pulse_pickle_is(part, PULSE_PICKLE_INT))
            return false;
        parts[i] = part->as.integer;
    }
    if (parts[2] < 1 || __builtin_sub_overflow(parts[1], parts[0], &span))
        return false;
    *out = (struct labels){.start = parts[0], .step = parts[2]};
    out->n = span <= 0 ? 0 : (span - 1) / parts[2] + 1;
    return true;
}

static bool read_labels(const struct pulse_pickle_value *index, struct labels *out)
{
    const struct pulse_pickle_value *dict = index_of(index);
    *out = (struct labels){0};
    if (read_range(dict, out))
        return true;
    if (!pulse_pickle_array_column(pulse_pickle_find(dict, "data"), 0, &out->array))
        return false;
    out->n = out->array.rows;
    return out->array.dtype.kind == 'O' || out->array.dtype.kind == 'i' ||
           out->array.dtype.kind == 'u';
}

static int add_labelled(struct finder *f, const struct labels *labels, int64_t c,
                        const struct pulse_pickle_column *column)
{
    struct pulse_pickle_cell cell = {.integer = labels->start + c * labels->step};
    char digits[32];
    if (labels->array.objects != NULL)
        return add_named(f, labels->array.objects[c * labels->array.step], column, false);
    if (labels->array.rows > 0)
        pulse_pickle_column_cell(&labels->array, c, &cell);
    int length = snprintf(digits, sizeof digits, "%lld", (long long)cell.integer);
    return add_column(f, digits, length, column, false);
}

static int find_dataframe(struct finder *f, const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *blocks, *axes, *block;
    struct labels labels;
    if (!manager_parts(manager_of(object), &blocks, &axes) ||
        !read_labels(pulse_pickle_item(axes, 0), &labels))
        return fail_frame(f, "a frame of a form that is not read; its columns must have names");
    if (labels.n > f->bytes_left)
        return fail_frame(f, "a frame of more columns than it holds; the file is corrupted");
    struct pulse_pickle_column *columns =
        pulse_calloc(labels.n, sizeof *columns, "columns", f->err);
    int rc = columns == NULL ? -1 : find_index(f, pulse_pickle_item(axes, 1));
    for (int64_t i = 0; rc == 0 && (block = pulse_pickle_item(blocks, i)) != NULL; i++)
        rc = place_block(f, block, columns, labels.n);
    for (int64_t c = 0; rc == 0 && c < labels.n; c++)
        if (columns[c].rows > 0 || columns[c].step > 0)
            rc = add_labelled(f, &labels, c, &columns[c]);
    free(columns);
    return rc;
}

static int find_series(struct finder *f, const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *blocks, *axes;
    const struct pulse_pickle_value *name = pulse_pickle_find(state_of(object), "_name");
    struct pulse_pickle_column column = {0};
    if (name == NULL)
        name = pulse_pickle_find(state_of(object), "name");
    if (!manager_parts(manager_of(object), &blocks, &axes))
        return fail_frame(f, "a series of a form that is not read");
    if (find_index(f, pulse_pickle_item(axes, 0)) != 0 ||
        place_block(f, pulse_pickle_item(blocks, 0), &column, 1) != 0)
        return -1;
    if (column.step == 0)
        return fail_frame(f, "a series of a type that is not read");
    return pulse_pickle_is(name, PULSE_PICKLE_TEXT) ? add_named(f, name, &column, false)
                                                    : add_column(f, "value", 5, &column, false);
}

int pulse_pickle_frame_find(const char *where, int64_t bytes, struct pulse_pickle_tree *tree,
                            struct pulse_pickle_frame *out, struct pulse_err *err)
{
    const struct pulse_pickle_value *root = pulse_pickle_tree_root(tree);
    struct finder f = {where, tree, out, 4 * bytes, CELLS_MOST, err};
    struct pulse_pickle_column array;
    *out = (struct pulse_pickle_frame){0};
    if (pulse_pickle_is_call(root, PULSE_PICKLE_DATAFRAME))
        return find_dataframe(&f, root);
    if (pulse_pickle_is_call(root, PULSE_PICKLE_SERIES))
        return find_series(&f, root);
    if (root->kind == PULSE_PICKLE_DICT && root->as.list.n > 0)
        return find_dict(&f, root);
    if (root->kind == PULSE_PICKLE_LIST && root->as.list.n > 0)
        return find_records(&f, root);
    if (root->kind == PULSE_PICKLE_CALL && pulse_pickle_array_column(root, 0, &array) &&
        array.dtype.kind == 'V')
        return find_structured(&f, &array);
    return fail_frame(&f,
                      "neither a frame nor a series of pandas, nor a structured array, a dict of "
                      "lists or a list of dicts, with something in it");
}

void pulse_pickle_frame_clear(struct pulse_pickle_frame *frame)
{
    for (int64_t i = 0; i < frame->n; i++)
        free(frame->all[i].name);
    free(frame->all);
    *frame = (struct pulse_pickle_frame){0};
}
