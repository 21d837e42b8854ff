#include "data/hdf5/pandas_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/common/levels.h"
#include "data/pickle/labels.h"
#include "data/pickle/unpickler.h"

/* ---- Attributes ----------------------------------------------------------------- */

enum { WORD = PULSE_H5_WORD };

static int read_word(const struct pulse_h5_columns *columns, hid_t object, const char *attribute,
                     char out[WORD])
{
    return pulse_h5_attribute_text(columns->location, object, attribute, WORD, out, columns->err);
}

/* The attribute tz of a vector of instants: a name, or the pickle of a zone. */
static int read_zone(const struct pulse_h5_columns *columns, hid_t object,
                     char out[PULSE_PICKLE_ZONE_NAME])
{
    char word[WORD] = "";
    struct pulse_pickle_tree *tree = NULL;
    out[0] = '\0';
    if (read_word(columns, object, "tz", word) != 0)
        return -1;
    if (strchr(word, '\n') == NULL && strcmp(word, "N.") != 0) {
        (void)snprintf(out, PULSE_PICKLE_ZONE_NAME, "%s", word);
        return 0;
    }
    if (pulse_h5_pickled_attribute(columns, object, "tz", &tree) != 0)
        return -1;
    const bool read = pulse_pickle_zone_name(pulse_pickle_tree_root(tree), out);
    pulse_pickle_tree_free(tree);
    return read ? 0
                : pulse_h5_fail(columns->location, "",
                                "times of a zone of a kind that is not read; write them in UTC",
                                columns->err);
}

/* "datetime64", "datetime64[ns]", "datetime64[us, UTC]" → nanoseconds in one; 0 for other types */
static int64_t unit_of_word(const char *word)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", PULSE_NS_PER_SECOND}};
    char unit[4] = "";
    if (strncmp(word, "datetime64", 10) != 0)
        return 0;
    if (sscanf(word + 10, "[%3[a-z]", unit) == 1)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (strcmp(unit, units[i].unit) == 0)
                return units[i].ns;
    return word[10] == '\0' ? 1 : 0;
}

/* By what pandas says of it and by how it is stored. */
static void set_kind(struct pulse_h5_column *column, const char *type, H5T_class_t class)
{
    const bool number = class == H5T_INTEGER || class == H5T_FLOAT;
    column->unit_ns = unit_of_word(type);
    column->integer = class == H5T_INTEGER;
    if (column->integer && strcmp(type, "date") == 0) { /* date.toordinal() */
        enum { ORDINAL_OF_1970 = 719163 };
        column->unit_ns = 1;
        column->period =
            (struct pulse_period){.unit = 'D', .ns = PULSE_NS_PER_DAY, .first = ORDINAL_OF_1970};
    }
    if (column->unit_ns > 0)
        column->kind = column->integer ? PULSE_H5_INSTANT : PULSE_H5_OTHER;
    else if (class == H5T_STRING)
        column->kind = PULSE_H5_TEXT;
    else if (strncmp(type, "timedelta", 9) == 0)
        column->kind = PULSE_H5_SPAN;
    else
        column->kind = number && strcmp(type, "bool") != 0 ? PULSE_H5_NUMBER : PULSE_H5_OTHER;
}

/* ---- Fixed format --------------------------------------------------------------- */

/* The attribute name: a text, or the pickle of None where there is none. */
static int take_fixed_index_name(struct pulse_h5_columns *columns, hid_t index)
{
    char name[WORD] = "";
    if (read_word(columns, index, "name", name) != 0)
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
    char class[WORD] = "";
    struct pulse_pickle_tree *tree = NULL;
    if (read_word(columns, index, "index_class", class) != 0)
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
    char level[WORD], label[WORD], kind[WORD] = "", name[WORD] = "";
    (void)snprintf(level, sizeof level, "%.40s_level%lld", axis, (long long)k);
    (void)snprintf(label, sizeof label, "%.40s_label%lld", axis, (long long)k);
    int rc = pulse_h5_dataset_open(columns->location, level, &values, columns->err);
    if (rc == 0)
        rc = read_word(columns, values.id, "kind", kind);
    if (rc == 0)
        rc = read_word(columns, values.id, "name", name);
    struct pulse_h5_column column = {.object = label, .level = level};
    set_kind(&column, kind, values.kind);
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
    char level[WORD];
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
    char kind[WORD] = "";
    if (H5Lexists(columns->location->id, name, H5P_DEFAULT) <= 0)
        return find_levels(columns, name, rows);
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    const bool empty = rc == 0 && H5Aexists(d.id, "shape") > 0; /* one row stands for none */
    if (rc == 0 && d.rank != 1)
        rc = pulse_h5_fail(columns->location, name, "not one index; write it with reset_index()",
                           columns->err);
    if (rc == 0)
        rc = read_word(columns, d.id, "kind", kind);
    *rows = empty ? 0 : d.dims[0];
    if (rc == 0)
        rc = take_fixed_index_name(columns, d.id);
    struct pulse_h5_column column = {.object = (char *)name, .index = true};
    set_kind(&column, kind, empty ? H5T_INTEGER : d.kind); /* whose array of none is of reals */
    if (rc == 0 && column.kind == PULSE_H5_INSTANT)
        rc = read_zone(columns, d.id, column.zone);
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
    char type[WORD] = "";
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    if (rc == 0)
        rc = read_word(columns, d.id, "value_type", type);
    *column = (struct pulse_h5_column){.object = (char *)name, .kind = PULSE_H5_TEXT};
    *width = d.rank == 1 ? 1 : d.dims[1];
    if (rc == 0 && d.kind == H5T_VLEN) {
        *width = -1;
    } else if (rc == 0) {
        set_kind(column, type, d.kind);
        if (column->kind == PULSE_H5_INSTANT)
            rc = read_zone(columns, d.id, column->zone);
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
    char items[WORD] = {0}, values[WORD] = {0};
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
static int find_fixed_frame(struct pulse_h5_columns *columns, int64_t *rows)
{
    char name[WORD] = {0};
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
static int find_fixed_series(struct pulse_h5_columns *columns, int64_t *rows)
{
    struct pulse_h5_column column;
    char name[WORD] = {0};
    int64_t width;
    if (find_fixed_index(columns, "index", rows) != 0 ||
        look_at_block(columns, "values", *rows, &column, &width) != 0 ||
        read_word(columns, columns->location->id, "name", name) != 0)
        return -1;
    if (name[0] == '\0' || strcmp(name, "N.") == 0)
        (void)snprintf(name, sizeof name, "value");
    return width != 1
               ? pulse_h5_fail(columns->location, "values", "no vector of numbers", columns->err)
               : pulse_h5_columns_add(columns, &column, name, strlen(name));
}

/* ---- Table format --------------------------------------------------------------- */

/* The class of a member's elements and how many it has: 1, or those of its array. */
static H5T_class_t look_at_member(hid_t table, unsigned i, int64_t *width)
{
    hid_t type = H5Tget_member_type(table, i);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    *width = 1;
    if (class == H5T_ARRAY) {
        hsize_t sizes[H5S_MAX_RANK];
        hid_t inner = H5Tget_super(type);
        class = inner < 0 || H5Tget_array_ndims(type) != 1 || H5Tget_array_dims2(type, sizes) < 0
                    ? H5T_NO_CLASS
                    : H5Tget_class(inner);
        *width = class == H5T_NO_CLASS ? 0 : (int64_t)sizes[0];
        if (inner >= 0)
            (void)H5Tclose(inner);
    }
    if (type >= 0)
        (void)H5Tclose(type);
    return class;
}

/* A name, of several levels a tuple of them, which are joined; to be freed. The levels' own names
 * are those that the attribute info has said. */
static char *name_of_pickle(const struct pulse_h5_columns *columns, const char *attribute,
                            const struct pulse_pickle_value *value)
{
    enum { LEVELS_MOST = PULSE_H5_LEVELS };
    const int64_t n = pulse_pickle_is(value, PULSE_PICKLE_TUPLE) ? value->as.list.n : 1;
    char *parts[LEVELS_MOST] = {NULL}, *joined = NULL;
    bool good = n >= 1 && n <= LEVELS_MOST;
    for (int64_t i = 0; good && i < n; i++) {
        parts[i] = pulse_pickle_name(
            pulse_pickle_is(value, PULSE_PICKLE_TUPLE) ? pulse_pickle_item(value, i) : value,
            columns->location->file, columns->err);
        good = parts[i] != NULL;
    }
    if (good)
        joined = pulse_levels_join((const char *const *)columns->levels, (const char *const *)parts,
                                   n, columns->err);
    else if (n < 1 || n > LEVELS_MOST)
        (void)pulse_h5_fail_names(columns, attribute);
    for (int64_t i = 0; i < LEVELS_MOST; i++)
        free(parts[i]);
    return joined;
}

/* NAME_kind: the pickled list of the member's column names */
static int add_members_columns(struct pulse_h5_columns *columns, hid_t table,
                               struct pulse_h5_column *column, int64_t width)
{
    char attribute[2 * WORD];
    struct pulse_pickle_tree *tree = NULL;
    (void)snprintf(attribute, sizeof attribute, "%.100s_kind", column->object);
    if (pulse_h5_pickled_attribute(columns, table, attribute, &tree) != 0)
        return -1;
    const struct pulse_pickle_value *names = pulse_pickle_tree_root(tree);
    int rc = 0;
    if (!pulse_pickle_is(names, PULSE_PICKLE_LIST) || names->as.list.n != width)
        rc = pulse_h5_fail(columns->location, attribute,
                           "not as many names as the member has columns; the file is corrupted",
                           columns->err);
    for (int64_t i = 0; rc == 0 && i < width; i++) {
        char *name = name_of_pickle(columns, attribute, pulse_pickle_item(names, i));
        column->position = i;
        rc = name == NULL ? -1 : pulse_h5_columns_add(columns, column, name, strlen(name));
        free(name);
    }
    pulse_pickle_tree_free(tree);
    return rc;
}

static int find_member(struct pulse_h5_columns *columns, const struct pulse_h5_dataset *table,
                       unsigned i, const char *member)
{
    char attribute[2 * WORD], type[WORD] = {0}, meta[WORD] = {0};
    struct pulse_h5_column column = {.object = (char *)member,
                                     .index = strcmp(member, "index") == 0};
    int64_t width;
    H5T_class_t class = look_at_member(table->type, i, &width);
    (void)snprintf(attribute, sizeof attribute, "%.100s_%s", member,
                   column.index ? "kind" : "dtype");
    if (read_word(columns, table->id, attribute, type) != 0)
        return -1;
    (void)snprintf(attribute, sizeof attribute, "%.100s_meta", member);
    if (read_word(columns, table->id, attribute, meta) != 0)
        return -1;
    set_kind(&column, type, class);
    if (column.index && strcmp(type, "date") == 0 && class == H5T_TIME)
        return pulse_h5_fail(columns->location, "table",
                             "an index of datetime.date objects; write it with df.index = "
                             "pd.to_datetime(df.index)",
                             columns->err);
    if (strcmp(meta, "category") == 0)
        column.kind = PULSE_H5_CATEGORY;
    return column.index ? pulse_h5_columns_add(columns, &column, "", 0)
                        : add_members_columns(columns, table->id, &column, width);
}

static int compare_ranks(const void *a, const void *b)
{
    const struct pulse_h5_column *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Puts the columns in the frame's own order: non_index_axes is the pickle of [(1, [names])]. */
static int sort_by_axis(struct pulse_h5_columns *columns)
{
    struct pulse_name_index index = {0};
    struct pulse_pickle_tree *tree = NULL;
    char **found = pulse_calloc(columns->n, sizeof *found, "column names", columns->err);
    int rc = found == NULL ? -1
                           : pulse_h5_pickled_attribute(columns, columns->location->id,
                                                        "non_index_axes", &tree);
    for (int64_t i = 0; rc == 0 && i < columns->n; i++) {
        found[i] = columns->all[i].name;
        columns->all[i].rank = i;
    }
    if (rc == 0)
        rc =
            pulse_name_index_init(&index, columns->location->file, found, columns->n, columns->err);
    const struct pulse_pickle_value *names =
        rc == 0 ? pulse_pickle_item(pulse_pickle_item(pulse_pickle_tree_root(tree), 0), 1) : NULL;
    const struct pulse_pickle_value *name;
    for (int64_t i = 0; rc == 0 && columns->n > 0 && (name = pulse_pickle_item(names, i)) != NULL;
         i++) {
        char *text = name_of_pickle(columns, "non_index_axes", name);
        if (text == NULL) {
            rc = -1;
            break;
        }
        int64_t position = pulse_name_index_find(&index, text);
        if (position >= 0) /* behind those that the attribute lacks */
            columns->all[position].rank = columns->n + i;
        free(text);
    }
    if (rc == 0 && columns->n > 0)
        qsort(columns->all, (size_t)columns->n, sizeof *columns->all, compare_ranks);
    free(found);
    pulse_name_index_clear(&index);
    pulse_pickle_tree_free(tree);
    return rc;
}

/* The zones that info says of the index and of blocks of columns: {"values_block_1": {"tz": …}, …}.
 */
static int take_table_zones(struct pulse_h5_columns *columns, const struct pulse_pickle_value *info)
{
    for (int64_t c = 0; c < columns->n; c++) {
        struct pulse_h5_column *column = &columns->all[c];
        const struct pulse_pickle_value *zone = pulse_pickle_find(
            pulse_pickle_find(info, column->index ? "index" : column->object), "tz");
        if (column->kind == PULSE_H5_INSTANT && !pulse_pickle_zone_name(zone, column->zone))
            return pulse_h5_fail(columns->location, column->object,
                                 "times of a zone of a kind that is not read; write them in UTC",
                                 columns->err);
    }
    return 0;
}

/* Integers of an index that has a frequency number periods. */
static void take_table_period(struct pulse_h5_columns *columns,
                              const struct pulse_pickle_value *freq)
{
    for (int64_t c = 0; c < columns->n; c++) {
        struct pulse_h5_column *column = &columns->all[c];
        if (column->index && column->integer && column->kind == PULSE_H5_NUMBER &&
            pulse_pickle_period_of(freq, &column->period)) {
            column->kind = PULSE_H5_INSTANT;
            column->unit_ns = 1;
        }
    }
}

/* Whether the attribute info, which cannot be read, has the key tz. */
static bool names_zone(const struct pulse_h5_columns *columns)
{
    struct pulse_h5_strings strings;
    struct pulse_err ignored;
    const char *at = "";
    size_t length = 0;
    if (pulse_h5_attribute_read(columns->location, columns->location->id, "info", &strings,
                                &ignored) == 0 &&
        strings.n > 0)
        length = pulse_h5_string(&strings, 0, &at);
    const bool found = memmem(at, length, "Vtz\n", 4) != NULL;
    pulse_h5_strings_clear(&strings);
    return found;
}

/* The attribute info: the pickle of {"index": {"index_name": …, "tz": …}, …}. It may hold objects
 * of pandas' that are not read (a frequency of one's own); then the index has no name, and where it
 * speaks of a zone that is an error. */
static int take_table_info(struct pulse_h5_columns *columns)
{
    struct pulse_err ignored;
    struct pulse_pickle_tree *tree = NULL;
    struct pulse_h5_columns lenient = *columns;
    lenient.err = &ignored;
    if (pulse_h5_pickled_attribute(&lenient, columns->location->id, "info", &tree) != 0)
        return ignored.kind == PULSE_E_MEMORY || !names_zone(columns)
                   ? 0
                   : pulse_h5_fail(columns->location, "info",
                                   "it says the zone of the times in a way that is not read; write "
                                   "them in UTC, or without their frequency",
                                   columns->err);
    const struct pulse_pickle_value *root = pulse_pickle_tree_root(tree);
    const struct pulse_pickle_value *name =
        pulse_pickle_find(pulse_pickle_find(root, "index"), "index_name");
    int rc = take_table_zones(columns, root);
    take_table_period(columns, pulse_pickle_find(pulse_pickle_find(root, "index"), "freq"));
    if (rc == 0 && pulse_pickle_is(name, PULSE_PICKLE_TEXT)) {
        columns->index_name =
            pulse_print(columns->err, "%.*s", (int)name->as.text.length, name->as.text.at);
        rc = columns->index_name == NULL ? -1 : 0;
    }
    pulse_pickle_tree_free(tree);
    return rc;
}

/* The names of the levels of columns, by the attribute info: {1: {"names": […], …}, …}. What cannot
 * be read says nothing. */
static int take_level_names(struct pulse_h5_columns *columns)
{
    struct pulse_err ignored;
    struct pulse_pickle_tree *tree = NULL;
    struct pulse_h5_columns lenient = *columns;
    lenient.err = &ignored;
    if (pulse_h5_pickled_attribute(&lenient, columns->location->id, "info", &tree) != 0)
        return 0;
    const struct pulse_pickle_value *root = pulse_pickle_tree_root(tree), *names = NULL;
    for (int64_t i = 0; pulse_pickle_is(root, PULSE_PICKLE_DICT) && i + 1 < root->as.list.n; i += 2)
        if (pulse_pickle_is(root->as.list.items[i], PULSE_PICKLE_INT))
            names = pulse_pickle_find(root->as.list.items[i + 1], "names");
    for (int64_t k = 0; k < PULSE_H5_LEVELS; k++) {
        const struct pulse_pickle_value *name = pulse_pickle_item(names, k);
        if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
            columns->levels[k] =
                pulse_print(columns->err, "%.*s", (int)name->as.text.length, name->as.text.at);
    }
    pulse_pickle_tree_free(tree);
    return 0;
}

static int find_table(struct pulse_h5_columns *columns, int64_t *rows)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(columns->location, "table", &d, columns->err);
    if (rc == 0 && (d.kind != H5T_COMPOUND || d.rank != 1))
        rc = pulse_h5_fail(columns->location, "table", "no vector of compounds", columns->err);
    if (rc == 0)
        rc = take_level_names(columns);
    int members = rc == 0 ? H5Tget_nmembers(d.type) : 0;
    for (unsigned i = 0; rc == 0 && (int)i < members; i++) {
        char *member = H5Tget_member_name(d.type, i);
        rc = member == NULL ? pulse_h5_fail(columns->location, "table", "broken type", columns->err)
                            : find_member(columns, &d, i, member);
        if (member != NULL)
            (void)H5free_memory(member);
    }
    *rows = d.dims[0];
    pulse_h5_dataset_close(&d);
    if (rc == 0)
        rc = take_table_info(columns);
    return rc == 0 ? sort_by_axis(columns) : rc;
}

/* ---- Either --------------------------------------------------------------------- */

int pulse_h5_pandas_columns(const struct pulse_h5_location *location, struct pulse_h5_columns *out,
                            struct pulse_err *err)
{
    static const struct {
        const char *type;
        bool table;
        int (*find)(struct pulse_h5_columns *columns, int64_t *rows);
    } types[] = {{"frame", false, find_fixed_frame},
                 {"series", false, find_fixed_series},
                 {"frame_table", true, find_table},
                 {"series_table", true, find_table}};
    char type[WORD] = {0}, what[2 * WORD];
    size_t t = 0;
    *out = (struct pulse_h5_columns){.location = location, .err = err};
    if (read_word(out, location->id, "pandas_type", type) != 0)
        return -1;
    while (t < sizeof types / sizeof *types && strcmp(type, types[t].type) != 0)
        t++;
    if (t < sizeof types / sizeof *types) {
        out->table = types[t].table;
        return types[t].find(out, &out->rows);
    }
    (void)snprintf(what, sizeof what, "an object of pandas of the type '%s', which is not read",
                   type);
    return pulse_h5_fail(location, "", what, err);
}
