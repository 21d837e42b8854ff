#include "data/hdf5/pandas_forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/pickle/unpickler.h"

/* The attribute name: a text, or the pickle of None where there is none. */
static int take_fixed_index_name(struct pulse_h5_columns *columns, hid_t index)
{
    char name[PULSE_H5_WORD] = "";
    if (pulse_h5_pandas_word(columns, index, "name", name) != 0)
        return -1;
    if (name[0] == '\0' || strcmp(name, "N.") == 0 || !pulse_utf8_valid(name))
        return 0;
    columns->index_name = pulse_strdup(name, columns->err);
    return columns->index_name == NULL ? -1 : 0;
}

/* Whether the integers of an index number periods: its attribute index_class is "period", and freq
 * the pickle of an offset. */
static int read_period(const struct pulse_h5_columns *columns, hid_t index,
                       struct pulse_h5_column *column)
{
    char class[PULSE_H5_WORD] = "";
    struct pulse_pickle_tree *tree = NULL;
    if (pulse_h5_pandas_word(columns, index, "index_class", class) != 0)
        return -1;
    if (strcmp(class, "period") != 0)
        return 0;
    if (pulse_h5_pickled_attribute(columns, index, "freq", &tree) != 0)
        return -1;
    if (pulse_pickle_period_of(pulse_pickle_tree_root(tree), &column->period)) {
        column->kind = PULSE_H5_INSTANT;
        column->unit_ns = 1;
    }
    pulse_pickle_tree_free(tree);
    return 0;
}

/* Level `k` of an index of several: AXIS_labelK are positions among the values AXIS_levelK, the
 * same number of them for each, which becomes `rows`, −1 before the first. */
static int find_level(struct pulse_h5_columns *columns, const char *axis, int64_t k, int64_t *rows)
{
    struct pulse_h5_dataset values, codes;
    char level[PULSE_H5_WORD], label[PULSE_H5_WORD], kind[PULSE_H5_WORD] = "",
                                                     name[PULSE_H5_WORD] = "";
    (void)snprintf(level, sizeof level, "%.40s_level%lld", axis, (long long)k);
    (void)snprintf(label, sizeof label, "%.40s_label%lld", axis, (long long)k);
    int rc = pulse_h5_dataset_open(columns->location, level, &values, columns->err);
    if (rc == 0)
        rc = pulse_h5_pandas_word(columns, values.id, "kind", kind);
    if (rc == 0)
        rc = pulse_h5_pandas_word(columns, values.id, "name", name);
    struct pulse_h5_column column = {.object = label, .level = level};
    pulse_h5_column_set_kind(&column, kind, values.kind);
    pulse_h5_dataset_close(&values);
    if (rc != 0)
        return -1;
    rc = pulse_h5_dataset_open(columns->location, label, &codes, columns->err);
    const int64_t n = rc == 0 && H5Aexists(codes.id, "shape") > 0 ? 0 : codes.dims[0];
    if (rc == 0 &&
        (codes.rank != 1 || (n > 0 && codes.kind != H5T_INTEGER) || (*rows >= 0 && *rows != n)))
        rc = pulse_h5_fail(columns->location, label,
                           "levels of rows that do not fit each other; the file is corrupted",
                           columns->err);
    pulse_h5_dataset_close(&codes);
    *rows = n;
    if (name[0] == '\0' || strcmp(name, "N.") == 0) /* as reset_index() calls it */
        (void)snprintf(name, sizeof name, "level_%lld", (long long)k);
    return rc == 0 ? pulse_h5_columns_add(columns, &column, name, strlen(name)) : rc;
}

/* An index of several levels; none where there are none. */
static int find_levels(struct pulse_h5_columns *columns, const char *axis, int64_t *rows)
{
    char level[PULSE_H5_WORD];
    int rc = 0;
    *rows = -1;
    for (int64_t k = 0; rc == 0 && k < PULSE_H5_LEVELS; k++) {
        (void)snprintf(level, sizeof level, "%.40s_level%lld", axis, (long long)k);
        if (H5Lexists(columns->location->id, level, H5P_DEFAULT) <= 0)
            break;
        rc = find_level(columns, axis, k, rows);
    }
    if (rc == 0 && columns->n == 0)
        rc = pulse_h5_fail(columns->location, axis, "no index of rows; the file is corrupted",
                           columns->err);
    return rc;
}

/* The index: a vector of integers with the attribute kind "datetime64", or of strings; or several
 * levels. */
static int find_fixed_index(struct pulse_h5_columns *columns, const char *name, int64_t *rows)
{
    struct pulse_h5_dataset d;
    char kind[PULSE_H5_WORD] = "";
    if (H5Lexists(columns->location->id, name, H5P_DEFAULT) <= 0)
        return find_levels(columns, name, rows);
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    const bool empty = rc == 0 && H5Aexists(d.id, "shape") > 0; /* one row stands for none */
    if (rc == 0 && d.rank != 1)
        rc = pulse_h5_fail(columns->location, name, "not one index; write it with reset_index()",
                           columns->err);
    if (rc == 0 && d.kind == H5T_VLEN) /* one pickle of them all */
        rc = pulse_h5_fail(columns->location, name,
                           "an index of objects of several kinds, or of datetime.datetime; write "
                           "it with df.index = pd.to_datetime(df.index)",
                           columns->err);
    if (rc == 0)
        rc = pulse_h5_pandas_word(columns, d.id, "kind", kind);
    *rows = empty ? 0 : d.dims[0];
    if (rc == 0)
        rc = take_fixed_index_name(columns, d.id);
    struct pulse_h5_column column = {.object = (char *)name, .index = true};
    pulse_h5_column_set_kind(&column, kind,
                             empty ? H5T_INTEGER : d.kind); /* whose array of none is of reals */
    if (rc == 0 && column.kind == PULSE_H5_INSTANT)
        rc = pulse_h5_pandas_zone(columns, d.id, column.zone);
    if (rc == 0 && column.integer && column.kind == PULSE_H5_NUMBER)
        rc = read_period(columns, d.id, &column);
    if (rc == 0)
        rc = pulse_h5_columns_add(columns, &column, "", 0);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* What a dataset of values holds: a matrix with a row per row of the frame, or, for text, one
 * pickle. `width` is its number of columns, -1 where only the pickle says. */
static int look_at_block(struct pulse_h5_columns *columns, const char *name, int64_t rows,
                         struct pulse_h5_column *column, int64_t *width)
{
    struct pulse_h5_dataset d;
    char type[PULSE_H5_WORD] = "";
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    if (rc == 0)
        rc = pulse_h5_pandas_word(columns, d.id, "value_type", type);
    *column = (struct pulse_h5_column){.object = (char *)name, .kind = PULSE_H5_TEXT};
    *width = d.rank == 1 ? 1 : d.dims[1];
    if (rc == 0 && d.kind == H5T_VLEN) {
        *width = -1;
    } else if (rc == 0) {
        pulse_h5_column_set_kind(column, type, d.kind);
        if (column->kind == PULSE_H5_INSTANT)
            rc = pulse_h5_pandas_zone(columns, d.id, column->zone);
        if (rows == 0 && H5Aexists(d.id, "shape") > 0)
            *width = -1;
        else if ((d.rank != 1 && d.rank != 2) || d.dims[0] != rows)
            rc =
                pulse_h5_fail(columns->location, name,
                              "not as many rows as the index; the file is corrupted", columns->err);
    }
    pulse_h5_dataset_close(&d);
    return rc;
}

/* block0_items: the names of the columns of block0_values. */
static int find_block(struct pulse_h5_columns *columns, int64_t k, int64_t rows)
{
    char items[PULSE_H5_WORD] = {0}, values[PULSE_H5_WORD] = {0};
    struct pulse_h5_names names = {0};
    struct pulse_h5_column column;
    int64_t width;
    (void)snprintf(items, sizeof items, "block%lld_items", (long long)k);
    (void)snprintf(values, sizeof values, "block%lld_values", (long long)k);
    if (look_at_block(columns, values, rows, &column, &width) != 0)
        return -1;
    int rc = pulse_h5_names_of_labels(columns, items, &names);
    if (rc == 0 && width >= 0 && names.n != width)
        rc = pulse_h5_fail(columns->location, items,
                           "not as many names as the block has columns; the file is corrupted",
                           columns->err);
    for (int64_t i = 0; rc == 0 && i < names.n; i++) {
        column.position = i;
        rc = pulse_h5_columns_add(columns, &column, names.all[i], strlen(names.all[i]));
    }
    pulse_h5_names_clear(&names);
    return rc;
}

/* Puts the columns behind those of the index in the order of axis0, the frame's own. */
static int sort_columns(struct pulse_h5_columns *columns)
{
    struct pulse_h5_names names = {0};
    struct pulse_name_index index = {0};
    struct pulse_h5_column *sorted = NULL;
    int64_t first = 0; /* behind the index, or its levels */
    while (first < columns->n && (columns->all[first].index || columns->all[first].level != NULL))
        first++;
    char **found = pulse_calloc(columns->n, sizeof *found, "column names", columns->err);
    int rc = found == NULL ? -1 : pulse_h5_names_of_labels(columns, "axis0", &names);
    for (int64_t i = 0; rc == 0 && i < columns->n; i++)
        found[i] = columns->all[i].name;
    if (rc == 0)
        rc =
            pulse_name_index_init(&index, columns->location->file, found, columns->n, columns->err);
    if (rc == 0 && names.n != columns->n - first)
        rc =
            pulse_h5_fail(columns->location, "axis0", "not as many names as columns", columns->err);
    sorted =
        rc == 0 ? pulse_calloc(columns->n, sizeof *sorted, "column names", columns->err) : NULL;
    rc = sorted == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < names.n; i++) {
        const int64_t position = pulse_name_index_find(&index, names.all[i]);
        if (position < first || columns->all[position].object == NULL) {
            rc = pulse_h5_fail(columns->location, "axis0", "a name without a column", columns->err);
            break;
        }
        sorted[first + i] = columns->all[position];
        columns->all[position].object = NULL; /* taken */
    }
    if (rc == 0) {
        memcpy(sorted, columns->all, (size_t)first * sizeof *sorted);
        memcpy(columns->all, sorted, (size_t)columns->n * sizeof *sorted);
    } else {
        for (int64_t i = first; sorted != NULL && i < columns->n; i++)
            free(sorted[i].object);
    }
    free(sorted);
    free(found);
    pulse_name_index_clear(&index);
    pulse_h5_names_clear(&names);
    return rc;
}

/* axis0: names; axis1: index; block0_items, block0_values, block1_items, … */
int pulse_h5_find_fixed_frame(struct pulse_h5_columns *columns, int64_t *rows)
{
    char name[PULSE_H5_WORD] = {0};
    if (find_fixed_index(columns, "axis1", rows) != 0)
        return -1;
    for (int64_t k = 0;; k++) {
        (void)snprintf(name, sizeof name, "block%lld_values", (long long)k);
        if (H5Lexists(columns->location->id, name, H5P_DEFAULT) <= 0)
            return sort_columns(columns);
        if (find_block(columns, k, *rows) != 0)
            return -1;
    }
}

/* index, values, and the attribute name, which is the pickle of None where there is none */
int pulse_h5_find_fixed_series(struct pulse_h5_columns *columns, int64_t *rows)
{
    struct pulse_h5_column column;
    char name[PULSE_H5_WORD] = {0};
    int64_t width;
    if (find_fixed_index(columns, "index", rows) != 0 ||
        look_at_block(columns, "values", *rows, &column, &width) != 0 ||
        pulse_h5_pandas_word(columns, columns->location->id, "name", name) != 0)
        return -1;
    if (name[0] == '\0' || strcmp(name, "N.") == 0)
        (void)snprintf(name, sizeof name, "value");
    return width != 1
               ? pulse_h5_fail(columns->location, "values", "no vector of numbers", columns->err)
               : pulse_h5_columns_add(columns, &column, name, strlen(name));
}
