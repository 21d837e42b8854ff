#include "report/dataset.h"

#include <stdio.h>
#include <string.h>

/* No dimension of ours is larger, and no product of two of them overflows. */
enum { MOST = INT32_MAX };

/* Whether the dataset's bytes are in the file that was opened as `path`, or *apart. */
static bool is_own(hid_t set, const char *path, bool *apart)
{
    char name[4096];
    hid_t layout = H5Dget_create_plist(set);
    bool own = H5Pget_external_count(layout) == 0;
    if (H5Pget_layout(layout) == H5D_VIRTUAL) {
        own = own && apart != NULL;
        if (apart != NULL)
            *apart = true;
    }
    (void)H5Pclose(layout);
    ssize_t length = H5Fget_name(set, name, sizeof name);
    return own && length > 0 && (size_t)length < sizeof name && strcmp(name, path) == 0;
}

/* No compression makes more of a byte of the file than this. */
enum { MOST_RATIO = 1032 };

hid_t pulse_report_open_set(hid_t file, const char *path, const char *dataset, int rank,
                            int64_t *dims, bool *apart)
{
    hsize_t found[3] = {0};
    if (apart != NULL)
        *apart = false;
    hid_t set = H5Dopen2(file, dataset, H5P_DEFAULT);
    if (set < 0)
        return -1;
    hid_t space = H5Dget_space(set);
    bool good = is_own(set, path, apart) && H5Sget_simple_extent_ndims(space) == rank &&
                H5Sget_simple_extent_dims(space, found, NULL) == rank;
    for (int i = 0; good && i < rank; i++) {
        good = found[i] <= MOST && (dims[i] < 0 || found[i] == (hsize_t)dims[i]);
        dims[i] = (int64_t)found[i];
    }
    hsize_t bytes = 0;
    double elements = 8;
    for (int i = 0; i < rank; i++)
        elements *= (double)dims[i];
    good = good && H5Fget_filesize(file, &bytes) >= 0 &&
           ((apart != NULL && *apart) || elements <= MOST_RATIO * (double)bytes);
    (void)H5Sclose(space);
    if (good)
        return set;
    (void)H5Dclose(set);
    return -1;
}

herr_t pulse_report_read_all(hid_t set, hid_t type, void *out)
{
    const size_t enough = (size_t)64 << 10;
    const hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    const herr_t status = H5Pset_buffer(transfer, enough, NULL, NULL) < 0
                              ? -1
                              : H5Dread(set, type, H5S_ALL, H5S_ALL, transfer, out);
    (void)H5Pclose(transfer);
    return status;
}

int pulse_report_read_column(hid_t set, int64_t column, int64_t n, double *out)
{
    const hsize_t start[2] = {0, (hsize_t)column}, count[2] = {(hsize_t)n, 1};
    hid_t file = H5Dget_space(set), memory = H5Screate_simple(2, count, NULL);
    (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
    herr_t status = H5Dread(set, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, out);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    return status < 0 ? -1 : 0;
}

/* ---- Messages ------------------------------------------------------------------- */

/* The innermost entry of the error stack is the cause. */
static herr_t keep_cause(unsigned depth, const H5E_error2_t *entry, void *text)
{
    if (depth == 0 && entry->desc != NULL)
        (void)snprintf(text, PULSE_REPORT_REASON, " (%s)", entry->desc);
    return 0;
}

const char *pulse_report_hdf5_reason(char text[PULSE_REPORT_REASON])
{
    text[0] = '\0';
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_cause, text);
    return text;
}
