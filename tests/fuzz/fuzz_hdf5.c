/* Any bytes as an HDF5 file: its catalog and everything it lists, and its table. The library itself
 * (1.10.8) does not survive every corrupted file, so all is read in the guard's child process, as
 * always: there its death is an error, and only what we do is our fault. */
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "data/table.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 100, .changes = 6};

/* ---- Whose fault ---------------------------------------------------------------- */

/* AddressSanitizer's, in builds that have it. */
__attribute__((weak)) void __asan_set_error_report_callback(void (*report)(const char *report));

enum { OURS = SIGSYS, THEIRS = SIGSEGV };

/* In the child, whose standard error is closed: ends it by a signal that the parent understands. */
static void end_as_fault_of(const char *report)
{
    (void)raise(strstr(report, "libhdf5") == NULL ? OURS : THEIRS);
}

__attribute__((constructor)) static void watch(void)
{
    if (__asan_set_error_report_callback != NULL)
        __asan_set_error_report_callback(end_as_fault_of);
}

/* UBSan ends a process with this code; only our code is built with it. */
static void check_fault(const struct pulse_err *err)
{
    if (strstr(err->text, strsignal(OURS)) == NULL && strstr(err->text, "(exit code 1)") == NULL)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    abort();
}

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

static void put_dataset(hid_t where, const char *name, hid_t type, int rank, const hsize_t *dims,
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
    put_dataset(group, "values", H5T_NATIVE_DOUBLE, 2, (const hsize_t[]){ROWS, 2}, plist, values);
    put_dataset(group, "date", H5T_NATIVE_INT64, 1, (const hsize_t[]){ROWS}, H5P_DEFAULT, times);
    put_dataset(group, "columns", type, 1, (const hsize_t[]){2}, H5P_DEFAULT, names);
    (void)H5Tclose(type);
    (void)H5Gclose(group);
}

static void put_text(hid_t where, const char *name, const char *text)
{
    hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, strlen(text));
    hid_t attribute = H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, text) < 0)
        abort();
    (void)H5Aclose(attribute);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
}

/* As pandas writes a table with an index of times. */
static void put_table(hid_t file)
{
    const hsize_t two = 2;
    hid_t group = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t record = H5Tcreate(H5T_COMPOUND, 24);
    hid_t pair = H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &two);
    (void)H5Tinsert(record, "index", 0, H5T_NATIVE_INT64);
    (void)H5Tinsert(record, "values_block_0", 8, pair);
    const struct {
        int64_t time;
        double values[2];
    } records[2] = {{times[0], {1, 2}}, {times[1], {3, 4}}};
    put_dataset(group, "table", record, 1, &two, H5P_DEFAULT, records);
    put_text(group, "pandas_type", "frame_table");
    put_text(group, "nan_rep", "nan");
    put_text(group, "non_index_axes", "(lp0\n(I1\n(lp1\nVa\np2\naVb\np3\natp4\na.");
    put_text(group, "info", "(dp0\nVindex\np1\n(dp2\nVindex_name\np3\nVdate\np4\nss.");
    hid_t table = H5Dopen2(group, "table", H5P_DEFAULT);
    put_text(table, "index_kind", "datetime64");
    put_text(table, "values_block_0_kind", "(lp0\nVa\np1\naVb\np2\na.");
    put_text(table, "values_block_0_dtype", "float64");
    (void)H5Dclose(table);
    (void)H5Tclose(pair);
    (void)H5Tclose(record);
    (void)H5Gclose(group);
}

/* A text of variable length that claims more bytes than there are: the library believes it. */
static void break_heap(uint8_t *bytes, size_t size)
{
    enum { FIRST = 16, LENGTH = 8 }; /* object in a heap; in its header */
    uint8_t *heap = memmem(bytes, size, "GCOL", 4);
    if (heap == NULL)
        abort();
    heap[FIRST + LENGTH + 5] = 0xff;
}

static void put_long(hid_t file)
{
    hid_t group = H5Gcreate2(file, "historical_a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t fixed = H5Tcopy(H5T_C_S1), record = H5Tcreate(H5T_COMPOUND, 16);
    (void)H5Tset_size(fixed, 10);
    put_dataset(group, "timestamp", fixed, 1, (const hsize_t[]){2}, H5P_DEFAULT,
                "2015-01-012015-01-02");
    put_dataset(group, "value", H5T_NATIVE_DOUBLE, 1, (const hsize_t[]){2}, H5P_DEFAULT, values);
    (void)H5Tinsert(record, "time", 0, H5T_NATIVE_INT64);
    (void)H5Tinsert(record, "value", 8, H5T_NATIVE_DOUBLE);
    const struct {
        int64_t time;
        double value;
    } records[2] = {{times[0], 1}, {times[1], 2}};
    put_dataset(file, "b", record, 1, (const hsize_t[]){2}, H5P_DEFAULT, records);
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
    if (i > 0 && i < 3) {
        (void)H5Pset_chunk(plist, 2, (const hsize_t[]){4, 1});
        (void)H5Pset_shuffle(plist);
        (void)H5Pset_deflate(plist, 6);
        (void)H5Pset_fletcher32(plist);
    } else if (i == 6) { /* chunks that are unpacked past the library */
        (void)H5Pset_chunk(plist, 2, (const hsize_t[]){4, 2});
        (void)H5Pset_shuffle(plist);
        (void)H5Pset_deflate(plist, 6);
    }
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0)
        abort();
    if (i < 3 || i == 6)
        put_wide(file, plist);
    else if (i == 3)
        put_long(file);
    else if (i == 4)
        put_table(file);
    else
        put_wide(file, H5P_DEFAULT);
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
    if (i == 5)
        break_heap(bytes, *size);
    return bytes;
}

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    enum { SAMPLES = 7 };
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
        check_fault(&err);
        return;
    }
    for (int part = 0; part < 2; part++) {
        if (pulse_wide_open(entry->uri, part, 2, NULL, &wide, &err) != 0) {
            check_fault(&err);
            return;
        }
        const char *name = entry->name;
        if (pulse_wide_read(wide, false, &name, 1, &block, &bytes, &err) == 0)
            pulse_block_clear(&block);
        check_fault(&err);
        pulse_wide_free(wide);
    }
}

static void read_table(const char *path)
{
    struct pulse_err err = {0};
    struct pulse_table *table;
    bool end = false;
    int rc = pulse_table_open(path, NULL, &table, &err);
    const bool open = rc == 0;
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, &err);
        pulse_batch_clear(&batch);
    }
    if (open)
        pulse_table_free(table);
    check_fault(&err);
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
        for (int64_t v = 0; v < catalog.n && v < 3; v++)
            read_entry(&catalog, v);
        pulse_catalog_clear(&catalog);
    }
    check_fault(&err);
    read_table(path);
    (void)unlink(path);
    free(path);
    return 0;
}
