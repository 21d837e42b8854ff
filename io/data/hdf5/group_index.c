#include "data/hdf5/group_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/time.h"

/* ---- One group ------------------------------------------------------------------ */

struct listing {
    const struct pulse_h5_location *location;
    struct pulse_h5_members *members;
    struct pulse_err *err;
};

void pulse_h5_members_clear(struct pulse_h5_members *members)
{
    for (int64_t i = 0; i < members->n; i++) {
        free(members->all[i].name);
        free(members->all[i].bounds);
    }
    free(members->all);
    *members = (struct pulse_h5_members){0};
}

/* The name that the attribute of an axis has. */
static int note_bounds(const struct pulse_h5_location *location, hid_t dataset,
                       struct pulse_h5_member *m, struct pulse_err *err)
{
    char name[128];
    if (pulse_h5_attribute_text(location, dataset, "bounds", sizeof name, name, err) != 0)
        return -1;
    m->bounds = name[0] == '\0' ? NULL : pulse_strdup(name, err);
    return name[0] == '\0' || m->bounds != NULL ? 0 : -1;
}

/* time_bnds or time_bounds of time, where the attribute is lost. */
static bool is_called_bounds(const char *name, const char *axis)
{
    const size_t length = strlen(axis);
    return strncmp(name, axis, length) == 0 &&
           (strcmp(name + length, "_bnds") == 0 || strcmp(name + length, "_bounds") == 0);
}

static void mark_bounds(struct pulse_h5_members *members)
{
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *axis = &members->all[i];
        for (int64_t k = 0; axis->instants && k < members->n; k++) {
            struct pulse_h5_member *m = &members->all[k];
            m->is_bounds |= axis->bounds != NULL ? strcmp(m->name, axis->bounds) == 0
                                                 : is_called_bounds(m->name, axis->name);
        }
    }
}

/* Whether it only says how long a dimension of netCDF is: its zeros were never written. */
static int note_dimension(const struct pulse_h5_location *location, hid_t dataset,
                          bool *is_dimension, struct pulse_err *err)
{
    static const char none[] = "This is a netCDF dimension but not a netCDF variable";
    char name[sizeof none];
    if (pulse_h5_attribute_text(location, dataset, "NAME", sizeof name, name, err) != 0)
        return -1;
    *is_dimension = strcmp(name, none) == 0;
    return 0;
}

static int look_at_dataset(const struct pulse_h5_location *location, struct pulse_h5_member *m,
                           bool *is_dimension, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(location, m->name, &d, err);
    m->rank = d.rank;
    m->kind = d.kind;
    memcpy(m->dims, d.dims, sizeof m->dims);
    if (rc == 0 && (d.kind == H5T_INTEGER || d.kind == H5T_FLOAT))
        rc = pulse_h5_counts_time(location, d.id, &m->instants, err);
    m->instants = m->instants || d.kind == H5T_TIME;
    if (rc == 0 && m->instants)
        rc = note_bounds(location, d.id, m, err);
    if (rc == 0)
        rc = note_dimension(location, d.id, is_dimension, err);
    pulse_h5_dataset_close(&d);
    return rc;
}

static herr_t add_member(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    struct listing *listing = data;
    struct pulse_h5_members *members = listing->members;
    struct pulse_err *err = listing->err;
    H5O_info_t object;
    if (info->type == H5L_TYPE_SOFT)
        return 0;
    if (info->type == H5L_TYPE_EXTERNAL)
        return pulse_h5_fail(listing->location, name,
                             "an external link, which reads another file; copy the values into one "
                             "file",
                             err);
    if (info->type != H5L_TYPE_HARD)
        return pulse_h5_fail(listing->location, name,
                             "a user-defined link, which may read anything; copy the values into "
                             "the file",
                             err);
    if (H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        return pulse_h5_fail(listing->location, name,
                             "cannot be opened; the file is truncated or corrupted", err);
    if (pulse_grow(&members->all, &members->cap, members->n + 1, sizeof *members->all,
                   "HDF5 objects", err) != 0)
        return -1;
    struct pulse_h5_member *m = &members->all[members->n];
    *m = (struct pulse_h5_member){
        .name = pulse_strdup(name, err), .type = object.type, .address = object.addr};
    if (m->name == NULL)
        return -1;
    members->n++;
    bool is_dimension = false;
    if (m->type == H5O_TYPE_DATASET &&
        look_at_dataset(listing->location, m, &is_dimension, err) != 0)
        return -1;
    if (is_dimension) {
        free(m->name);
        free(m->bounds);
        members->n--;
    }
    return 0;
}

/* Whether a group remembers the order in which its members were made. */
static bool is_ordered(hid_t file_or_group)
{
    unsigned order = 0;
    hid_t group = H5Gopen2(file_or_group, ".", H5P_DEFAULT);
    hid_t plist = group < 0 ? -1 : H5Gget_create_plist(group);
    if (plist >= 0) {
        if (H5Pget_link_creation_order(plist, &order) < 0)
            order = 0;
        (void)H5Pclose(plist);
    }
    if (group >= 0)
        (void)H5Gclose(group);
    return (order & H5P_CRT_ORDER_INDEXED) != 0;
}

int pulse_h5_members_list(const struct pulse_h5_location *location, struct pulse_h5_members *out,
                          struct pulse_err *err)
{
    struct listing listing = {location, out, err};
    const H5_index_t order = is_ordered(location->id) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    hsize_t index = 0;
    *out = (struct pulse_h5_members){0};
    err->kind = PULSE_OK;
    if (H5Literate(location->id, order, H5_ITER_INC, &index, add_member, &listing) >= 0) {
        mark_bounds(out);
        return 0;
    }
    if (err->kind == PULSE_OK) /* the library failed and not add_member */
        (void)pulse_h5_fail(location, "", "cannot be listed; the file is truncated or corrupted",
                            err);
    return -1;
}

void pulse_h5_members_describe(const struct pulse_h5_members *members, char *out, size_t size)
{
    size_t used = 0;
    (void)snprintf(out, size, "nothing");
    for (int64_t i = 0; i < members->n && used + 100 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.48s (%s)", i == 0 ? "" : ", ",
                                 members->all[i].name,
                                 members->all[i].type == H5O_TYPE_GROUP ? "group" : "dataset");
}

struct pulse_h5_axes pulse_h5_find_axes(const struct pulse_h5_members *members)
{
    struct pulse_h5_axes axes = {0};
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (!pulse_h5_member_is_vector(m, -1))
            continue;
        if (strcmp(m->name, "calendar") == 0 && m->instants)
            axes.rows = m->dims[0];
        if (strcmp(m->name, "variables") == 0 && m->kind == H5T_STRING)
            axes.columns = m->dims[0];
    }
    return axes.rows > 0 && axes.columns > 0 ? axes : (struct pulse_h5_axes){0};
}

bool pulse_h5_member_is_over(const struct pulse_h5_member *member, const struct pulse_h5_axes *axes)
{
    return member->type == H5O_TYPE_DATASET && member->rank == 2 && axes->rows > 0 &&
           member->dims[0] == axes->rows && member->dims[1] == axes->columns &&
           (member->kind == H5T_INTEGER || member->kind == H5T_FLOAT);
}

bool pulse_h5_member_is_vector(const struct pulse_h5_member *member, int64_t rows)
{
    return member->type == H5O_TYPE_DATASET && member->rank == 1 &&
           (rows < 0 || member->dims[0] == rows);
}

/* ---- All groups ----------------------------------------------------------------- */

enum { DEPTH_MOST = 16, GROUPS_MOST = 10000 };

struct walk {
    pulse_h5_visit *visit;
    void *data;
    struct pulse_err *err;
    int64_t groups;
    int depth;
    haddr_t above[DEPTH_MOST]; /* the groups we are in */
};

/* Whether we are in that group: hard links can make circles. */
static bool is_above(const struct walk *walk, haddr_t address)
{
    for (int i = 0; i < walk->depth; i++)
        if (walk->above[i] == address)
            return true;
    return false;
}

static int walk_group(struct walk *walk, const struct pulse_h5_location *location);

static int walk_below(struct walk *walk, const struct pulse_h5_location *location,
                      const struct pulse_h5_member *m)
{
    if (m->type != H5O_TYPE_GROUP || strncmp(m->name, "_i_", 3) == 0 || is_above(walk, m->address))
        return 0;
    if (walk->depth == DEPTH_MOST)
        return pulse_h5_fail(location, m->name, "groups more than 16 deep", walk->err);
    const char *slash = strcmp(location->path, "/") == 0 ? "" : "/";
    char *path = pulse_print(walk->err, "%s%s%s", location->path, slash, m->name);
    if (path == NULL)
        return -1;
    struct pulse_h5_location below = *location;
    below.path = path;
    below.id = H5Gopen2(location->id, m->name, H5P_DEFAULT);
    int rc = 0;
    if (below.id < 0)
        rc = pulse_h5_fail(location, m->name,
                           "cannot be opened; the file is truncated or corrupted", walk->err);
    walk->above[walk->depth++] = m->address;
    if (rc == 0)
        rc = walk_group(walk, &below);
    walk->depth--;
    if (below.id >= 0)
        (void)H5Gclose(below.id);
    free(path);
    return rc;
}

static int walk_group(struct walk *walk, const struct pulse_h5_location *location)
{
    struct pulse_h5_members members;
    if (walk->groups++ == GROUPS_MOST)
        return pulse_h5_fail(location, "", "more than 10,000 groups", walk->err);
    int rc = pulse_h5_members_list(location, &members, walk->err);
    if (rc == 0)
        rc = walk->visit(walk->data, location, &members, walk->err);
    for (int64_t i = 0; rc == 0 && i < members.n; i++)
        rc = walk_below(walk, location, &members.all[i]);
    pulse_h5_members_clear(&members);
    return rc < 0 ? -1 : 0;
}

int pulse_h5_walk(const struct pulse_h5_location *root, pulse_h5_visit *visit, void *data,
                  struct pulse_err *err)
{
    struct walk walk = {.visit = visit, .data = data, .err = err};
    return walk_group(&walk, root);
}
