#include "data/pickle/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/pickle/frame_dict.h"
#include "data/pickle/frame_pandas.h"
#include "data/pickle/frame_plain.h"

enum {
    RECORD_COLUMNS_MOST = 1024 /* keys of records are looked for one by one; fields too */
};

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
    if (rc == 0 && size > PULSE_PICKLE_CELLS_MOST)
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
    struct pulse_pickle_finder f = {where, tree, out, 4 * bytes, PULSE_PICKLE_CELLS_MOST, err};
    const struct pulse_pickle_value *names, *rows;
    struct pulse_pickle_column array;
    *out = (struct pulse_pickle_frame){0};
    if (pulse_pickle_is_call(root, PULSE_PICKLE_DATAFRAME))
        return pulse_pickle_find_dataframe(&f, root);
    if (pulse_pickle_is_call(root, PULSE_PICKLE_SERIES))
        return pulse_pickle_find_series(&f, root);
    bool plain = false;
    const int rc = pulse_pickle_find_plain(&f, root, &plain);
    if (rc != 0 || plain)
        return rc;
    if (root->kind == PULSE_PICKLE_DICT && root->as.list.n > 0)
        return pulse_pickle_find_dict(&f, root);
    if (root->kind == PULSE_PICKLE_LIST && root->as.list.n > 0)
        return find_records(&f, root);
    if (pulse_pickle_array_tuples(root, &names, &rows))
        return pulse_pickle_find_tuples(&f, names, rows);
    if (root->kind == PULSE_PICKLE_CALL && pulse_pickle_array_column(root, 0, &array) &&
        array.dtype.kind == 'V')
        return find_structured(&f, &array);
    return pulse_pickle_frame_fail(
        &f, "neither a frame nor a series of pandas, nor an array of columns, lists or dicts of "
            "columns or of rows, with something in it");
}

void pulse_pickle_frame_clear(struct pulse_pickle_frame *frame)
{
    for (int64_t i = 0; i < frame->n; i++)
        free(frame->all[i].name);
    free(frame->all);
    *frame = (struct pulse_pickle_frame){0};
}
