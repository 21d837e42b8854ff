#include "data/hdf5/pandas_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/levels.h"
#include "data/pickle/unpickler.h"

/* ---- Columns found so far ------------------------------------------------------- */

void pulse_h5_columns_clear(struct pulse_h5_columns *columns)
{
    for (int64_t i = 0; i < columns->n; i++) {
        free(columns->all[i].name);
        free(columns->all[i].object);
        free(columns->all[i].level);
    }
    free(columns->all);
    free(columns->index_name);
    for (int64_t k = 0; k < PULSE_H5_LEVELS; k++)
        free(columns->levels[k]);
    memset(columns->levels, 0, sizeof columns->levels);
    columns->all = NULL;
    columns->index_name = NULL;
    columns->n = columns->cap = 0;
}

int pulse_h5_columns_add(struct pulse_h5_columns *columns, const struct pulse_h5_column *column,
                         const char *name, size_t length)
{
    if (pulse_grow(&columns->all, &columns->cap, columns->n + 1, sizeof *columns->all,
                   "HDF5 columns", columns->err) != 0)
        return -1;
    char *copy = pulse_calloc((int64_t)length + 1, 1, "a column name", columns->err);
    char *object = copy == NULL ? NULL : pulse_strdup(column->object, columns->err);
    char *level =
        object == NULL || column->level == NULL ? NULL : pulse_strdup(column->level, columns->err);
    if (object == NULL || (level == NULL && column->level != NULL)) {
        free(object);
        free(copy);
        return -1;
    }
    memcpy(copy, name, length);
    columns->all[columns->n] = *column;
    columns->all[columns->n].name = copy;
    columns->all[columns->n].level = level;
    columns->all[columns->n++].object = object;
    if (strlen(copy) != length || !pulse_utf8_valid(copy))
        return pulse_h5_fail(columns->location, column->object,
                             "a column name that is no UTF-8 text", columns->err);
    return 0;
}

/* ---- Attributes ----------------------------------------------------------------- */

/* A pickle in an attribute, protocol 0: "(lp0\nVspx_close\np1\na." is ["spx_close"]. */
int pulse_h5_pickled_attribute(const struct pulse_h5_columns *columns, hid_t object,
                               const char *attribute, struct pulse_pickle_tree **out)
{
    struct pulse_h5_strings strings;
    char where[PULSE_ERR_TEXT / 2];
    const char *at = "";
    int rc = pulse_h5_attribute_read(columns->location, object, attribute, &strings, columns->err);
    size_t length = rc == 0 && strings.n > 0 ? pulse_h5_string(&strings, 0, &at) : 0;
    char *bytes = rc == 0 ? pulse_calloc((int64_t)length + PULSE_PICKLE_PADDING, 1, "an attribute",
                                         columns->err)
                          : NULL;
    rc = bytes == NULL ? -1 : 0;
    if (rc == 0) {
        memcpy(bytes, at, length);
        (void)snprintf(where, sizeof where, "%s: %s: attribute %s", columns->location->file,
                       columns->location->path, attribute);
        rc = pulse_pickle_tree_parse(where, bytes, (int64_t)length, out, columns->err);
    }
    pulse_h5_strings_clear(&strings);
    return rc;
}

int pulse_h5_pandas_word(const struct pulse_h5_columns *columns, hid_t object,
                         const char *attribute, char out[PULSE_H5_WORD])
{
    return pulse_h5_attribute_text(columns->location, object, attribute, PULSE_H5_WORD, out,
                                   columns->err);
}

int pulse_h5_pandas_zone(const struct pulse_h5_columns *columns, hid_t object,
                         char out[PULSE_PICKLE_ZONE_NAME])
{
    char word[PULSE_H5_WORD] = "";
    struct pulse_pickle_tree *tree = NULL;
    out[0] = '\0';
    if (pulse_h5_pandas_word(columns, object, "tz", word) != 0)
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

void pulse_h5_column_set_kind(struct pulse_h5_column *column, const char *type, H5T_class_t class)
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

/* ---- Names ---------------------------------------------------------------------- */

int pulse_h5_fail_names(const struct pulse_h5_columns *columns, const char *name)
{
    return pulse_h5_fail(columns->location, name,
                         "column names that are neither text nor numbers nor dates; write it with "
                         "df.columns = df.columns.astype(str)",
                         columns->err);
}

void pulse_h5_names_clear(struct pulse_h5_names *names)
{
    for (int64_t i = 0; i < names->n; i++)
        free(names->all[i]);
    free(names->all);
    *names = (struct pulse_h5_names){0};
}

/* Strings, and numbers as text: what a vector of names holds. */
struct vector {
    struct pulse_h5_strings strings;
    int64_t *integers; /* those of instants count nanoseconds since 1970 */
    double *reals;
    bool instants;
};

/* Integers may also number days, periods or spans, whose names these are not. */
static int read_numbers(const struct pulse_h5_columns *columns, const char *name,
                        const struct pulse_h5_dataset *d, int64_t n, struct vector *out)
{
    char kind[PULSE_H5_WORD], class[PULSE_H5_WORD];
    const bool real = d->kind == H5T_FLOAT;
    if (pulse_h5_attribute_text(columns->location, d->id, "kind", sizeof kind, kind,
                                columns->err) != 0 ||
        pulse_h5_attribute_text(columns->location, d->id, "index_class", sizeof class, class,
                                columns->err) != 0)
        return -1;
    if (strcmp(kind, "date") == 0 || strncmp(kind, "timedelta", 9) == 0 ||
        strcmp(class, "period") == 0)
        return pulse_h5_fail_names(columns, name);
    out->instants = strcmp(kind, "datetime64") == 0;
    if (real)
        out->reals = pulse_calloc(n, sizeof *out->reals, "column names", columns->err);
    else
        out->integers = pulse_calloc(n, sizeof *out->integers, "column names", columns->err);
    void *to = real ? (void *)out->reals : (void *)out->integers;
    if (to == NULL)
        return -1;
    return H5Dread(d->id, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, H5S_ALL, H5S_ALL,
                   H5P_DEFAULT, to) < 0
               ? pulse_h5_fail(columns->location, name, "cannot be read", columns->err)
               : 0;
}

static char *name_of_vector(const struct vector *vector, int64_t i, struct pulse_err *err)
{
    const char *at = "";
    char date[PULSE_INSTANT_TEXT];
    if (vector->reals != NULL)
        return pulse_level_of_real(vector->reals[i], err);
    if (vector->integers == NULL) {
        const size_t length = pulse_h5_string(&vector->strings, i, &at);
        return pulse_print(err, "%.*s", (int)length, at);
    }
    const int64_t integer = vector->integers[i];
    if (!vector->instants)
        return pulse_print(err, "%lld", (long long)integer);
    return pulse_strdup(integer % PULSE_NS_PER_DAY == 0
                            ? pulse_format_day(pulse_day_of_ns(integer), date)
                            : pulse_format_instant(integer, date),
                        err);
}

/* A vector of strings, numbers or instants. */
static int read_vector(const struct pulse_h5_columns *columns, const char *name,
                       struct pulse_h5_names *out)
{
    struct vector vector = {.strings = {.type = -1, .space = -1}};
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    const int64_t n =
        rc == 0 && H5Aexists(d.id, "shape") > 0 ? 0 : d.dims[0]; /* none were written */
    const bool text = d.kind == H5T_STRING;
    if (rc == 0 && n > 0 &&
        (d.rank != 1 || (!text && d.kind != H5T_INTEGER && d.kind != H5T_FLOAT)))
        rc = pulse_h5_fail_names(columns, name);
    if (rc == 0 && n > 0)
        rc = text ? pulse_h5_strings_read(columns->location, name, &d, NULL, 0, n, &vector.strings,
                                          columns->err)
                  : read_numbers(columns, name, &d, n, &vector);
    if (rc == 0) {
        out->all = pulse_calloc(n, sizeof *out->all, "column names", columns->err);
        rc = out->all == NULL ? -1 : 0;
    }
    for (; rc == 0 && out->n < n; out->n++) {
        out->all[out->n] = name_of_vector(&vector, out->n, columns->err);
        if (out->all[out->n] == NULL)
            rc = -1;
    }
    free(vector.integers);
    free(vector.reals);
    pulse_h5_strings_clear(&vector.strings);
    pulse_h5_dataset_close(&d);
    return rc;
}

enum { LEVELS_MOST = PULSE_H5_LEVELS, LABEL_MOST = 4096 };

/* One level: its values, the positions among them of each column, and what it is called. */
struct level {
    struct pulse_h5_names values;
    int64_t n;
    int64_t *codes;
    char title[PULSE_H5_WORD];
};

static int read_codes(const struct pulse_h5_columns *columns, const char *name, struct level *level)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(columns->location, name, &d, columns->err);
    if (rc == 0 && (d.rank != 1 || d.kind != H5T_INTEGER))
        rc = pulse_h5_fail(columns->location, name, "no vector of positions", columns->err);
    if (rc == 0) {
        level->n = d.dims[0];
        level->codes = pulse_calloc(level->n, sizeof *level->codes, "column names", columns->err);
        rc = level->codes == NULL ? -1 : 0;
    }
    if (rc == 0 && level->n > 0 &&
        H5Dread(d.id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, level->codes) < 0)
        rc = pulse_h5_fail(columns->location, name, "cannot be read", columns->err);
    for (int64_t i = 0; rc == 0 && i < level->n; i++)
        if (level->codes[i] >= level->values.n)
            rc = pulse_h5_fail(columns->location, name,
                               "positions beyond its level; the file is corrupted", columns->err);
    pulse_h5_dataset_close(&d);
    return rc;
}

static int read_level(const struct pulse_h5_columns *columns, const char *axis, int64_t k,
                      struct level *level)
{
    char name[PULSE_H5_WORD], codes[PULSE_H5_WORD];
    (void)snprintf(name, sizeof name, "%.40s_level%lld", axis, (long long)k);
    (void)snprintf(codes, sizeof codes, "%.40s_label%lld", axis, (long long)k);
    if (read_vector(columns, name, &level->values) != 0)
        return -1;
    for (int64_t i = 0; i < level->values.n; i++)
        if (strlen(level->values.all[i]) > LABEL_MOST)
            return pulse_h5_fail(columns->location, name, "a name of more than 4096 bytes",
                                 columns->err);
    hid_t object = H5Dopen2(columns->location->id, name, H5P_DEFAULT);
    int rc = object < 0 ? 0
                        : pulse_h5_attribute_text(columns->location, object, "name",
                                                  sizeof level->title, level->title, columns->err);
    if (object >= 0)
        (void)H5Dclose(object);
    return rc == 0 ? read_codes(columns, codes, level) : rc;
}

static int join_levels(const struct pulse_h5_columns *columns, const struct level *levels,
                       int64_t n, struct pulse_h5_names *out)
{
    const char *titles[LEVELS_MOST], *labels[LEVELS_MOST];
    out->all = pulse_calloc(levels[0].n, sizeof *out->all, "column names", columns->err);
    if (out->all == NULL)
        return -1;
    for (; out->n < levels[0].n; out->n++) {
        for (int64_t k = 0; k < n; k++) {
            const int64_t code = levels[k].codes[out->n];
            titles[k] = levels[k].title;
            labels[k] = code < 0 ? "" : levels[k].values.all[code];
        }
        out->all[out->n] = pulse_levels_join(titles, labels, n, columns->err);
        if (out->all[out->n] == NULL)
            return -1;
    }
    return 0;
}

static bool has_level(const struct pulse_h5_columns *columns, const char *axis, int64_t k)
{
    char name[PULSE_H5_WORD];
    (void)snprintf(name, sizeof name, "%.40s_level%lld", axis, (long long)k);
    return H5Lexists(columns->location->id, name, H5P_DEFAULT) > 0;
}

int pulse_h5_names_of_labels(const struct pulse_h5_columns *columns, const char *axis,
                             struct pulse_h5_names *out)
{
    struct level levels[LEVELS_MOST] = {{.n = 0}};
    int64_t n = 0;
    int rc = 0;
    *out = (struct pulse_h5_names){0};
    if (!has_level(columns, axis, 0))
        return read_vector(columns, axis, out);
    for (; rc == 0 && n < LEVELS_MOST && has_level(columns, axis, n); n++) {
        rc = read_level(columns, axis, n, &levels[n]);
        if (rc == 0 && levels[n].n != levels[0].n)
            rc = pulse_h5_fail(columns->location, axis,
                               "levels of different lengths; the file is corrupted", columns->err);
    }
    if (rc == 0)
        rc = join_levels(columns, levels, n, out);
    for (int64_t k = 0; k < LEVELS_MOST; k++) {
        pulse_h5_names_clear(&levels[k].values);
        free(levels[k].codes);
    }
    return rc;
}
