#include "data/hdf5/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/hdf5/cf/stored_time.h"
#include "data/hdf5/group_index.h"
#include "data/hdf5/pandas.h"
#include "data/hdf5/time.h"

/* ---- Frames out of a group ------------------------------------------------------ */

static int take_vectors(const struct pulse_h5_members *members, int64_t time, int64_t rows,
                        struct pulse_h5_frame *frame, struct pulse_err *err)
{
    frame->names = pulse_calloc(members->n, sizeof *frame->names, "column names", err);
    if (frame->names == NULL)
        return -1;
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (i == time || m->instants || !pulse_h5_member_is_vector(m, rows) ||
            !pulse_h5_is_number_kind(m->kind))
            continue;
        frame->names[frame->n] = pulse_strdup(m->name, err);
        if (frame->names[frame->n] == NULL)
            return -1;
        frame->n++;
    }
    return 0;
}

/* Groups whose names begin so are what programs keep for themselves. */
bool pulse_h5_member_is_beside(const struct pulse_h5_member *member)
{
    return member->type == H5O_TYPE_DATASET ||
           (member->type == H5O_TYPE_GROUP && member->name[0] != '#' && member->name[0] != '_');
}

/* Whether a group holds anything beside times and numbers, or beside a matrix of them. */
static bool has_more(const struct pulse_h5_members *members, int64_t time,
                     const struct pulse_h5_member *matrix, int64_t rows)
{
    bool more = false;
    for (int64_t i = 0; !more && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        const bool plain =
            pulse_h5_member_is_vector(m, rows) && pulse_h5_is_number_kind(m->kind) && !m->instants;
        more =
            i != time && m != matrix && pulse_h5_member_is_beside(m) && (matrix != NULL || !plain);
    }
    return more;
}

/* The zone that the vector of times names. */
static int take_zone(const struct pulse_h5_location *location, const char *time,
                     struct pulse_h5_frame *frame, struct pulse_err *err)
{
    char zone[PULSE_PICKLE_ZONE_NAME] = "";
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(location, time, &d, err);
    if (rc == 0)
        rc = pulse_h5_time_zone(location, d.id, zone, err);
    if (rc == 0 && zone[0] != '\0') {
        frame->zone = pulse_strdup(zone, err);
        rc = frame->zone == NULL ? -1 : 0;
    }
    pulse_h5_dataset_close(&d);
    return rc;
}

/* Makes a frame of a group that has a time vector; `out->time` stays NULL where it has none. */
static int group_frame(const struct pulse_h5_location *location,
                       const struct pulse_h5_members *members, struct pulse_h5_layout *out,
                       struct pulse_err *err)
{
    int64_t time;
    const struct pulse_h5_member *matrix = NULL;
    *out = (struct pulse_h5_layout){.kind = PULSE_H5_VECTORS};
    if (H5Aexists(location->id, "pandas_type") > 0)
        return pulse_h5_pandas_frame(location, out, err);
    if (pulse_h5_find_time(location, members, &time, err) != 0)
        return -1;
    if (time < 0)
        return 0;
    out->frame.rows = members->all[time].dims[0];
    out->frame.path = pulse_strdup(location->path, err);
    out->time = pulse_strdup(members->all[time].name, err);
    int rc = out->frame.path == NULL || out->time == NULL ? -1 : 0;
    if (rc == 0)
        rc = take_zone(location, out->time, &out->frame, err);
    if (rc == 0)
        rc = pulse_h5_find_matrix(location, members, time, out->frame.rows, &matrix, &out->across,
                                  err);
    if (rc == 0 && matrix != NULL) {
        out->kind = PULSE_H5_MATRIX;
        out->values = pulse_strdup(matrix->name, err);
        rc = out->values == NULL ? -1
                                 : pulse_h5_names_read(location, members, matrix, out->across, time,
                                                       &out->frame, err);
    } else if (rc == 0) {
        rc = take_vectors(members, time, out->frame.rows, &out->frame, err);
    }
    out->more = has_more(members, time, matrix, out->frame.rows);
    if (rc == 0 && out->frame.n == 0 && !out->more)
        rc = pulse_h5_fail(location, out->time, "no numeric dataset of the same length beside it",
                           err);
    if (rc != 0)
        pulse_h5_layout_clear(out);
    return rc;
}

/* ---- Frames out of compounds ---------------------------------------------------- */

/* The only member of a type of times; −1 where there is none, or several. */
static int64_t find_only_time(hid_t type, int64_t n)
{
    int64_t found = -1, times = 0;
    for (int64_t i = 0; i < n; i++) {
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        if (member >= 0 && pulse_h5_stored_time_unit(member) > 0) {
            found = i;
            times++;
        }
        if (member >= 0)
            (void)H5Tclose(member);
    }
    return times == 1 ? found : -1;
}

/* Position of the time among the names of a compound's members, −1 where none is called so or of
 * such a type. */
static int find_time_member(const struct pulse_h5_location *location, const char *name, hid_t type,
                            char *const *members, int64_t n, int64_t *time, struct pulse_err *err)
{
    char where[PULSE_ERR_TEXT / 4];
    (void)snprintf(where, sizeof where, "%s: /%s", location->file, name);
    *time = -1;
    if (location->time == NULL) {
        int rc = pulse_columns_find_time(where, members, n, time, err);
        if (rc == 0 && *time < 0)
            *time = find_only_time(type, n);
        return rc;
    }
    for (int64_t i = 0; i < n; i++)
        if (members[i] != NULL && strcmp(members[i], location->time) == 0)
            *time = i;
    return 0;
}

/* The scalar numbers among `n` members of the type go to the names, the time's name to `time`. */
static int take_members(hid_t type, char *const *members, int64_t n, int64_t time,
                        struct pulse_h5_layout *out, struct pulse_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        const bool number = pulse_h5_is_number_kind(H5Tget_member_class(type, (unsigned)i));
        out->more |= i != time && !number;
        if (i != time && !number)
            continue;
        char *copy = pulse_strdup(members[i], err);
        if (copy == NULL)
            return -1;
        if (i == time)
            out->time = copy;
        else
            out->frame.names[out->frame.n++] = copy;
    }
    return 0;
}

static int take_compound(const struct pulse_h5_location *location, const char *name, hid_t type,
                         struct pulse_h5_layout *out, struct pulse_err *err)
{
    const int count = H5Tget_nmembers(type);
    int64_t n = 0, time = -1;
    char **members = pulse_calloc(count < 0 ? 0 : count, sizeof *members, "column names", err);
    out->frame.names =
        pulse_calloc(count < 0 ? 0 : count, sizeof *out->frame.names, "column names", err);
    int rc = members == NULL || out->frame.names == NULL ? -1 : 0;
    for (; rc == 0 && n < count; n++) {
        members[n] = H5Tget_member_name(type, (unsigned)n);
        if (members[n] == NULL)
            rc = pulse_h5_fail(location, name, "broken data type", err);
    }
    if (rc == 0)
        rc = find_time_member(location, name, type, members, n, &time, err);
    if (rc == 0)
        rc = take_members(type, members, n, time, out, err);
    for (int64_t i = 0; members != NULL && i < n; i++)
        if (members[i] != NULL)
            (void)H5free_memory(members[i]);
    free(members);
    return rc;
}

/* Makes a frame of a vector of compounds; `out->time` stays NULL where it is none. */
static int compound_frame(const struct pulse_h5_location *root, const struct pulse_h5_member *m,
                          const char *path, struct pulse_h5_layout *out, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    *out = (struct pulse_h5_layout){.kind = PULSE_H5_COMPOUNDS};
    out->frame.rows = m->dims[0];
    int rc = pulse_h5_dataset_open(root, path + 1, &d, err);
    if (rc == 0)
        rc = take_compound(root, path + 1, d.type, out, err);
    pulse_h5_dataset_close(&d);
    if (rc == 0) {
        out->frame.path = pulse_strdup(path, err);
        rc = out->frame.path == NULL ? -1 : 0;
    }
    if (rc == 0 && out->time != NULL && out->frame.n == 0 && !out->more)
        rc = pulse_h5_fail(root, path + 1, "no member is a number", err);
    if (rc != 0 || out->time == NULL)
        pulse_h5_layout_clear(out);
    return rc;
}

/* ---- The whole file ------------------------------------------------------------- */

/* What is looked for, and what was found so far. */
struct search {
    const struct pulse_h5_location *root;
    const char *only;
    struct pulse_h5_layouts *out;
    int64_t cap;
    char held[PULSE_ERR_TEXT / 2]; /* by the root group, for a message */
    struct pulse_h5_axes axes;     /* of the root group */
    char **matrices;               /* over those axes, by path */
    int64_t n_matrices, matrices_cap;
};

static bool is_wanted(const struct search *search, const char *path)
{
    return search->only == NULL || strcmp(search->only, path) == 0;
}

/* Keeps a layout that is a frame. */
static int keep_layout(struct search *search, struct pulse_h5_layout *layout, struct pulse_err *err)
{
    if (layout->time == NULL)
        return 0;
    if (pulse_grow(&search->out->all, &search->cap, search->out->n + 1, sizeof *search->out->all,
                   "HDF5 frames", err) != 0) {
        pulse_h5_layout_clear(layout);
        return -1;
    }
    search->out->all[search->out->n++] = *layout;
    return 0;
}

static int find_compounds(struct search *search, const struct pulse_h5_location *location,
                          const struct pulse_h5_members *members, struct pulse_err *err)
{
    const char *slash = strcmp(location->path, "/") == 0 ? "" : "/";
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        struct pulse_h5_layout layout = {0};
        if (!pulse_h5_member_is_vector(m, -1) || m->kind != H5T_COMPOUND)
            continue;
        char *path = pulse_print(err, "%s%s%s", location->path, slash, m->name);
        rc = path == NULL ? -1 : 0;
        if (rc == 0 && is_wanted(search, path))
            rc = compound_frame(search->root, m, path, &layout, err);
        if (rc == 0)
            rc = keep_layout(search, &layout, err);
        free(path);
    }
    return rc;
}

static int note_matrix(struct search *search, const char *path, struct pulse_err *err)
{
    if (pulse_grow(&search->matrices, &search->matrices_cap, search->n_matrices + 1,
                   sizeof *search->matrices, "HDF5 matrices", err) != 0)
        return -1;
    search->matrices[search->n_matrices] = pulse_strdup(path, err);
    return search->matrices[search->n_matrices++] == NULL ? -1 : 0;
}

/* A matrix of results, where just this one is wanted: days and names are those of the root group.
 */
static int find_results(struct search *search, const struct pulse_h5_location *location,
                        const struct pulse_h5_members *members, struct pulse_err *err)
{
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < members->n; i++) {
        struct pulse_h5_layout layout = {.kind = PULSE_H5_MATRIX, .at_root = true};
        if (!pulse_h5_member_is_over(&members->all[i], &search->axes))
            continue;
        layout.frame.path = pulse_print(err, "%s/%s", location->path, members->all[i].name);
        layout.frame.rows = search->axes.rows;
        rc = layout.frame.path == NULL ? -1 : note_matrix(search, layout.frame.path, err);
        if (rc == 0 && search->only != NULL && is_wanted(search, layout.frame.path)) {
            layout.time = pulse_strdup("calendar", err);
            layout.values = pulse_strdup(layout.frame.path + 1, err);
            rc = layout.time == NULL || layout.values == NULL
                     ? -1
                     : pulse_h5_names_of_axis(search->root, &layout.frame, err);
        }
        if (rc != 0 || layout.time == NULL)
            pulse_h5_layout_clear(&layout);
        else
            rc = keep_layout(search, &layout, err);
    }
    return rc;
}

static int visit_group(void *data, const struct pulse_h5_location *location,
                       const struct pulse_h5_members *members, struct pulse_err *err)
{
    struct search *search = data;
    struct pulse_h5_layout layout = {0};
    if (search->held[0] == '\0') {
        pulse_h5_members_describe(members, search->held, sizeof search->held);
        search->axes = pulse_h5_find_axes(members);
    }
    if (is_wanted(search, location->path) && group_frame(location, members, &layout, err) != 0)
        return -1;
    const bool frame = layout.time != NULL;
    if (keep_layout(search, &layout, err) != 0)
        return -1;
    if (frame || H5Aexists(location->id, "pandas_type") > 0)
        return 1;
    return find_compounds(search, location, members, err) == 0
               ? find_results(search, location, members, err)
               : -1;
}

/* Names of variables go where nothing but UTF-8 may stand. */
static int check_names(const struct pulse_h5_location *root, const struct pulse_h5_layouts *layouts,
                       struct pulse_err *err)
{
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < layouts->n; i++) {
        const struct pulse_h5_frame *frame = &layouts->all[i].frame;
        rc = pulse_h5_check_text(root, frame->path + 1, frame->path, err);
        for (int64_t c = 0; rc == 0 && c < frame->n; c++)
            rc = pulse_h5_check_text(root, frame->path + 1, frame->names[c], err);
    }
    return rc;
}

int pulse_h5_find_frames(const struct pulse_h5_location *root, const char *only,
                         struct pulse_h5_layouts *out, struct pulse_err *err)
{
    struct search search = {.root = root, .only = only, .out = out};
    char list[PULSE_COLUMNS_TEXT];
    *out = (struct pulse_h5_layouts){0};
    int rc = pulse_h5_walk(root, visit_group, &search, err);
    if (rc == 0 && out->n == 0 && search.n_matrices > 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: results of a run; name a matrix as %s#%s (%s)",
                        root->file, root->file, search.matrices[0],
                        pulse_columns_list(search.matrices, search.n_matrices, list));
    else if (rc == 0 && out->n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT,
                        "%s: no time%s%s and values were found in %s (it holds: %s); expected a "
                        "group with 'timestamp' and 'value', or with 'date', 'values' and "
                        "'columns'; see --time",
                        root->file, root->time == NULL ? "" : " ",
                        root->time == NULL ? "" : root->time, only == NULL ? "it" : only,
                        search.held);
    if (rc == 0)
        rc = check_names(root, out, err);
    for (int64_t i = 0; i < search.n_matrices; i++)
        free(search.matrices[i]);
    free(search.matrices);
    if (rc != 0)
        pulse_h5_layouts_clear(out);
    return rc;
}
