#include "data/hdf5/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/hdf5/frame.h"
#include "data/hdf5/group_index.h"
#include "data/hdf5/rows.h"
#include "data/hdf5/time.h"

/* ---- Vectors and matrices ------------------------------------------------------- */

/* What the numbers of a dataset are once they are unpacked: integers of eight bytes that stand for
 * unsigned ones may need all 64 bits. */
static enum pulse_kind_of_column kind_of_packed(const struct pulse_h5_packing *packing,
                                                enum pulse_kind_of_column kind)
{
    if (packing->scaled)
        return packing->narrow ? PULSE_KIND_FLOAT : PULSE_KIND_DOUBLE;
    return packing->wrap == 0x1p64 ? PULSE_KIND_UINT : kind;
}

/* Adds a dataset of rank 1 or 2 as `n` columns of these names; where its elements are not flat it
 * is left out. */
static int add_dataset(struct pulse_h5_fields *f, const char *dataset, char *const *names,
                       int64_t n, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_element element = {.memory = -1};
    struct pulse_h5_rows *source;
    int rc = pulse_h5_dataset_open(&f->location, dataset, &d, err);
    if (rc != 0)
        goto done;
    if ((d.rank == 1 ? 1 : d.dims[1]) != n || !pulse_h5_is_flat_class(d.kind) ||
        !pulse_h5_element_of(d.type, &element)) {
        rc = pulse_h5_leave_out(f, dataset, PULSE_HOLDS_OTHERS, err);
        goto done;
    }
    rc = pulse_h5_add_source(f, dataset, &source, err);
    if (rc == 0)
        rc = pulse_h5_packing_read(&f->location, dataset, &d, &source->packing, err);
    if (rc == 0) {
        element.kind = kind_of_packed(&source->packing, element.kind);
        source->memory = element.memory;
        source->bytes = element.bytes * (size_t)n;
        source->chunk = d.chunk[0];
        source->variable = element.form == PULSE_H5_VARIABLE;
        source->across = d.matrix && d.axis == 1 ? 0 : -1;
        element.memory = -1;
    }
    for (int64_t c = 0; rc == 0 && c < n; c++)
        rc = pulse_h5_add_field(f, names[c], &element, (size_t)c * element.bytes, err);
    if (rc == 0 && d.rank == 1)
        rc = pulse_h5_take_unit(f, d.id, true, err);
done:
    pulse_h5_element_clear(&element);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* A matrix columns × rows: each column is read on its own. */
static int add_across(struct pulse_h5_fields *f, const char *dataset, char *const *names, int64_t n,
                      struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_rows *source;
    int rc = pulse_h5_dataset_open(&f->location, dataset, &d, err);
    for (int64_t c = 0; rc == 0 && c < n; c++) {
        struct pulse_h5_element element = {.memory = -1};
        if (!pulse_h5_element_of(d.type, &element))
            rc = pulse_h5_fail(&f->location, dataset, "broken data type", err);
        if (rc == 0)
            rc = pulse_h5_add_source(f, dataset, &source, err);
        if (rc == 0)
            rc = pulse_h5_packing_read(&f->location, dataset, &d, &source->packing, err);
        if (rc == 0) {
            element.kind = kind_of_packed(&source->packing, element.kind);
            source->memory = element.memory;
            source->bytes = element.bytes;
            source->chunk = d.chunk[1];
            source->across = c;
            element.memory = -1;
            rc = pulse_h5_add_field(f, names[c], &element, 0, err);
        }
        pulse_h5_element_clear(&element);
    }
    pulse_h5_dataset_close(&d);
    return rc;
}

static int add_matrix(struct pulse_h5_fields *f, const struct pulse_h5_members *members,
                      const struct pulse_h5_member *matrix, bool across, int64_t time,
                      struct pulse_err *err)
{
    struct pulse_h5_frame frame = {0};
    int rc = pulse_h5_names_read(&f->location, members, matrix, across, time, &frame, err);
    if (rc == 0 && across)
        rc = add_across(f, matrix->name, frame.names, frame.n, err);
    else if (rc == 0)
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

static void describe_matrix(const struct pulse_h5_fields *f, const struct pulse_h5_member *m,
                            char *holds, size_t size)
{
    char rows[40] = "";
    if (m->dims[0] != f->rows && m->dims[1] != f->rows)
        (void)snprintf(rows, sizeof rows, " for %lld rows", (long long)f->rows);
    (void)snprintf(holds, size, PULSE_HOLDS_MATRIX "%s, %lld × %lld%s)",
                   m->kind == H5T_STRING              ? "text"
                   : pulse_h5_is_number_kind(m->kind) ? "numbers"
                   : m->kind == H5T_TIME              ? "times"
                                                      : "true or false",
                   (long long)m->dims[0], (long long)m->dims[1], rows);
}

static int leave_out_misfit(struct pulse_h5_fields *f, const struct pulse_h5_member *m,
                            struct pulse_err *err)
{
    char holds[128] = "a group)";
    const bool dataset = m->type == H5O_TYPE_DATASET;
    if (dataset && !pulse_h5_is_flat_class(m->kind))
        return pulse_h5_leave_out(f, m->name, PULSE_HOLDS_OTHERS, err);
    if (dataset && m->rank == 0)
        (void)snprintf(holds, sizeof holds, "a single one)");
    else if (dataset && m->rank == 1)
        (void)snprintf(holds, sizeof holds, "%lld for %lld rows)", (long long)m->dims[0],
                       (long long)f->rows);
    else if (dataset && m->is_bounds)
        (void)snprintf(holds, sizeof holds, "bounds of the time)");
    else if (dataset && m->rank == 2)
        describe_matrix(f, m, holds, sizeof holds);
    else if (dataset)
        (void)snprintf(holds, sizeof holds, "%d" PULSE_HOLDS_FIELD, m->rank);
    char *text = pulse_print(err, PULSE_HOLDS_MISFIT "%s", holds);
    const int rc = text == NULL ? -1 : pulse_h5_leave_out(f, m->name, text, err);
    free(text);
    return rc;
}

/* The time first, then the others in the group's order; a matrix with its columns' names. */
static int find_group(struct pulse_h5_fields *f, const struct pulse_h5_members *members,
                      struct pulse_err *err)
{
    const struct pulse_h5_member *matrix = NULL, *names = NULL;
    int64_t time;
    bool across;
    if (pulse_h5_find_time(&f->location, members, &time, err) != 0)
        return -1;
    f->time = time >= 0 ? members->all[time].name : NULL;
    f->rows = time >= 0 ? members->all[time].dims[0] : rows_without_time(members);
    if (pulse_h5_find_matrix(&f->location, members, time, f->rows, &matrix, &across, err) != 0)
        return -1;
    if (matrix != NULL)
        names = pulse_h5_find_names(members, pulse_h5_matrix_columns(matrix, across), time);
    int rc = time >= 0 ? add_dataset(f, members->all[time].name,
                                     (char *const[]){members->all[time].name}, 1, err)
                       : 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (m == matrix)
            rc = add_matrix(f, members, matrix, across, time, err);
        else if (i != time && m != names && pulse_h5_member_is_vector(m, f->rows))
            rc = add_dataset(f, m->name, (char *const[]){m->name}, 1, err);
        else if (i != time && m != names && pulse_h5_member_is_beside(m))
            rc = leave_out_misfit(f, m, err);
    }
    f->time = NULL; /* the members live no longer */
    return rc;
}

/* ---- Compounds ------------------------------------------------------------------ */

/* A flat member; arrays, compounds and times of HDF5's own are none. */
static int add_compound_member(struct pulse_h5_fields *f, const struct pulse_h5_row *row,
                               const struct pulse_h5_dataset *d, unsigned i, struct pulse_err *err)
{
    char *name = H5Tget_member_name(d->type, i);
    if (name == NULL)
        return pulse_h5_fail(&f->location, f->path + 1, "broken data type", err);
    const struct pulse_h5_slot *slot = pulse_h5_row_slot(row, name);
    const bool flat = slot != NULL && !slot->array;
    int rc = flat ? pulse_h5_add_field(f, name, &slot->element, slot->offset, err)
                  : pulse_h5_leave_out(f, name, PULSE_HOLDS_OTHERS, err);
    if (rc == 0 && flat)
        rc = pulse_h5_take_unit(f, d->id, false, err);
    (void)H5free_memory(name);
    return rc;
}

static int find_compounds(struct pulse_h5_fields *f, const char *dataset, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    struct pulse_h5_row row;
    int rc = pulse_h5_add_rows(f, dataset, &d, &row, err);
    const int members = rc == 0 ? H5Tget_nmembers(d.type) : 0;
    f->rows = d.dims[0];
    for (int i = 0; rc == 0 && i < members; i++)
        rc = add_compound_member(f, &row, &d, (unsigned)i, err);
    pulse_h5_row_clear(&row);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* ---- Results ---------------------------------------------------------------------- */

/* A matrix over the axes of the root group: its days, and a column per variable. */
static int find_results(struct pulse_h5_fields *f, const struct pulse_h5_axes *axes,
                        struct pulse_err *err)
{
    struct pulse_h5_frame frame = {0};
    f->rows = axes->rows;
    int rc = pulse_h5_names_of_axis(&f->location, &frame, err);
    if (rc == 0)
        rc = add_dataset(f, "calendar", (char *const[]){(char[]){"date"}}, 1, err);
    if (rc == 0)
        rc = add_dataset(f, f->path + 1, frame.names, frame.n, err);
    for (int64_t c = 0; c < frame.n; c++)
        free(frame.names[c]);
    free(frame.names);
    return rc;
}

/* ---- Which frame ---------------------------------------------------------------- */

enum what { GROUP, PANDAS, COMPOUNDS, RESULTS };

struct search {
    const char *only;
    char **paths; /* of all that is wanted */
    int64_t n, cap;
    enum what what;            /* of the first of them */
    bool strict;               /* only what has a time, or is a table by its nature */
    struct pulse_h5_axes axes; /* of the root group */
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

static int visit_group(void *data, const struct pulse_h5_location *location,
                       const struct pulse_h5_members *members, struct pulse_err *err)
{
    struct search *search = data;
    const char *slash = strcmp(location->path, "/") == 0 ? "" : "/";
    int64_t time;
    if (strcmp(location->path, "/") == 0)
        search->axes = pulse_h5_find_axes(members);
    if (H5Aexists(location->id, "pandas_type") > 0)
        return add_path(search, location->path, PANDAS, err) == 0 ? 1 : -1;
    if (pulse_h5_find_time(location, members, &time, err) != 0)
        return -1;
    const bool group = time >= 0 || (!search->strict && rows_without_time(members) >= 0);
    int rc = group ? add_path(search, location->path, GROUP, err) : 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        const bool compounds = pulse_h5_member_is_vector(m, -1) && m->kind == H5T_COMPOUND;
        if (!compounds && !pulse_h5_member_is_over(m, &search->axes))
            continue;
        char *path = pulse_print(err, "%s%s%s", location->path, slash, m->name);
        rc = path == NULL ? -1 : add_path(search, path, compounds ? COMPOUNDS : RESULTS, err);
        free(path);
    }
    return rc == 0 && group ? 1 : rc;
}

static int choose_frame(const struct pulse_h5_location *root, struct search *search,
                        struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    search->strict = true;
    int rc = pulse_h5_walk(root, visit_group, search, err);
    search->strict = false;
    if (rc == 0 && search->n == 0)
        rc = pulse_h5_walk(root, visit_group, search, err);
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

/* Whether integers called like a time are all too small for nanoseconds. */
static int look_at_counts(const struct pulse_h5_fields *f, const struct pulse_h5_field *field,
                          bool *are_small, struct pulse_err *err)
{
    enum { LOOKED_AT = 1 << 12 };
    const int64_t most = f->rows < LOOKED_AT ? f->rows : LOOKED_AT;
    const struct pulse_h5_rows *source = &f->sources[field->source];
    bool small = false, large = false;
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(&f->location, source->name, &d, err);
    char *buffer = pulse_calloc(most, source->bytes, "HDF5 rows", err);
    if (buffer == NULL)
        rc = -1;
    for (int64_t row = 0, n; rc == 0 && !large && row < f->rows; row += n) {
        n = most < f->rows - row ? most : f->rows - row;
        rc = pulse_h5_rows_read(f, source, d.id, row, n, buffer, err);
        for (int64_t i = 0; rc == 0 && i < n; i++) {
            int64_t count;
            memcpy(&count, buffer + (size_t)i * source->bytes + field->offset, sizeof count);
            count = pulse_h5_unpack_whole(&source->packing, count);
            small = small || (count != INT64_MIN && pulse_h5_time_is_small(count));
            large = large || (count != INT64_MIN && !pulse_h5_time_is_small(count));
        }
        if (rc == 0)
            pulse_h5_rows_give_back(source, n, buffer);
    }
    free(buffer);
    pulse_h5_dataset_close(&d);
    *are_small = small && !large;
    return rc;
}

/* Integers that cannot be nanoseconds, and of which nobody says what they count, stay integers. */
static int check_times(struct pulse_h5_fields *f, struct pulse_err *err)
{
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < f->n; c++) {
        struct pulse_h5_field *field = &f->all[c];
        bool small = false;
        if (field->kind != PULSE_KIND_TIME || field->form != PULSE_H5_INTEGER || field->declared)
            continue;
        rc = look_at_counts(f, field, &small, err);
        if (small)
            field->kind = PULSE_KIND_INT;
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
    f->location.path = search->what == COMPOUNDS || search->what == RESULTS ? "/" : f->path;
    f->location.id = H5Gopen2(f->location.id, f->location.path, H5P_DEFAULT);
    if (f->location.id < 0)
        return pulse_h5_fail(&f->location, "",
                             "cannot be opened; the file is truncated or corrupted", err);
    if (search->what == RESULTS)
        rc = find_results(f, &search->axes, err);
    else if (search->what == COMPOUNDS)
        rc = find_compounds(f, f->path + 1, err);
    else if (search->what == PANDAS)
        rc = pulse_h5_find_pandas(f, err);
    else if (pulse_h5_members_list(&f->location, &members, err) == 0)
        rc = find_group(f, &members, err);
    pulse_h5_members_clear(&members);
    if (rc == 0)
        rc = check_times(f, err);
    if (rc == 0 && f->n == 0)
        rc = pulse_h5_fail(&f->location, "", "no column holds numbers, text or times", err);
    return rc;
}

int pulse_h5_fields_find(const struct pulse_h5_location *root, const char *only,
                         struct pulse_h5_fields *out, struct pulse_err *err)
{
    struct search search = {.only = only};
    *out = (struct pulse_h5_fields){.location = *root};
    int rc = choose_frame(root, &search, err);
    if (rc == 0)
        rc = find_chosen(out, &search, err);
    else
        out->location.id = -1;
    for (int64_t i = 0; i < search.n; i++)
        free(search.paths[i]);
    free(search.paths);
    return rc;
}
