/* Any bytes as an HDF5 file: its catalog and everything it lists. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "target.h"

/* The library itself (1.10.8) does not survive every corrupted file (a wrong size of a string of
 * variable length makes it write past its own buffers), so only files that end too early are tried.
 */
const struct fuzz_plan fuzz_plan = {.mutations = 600, .changes = 0};

enum { ROWS = 6 };
static const int64_t times[ROWS] = {INT64_C(1420070400000000000), INT64_C(1420156800000000000),
                                    INT64_C(1420243200000000000), INT64_C(1420329600000000000),
                                    INT64_C(1420416000000000000), INT64_C(1420502400000000000)};
static const double values[ROWS][2] = {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}};

static char *path_of_process(void)
{
    char *path;
    if (asprintf(&path, "/tmp/fuzz_hdf5_%ld.h5", (long)getpid()) < 0)
        abort();
    return path;
}

/* ---- Corpus --------------------------------------------------------------------- */

static void put(hid_t where, const char *name, hid_t type, int rank, const hsize_t *dims,
                hid_t plist, const void *data)
{
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(where, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        abort();
    (void)H5Dclose(set);
    (void)H5Sclose(space);
}

static void put_wide(hid_t file, hid_t plist)
{
    static const char *const names[] = {"a", "b"};
    hid_t group = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, H5T_VARIABLE);
    put(group, "values", H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){ROWS, 2}, plist, values);
    put(group, "date", H5T_NATIVE_INT64, 1, (const hsize_t[]){ROWS}, H5P_DEFAULT, times);
    put(group, "columns", type, 1, (const hsize_t[]){2}, H5P_DEFAULT, names);
    (void)H5Tclose(type);
    (void)H5Gclose(group);
}

static void put_long(hid_t file)
{
    hid_t group = H5Gcreate2(file, "historical_a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t fixed = H5Tcopy(H5T_C_S1), record = H5Tcreate(H5T_COMPOUND, 16);
    (void)H5Tset_size(fixed, 10);
    put(group, "timestamp", fixed, 1, (const hsize_t[]){2}, H5P_DEFAULT, "2015-01-012015-01-02");
    put(group, "value", H5T_NATIVE_DOUBLE, 1, (const hsize_t[]){2}, H5P_DEFAULT, values);
    (void)H5Tinsert(record, "time", 0, H5T_NATIVE_INT64);
    (void)H5Tinsert(record, "value", 8, H5T_NATIVE_DOUBLE);
    const struct {
        int64_t time;
        double value;
    } records[2] = {{times[0], 1}, {times[1], 2}};
    put(file, "b", record, 1, (const hsize_t[]){2}, H5P_DEFAULT, records);
    (void)H5Tclose(record);
    (void)H5Tclose(fixed);
    (void)H5Gclose(group);
}

static uint8_t *make_sample(size_t i, size_t *size)
{
    char *path = path_of_process();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), plist = H5Pcreate(H5P_DATASET_CREATE);
    if (i == 2) /* the newer object headers and indexes */
        (void)H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    if (i > 0) {
        (void)H5Pset_chunk(plist, 2, (const hsize_t[]){4, 1});
        (void)H5Pset_shuffle(plist);
        (void)H5Pset_deflate(plist, 6);
        (void)H5Pset_fletcher32(plist);
    }
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        abort();
    if (i < 3)
        put_wide(file, plist);
    else
        put_long(file);
    (void)H5Fclose(file);
    (void)H5Pclose(plist);
    (void)H5Pclose(access);
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 16);
    if (in == NULL || bytes == NULL)
        abort();
    *size = fread(bytes, 1, 1 << 16, in);
    (void)fclose(in);
    (void)unlink(path);
    free(path);
    return bytes;
}

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    enum { SAMPLES = 4 };
    static uint8_t *made[SAMPLES];
    static size_t sizes[SAMPLES];
    if (i >= SAMPLES)
        return NULL;
    if (made[i] == NULL)
        made[i] = make_sample(i, &sizes[i]);
    *size = sizes[i];
    return made[i];
}

/* ---- Target --------------------------------------------------------------------- */

static void read_entry(const struct pulse_catalog *catalog, int64_t v)
{
    struct pulse_err err = {0};
    struct pulse_series series;
    struct pulse_wide *wide;
    struct pulse_block block;
    const struct pulse_catalog_entry *entry = &catalog->entries[v];
    int64_t bytes = 0;
    if (!catalog->wide) {
        if (pulse_series_read(entry->uri, entry->name, NULL, &series, &bytes, &err) == 0)
            pulse_series_clear(&series);
        return;
    }
    for (int part = 0; part < 2; part++) {
        if (pulse_wide_open(entry->uri, part, 2, NULL, &wide, &err) != 0)
            return;
        const char *name = entry->name;
        if (pulse_wide_read(wide, false, &name, 1, &block, &bytes, &err) == 0)
            pulse_block_clear(&block);
        pulse_wide_free(wide);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char *path = path_of_process();
    FILE *out = fopen(path, "wb");
    if (out == NULL || fwrite(data, 1, size, out) != size || fclose(out) != 0)
        abort();
    if (pulse_catalog_open(path, NULL, &catalog, &err) == 0) {
        for (int64_t v = 0; v < catalog.n && v < 8; v++)
            read_entry(&catalog, v);
        pulse_catalog_clear(&catalog);
    }
    (void)unlink(path);
    free(path);
    return 0;
}
