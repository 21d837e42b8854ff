#include "data/hdf5/pandas_forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/levels.h"
#include "data/pickle/labels.h"
#include "data/pickle/unpickler.h"

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
    char attribute[2 * PULSE_H5_WORD];
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
    char attribute[2 * PULSE_H5_WORD], type[PULSE_H5_WORD] = {0}, meta[PULSE_H5_WORD] = {0};
    struct pulse_h5_column column = {.object = (char *)member,
                                     .index = strcmp(member, "index") == 0};
    int64_t width;
    H5T_class_t class = look_at_member(table->type, i, &width);
    (void)snprintf(attribute, sizeof attribute, "%.100s_%s", member,
                   column.index ? "kind" : "dtype");
    if (pulse_h5_pandas_word(columns, table->id, attribute, type) != 0)
        return -1;
    (void)snprintf(attribute, sizeof attribute, "%.100s_meta", member);
    if (pulse_h5_pandas_word(columns, table->id, attribute, meta) != 0)
        return -1;
    /* PyTables' Time32Col, of which pandas makes days by number */
    const bool days = column.index && strcmp(type, "date") == 0 && class == H5T_TIME;
    pulse_h5_column_set_kind(&column, type, days ? H5T_INTEGER : class);
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

int pulse_h5_find_pandas_table(struct pulse_h5_columns *columns, int64_t *rows)
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
