#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/fields.h"
#include "data/hdf5/pandas_columns.h"
#include "data/hdf5/pickled.h"
#include "data/hdf5/rows.h"

/* ---- Frames by pandas ----------------------------------------------------------- */

/* What pandas says of the field added last. False where it holds nothing that is printed. */
static bool take_kind(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                      const struct pulse_h5_column *column)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    if (column->kind == PULSE_H5_SPAN)
        return false;
    if (column->kind == PULSE_H5_INSTANT) {
        field->kind = PULSE_KIND_TIME;
        field->unit.ns = column->unit_ns;
        field->period = column->period;
        field->declared = true;
        (void)snprintf(field->zone, sizeof field->zone, "%s", column->zone);
    }
    /* In a table a text that is missing is the text nan. */
    field->marked = columns->table && !column->index;
    return true;
}

/* An index that only counts rows is no column. */
static bool is_counting(const struct pulse_h5_columns *columns, const struct pulse_h5_column *c)
{
    return c->index && columns->index_name == NULL && c->kind == PULSE_H5_NUMBER && c->integer &&
           !c->days;
}

static const char *name_of(const struct pulse_h5_columns *columns, const struct pulse_h5_column *c)
{
    return !c->index ? c->name : columns->index_name != NULL ? columns->index_name : "index";
}

/* A group right inside another, reached by no link but a hard one; −1 where there is none. */
static hid_t open_group(hid_t group, const char *name)
{
    H5L_info_t info;
    return H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD
               ? H5Gopen2(group, name, H5P_DEFAULT)
               : -1;
}

/* meta/NAME/meta: a table of one column, the values that a column's integers choose among. */
static hid_t open_categories(hid_t group, const char *name)
{
    const char *const path[] = {"meta", name, "meta"};
    hid_t at = group;
    for (int i = 0; i < 3 && at >= 0; i++) {
        hid_t below = open_group(at, path[i]);
        if (i > 0)
            (void)H5Gclose(at);
        at = below;
    }
    return at;
}

enum { CATEGORIES_MOST = 1 << 20 };

/* The field added last: positions among the only column of `values`, which are read. */
static int take_coded(struct pulse_h5_fields *f, const struct pulse_h5_fields *values,
                      struct pulse_err *err)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    if (pulse_grow(&f->categories, &f->categories_cap, f->n_categories + 1, sizeof *f->categories,
                   "categories", err) != 0)
        return -1;
    field->form = PULSE_H5_CODED;
    field->size = (size_t)f->n_categories;
    field->kind = values->all[0].kind;
    return pulse_h5_rows_next(values, 0, values->rows, &f->categories[f->n_categories++], err);
}

/* The field added last: positions in a list of values. */
static int take_categories(struct pulse_h5_fields *f, const struct pulse_h5_column *column,
                           struct pulse_err *err)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    struct pulse_h5_fields values = {.location = f->location};
    values.location.id = open_categories(f->location.id, column->object);
    int rc = values.location.id < 0 || field->form != PULSE_H5_INTEGER || f->depth > 0 ? -1 : 0;
    values.depth = f->depth + 1;
    if (rc == 0)
        rc = pulse_h5_find_pandas(&values, err);
    if (rc == 0 && (values.n != 1 || values.rows > CATEGORIES_MOST))
        rc = -1;
    if (rc != 0)
        (void)pulse_h5_fail(&f->location, column->object, "categories that cannot be read", err);
    if (rc == 0)
        rc = take_coded(f, &values, err);
    pulse_h5_fields_clear(&values);
    return rc;
}

static int take_level(struct pulse_h5_fields *f, const struct pulse_h5_column *column,
                      struct pulse_err *err);

static int take_column(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                       const struct pulse_h5_column *column, const struct pulse_h5_element *element,
                       size_t offset, struct pulse_err *err)
{
    if (is_counting(columns, column))
        return 0;
    if (pulse_h5_add_field(f, name_of(columns, column), element, offset, err) != 0)
        return -1;
    f->all[f->n - 1].index = column->index;
    if (column->kind == PULSE_H5_CATEGORY)
        return take_categories(f, column, err);
    if (column->level != NULL)
        return take_level(f, column, err);
    if (!take_kind(f, columns, column)) {
        free(f->all[--f->n].name);
        return pulse_h5_leave_out(f, name_of(columns, column), PULSE_HOLDS_OTHERS, err);
    }
    if (!column->index && column->integer && column->kind == PULSE_H5_NUMBER &&
        f->location.time_unit != PULSE_TIME_UNIT_NONE)
        return pulse_h5_take_unit(f, -1, false, err);
    return 0;
}

static int take_table(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                      struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_row row;
    int rc = pulse_h5_add_rows(f, "table", &d, &row, err);
    for (int64_t i = 0; rc == 0 && i < columns->n; i++) {
        const struct pulse_h5_column *column = &columns->all[i];
        const struct pulse_h5_slot *slot = pulse_h5_row_slot(&row, column->object);
        if (slot != NULL && column->position < slot->count)
            rc = take_column(f, columns, column, &slot->element,
                             slot->offset + (size_t)column->position * slot->element.bytes, err);
        else
            rc = pulse_h5_leave_out(f, name_of(columns, column), PULSE_HOLDS_OTHERS, err);
    }
    pulse_h5_row_clear(&row);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* A block of values that are pickled; its cells show what a column holds. */
static int open_pickled(struct pulse_h5_fields *f, const struct pulse_h5_dataset *d,
                        struct pulse_h5_rows *source, struct pulse_err *err)
{
    int64_t bytes = 0;
    return pulse_h5_pickled_read(&f->location, source->name, d, f->rows, &source->pickle, &bytes,
                                 err);
}

/* One kind for all cells of a column; text where they differ. */
static enum pulse_kind_of_column pickled_kind(const struct pulse_h5_fields *f,
                                              const struct pulse_pickle_tree *tree,
                                              int64_t position)
{
    static const enum pulse_kind_of_column kinds[] = {
        [PULSE_PICKLE_CELL_BOOL] = PULSE_KIND_BOOL, [PULSE_PICKLE_CELL_INT] = PULSE_KIND_INT,
        [PULSE_PICKLE_CELL_UINT] = PULSE_KIND_UINT, [PULSE_PICKLE_CELL_REAL] = PULSE_KIND_DOUBLE,
        [PULSE_PICKLE_CELL_TIME] = PULSE_KIND_TIME, [PULSE_PICKLE_CELL_TEXT] = PULSE_KIND_TEXT};
    enum pulse_pickle_cell_kind all = PULSE_PICKLE_CELL_MISSING;
    struct pulse_pickle_cell cell;
    bool swapped;
    if (f->rows == 0)
        return PULSE_KIND_TEXT;
    for (int64_t r = 0; r < f->rows; r++) {
        pulse_h5_pickled_cell(tree, r, position, &cell, &swapped);
        if (cell.kind == PULSE_PICKLE_CELL_MISSING)
            continue;
        if (cell.kind >= PULSE_PICKLE_CELL_FAR ||
            (all != PULSE_PICKLE_CELL_MISSING && all != cell.kind))
            return PULSE_KIND_TEXT;
        all = cell.kind;
    }
    return all == PULSE_PICKLE_CELL_MISSING ? PULSE_KIND_DOUBLE : kinds[all];
}

/* Adds the dataset that holds a column, unless a column before it did. */
static int open_block(struct pulse_h5_fields *f, const char *object, int64_t *index,
                      struct pulse_h5_element *element, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_rows *source;
    for (*index = 0; *index < f->n_sources; ++*index)
        if (strcmp(f->sources[*index].name, object) == 0)
            break;
    int rc = pulse_h5_dataset_open(&f->location, object, &d, err);
    const bool flat = rc == 0 && pulse_h5_element_of(d.type, element);
    const bool none = rc == 0 && d.kind == H5T_VLEN && f->rows == 0; /* of pickled cells */
    if (rc == 0 && *index == f->n_sources) {
        rc = pulse_h5_add_source(f, object, &source, err);
        if (rc == 0 && d.kind == H5T_VLEN && !none)
            rc = open_pickled(f, &d, source, err);
        if (rc == 0 && flat) {
            source->memory = H5Tcopy(element->memory);
            source->bytes = element->bytes * (size_t)(d.rank == 1 ? 1 : d.dims[1]);
            source->chunk = d.chunk[0];
            source->variable = element->form == PULSE_H5_VARIABLE;
        }
    }
    if (rc == 0 && (none || f->sources[*index].pickle != NULL))
        element->form = PULSE_H5_PICKLED;
    else if (rc == 0 && !flat)
        element->bytes = 0;
    pulse_h5_dataset_close(&d);
    return rc;
}

static int take_blocks(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                       struct pulse_err *err)
{
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < columns->n; i++) {
        const struct pulse_h5_column *column = &columns->all[i];
        struct pulse_h5_element element = {.memory = -1};
        int64_t source;
        rc = open_block(f, column->object, &source, &element, err);
        const bool pickled = element.form == PULSE_H5_PICKLED;
        size_t offset = (size_t)column->position * (pickled ? 1 : element.bytes);
        if (rc == 0 && pickled)
            element.kind = pickled_kind(f, f->sources[source].pickle, column->position);
        const int64_t before = f->n;
        if (rc == 0 && (pickled || element.bytes > 0))
            rc = take_column(f, columns, column, &element, offset, err);
        else if (rc == 0)
            rc = pulse_h5_leave_out(f, name_of(columns, column), PULSE_HOLDS_OTHERS, err);
        if (f->n > before)
            f->all[before].source = source;
        pulse_h5_element_clear(&element);
    }
    return rc;
}

/* The field added last: positions among the values of a level, as if they were a frame's only
 * column. */
static int take_level(struct pulse_h5_fields *f, const struct pulse_h5_column *column,
                      struct pulse_err *err)
{
    struct pulse_h5_fields values = {.location = f->location};
    struct pulse_h5_column of_level = *column;
    struct pulse_h5_columns one = {.n = 1, .all = &of_level};
    struct pulse_h5_dataset d;
    of_level.object = column->level;
    of_level.level = NULL;
    values.location.id = H5Gopen2(f->location.id, ".", H5P_DEFAULT);
    int rc = values.location.id < 0
                 ? pulse_h5_fail(&f->location, column->level, "cannot be opened", err)
                 : pulse_h5_dataset_open(&f->location, column->level, &d, err);
    if (values.location.id >= 0) {
        values.rows = rc == 0 && H5Aexists(d.id, "shape") > 0 ? 0 : d.dims[0];
        pulse_h5_dataset_close(&d);
    }
    if (rc == 0)
        rc = take_blocks(&values, &one, err);
    if (rc == 0 && values.n != 1)
        rc = pulse_h5_fail(&f->location, column->level,
                           "a level of rows that is neither text nor numbers nor times; write it "
                           "with reset_index()",
                           err);
    f->all[f->n - 1].index = true;
    if (rc == 0)
        rc = take_coded(f, &values, err);
    pulse_h5_fields_clear(&values);
    return rc;
}

int pulse_h5_find_pandas(struct pulse_h5_fields *f, struct pulse_err *err)
{
    struct pulse_h5_columns columns;
    int rc = pulse_h5_pandas_columns(&f->location, &columns, err);
    f->rows = columns.rows;
    if (rc == 0)
        rc = pulse_h5_attribute_text(&f->location, f->location.id, "nan_rep", sizeof f->missing,
                                     f->missing, err);
    if (rc == 0)
        rc = columns.table ? take_table(f, &columns, err) : take_blocks(f, &columns, err);
    pulse_h5_columns_clear(&columns);
    return rc;
}
