#include "data/hdf5/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/hdf5/cf/stored_time.h"
#include "data/hdf5/guard/driver.h"

enum {
    DEFLATE_MOST = 1032,       /* no deflate stream expands further than this */
    ALWAYS_ALLOWED = 64 << 20, /* bytes that a dataset may have whatever the file's size: parts
                                  that were never written are not stored */
    LONGEST_STRING = 64 << 10,
};

/* ---- Messages -----------------------------------------------------------------------------------
 */

/* The innermost entry of the library's error stack says what really happened. */
static herr_t keep_first(unsigned n, const H5E_error2_t *entry, void *text)
{
    if (n == 0 && entry->desc != NULL)
        (void)snprintf(text, 128, " (HDF5: %s)", entry->desc);
    return 0;
}

int pulse_h5_fail(const struct pulse_h5_location *location, const char *name, const char *what,
                  struct pulse_err *err)
{
    char library[128] = "";
    if (pulse_h5_driver_failed(err)) /* the store knows better what went wrong */
        return -1;
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, library);
    (void)H5Eclear2(H5E_DEFAULT);
    bool root = strcmp(location->path, "/") == 0;
    return pulse_fail(err, PULSE_E_INPUT, "%s: %s%s%s: %s%s", location->file,
                      root ? "" : location->path, name[0] == '\0' && !root ? "" : "/", name, what,
                      library);
}

int pulse_h5_check_text(const struct pulse_h5_location *location, const char *name,
                        const char *text, struct pulse_err *err)
{
    char what[240];
    (void)snprintf(
        what, sizeof what,
        "the name '%.60s' is no UTF-8 text; write it as UTF-8: with h5py f.move(OLD, NEW) "
        "of objects, names.decode('latin-1') of names in a dataset",
        text);
    return pulse_utf8_valid(text) ? 0 : pulse_h5_fail(location, name, what, err);
}

/* ---- Opening ------------------------------------------------------------------------------------
 */

static int check_filters(const struct pulse_h5_location *location, const char *name, hid_t plist,
                         struct pulse_err *err)
{
    int filters = H5Pget_nfilters(plist);
    for (int i = 0; i < filters; i++) {
        char filter[64] = "", what[160];
        size_t values = 0;
        unsigned flags, config;
        H5Z_filter_t id = H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, sizeof filter,
                                         filter, &config);
        if (id < 0)
            return pulse_h5_fail(location, name, "broken filter list", err);
        if (id <= H5Z_FILTER_SCALEOFFSET && H5Zfilter_avail(id) > 0)
            continue;
        (void)snprintf(what, sizeof what,
                       "compressed with filter %d (%s), which is none of HDF5's own; "
                       "write it with gzip",
                       (int)id, filter);
        return pulse_h5_fail(location, name, what, err);
    }
    return 0;
}

/* Elements × size, or -1 when that is beyond 2^62. */
static int64_t volume(const hsize_t *sizes, int rank, size_t element)
{
    uint64_t v = element;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(v, (uint64_t)sizes[i], &v) || v > (uint64_t)INT64_MAX / 2)
            return -1;
    return (int64_t)v;
}

static int check_size(const struct pulse_h5_location *location, const char *name, int64_t bytes,
                      struct pulse_err *err)
{
    int64_t most;
    if (__builtin_mul_overflow(location->bytes, DEFLATE_MOST, &most) || most > INT64_MAX / 2)
        most = INT64_MAX / 2;
    if (bytes >= 0 && bytes <= most + ALWAYS_ALLOWED)
        return 0;
    return pulse_h5_fail(location, name, "larger than the file can hold; the file is corrupted",
                         err);
}

static int check_layout(const struct pulse_h5_location *location, const char *name, hid_t plist,
                        struct pulse_h5_dataset *d, struct pulse_err *err)
{
    hsize_t chunk[H5S_MAX_RANK];
    H5D_layout_t layout = H5Pget_layout(plist);
    if (layout == H5D_VIRTUAL)
        return pulse_h5_fail(location, name,
                             "a virtual dataset, which reads other files; copy the "
                             "values into one file",
                             err);
    if (H5Pget_external_count(plist) != 0)
        return pulse_h5_fail(location, name,
                             "stored in external files; copy the values into one file", err);
    if (check_filters(location, name, plist, err) != 0)
        return -1;
    if (layout != H5D_CHUNKED)
        return 0;
    int rank = H5Pget_chunk(plist, H5S_MAX_RANK, chunk);
    if (rank < 0 || rank != d->rank)
        return pulse_h5_fail(location, name, "broken chunk sizes", err);
    if (check_size(location, name, volume(chunk, rank, H5Tget_size(d->type)), err) != 0)
        return -1;
    d->chunked = true;
    for (int i = 0; i < rank && i < PULSE_H5_RANK; i++)
        d->chunk[i] = (int64_t)chunk[i];
    return 0;
}

static int read_shape(const struct pulse_h5_location *location, const char *name,
                      struct pulse_h5_dataset *d, struct pulse_err *err)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(d->id);
    d->rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, dims, NULL);
    bool simple = space >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL;
    if (space >= 0)
        (void)H5Sclose(space);
    if (d->rank < 0)
        return pulse_h5_fail(location, name, "broken shape", err);
    if (!simple)
        dims[0] = 0;
    if (check_size(location, name, volume(dims, d->rank, H5Tget_size(d->type)), err) != 0)
        return -1;
    for (int i = 0; i < d->rank && i < PULSE_H5_RANK; i++)
        d->dims[i] = d->chunk[i] = (int64_t)dims[i];
    return 0;
}

/* Whether a compound is the two parts of a complex number, as h5py or MATLAB call them. */
static bool is_complex(hid_t type)
{
    static const char *const parts[][2] = {{"r", "i"}, {"real", "imag"}};
    bool complex = false;
    if (H5Tget_class(type) != H5T_COMPOUND || H5Tget_nmembers(type) != 2)
        return false;
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        complex = complex || (H5Tget_member_index(type, parts[k][0]) == 0 &&
                              H5Tget_member_index(type, parts[k][1]) == 1);
    return complex && H5Tget_member_class(type, 0) == H5T_FLOAT &&
           H5Tget_member_class(type, 1) == H5T_FLOAT;
}

/* Elements that are neither the numbers nor the rows of a table that their type makes of them:
 * complex numbers, and the letters of a text, which MATLAB stores as integers. */
static int find_others(const struct pulse_h5_location *location, struct pulse_h5_dataset *d,
                       struct pulse_err *err)
{
    char class[8] = "";
    if (d->kind == H5T_INTEGER &&
        pulse_h5_attribute_text(location, d->id, "MATLAB_class", sizeof class, class, err) != 0)
        return -1;
    if (is_complex(d->type) || strcmp(class, "char") == 0)
        d->kind = H5T_OPAQUE;
    return 0;
}

/* A matrix of one row or one column is a vector where MATLAB wrote it, which has no others. */
static void find_vector(struct pulse_h5_dataset *d)
{
    if (d->rank != 2 || (d->dims[0] != 1 && d->dims[1] != 1) ||
        H5Aexists(d->id, "MATLAB_class") <= 0)
        return;
    d->matrix = true;
    d->rank = 1;
    d->axis = d->dims[0] == 1 ? 1 : 0;
    d->dims[0] = d->dims[d->axis];
    d->chunk[0] = d->chunk[d->axis];
}

int pulse_h5_dataset_open(const struct pulse_h5_location *location, const char *name,
                          struct pulse_h5_dataset *out, struct pulse_err *err)
{
    *out = (struct pulse_h5_dataset){.id = -1, .type = -1, .dims = {0, 0}, .chunk = {0, 0}};
    out->id = H5Dopen2(location->id, name, H5P_DEFAULT);
    if (out->id < 0)
        return pulse_h5_fail(location, name, "cannot be opened; the file is truncated or corrupted",
                             err);
    out->type = H5Dget_type(out->id);
    out->kind = out->type < 0 ? H5T_NO_CLASS : H5Tget_class(out->type);
    if (out->kind == H5T_NO_CLASS)
        return pulse_h5_fail(location, name, "broken data type", err);
    if (pulse_h5_stored_time_unit(out->type) > 0)
        out->kind = H5T_TIME;
    if (read_shape(location, name, out, err) != 0)
        return -1;
    hid_t plist = H5Dget_create_plist(out->id);
    if (plist < 0)
        return pulse_h5_fail(location, name, "broken storage description", err);
    int rc = check_layout(location, name, plist, out, err);
    (void)H5Pclose(plist);
    if (rc == 0)
        rc = find_others(location, out, err);
    if (rc == 0)
        find_vector(out);
    return rc;
}

hid_t pulse_h5_vector_select(const struct pulse_h5_dataset *vector, int64_t first, int64_t n)
{
    hsize_t start[PULSE_H5_RANK] = {0, 0}, count[PULSE_H5_RANK] = {1, 1};
    hid_t space = H5Dget_space(vector->id);
    start[vector->axis] = (hsize_t)first;
    count[vector->axis] = (hsize_t)n;
    if (space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) {
        (void)H5Sclose(space);
        space = -1;
    }
    return space;
}

int pulse_h5_dataset_open_whole(const struct pulse_h5_location *location, const char *name,
                                struct pulse_h5_dataset *out, struct pulse_err *err)
{
    if (pulse_h5_dataset_open(location, name, out, err) != 0)
        return -1;
    hid_t plist = H5Dget_create_plist(out->id), access = H5Pcreate(H5P_DATASET_ACCESS);
    if (plist >= 0 && access >= 0 && H5Pget_nfilters(plist) == 0 &&
        H5Pset_chunk_cache(access, 1, 0, 0) >= 0) {
        (void)H5Dclose(out->id);
        out->id = H5Dopen2(location->id, name, access);
    }
    if (plist >= 0)
        (void)H5Pclose(plist);
    if (access >= 0)
        (void)H5Pclose(access);
    return out->id >= 0 ? 0 : pulse_h5_fail(location, name, "cannot be opened", err);
}

void pulse_h5_dataset_close(struct pulse_h5_dataset *dataset)
{
    if (dataset->type >= 0)
        (void)H5Tclose(dataset->type);
    if (dataset->id >= 0)
        (void)H5Dclose(dataset->id);
    dataset->type = dataset->id = -1;
}

/* ---- Strings -------------------------------------------------------------------- */

/* The type to read strings of `stored` into memory with; -1 where they are none. */
static hid_t string_type(hid_t stored)
{
    if (H5Tget_class(stored) != H5T_STRING)
        return -1;
    if (H5Tis_variable_str(stored) <= 0)
        return H5Tcopy(stored);
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5Tget_cset(stored)) < 0)) {
        (void)H5Tclose(type);
        type = -1;
    }
    return type;
}

/* Allocates for `n` strings of the type `stored`; n, type and space are set. */
static int strings_init(const struct pulse_h5_location *location, const char *name, hid_t stored,
                        int64_t n, struct pulse_h5_strings *out, struct pulse_err *err)
{
    hsize_t extent = (hsize_t)n;
    *out = (struct pulse_h5_strings){.type = stored < 0 ? -1 : string_type(stored), .space = -1};
    if (out->type < 0)
        return pulse_h5_fail(location, name, "no strings", err);
    out->space = H5Screate_simple(1, &extent, NULL);
    if (out->space < 0)
        return pulse_h5_fail(location, name, "broken shape", err);
    if (H5Tis_variable_str(out->type) > 0) {
        out->pointers = pulse_calloc(n, sizeof *out->pointers, "strings", err);
        out->n = out->pointers == NULL ? 0 : n;
        return out->pointers == NULL ? -1 : 0;
    }
    out->size = H5Tget_size(out->type);
    if (out->size == 0 || out->size > LONGEST_STRING)
        return pulse_h5_fail(location, name, "strings of more than 64 KiB", err);
    out->bytes = pulse_calloc(n, out->size, "strings", err);
    out->n = out->bytes == NULL ? 0 : n;
    return out->bytes == NULL ? -1 : 0;
}

hid_t pulse_h5_member_type(hid_t compound, const char *member)
{
    int index = H5Tget_member_index(compound, member);
    return index < 0 ? -1 : H5Tget_member_type(compound, (unsigned)index);
}

hid_t pulse_h5_compound_of(const char *member, hid_t inner)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, H5Tget_size(inner));
    if (type >= 0 && H5Tinsert(type, member, 0, inner) < 0) {
        (void)H5Tclose(type);
        type = -1;
    }
    return type;
}

int pulse_h5_strings_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *dataset, const char *member, int64_t first,
                          int64_t n, struct pulse_h5_strings *out, struct pulse_err *err)
{
    hid_t stored =
        member == NULL ? H5Tcopy(dataset->type) : pulse_h5_member_type(dataset->type, member);
    hid_t memory_type = -1, space = -1;
    int rc = strings_init(location, name, stored, n, out, err);
    if (rc != 0 || n == 0)
        goto done;
    hsize_t start = (hsize_t)first, count = (hsize_t)n;
    /* A compound of one member lies in memory just as the member alone does. */
    void *to = out->bytes != NULL ? (void *)out->bytes : (void *)out->pointers;
    memory_type = member == NULL ? H5Tcopy(out->type) : pulse_h5_compound_of(member, out->type);
    space = H5Dget_space(dataset->id);
    if (memory_type < 0 || space < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
        H5Dread(dataset->id, memory_type, out->space, space, H5P_DEFAULT, to) < 0)
        rc = pulse_h5_fail(location, name, "cannot be read; the file is truncated or corrupted",
                           err);
done:
    if (space >= 0)
        (void)H5Sclose(space);
    if (memory_type >= 0)
        (void)H5Tclose(memory_type);
    if (stored >= 0)
        (void)H5Tclose(stored);
    return rc;
}

int pulse_h5_attribute_read(const struct pulse_h5_location *location, hid_t object,
                            const char *attribute, struct pulse_h5_strings *out,
                            struct pulse_err *err)
{
    int rc = 0;
    *out = (struct pulse_h5_strings){.type = -1, .space = -1};
    if (H5Aexists(object, attribute) <= 0)
        return 0;
    hid_t id = H5Aopen(object, attribute, H5P_DEFAULT);
    hid_t type = id < 0 ? -1 : H5Aget_type(id);
    hid_t space = id < 0 ? -1 : H5Aget_space(id);
    hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (type < 0 || n < 0)
        rc = pulse_h5_fail(location, attribute, "the attribute cannot be read", err);
    else if (H5Tget_class(type) == H5T_STRING && n > 0) {
        hsize_t points = (hsize_t)n;
        rc = check_size(location, attribute, volume(&points, 1, H5Tget_size(type)), err);
        if (rc == 0)
            rc = strings_init(location, attribute, type, (int64_t)n, out, err);
        void *to = out->bytes != NULL ? (void *)out->bytes : (void *)out->pointers;
        if (rc == 0 && H5Aread(id, out->type, to) < 0)
            rc = pulse_h5_fail(location, attribute, "the attribute cannot be read", err);
    }
    if (space >= 0)
        (void)H5Sclose(space);
    if (type >= 0)
        (void)H5Tclose(type);
    if (id >= 0)
        (void)H5Aclose(id);
    return rc;
}

int pulse_h5_attribute_text(const struct pulse_h5_location *location, hid_t object,
                            const char *attribute, size_t size, char *out, struct pulse_err *err)
{
    struct pulse_h5_strings strings;
    const char *at = "";
    size_t length = 0;
    int rc = pulse_h5_attribute_read(location, object, attribute, &strings, err);
    if (rc == 0 && strings.n > 0)
        length = pulse_h5_string(&strings, 0, &at);
    if (length > size - 1)
        length = size - 1;
    memcpy(out, at, length);
    out[length] = '\0';
    pulse_h5_strings_clear(&strings);
    return rc;
}

size_t pulse_h5_string(const struct pulse_h5_strings *strings, int64_t i, const char **at)
{
    if (strings->pointers != NULL) {
        *at = strings->pointers[i] == NULL ? "" : strings->pointers[i];
        return strlen(*at);
    }
    *at = strings->bytes + (size_t)i * strings->size;
    size_t length = strnlen(*at, strings->size);
    while (length > 0 && (*at)[length - 1] == ' ')
        length--;
    return length;
}

void pulse_h5_strings_clear(struct pulse_h5_strings *strings)
{
    if (strings->pointers != NULL)
        (void)H5Dvlen_reclaim(strings->type, strings->space, H5P_DEFAULT, strings->pointers);
    if (strings->space >= 0)
        (void)H5Sclose(strings->space);
    if (strings->type >= 0)
        (void)H5Tclose(strings->type);
    free(strings->pointers);
    free(strings->bytes);
    *strings = (struct pulse_h5_strings){.type = -1, .space = -1};
}
