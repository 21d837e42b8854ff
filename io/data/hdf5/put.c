#include "data/hdf5/put.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

hid_t pulse_h5_text_type(size_t bytes)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, bytes);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes != H5T_VARIABLE)
        (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

hid_t pulse_h5_truth_type(void)
{
    const signed char no = 0, yes = 1;
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    (void)H5Tenum_insert(type, "FALSE", &no);
    (void)H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

/* Writes a scalar attribute and closes its type. */
static int put_scalar(hid_t object, const char *name, hid_t type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t status = -1;
    if (attribute >= 0) {
        status = H5Awrite(attribute, type, value);
        (void)H5Aclose(attribute);
    }
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return status < 0 ? -1 : 0;
}

int pulse_h5_put_attribute(hid_t object, const char *name, const char *text)
{
    const hid_t type = pulse_h5_text_type(strlen(text) + 1);
    (void)H5Tset_strpad(type, H5T_STR_NULLTERM);
    return put_scalar(object, name, type, text);
}

int pulse_h5_put_variable_attribute(hid_t object, const char *name, const char *text)
{
    return put_scalar(object, name, pulse_h5_text_type(H5T_VARIABLE), &text);
}

static hid_t create_array(hid_t group, const char *name, hid_t type, int rank, const hsize_t *dims)
{
    enum { MOST_RANK = 2 };
    static const hsize_t most[MOST_RANK] = {1024, 64};
    hsize_t chunk[MOST_RANK] = {1, 1};
    assert(rank <= MOST_RANK);
    for (int i = 0; i < rank && i < MOST_RANK; i++)
        chunk[i] = dims[i] < most[i] ? dims[i] : most[i];
    const hid_t space = H5Screate_simple(rank, dims, NULL), plist = H5Pcreate(H5P_DATASET_CREATE);
    hid_t set = -1;
    if (space >= 0 && plist >= 0 && H5Pset_obj_track_times(plist, false) >= 0 &&
        (dims[0] == 0 || (H5Pset_chunk(plist, rank, chunk) >= 0 && H5Pset_shuffle(plist) >= 0 &&
                          H5Pset_deflate(plist, 4) >= 0)))
        set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (plist >= 0)
        (void)H5Pclose(plist);
    if (space >= 0)
        (void)H5Sclose(space);
    return set;
}

int pulse_h5_put_array(hid_t group, const char *name, hid_t type, int rank, const hsize_t *dims,
                       const void *values)
{
    const hid_t set = create_array(group, name, type, rank, dims);
    if (set < 0)
        return -1;
    const bool done = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    return H5Dclose(set) >= 0 && done ? 0 : -1;
}

/* ---- A full disk ---------------------------------------------------------------- */

static bool gave_up;

void pulse_h5_give_up(void)
{
    gave_up = true;
}

bool pulse_h5_gave_up(void)
{
    return gave_up;
}

void pulse_h5_end_process(int code)
{
    if (gave_up) {
        (void)fflush(NULL);
        _exit(code);
    }
    (void)H5close();
}
