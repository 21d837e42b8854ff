#include "data/h5_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/columns.h"
#include "data/h5_element.h"
#include "data/h5_frame.h"
#include "data/h5_pandas_columns.h"
#include "data/h5_pickled.h"
#include "data/h5_time.h"

/* ---- Adding to what was found --------------------------------------------------- */

static int add_source(struct pulse_h5_fields *f, const char *name, struct pulse_h5_rows **out,
                      struct pulse_err *err)
{
    if (pulse_grow(&f->sources, &f->sources_cap, f->n_sources + 1, sizeof *f->sources,
                   "HDF5 datasets", err) != 0)
        return -1;
    *out = &f->sources[f->n_sources++];
    **out = (struct pulse_h5_rows){.name = pulse_strdup(name, err), .memory = -1};
    return (*out)->name == NULL ? -1 : 0;
}

/* Adds a column of the source that was added last. */
static int add_field(struct pulse_h5_fields *f, const char *name,
                     const struct pulse_h5_element *element, size_t offset, struct pulse_err *err)
{
    if (pulse_grow(&f->all, &f->cap, f->n + 1, sizeof *f->all, "HDF5 columns", err) != 0)
        return -1;
    f->all[f->n] = (struct pulse_h5_field){.name = pulse_strdup(name, err),
                                           .kind = element->kind,
                                           .form = element->form,
                                           .source = f->n_sources - 1,
                                           .offset = offset,
                                           .size = element->bytes,
                                           .blanks = element->blanks,
                                           .unit_ns = 1};
    if (f->all[f->n++].name == NULL)
        return -1;
    return pulse_utf8_valid(name) ? 0
                                  : pulse_h5_fail(&f->place, f->sources[f->n_sources - 1].name,
                                                  "a name that is no UTF-8 text", err);
}

/* The field added last counts time, if it is called so, or if the dataset, which is then it alone,
 * says so. */
static int take_unit(struct pulse_h5_fields *f, hid_t dataset, bool alone, struct pulse_err *err)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    const char *name = f->sources[field->source].name;
    bool counts = false;
    if (field->form != PULSE_H5_INTEGER)
        return 0;
    if (alone && pulse_h5_counts_time(&f->place, dataset, &counts, err) != 0)
        return -1;
    if (!counts && !pulse_is_time_name(field->name))
        return 0;
    field->kind = PULSE_KIND_TIME;
    return pulse_h5_time_unit(&f->place, name, dataset, &field->unit_ns, &field->epoch_ns,
                              &field->declared, err);
}

/* ---- Vectors and matrices ------------------------------------------------------- */

/* Adds a dataset of rank 1 or 2 as `n` columns of these names; none where its elements are not
 * flat.
 */
static int add_dataset(struct pulse_h5_fields *f, const char *dataset, char *const *names,
                       int64_t n, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_element element = {.memory = -1};
    struct pulse_h5_rows *source;
    int rc = pulse_h5_dataset_open(&f->place, dataset, &d, err);
    if (rc != 0 || (d.rank == 1 ? 1 : d.dims[1]) != n || !pulse_h5_element_of(d.type, &element))
        goto done;
    rc = add_source(f, dataset, &source, err);
    if (rc == 0) {
        source->memory = element.memory;
        source->bytes = element.bytes * (size_t)n;
        source->chunk = d.chunk[0];
        source->variable = element.form == PULSE_H5_VARIABLE;
        element.memory = -1;
    }
    for (int64_t c = 0; rc == 0 && c < n; c++)
        rc = add_field(f, names[c], &element, (size_t)c * element.bytes, err);
    if (rc == 0 && d.rank == 1)
        rc = take_unit(f, d.id, true, err);
done:
    pulse_h5_element_clear(&element);
    pulse_h5_dataset_close(&d);
    return rc;
}

static int add_matrix(struct pulse_h5_fields *f, const struct pulse_h5_members *members,
                      const struct pulse_h5_member *matrix, int64_t time, struct pulse_err *err)
{
    struct pulse_h5_frame frame = {0};
    int rc = pulse_h5_names_read(&f->place, members, matrix, time, &frame, err);
    if (rc == 0)
        rc = add_dataset(f, matrix->name, frame.names, frame.n, err);
    for (int64_t c = 0; c < frame.n; c++)
        free(frame.names[c]);
    free(frame.names);
    return rc;
}

/* The number of rows of a group without times: the matrix's, or that of all its vectors; −1 where
 * they differ or there are none. */
static int64_t rows_without_time(const struct pulse_h5_members *members)
{
    int64_t rows = -1;
    for (int64_t i = 0; i < members->n; i++)
        if (members->all[i].type == H5O_TYPE_DATASET && members->all[i].rank == 2)
            return members->all[i].dims[0];
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (!pulse_h5_member_is_vector(m, -1) || !pulse_h5_is_flat_class(m->kind))
            continue;
        if (rows >= 0 && rows != m->dims[0])
            return -1;
        rows = m->dims[0];
    }
    return rows;
}

/* The time first, then the others in the group's order; a matrix with its columns' names. */
static int find_group(struct pulse_h5_fields *f, const struct pulse_h5_members *members,
                      struct pulse_err *err)
{
    const struct pulse_h5_member *matrix = NULL, *names = NULL;
    int64_t time;
    if (pulse_h5_find_time(&f->place, members, &time, err) != 0)
        return -1;
    f->rows = time >= 0 ? members->all[time].dims[0] : rows_without_time(members);
    if (pulse_h5_find_matrix(&f->place, members, f->rows, &matrix, err) != 0)
        return -1;
    if (matrix != NULL)
        names = pulse_h5_find_names(members, matrix->dims[1], time);
    int rc = time >= 0 ? add_dataset(f, members->all[time].name,
                                     (char *const[]){members->all[time].name}, 1, err)
                       : 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (m == matrix)
            rc = add_matrix(f, members, matrix, time, err);
        else if (i != time && m != names && pulse_h5_member_is_vector(m, f->rows))
            rc = add_dataset(f, m->name, (char *const[]){m->name}, 1, err);
    }
    return rc;
}

/* ---- Compounds ------------------------------------------------------------------ */

/* Adds a vector of compounds as it lies in rows. Close `d` and clear `row` in any case. */
static int add_rows(struct pulse_h5_fields *f, const char *dataset, struct pulse_h5_dataset *d,
                    struct pulse_h5_row *row, struct pulse_err *err)
{
    struct pulse_h5_rows *source;
    *row = (struct pulse_h5_row){.memory = -1};
    if (pulse_h5_dataset_open(&f->place, dataset, d, err) != 0)
        return -1;
    if (d->rank != 1 || !pulse_h5_row_of(d->type, row, err))
        return pulse_h5_fail(&f->place, dataset, "no vector of compounds with flat members", err);
    if (add_source(f, dataset, &source, err) != 0)
        return -1;
    source->memory = row->memory;
    source->bytes = row->bytes;
    source->chunk = d->chunk[0];
    source->variable = row->variable;
    row->memory = -1;
    return 0;
}

/* All flat members, by name; arrays are none. */
static int find_compounds(struct pulse_h5_fields *f, const char *dataset, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_row row;
    int rc = add_rows(f, dataset, &d, &row, err);
    f->rows = d.dims[0];
    for (int64_t i = 0; rc == 0 && i < row.n; i++) {
        const struct pulse_h5_slot *slot = &row.slots[i];
        if (slot->array)
            continue;
        rc = add_field(f, slot->name, &slot->element, slot->offset, err);
        if (rc == 0)
            rc = take_unit(f, d.id, false, err);
    }
    pulse_h5_row_clear(&row);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* ---- Frames by pandas ----------------------------------------------------------- */

/* What pandas says of the field added last. False where it holds nothing that is printed. */
static bool take_kind(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                      const struct pulse_h5_column *column)
{
    struct pulse_h5_field *field = &f->all[f->n - 1];
    if (column->kind == PULSE_H5_SPAN || column->kind == PULSE_H5_CATEGORY)
        return false;
    if (column->kind == PULSE_H5_INSTANT) {
        field->kind = PULSE_KIND_TIME;
        field->unit_ns = column->unit_ns;
        field->declared = true;
    }
    /* In a table a text that is missing is the text nan. */
    field->marked = columns->table && !column->index;
    return true;
}

/* An index that only counts rows is no column. */
static bool is_counting(const struct pulse_h5_columns *columns, const struct pulse_h5_column *c)
{
    return c->index && columns->index_name == NULL && c->kind == PULSE_H5_NUMBER && c->integer;
}

static const char *name_of(const struct pulse_h5_columns *columns, const struct pulse_h5_column *c)
{
    return !c->index ? c->name : columns->index_name != NULL ? columns->index_name : "index";
}

static int take_column(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                       const struct pulse_h5_column *column, const struct pulse_h5_element *element,
                       size_t offset, struct pulse_err *err)
{
    if (is_counting(columns, column))
        return 0;
    if (add_field(f, name_of(columns, column), element, offset, err) != 0)
        return -1;
    if (!take_kind(f, columns, column))
        free(f->all[--f->n].name);
    else if (!column->index && column->integer && column->kind == PULSE_H5_NUMBER &&
             f->place.time_unit != PULSE_TIME_UNIT_NONE)
        return take_unit(f, -1, false, err);
    return 0;
}

static int take_table(struct pulse_h5_fields *f, const struct pulse_h5_columns *columns,
                      struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_row row;
    int rc = add_rows(f, "table", &d, &row, err);
    for (int64_t i = 0; rc == 0 && i < columns->n; i++) {
        const struct pulse_h5_column *column = &columns->all[i];
        const struct pulse_h5_slot *slot = pulse_h5_row_slot(&row, column->object);
        if (slot != NULL && column->position < slot->count)
            rc = take_column(f, columns, column, &slot->element,
                             slot->offset + (size_t)column->position * slot->element.bytes, err);
    }
    pulse_h5_row_clear(&row);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* A block of values that are pickled; its cells tell what a column holds. */
static int open_pickled(struct pulse_h5_fields *f, const struct pulse_h5_dataset *d,
                        struct pulse_h5_rows *source, struct pulse_err *err)
{
    int64_t bytes = 0;
    return pulse_h5_pickled_read(&f->place, source->name, d, f->rows, &source->pickle, &bytes, err);
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
    for (int64_t r = 0; r < f->rows; r++) {
        pulse_h5_pickled_cell(tree, r, position, &cell, &swapped);
        if (cell.kind == PULSE_PICKLE_CELL_MISSING)
            continue;
        if (cell.kind == PULSE_PICKLE_CELL_OTHER ||
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
    int rc = pulse_h5_dataset_open(&f->place, object, &d, err);
    const bool flat = rc == 0 && pulse_h5_element_of(d.type, element);
    if (rc == 0 && *index == f->n_sources) {
        rc = add_source(f, object, &source, err);
        if (rc == 0 && d.kind == H5T_VLEN)
            rc = open_pickled(f, &d, source, err);
        if (rc == 0 && flat) {
            source->memory = H5Tcopy(element->memory);
            source->bytes = element->bytes * (size_t)(d.rank == 1 ? 1 : d.dims[1]);
            source->chunk = d.chunk[0];
            source->variable = element->form == PULSE_H5_VARIABLE;
        }
    }
    if (rc == 0 && f->sources[*index].pickle != NULL)
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
        if (f->n > before)
            f->all[before].source = source;
        pulse_h5_element_clear(&element);
    }
    return rc;
}

static int find_pandas(struct pulse_h5_fields *f, struct pulse_err *err)
{
    struct pulse_h5_columns columns;
    int rc = pulse_h5_pandas_columns(&f->place, &columns, err);
    f->rows = columns.rows;
    if (rc == 0)
        rc = pulse_h5_word_read(&f->place, f->place.id, "nan_rep", f->missing, err);
    if (rc == 0)
        rc = columns.table ? take_table(f, &columns, err) : take_blocks(f, &columns, err);
    pulse_h5_columns_clear(&columns);
    return rc;
}

/* ---- Which frame ---------------------------------------------------------------- */

enum what { GROUP, PANDAS, COMPOUNDS };

struct search {
    const char *only;
    char **paths; /* of all that is wanted */
    int64_t n, cap;
    enum what what; /* of the first of them */
    bool strict;    /* only what has a time, or is a table by its nature */
};

static int add_path(struct search *search, const char *path, enum what what, struct pulse_err *err)
{
    if (search->only != NULL && strcmp(search->only, path) != 0)
        return 0;
    if (pulse_grow(&search->paths, &search->cap, search->n + 1, sizeof *search->paths,
                   "HDF5 frames", err) != 0)
        return -1;
    search->paths[search->n] = pulse_strdup(path, err);
    if (search->n == 0)
        search->what = what;
    return search->paths[search->n++] == NULL ? -1 : 0;
}

static int visit(void *data, const struct pulse_h5_place *place,
                 const struct pulse_h5_members *members, struct pulse_err *err)
{
    struct search *search = data;
    const char *slash = strcmp(place->path, "/") == 0 ? "" : "/";
    int64_t time;
    if (H5Aexists(place->id, "pandas_type") > 0)
        return add_path(search, place->path, PANDAS, err) == 0 ? 1 : -1;
    if (pulse_h5_find_time(place, members, &time, err) != 0)
        return -1;
    const bool group = time >= 0 || (!search->strict && rows_without_time(members) >= 0);
    int rc = group ? add_path(search, place->path, GROUP, err) : 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (!pulse_h5_member_is_vector(m, -1) || m->kind != H5T_COMPOUND)
            continue;
        char *path = pulse_print(err, "%s%s%s", place->path, slash, m->name);
        rc = path == NULL ? -1 : add_path(search, path, COMPOUNDS, err);
        free(path);
    }
    return rc == 0 && group ? 1 : rc;
}

static int choose(const struct pulse_h5_place *root, struct search *search, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    search->strict = true;
    int rc = pulse_h5_walk(root, visit, search, err);
    search->strict = false;
    if (rc == 0 && search->n == 0)
        rc = pulse_h5_walk(root, visit, search, err);
    if (rc == 0 && search->n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT,
                        "%s: no table in %s: a group of vectors of one length, a dataset of "
                        "compounds, or what pandas writes",
                        root->file, search->only == NULL ? "it" : search->only);
    if (rc == 0 && search->n > 1)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: %lld tables; name one as %s#%s (%s)", root->file,
                        (long long)search->n, root->file, search->paths[0],
                        pulse_columns_list(search->paths, search->n, list));
    return rc;
}

/* Whether integers called like a time can be nanoseconds; those that cannot stay integers. */
static int check_times(struct pulse_h5_fields *f, struct pulse_err *err)
{
    enum { LOOKED_AT = 1 << 12 };
    const int64_t rows = f->rows < LOOKED_AT ? f->rows : LOOKED_AT;
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < f->n; c++) {
        struct pulse_h5_field *field = &f->all[c];
        const struct pulse_h5_rows *source = &f->sources[field->source];
        struct pulse_h5_dataset d;
        bool small = true;
        if (field->kind != PULSE_KIND_TIME || field->form != PULSE_H5_INTEGER || field->declared)
            continue;
        rc = pulse_h5_dataset_open(&f->place, source->name, &d, err);
        char *buffer = pulse_calloc(rows, source->bytes, "HDF5 rows", err);
        if (rc == 0)
            rc = buffer == NULL ? -1 : pulse_h5_rows_read(f, source, d.id, 0, rows, buffer, err);
        for (int64_t i = 0; rc == 0 && i < rows; i++) {
            int64_t count;
            memcpy(&count, buffer + (size_t)i * source->bytes + field->offset, sizeof count);
            small = small && pulse_h5_time_is_small(count);
        }
        if (rc == 0)
            pulse_h5_rows_give_back(source, rows, buffer);
        if (small && rows > 0)
            field->kind = PULSE_KIND_INT;
        free(buffer);
        pulse_h5_dataset_close(&d);
    }
    return rc;
}

static int find_chosen(struct pulse_h5_fields *f, const struct search *search,
                       struct pulse_err *err)
{
    struct pulse_h5_members members = {0};
    int rc = -1;
    f->path = pulse_strdup(search->paths[0], err);
    if (f->path == NULL)
        return -1;
    f->place.path = search->what == COMPOUNDS ? "/" : f->path;
    f->place.id = H5Gopen2(f->place.id, f->place.path, H5P_DEFAULT);
    if (f->place.id < 0)
        return pulse_h5_fail(&f->place, "", "cannot be opened; the file is truncated or corrupted",
                             err);
    if (search->what == COMPOUNDS)
        rc = find_compounds(f, f->path + 1, err);
    else if (search->what == PANDAS)
        rc = find_pandas(f, err);
    else if (pulse_h5_members_list(&f->place, &members, err) == 0)
        rc = find_group(f, &members, err);
    pulse_h5_members_clear(&members);
    if (rc == 0)
        rc = check_times(f, err);
    if (rc == 0 && f->n == 0)
        rc = pulse_h5_fail(&f->place, "", "no column holds numbers, text or times", err);
    return rc;
}

int pulse_h5_fields_find(const struct pulse_h5_place *root, const char *only,
                         struct pulse_h5_fields *out, struct pulse_err *err)
{
    struct search search = {.only = only};
    *out = (struct pulse_h5_fields){.place = *root};
    int rc = choose(root, &search, err);
    if (rc == 0)
        rc = find_chosen(out, &search, err);
    else
        out->place.id = -1;
    for (int64_t i = 0; i < search.n; i++)
        free(search.paths[i]);
    free(search.paths);
    return rc;
}

void pulse_h5_fields_clear(struct pulse_h5_fields *f)
{
    for (int64_t i = 0; i < f->n; i++)
        free(f->all[i].name);
    for (int64_t i = 0; i < f->n_sources; i++) {
        free(f->sources[i].name);
        pulse_pickle_tree_free(f->sources[i].pickle);
        if (f->sources[i].memory >= 0)
            (void)H5Tclose(f->sources[i].memory);
    }
    if (f->place.id >= 0)
        (void)H5Gclose(f->place.id);
    free(f->all);
    free(f->sources);
    free(f->path);
    *f = (struct pulse_h5_fields){.place = {.id = -1}};
}
