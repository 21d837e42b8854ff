#include "data/h5_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/columns.h"
#include "data/h5_pandas.h"

/* ---- What a group holds --------------------------------------------------------- */

/* One hard link of a group. */
struct member {
    char *name;
    H5O_type_t type;
    int rank; /* of a dataset */
    int64_t dims[PULSE_H5_RANK];
    H5T_class_t kind;
};

struct members {
    const struct pulse_h5_place *place;
    struct pulse_err *err;
    struct member *all;
    int64_t n;
    int64_t cap;
};

static void members_clear(struct members *members)
{
    for (int64_t i = 0; i < members->n; i++)
        free(members->all[i].name);
    free(members->all);
    members->all = NULL;
    members->n = members->cap = 0;
}

static int look_at_dataset(const struct pulse_h5_place *place, struct member *m,
                           struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(place, m->name, &d, err);
    m->rank = d.rank;
    m->kind = d.kind;
    memcpy(m->dims, d.dims, sizeof m->dims);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* Soft links are passed over: they may lead through an external link, and what they name within the
 * file is found under its own name. */
static herr_t add_member(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    struct members *members = data;
    H5O_info_t object;
    if (info->type == H5L_TYPE_SOFT)
        return 0;
    if (info->type != H5L_TYPE_HARD)
        return pulse_h5_fail(members->place, name,
                             "an external link, which reads another file; copy the values into one "
                             "file",
                             members->err);
    if (H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        return pulse_h5_fail(members->place, name,
                             "cannot be opened; the file is truncated or corrupted", members->err);
    if (pulse_grow(&members->all, &members->cap, members->n + 1, sizeof *members->all,
                   "HDF5 objects", members->err) != 0)
        return -1;
    struct member *m = &members->all[members->n];
    *m = (struct member){.name = pulse_strdup(name, members->err), .type = object.type};
    if (m->name == NULL)
        return -1;
    members->n++;
    return m->type == H5O_TYPE_DATASET ? look_at_dataset(members->place, m, members->err) : 0;
}

static int list_members(const struct pulse_h5_place *place, struct members *out,
                        struct pulse_err *err)
{
    hsize_t index = 0;
    *out = (struct members){.place = place, .err = err};
    err->kind = PULSE_OK;
    if (H5Literate(place->id, H5_INDEX_NAME, H5_ITER_INC, &index, add_member, out) >= 0)
        return 0;
    if (err->kind == PULSE_OK) /* the library failed and not add_member */
        (void)pulse_h5_fail(place, "", "cannot be listed; the file is truncated or corrupted", err);
    members_clear(out);
    return -1;
}

/* "historical_a (group), b (dataset), …" */
static void describe_members(const struct members *members, char *out, size_t size)
{
    size_t used = 0;
    (void)snprintf(out, size, "nothing");
    for (int64_t i = 0; i < members->n && used + 100 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.48s (%s)", i == 0 ? "" : ", ",
                                 members->all[i].name,
                                 members->all[i].type == H5O_TYPE_GROUP ? "group" : "dataset");
}

/* ---- Frames out of a group ------------------------------------------------------ */

void pulse_h5_layout_clear(struct pulse_h5_layout *layout)
{
    for (int64_t c = 0; c < layout->frame.n; c++)
        free(layout->frame.names[c]);
    for (int64_t c = 0; layout->sources != NULL && c < layout->frame.n; c++)
        free(layout->sources[c].object);
    free(layout->sources);
    free(layout->frame.names);
    free(layout->frame.path);
    free(layout->time);
    free(layout->values);
    *layout = (struct pulse_h5_layout){0};
}

static bool is_vector(const struct member *m, int64_t rows)
{
    return m->type == H5O_TYPE_DATASET && m->rank == 1 && (rows < 0 || m->dims[0] == rows);
}

static bool is_number_kind(H5T_class_t kind)
{
    return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

/* Index of the vector that is called like a time, -1 where there is none. */
static int find_time(const struct pulse_h5_place *place, const struct members *members,
                     int64_t *index, struct pulse_err *err)
{
    char where[PULSE_ERR_TEXT / 4];
    int64_t n = 0;
    *index = -1;
    char **names = pulse_calloc(members->n, sizeof *names, "column names", err);
    if (names == NULL)
        return -1;
    int64_t *positions = pulse_calloc(members->n, sizeof *positions, "column names", err);
    int rc = positions == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++)
        if (is_vector(&members->all[i], -1)) {
            positions[n] = i;
            names[n++] = members->all[i].name;
        }
    (void)snprintf(where, sizeof where, "%s: %s", place->file, place->path);
    if (rc == 0)
        rc = pulse_columns_find_time(where, names, n, index, err);
    if (rc == 0 && *index >= 0)
        *index = positions[*index];
    free(positions);
    free(names);
    return rc;
}

/* Copies strings to names; their number must be `n`. */
static int copy_names(const struct pulse_h5_strings *strings, struct pulse_h5_frame *frame,
                      struct pulse_err *err)
{
    frame->names = pulse_calloc(strings->n, sizeof *frame->names, "column names", err);
    if (frame->names == NULL)
        return -1;
    for (int64_t i = 0; i < strings->n; i++) {
        const char *at;
        size_t length = pulse_h5_string(strings, i, &at);
        char *name = pulse_calloc((int64_t)length + 1, 1, "a column name", err);
        if (name == NULL)
            return -1;
        memcpy(name, at, length);
        frame->names[frame->n++] = name;
    }
    return 0;
}

static bool is_names_name(const char *name)
{
    return strcasecmp(name, "columns") == 0 || strcasecmp(name, "names") == 0 ||
           strcasecmp(name, "variables") == 0;
}

/* A vector of `n` strings beside the matrix: one that is called so, or else the only one. */
static const struct member *find_names(const struct members *members, int64_t n, int64_t time)
{
    const struct member *found = NULL;
    int64_t hits = 0;
    for (int64_t i = 0; i < members->n; i++) {
        const struct member *m = &members->all[i];
        if (i == time || !is_vector(m, n) || m->kind != H5T_STRING)
            continue;
        if (is_names_name(m->name))
            return m;
        found = m;
        hits++;
    }
    return hits == 1 ? found : NULL;
}

/* Names of the matrix's columns: a vector beside it, or an attribute of the matrix or the group. */
static int read_names(const struct pulse_h5_place *place, const struct members *members,
                      const struct member *matrix, int64_t time, struct pulse_h5_frame *frame,
                      struct pulse_err *err)
{
    struct pulse_h5_strings strings = {.type = -1, .space = -1};
    struct pulse_h5_dataset d;
    const int64_t n = matrix->dims[1];
    const struct member *vector = find_names(members, n, time);
    const char *opened = vector != NULL ? vector->name : matrix->name;
    int rc = pulse_h5_dataset_open(place, opened, &d, err);
    if (rc == 0 && vector != NULL)
        rc = pulse_h5_strings_read(place, opened, &d, NULL, 0, n, &strings, err);
    static const char *const attributes[] = {"columns", "names", "variables"};
    for (size_t i = 0; rc == 0 && vector == NULL && strings.n != n && i < 6; i++) {
        pulse_h5_strings_clear(&strings);
        rc = pulse_h5_attribute_read(place, i < 3 ? d.id : place->id, attributes[i % 3], &strings,
                                     err);
    }
    if (rc == 0 && strings.n != n)
        rc = pulse_h5_fail(place, matrix->name,
                           "no names for its columns; put them beside it as a vector of strings "
                           "called 'columns'",
                           err);
    if (rc == 0)
        rc = copy_names(&strings, frame, err);
    pulse_h5_strings_clear(&strings);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* The one matrix with a row per time; NULL where there is none, an error where there are more. */
static int find_matrix(const struct pulse_h5_place *place, const struct members *members,
                       int64_t rows, const struct member **matrix, struct pulse_err *err)
{
    *matrix = NULL;
    for (int64_t i = 0; i < members->n; i++) {
        const struct member *m = &members->all[i];
        if (m->type != H5O_TYPE_DATASET || m->rank != 2 || m->dims[0] != rows ||
            !is_number_kind(m->kind))
            continue;
        if (*matrix != NULL)
            return pulse_h5_fail(place, m->name,
                                 "a second matrix of values beside the first; keep "
                                 "one in a group",
                                 err);
        *matrix = m;
    }
    return 0;
}

static int take_vectors(const struct members *members, int64_t time, int64_t rows,
                        struct pulse_h5_frame *frame, struct pulse_err *err)
{
    frame->names = pulse_calloc(members->n, sizeof *frame->names, "column names", err);
    if (frame->names == NULL)
        return -1;
    for (int64_t i = 0; i < members->n; i++) {
        const struct member *m = &members->all[i];
        if (i == time || !is_vector(m, rows) || !is_number_kind(m->kind))
            continue;
        frame->names[frame->n] = pulse_strdup(m->name, err);
        if (frame->names[frame->n] == NULL)
            return -1;
        frame->n++;
    }
    return 0;
}

/* Makes a frame of a group that has a time vector; `out->time` stays NULL where it has none. */
static int group_frame(const struct pulse_h5_place *place, const struct members *members,
                       struct pulse_h5_layout *out, struct pulse_err *err)
{
    int64_t time;
    const struct member *matrix = NULL;
    *out = (struct pulse_h5_layout){.kind = PULSE_H5_VECTORS};
    if (H5Aexists(place->id, "pandas_type") > 0)
        return pulse_h5_pandas_frame(place, out, err);
    if (find_time(place, members, &time, err) != 0)
        return -1;
    if (time < 0)
        return 0;
    out->frame.rows = members->all[time].dims[0];
    out->frame.path = pulse_strdup(place->path, err);
    out->time = pulse_strdup(members->all[time].name, err);
    int rc = out->frame.path == NULL || out->time == NULL ? -1 : 0;
    if (rc == 0)
        rc = find_matrix(place, members, out->frame.rows, &matrix, err);
    if (rc == 0 && matrix != NULL) {
        out->kind = PULSE_H5_MATRIX;
        out->values = pulse_strdup(matrix->name, err);
        rc = out->values == NULL ? -1 : read_names(place, members, matrix, time, &out->frame, err);
    } else if (rc == 0) {
        rc = take_vectors(members, time, out->frame.rows, &out->frame, err);
    }
    if (rc == 0 && out->frame.n == 0)
        rc =
            pulse_h5_fail(place, out->time, "no numeric dataset of the same length beside it", err);
    if (rc != 0)
        pulse_h5_layout_clear(out);
    return rc;
}

/* ---- Frames out of compounds ---------------------------------------------------- */

/* Adds the type's scalar numbers to the names; the time member's name goes to `time`. */
static int take_compound(const struct pulse_h5_place *place, const char *name, hid_t type,
                         struct pulse_h5_layout *out, struct pulse_err *err)
{
    int members = H5Tget_nmembers(type);
    out->frame.names =
        pulse_calloc(members < 0 ? 0 : members, sizeof *out->frame.names, "column names", err);
    if (out->frame.names == NULL)
        return -1;
    for (unsigned i = 0; (int)i < members; i++) {
        char *member = H5Tget_member_name(type, i);
        H5T_class_t kind = H5Tget_member_class(type, i);
        if (member == NULL)
            return pulse_h5_fail(place, name, "broken data type", err);
        char *copy = NULL;
        bool is_time = pulse_is_time_name(member), second = is_time && out->time != NULL;
        if (is_time || is_number_kind(kind))
            copy = pulse_strdup(member, err);
        bool failed = copy == NULL && (is_time || is_number_kind(kind));
        (void)H5free_memory(member);
        if (failed || second) {
            free(copy);
            return failed ? -1
                          : pulse_h5_fail(place, name, "several members could be the time", err);
        }
        if (is_time)
            out->time = copy;
        else if (copy != NULL)
            out->frame.names[out->frame.n++] = copy;
    }
    return 0;
}

/* Makes a frame of a vector of compounds; `out->time` stays NULL where it is none. */
static int compound_frame(const struct pulse_h5_place *place, const struct member *m,
                          struct pulse_h5_layout *out, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    *out = (struct pulse_h5_layout){.kind = PULSE_H5_COMPOUNDS};
    out->frame.rows = m->dims[0];
    int rc = pulse_h5_dataset_open(place, m->name, &d, err);
    if (rc == 0)
        rc = take_compound(place, m->name, d.type, out, err);
    pulse_h5_dataset_close(&d);
    if (rc == 0 && asprintf(&out->frame.path, "/%s", m->name) < 0) {
        out->frame.path = NULL;
        rc = pulse_fail(err, PULSE_E_MEMORY, "out of memory: a path in %s", place->file);
    }
    if (rc == 0 && out->time != NULL && out->frame.n == 0)
        rc = pulse_h5_fail(place, m->name, "no member is a number", err);
    if (rc != 0 || out->time == NULL)
        pulse_h5_layout_clear(out);
    return rc;
}

/* ---- The whole file ------------------------------------------------------------- */

static int child_frame(const struct pulse_h5_place *root, const struct member *m,
                       struct pulse_h5_layout *out, struct pulse_err *err)
{
    struct members members;
    char *path = NULL;
    *out = (struct pulse_h5_layout){0};
    if (m->type == H5O_TYPE_DATASET)
        return m->kind == H5T_COMPOUND && m->rank == 1 ? compound_frame(root, m, out, err) : 0;
    if (m->type != H5O_TYPE_GROUP)
        return 0;
    hid_t group = H5Gopen2(root->id, m->name, H5P_DEFAULT);
    if (group < 0)
        return pulse_h5_fail(root, m->name, "cannot be opened; the file is truncated or corrupted",
                             err);
    int rc = -1;
    if (asprintf(&path, "/%s", m->name) < 0) {
        path = NULL;
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: a path in %s", root->file);
        goto done;
    }
    struct pulse_h5_place place = {root->file, root->bytes, group, path};
    if (list_members(&place, &members, err) != 0)
        goto done;
    rc = group_frame(&place, &members, out, err);
    members_clear(&members);
done:
    free(path);
    (void)H5Gclose(group);
    return rc;
}

static int find_below(const struct pulse_h5_place *root, const struct members *members,
                      const char *only, struct pulse_h5_layouts *out, struct pulse_err *err)
{
    int64_t cap = 0;
    for (int64_t i = 0; i < members->n; i++) {
        if (only != NULL && strcmp(only + 1, members->all[i].name) != 0)
            continue;
        if (pulse_grow(&out->all, &cap, out->n + 1, sizeof *out->all, "HDF5 frames", err) != 0 ||
            child_frame(root, &members->all[i], &out->all[out->n], err) != 0)
            return -1;
        out->n += out->all[out->n].time != NULL;
    }
    if (out->n > 0)
        return 0;
    char found[PULSE_ERR_TEXT / 2];
    describe_members(members, found, sizeof found);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no time and values were found in it (it holds: %s); expected a group "
                      "with 'timestamp' and 'value', or with 'date', 'values' and 'columns'",
                      root->file, found);
}

int pulse_h5_find_frames(const struct pulse_h5_place *root, const char *only,
                         struct pulse_h5_layouts *out, struct pulse_err *err)
{
    struct members members;
    struct pulse_h5_layout whole = {0};
    *out = (struct pulse_h5_layouts){0};
    if (list_members(root, &members, err) != 0)
        return -1;
    int rc = only == NULL || strcmp(only, "/") == 0 ? group_frame(root, &members, &whole, err) : 0;
    if (rc == 0 && whole.time != NULL) {
        out->all = pulse_calloc(1, sizeof *out->all, "HDF5 frames", err);
        if (out->all != NULL)
            out->all[out->n++] = whole;
        else
            pulse_h5_layout_clear(&whole);
        rc = out->all == NULL ? -1 : 0;
    } else if (rc == 0) {
        rc = find_below(root, &members, only, out, err);
    }
    members_clear(&members);
    if (rc != 0)
        pulse_h5_layouts_clear(out);
    return rc;
}

void pulse_h5_layouts_clear(struct pulse_h5_layouts *layouts)
{
    for (int64_t i = 0; i < layouts->n; i++)
        pulse_h5_layout_clear(&layouts->all[i]);
    free(layouts->all);
    *layouts = (struct pulse_h5_layouts){0};
}
