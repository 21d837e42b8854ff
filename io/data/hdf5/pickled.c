#include "data/hdf5/pickled.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "data/pickle/unpickler.h"
#include "data/pickle/zone.h"

static int fail_broken(const struct pulse_h5_location *location, const char *name,
                       struct pulse_err *err)
{
    return pulse_h5_fail(location, name, "cannot be read; the file is truncated or corrupted", err);
}

/* The only element, a vector of bytes; to be given back with that type and space. */
static int read_bytes(const struct pulse_h5_location *location, const char *name,
                      const struct pulse_h5_dataset *d, hid_t type, hid_t space, hvl_t *vector,
                      struct pulse_err *err)
{
    hid_t inner = H5Tget_super(d->type);
    int rc = 0;
    if (d->rank != 1 || d->dims[0] != 1 || inner < 0 || H5Tget_class(inner) != H5T_INTEGER ||
        H5Tget_size(inner) != 1 || type < 0 || space < 0 ||
        H5Dread(d->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, vector) < 0 || vector->p == NULL ||
        vector->len > (size_t)location->bytes)
        rc = fail_broken(location, name, err);
    if (inner >= 0)
        (void)H5Tclose(inner);
    return rc;
}

int pulse_h5_pickled_read(const struct pulse_h5_location *location, const char *name,
                          const struct pulse_h5_dataset *d, int64_t rows,
                          struct pulse_pickle_tree **out, int64_t *bytes_read,
                          struct pulse_err *err)
{
    char where[PULSE_ERR_TEXT / 2], *bytes = NULL;
    hvl_t vector = {0, NULL};
    hsize_t one = 1;
    int64_t width;
    hid_t type = H5Tvlen_create(H5T_NATIVE_UINT8), space = H5Screate_simple(1, &one, NULL);
    int rc = read_bytes(location, name, d, type, space, &vector, err);
    if (rc == 0) {
        bytes = pulse_calloc((int64_t)vector.len + PULSE_PICKLE_PADDING, 1, "HDF5 text", err);
        rc = bytes == NULL ? -1 : 0;
    }
    if (rc == 0) {
        assert(vector.p != NULL);
        memcpy(bytes, vector.p, vector.len);
        *bytes_read += (int64_t)vector.len;
        (void)snprintf(where, sizeof where, "%s: %s/%s", location->file, location->path, name);
        rc = pulse_pickle_tree_parse(where, bytes, (int64_t)vector.len, out, err);
    }
    if (rc == 0 && pulse_pickle_array_columns(pulse_pickle_tree_root(*out), &width) != rows) {
        pulse_pickle_tree_free(*out);
        *out = NULL;
        rc = fail_broken(location, name, err);
    }
    if (vector.p != NULL)
        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, &vector);
    if (space >= 0)
        (void)H5Sclose(space);
    if (type >= 0)
        (void)H5Tclose(type);
    return rc;
}

/* The array is rows × columns: what pickle/array.h calls a column is a row of the frame. */
void pulse_h5_pickled_cell(const struct pulse_pickle_tree *tree, int64_t row, int64_t position,
                           struct pulse_pickle_cell *cell, bool *swapped)
{
    struct pulse_pickle_column cells;
    *cell = (struct pulse_pickle_cell){.kind = PULSE_PICKLE_CELL_OTHER};
    *swapped = false;
    if (!pulse_pickle_array_column(pulse_pickle_tree_root(tree), row, &cells) ||
        position >= cells.rows)
        return;
    pulse_pickle_column_cell(&cells, position, cell);
    *swapped = cells.dtype.swapped;
}

bool pulse_h5_pickled_instant(const struct pulse_pickle_cell *cell, int64_t *time_ns)
{
    char name[PULSE_PICKLE_ZONE_NAME];
    *time_ns = cell->integer;
    return pulse_pickle_zone_name(cell->zone, name) &&
           (name[0] == '\0' || strcmp(name, "UTC") == 0 || strcmp(name, "+00:00") == 0);
}
