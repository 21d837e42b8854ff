#include "data/hdf5/pandas.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/hdf5/pandas_columns.h"

/* ---- Which column is what ------------------------------------------------------- */

/* Names of the columns that are no index, which are borrowed; to be freed. NULL: out of memory. */
static char **list_names(const struct pulse_h5_columns *columns, int64_t *n)
{
    char **names = pulse_calloc(columns->n, sizeof *names, "column names", columns->err);
    *n = 0;
    for (int64_t i = 0; names != NULL && i < columns->n; i++)
        if (!columns->all[i].index)
            names[(*n)++] = columns->all[i].name;
    return names;
}

static int fail_time(const struct pulse_h5_columns *columns, const char *what)
{
    char list[PULSE_COLUMNS_TEXT], text[PULSE_COLUMNS_TEXT + 200];
    int64_t n;
    char **names = list_names(columns, &n);
    if (names == NULL)
        return -1;
    (void)snprintf(text, sizeof text, "%s (columns: %s)", what, pulse_columns_list(names, n, list));
    free(names);
    return pulse_h5_fail(columns->location, "", text, columns->err);
}

/* Integers that are called like a time count a declared unit, or their digits are a day or a year,
 * as in other formats. */
static void declare_unit(const struct pulse_h5_columns *columns, struct pulse_h5_column *c)
{
    if (c->kind != PULSE_H5_NUMBER || !c->integer)
        return;
    c->kind = PULSE_H5_INSTANT;
    c->digits = columns->location->time_unit == PULSE_TIME_UNIT_NONE;
    if (c->digits)
        c->unit_ns = 1;
    else
        (void)pulse_epoch_to_ns(1, columns->location->time_unit, &c->unit_ns);
}

/* What a column is called, or the index by its own name. */
static const char *name_of(const struct pulse_h5_columns *columns, int64_t i)
{
    if (!columns->all[i].index)
        return columns->all[i].name;
    return columns->index_name == NULL ? "index" : columns->index_name;
}

/* The column that is called so; the index by its own name too. −1 where there is none. */
static int64_t find_named(const struct pulse_h5_columns *columns, const char *name)
{
    int64_t found = -1;
    for (int64_t i = 0; i < columns->n; i++) {
        if (strcmp(name_of(columns, i), name) == 0 && (found < 0 || !columns->all[i].index))
            found = i;
    }
    return found;
}

/* The one column beside the index that is called like a time, as `is_name` says; −1 for none. */
static int find_called(const struct pulse_h5_columns *columns, bool (*is_name)(const char *name),
                       int64_t *found)
{
    *found = -1;
    for (int64_t i = 0; i < columns->n; i++) {
        if (columns->all[i].index || !is_name(columns->all[i].name))
            continue;
        if (*found >= 0)
            return fail_time(columns, "several columns could be the time; rename all but one");
        *found = i;
    }
    return 0;
}

/* `year`, where nothing beside it says which part of the year; −1 for none. */
static int find_year(const struct pulse_h5_columns *columns, int64_t *found)
{
    char **names = pulse_calloc(columns->n, sizeof *names, "column names", columns->err);
    if (names == NULL)
        return -1;
    for (int64_t i = 0; i < columns->n; i++)
        names[i] = (char *)name_of(columns, i);
    *found = pulse_columns_find_year(names, columns->n);
    if (*found >= 0 && !columns->all[*found].integer)
        *found = -1;
    free(names);
    return 0;
}

/* The only column of instants; −1 where there is none, or several. */
static int64_t find_only_instants(const struct pulse_h5_columns *columns)
{
    int64_t found = -1, n = 0;
    for (int64_t i = 0; i < columns->n; i++)
        if (columns->all[i].kind == PULSE_H5_INSTANT) {
            found = i;
            n++;
        }
    return n == 1 ? found : -1;
}

/* Labels of rows that are text, and names of columns that are dates: a table that lies on its side.
 */
static int check_across(const struct pulse_h5_columns *columns)
{
    int64_t n;
    char **names = list_names(columns, &n);
    if (names == NULL)
        return -1;
    const bool across = pulse_dates_across(columns->location->file, names, n, columns->err);
    free(names);
    return across ? -1 : 0;
}

/* The datetime index; or else the one column called like a time; or else an index of integers that
 * is, the only column of instants, an index of text, or `year`. */
static int guess_time(const struct pulse_h5_columns *columns, int64_t *time)
{
    int64_t index = -1, named = -1;
    for (int64_t i = 0; i < columns->n; i++)
        if (columns->all[i].index)
            index = i;
    if (find_called(columns, pulse_is_time_name, &named) != 0)
        return -1;
    const bool instants = index >= 0 && columns->all[index].kind == PULSE_H5_INSTANT;
    if (instants && named >= 0)
        return fail_time(columns, "the index and a column could be the time; drop one of them");
    if (!instants && named < 0 && find_called(columns, pulse_is_time_name_of_any, &named) != 0)
        return -1;
    const bool called = index >= 0 && columns->all[index].integer && columns->index_name != NULL &&
                        pulse_is_time_name_of_any(columns->index_name);
    if (!instants && named < 0 && !called)
        named = find_only_instants(columns);
    if (!instants && named < 0 && !called &&
        (check_across(columns) != 0 || find_year(columns, &named) != 0))
        return -1;
    *time = instants || named < 0 ? index : named;
    return 0;
}

static int choose_time(const struct pulse_h5_columns *columns, int64_t *time)
{
    const char *name = columns->location->time;
    char what[200];
    if (name != NULL) {
        *time = find_named(columns, name);
        (void)snprintf(what, sizeof what, "no column '%.60s'; see --time", name);
        if (*time < 0)
            return fail_time(columns, what);
    } else if (guess_time(columns, time) != 0) {
        return -1;
    }
    if (*time >= 0 && (!columns->all[*time].index || columns->index_name != NULL || name != NULL ||
                       columns->all[*time].days))
        declare_unit(columns, &columns->all[*time]);
    if (*time >= 0 &&
        (columns->all[*time].kind == PULSE_H5_INSTANT || columns->all[*time].kind == PULSE_H5_TEXT))
        return 0;
    return fail_time(columns, "neither the index nor a column called 'timestamp' or 'date' "
                              "holds datetimes or ISO 8601 text; see --time");
}

/* Moves the time and the numbers into the layout. */
static int fill_layout(struct pulse_h5_columns *columns, int64_t time, struct pulse_h5_layout *out)
{
    struct pulse_err *err = columns->err;
    out->frame.names = pulse_calloc(columns->n, sizeof *out->frame.names, "column names", err);
    out->sources = pulse_calloc(columns->n, sizeof *out->sources, "columns", err);
    out->frame.path = pulse_strdup(columns->location->path, err);
    if (out->frame.names == NULL || out->sources == NULL || out->frame.path == NULL)
        return -1;
    assert(columns->all != NULL && time >= 0); /* choose_time found one */
    out->time = columns->all[time].object;
    out->time_position = columns->all[time].position;
    out->time_unit_ns = columns->all[time].unit_ns;
    out->time_digits = columns->all[time].digits;
    out->time_period = columns->all[time].period;
    out->time_level = columns->all[time].level;
    columns->all[time].object = columns->all[time].level = NULL;
    if (columns->all[time].zone[0] != '\0') {
        out->frame.zone = pulse_strdup(columns->all[time].zone, err);
        if (out->frame.zone == NULL)
            return -1;
    }
    for (int64_t i = 0; i < columns->n; i++) {
        struct pulse_h5_column *c = &columns->all[i];
        out->more |= i != time && (c->level != NULL || (c->index ? c->kind == PULSE_H5_TEXT
                                                                 : c->kind != PULSE_H5_NUMBER));
        if (i == time || c->index || c->level != NULL || c->kind != PULSE_H5_NUMBER)
            continue;
        out->sources[out->frame.n] = (struct pulse_h5_source){c->object, c->position};
        out->frame.names[out->frame.n++] = c->name;
        c->object = c->name = NULL;
    }
    if (!columns->all[time].index) {
        out->time_name = columns->all[time].name;
        columns->all[time].name = NULL;
    }
    return out->frame.n > 0 || out->more
               ? 0
               : fail_time(columns, "no column of numbers beside the time");
}

int pulse_h5_pandas_frame(const struct pulse_h5_location *location, struct pulse_h5_layout *out,
                          struct pulse_err *err)
{
    struct pulse_h5_columns columns;
    int64_t time = -1;
    *out = (struct pulse_h5_layout){0};
    int rc = pulse_h5_pandas_columns(location, &columns, err);
    out->kind = columns.table ? PULSE_H5_TABLE : PULSE_H5_BLOCKS;
    out->frame.rows = columns.rows;
    if (rc == 0)
        rc = choose_time(&columns, &time);
    if (rc == 0)
        rc = fill_layout(&columns, time, out);
    pulse_h5_columns_clear(&columns);
    if (rc != 0)
        pulse_h5_layout_clear(out);
    return rc;
}
