#include "data/hdf5/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/common/columns.h"

bool pulse_h5_is_number_kind(H5T_class_t kind)
{
    return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

/* The only vector of numbers that its units call a time, as CF does, whatever its name; −1 where
 * there is none, or several. The axes of results, which groups share, are no times of tables. */
static int64_t find_only_instants(const struct pulse_h5_location *location,
                                  const struct pulse_h5_members *members)
{
    int64_t found = -1, n = 0;
    if (H5Lexists(location->id, "/calendar", H5P_DEFAULT) > 0 &&
        H5Lexists(location->id, "/variables", H5P_DEFAULT) > 0)
        return -1;
    for (int64_t i = 0; i < members->n; i++)
        if (members->all[i].instants && pulse_h5_member_is_vector(&members->all[i], -1)) {
            found = i;
            n++;
        }
    return n == 1 ? found : -1;
}

int pulse_h5_find_time(const struct pulse_h5_location *location,
                       const struct pulse_h5_members *members, int64_t *index,
                       struct pulse_err *err)
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
        if (pulse_h5_member_is_vector(&members->all[i], -1)) {
            positions[n] = i;
            names[n++] = members->all[i].name;
        }
    (void)snprintf(where, sizeof where, "%s: %s", location->file, location->path);
    if (rc == 0 && location->time == NULL)
        rc = pulse_columns_find_time(where, names, n, index, err);
    const int64_t instants = find_only_instants(location, members);
    if (rc == 0 && location->time == NULL && *index < 0 && instants < 0)
        *index = pulse_columns_find_year(names, n);
    for (int64_t i = 0; rc == 0 && location->time != NULL && i < n; i++)
        if (strcmp(names[i], location->time) == 0)
            *index = i;
    if (rc == 0 && *index >= 0)
        *index = positions[*index];
    else if (rc == 0 && location->time == NULL)
        *index = instants;
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

/* Whether names are there, if only too many or too few of them. */
static bool has_names(const struct pulse_h5_members *members)
{
    for (int64_t i = 0; i < members->n; i++)
        if (is_names_name(members->all[i].name) && members->all[i].type == H5O_TYPE_DATASET)
            return true;
    return false;
}

/* c0, c1, … */
static int number_names(int64_t n, struct pulse_h5_frame *frame, struct pulse_err *err)
{
    frame->names = pulse_calloc(n, sizeof *frame->names, "column names", err);
    for (; frame->names != NULL && frame->n < n; frame->n++) {
        frame->names[frame->n] = pulse_print(err, "c%lld", (long long)frame->n);
        if (frame->names[frame->n] == NULL)
            return -1;
    }
    return frame->names == NULL ? -1 : 0;
}

const struct pulse_h5_member *pulse_h5_find_names(const struct pulse_h5_members *members, int64_t n,
                                                  int64_t time)
{
    const struct pulse_h5_member *found = NULL;
    int64_t hits = 0;
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (i == time || !pulse_h5_member_is_vector(m, n) || m->kind != H5T_STRING)
            continue;
        if (is_names_name(m->name))
            return m;
        found = m;
        hits++;
    }
    return hits == 1 ? found : NULL;
}

int pulse_h5_names_read(const struct pulse_h5_location *location,
                        const struct pulse_h5_members *members,
                        const struct pulse_h5_member *matrix, bool across, int64_t time,
                        struct pulse_h5_frame *frame, struct pulse_err *err)
{
    struct pulse_h5_strings strings = {.type = -1, .space = -1};
    struct pulse_h5_dataset d;
    const int64_t n = pulse_h5_matrix_columns(matrix, across);
    const struct pulse_h5_member *vector = pulse_h5_find_names(members, n, time);
    const char *opened = vector != NULL ? vector->name : matrix->name;
    int rc = pulse_h5_dataset_open(location, opened, &d, err);
    if (rc == 0 && vector != NULL)
        rc = pulse_h5_strings_read(location, opened, &d, NULL, 0, n, &strings, err);
    static const char *const attributes[] = {"columns", "names", "variables"};
    for (size_t i = 0; rc == 0 && vector == NULL && strings.n != n && i < 6; i++) {
        pulse_h5_strings_clear(&strings);
        rc = pulse_h5_attribute_read(location, i < 3 ? d.id : location->id, attributes[i % 3],
                                     &strings, err);
    }
    if (rc == 0 && strings.n == 0 && !has_names(members))
        rc = number_names(n, frame, err);
    else if (rc == 0 && strings.n != n)
        rc = pulse_h5_fail(location, matrix->name,
                           "more or fewer names than columns; put as many beside it as a vector of "
                           "strings called 'columns'",
                           err);
    else if (rc == 0)
        rc = copy_names(&strings, frame, err);
    pulse_h5_strings_clear(&strings);
    pulse_h5_dataset_close(&d);
    return rc;
}

int pulse_h5_names_of_axis(const struct pulse_h5_location *location, struct pulse_h5_frame *frame,
                           struct pulse_err *err)
{
    struct pulse_h5_strings strings = {.type = -1, .space = -1};
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(location, "variables", &d, err);
    if (rc == 0)
        rc = pulse_h5_strings_read(location, "variables", &d, NULL, 0, d.dims[0], &strings, err);
    if (rc == 0)
        rc = copy_names(&strings, frame, err);
    pulse_h5_strings_clear(&strings);
    pulse_h5_dataset_close(&d);
    return rc;
}

int64_t pulse_h5_matrix_columns(const struct pulse_h5_member *matrix, bool across)
{
    return matrix->dims[across ? 0 : 1];
}

/* The one matrix with so many rows, or columns, as `axis` says. */
static int find_sized(const struct pulse_h5_location *location,
                      const struct pulse_h5_members *members, int axis, int64_t size,
                      const struct pulse_h5_member **matrix, struct pulse_err *err)
{
    *matrix = NULL;
    for (int64_t i = 0; i < members->n; i++) {
        const struct pulse_h5_member *m = &members->all[i];
        if (m->type != H5O_TYPE_DATASET || m->rank != 2 || m->dims[axis] != size || m->is_bounds ||
            !pulse_h5_is_number_kind(m->kind))
            continue;
        if (*matrix != NULL)
            return pulse_h5_fail(location, m->name,
                                 "a second matrix of values beside the first; keep "
                                 "one in a group",
                                 err);
        *matrix = m;
    }
    return 0;
}

static bool is_string(const struct pulse_h5_strings *strings, int64_t i, const char *text)
{
    const char *at;
    const size_t length = pulse_h5_string(strings, i, &at);
    return length == strlen(text) && memcmp(at, text, length) == 0;
}

/* Which way round a square matrix lies, by its attribute `axes`. */
static int read_axes(const struct pulse_h5_location *location, const char *name, const char *time,
                     bool *across, struct pulse_err *err)
{
    struct pulse_h5_strings axes = {.type = -1, .space = -1};
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(location, name, &d, err);
    if (rc == 0)
        rc = pulse_h5_attribute_read(location, d.id, "axes", &axes, err);
    const bool said =
        rc == 0 && axes.n == 2 && is_string(&axes, 0, time) != is_string(&axes, 1, time);
    if (said)
        *across = is_string(&axes, 1, time);
    else if (rc == 0)
        rc = pulse_h5_fail(location, name,
                           "a square matrix, of which rows or columns may be dates; give it an "
                           "attribute 'axes' that names the vectors of its rows and of its "
                           "columns: ['dates', 'names']",
                           err);
    pulse_h5_strings_clear(&axes);
    pulse_h5_dataset_close(&d);
    return rc;
}

int pulse_h5_find_matrix(const struct pulse_h5_location *location,
                         const struct pulse_h5_members *members, int64_t time, int64_t rows,
                         const struct pulse_h5_member **matrix, bool *across, struct pulse_err *err)
{
    *across = false;
    if (find_sized(location, members, 0, rows, matrix, err) != 0)
        return -1;
    if (*matrix == NULL && time >= 0) {
        *across = true;
        return find_sized(location, members, 1, rows, matrix, err);
    }
    return *matrix != NULL && time >= 0 && rows > 1 && (*matrix)->dims[1] == rows
               ? read_axes(location, (*matrix)->name, members->all[time].name, across, err)
               : 0;
}
