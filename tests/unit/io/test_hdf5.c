#include "support.h"

#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "data/dataset.h"
#include "store/common/counts.h"

enum { ROWS = 5, COLUMNS = 3 };

static const int64_t day_ns[ROWS] = {16436 * PULSE_NS_PER_DAY, 16437 * PULSE_NS_PER_DAY,
                                     16438 * PULSE_NS_PER_DAY, 16439 * PULSE_NS_PER_DAY,
                                     16440 * PULSE_NS_PER_DAY}; /* from 2015-01-01 */
static const double matrix[ROWS][COLUMNS] = {
    {1, 10, 100}, {2, NAN, 200}, {3, 30, INFINITY}, {4, 40, 400}, {5, 50, 500}};
static const char *const names[COLUMNS] = {"a", "b", "c"};

/* ---- Writing ------------------------------------------------------------------------------------
 */

struct sample {
    char *dir;
    char *path;
    hid_t file;
    hid_t group;
};

static void sample_init(struct sample *s, const char *file, const char *group)
{
    s->dir = make_directory();
    assert_true(asprintf(&s->path, "%s/%s", s->dir, file) > 0);
    s->file = H5Fcreate(s->path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(s->file >= 0);
    s->group =
        group == NULL ? s->file : H5Gcreate2(s->file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(s->group >= 0);
}

/* The file is whole after this. */
static void sample_close(struct sample *s)
{
    if (s->group != s->file)
        (void)H5Gclose(s->group);
    assert_true(H5Fclose(s->file) >= 0);
}

static void sample_clear(struct sample *s)
{
    free(s->path);
    remove_directory(s->dir);
}

static void put_dataset(hid_t where, const char *name, hid_t type, int rank, const hsize_t *dims,
                        hid_t plist, const void *values)
{
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(where, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    if (values != NULL)
        assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    (void)H5Dclose(set);
    (void)H5Sclose(space);
}

static void put_vector(hid_t where, const char *name, hid_t type, hsize_t n, const void *values)
{
    put_dataset(where, name, type, 1, &n, H5P_DEFAULT, values);
}

static void put_strings(hid_t where, const char *name, hsize_t n, const char *const *strings)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, H5T_VARIABLE);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    put_vector(where, name, type, n, strings);
    (void)H5Tclose(type);
}

static void put_fixed(hid_t where, const char *name, hsize_t n, size_t size, const char *bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, size);
    (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    put_vector(where, name, type, n, bytes);
    (void)H5Tclose(type);
}

static void put_attribute(hid_t where, const char *dataset, const char *name, hsize_t n,
                          size_t size, const char *bytes)
{
    hid_t set = H5Dopen2(where, dataset, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    (void)H5Tset_size(type, size);
    hid_t attribute = H5Acreate2(set, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Awrite(attribute, type, bytes) >= 0);
    (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(set);
}

static const hsize_t matrix_dims[] = {ROWS, COLUMNS};

static void put_wide(hid_t group, hid_t plist)
{
    put_dataset(group, "values", H5T_NATIVE_DOUBLE, 2, matrix_dims, plist, matrix);
    put_vector(group, "date", H5T_NATIVE_INT64, ROWS, day_ns);
    put_strings(group, "columns", COLUMNS, names);
}

static hid_t compressed(hsize_t rows, hsize_t columns)
{
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(plist, 2, (const hsize_t[]){rows, columns});
    (void)H5Pset_shuffle(plist);
    (void)H5Pset_deflate(plist, 6);
    (void)H5Pset_fletcher32(plist);
    return plist;
}

/* ---- Checking ------------------------------------------------------------------- */

static void check_wide(const char *path)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    if (pulse_catalog_open(path, NULL, &catalog, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(catalog.wide);
    assert_int_equal(catalog.n, COLUMNS);
    for (int c = 0; c < COLUMNS; c++)
        assert_string_equal(catalog.entries[c].name, names[c]);
    pulse_catalog_clear(&catalog);
    for (int parts = 1; parts <= 7; parts++) {
        int64_t row = 0, bytes = 0;
        for (int part = 0; part < parts; part++) {
            struct pulse_wide *wide;
            struct pulse_block block = {0};
            if (pulse_wide_open(path, part, parts, NULL, &wide, &err) != 0 ||
                pulse_wide_read(wide, false, (const char *const[]){"c", "a"}, 2, &block, &bytes,
                                &err) != 0)
                fail_msg("%s", err.text);
            assert_false(pulse_wide_flips_quotes(wide));
            for (int64_t i = 0; i < block.rows; i++, row++) {
                double c = block.values[i], a = block.values[block.rows + i];
                assert_int_equal(block.time_ns[i], day_ns[row]);
                assert_true(a == matrix[row][0]);
                assert_true(isfinite(matrix[row][2]) ? c == matrix[row][2] : isnan(c));
            }
            pulse_block_clear(&block);
            pulse_wide_free(wide);
        }
        assert_int_equal(row, ROWS);
    }
}

static void check_fails(const char *path, const char *part)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_series series = {0};
    int64_t bytes = 0;
    int rc = pulse_catalog_open(path, NULL, &catalog, &err);
    if (rc == 0) {
        rc = pulse_series_read(catalog.entries[0].uri, catalog.entries[0].name, NULL, &series,
                               &bytes, &err);
        pulse_catalog_clear(&catalog);
        pulse_series_clear(&series);
    }
    assert_int_equal(rc, -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, path);
    assert_says(&err, part);
}

static void check_series(const char *uri, const char *name, int64_t n, double first)
{
    struct pulse_err err = {0};
    struct pulse_series series;
    int64_t bytes = 0;
    if (pulse_series_read(uri, name, NULL, &series, &bytes, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(series.n, n);
    assert_int_equal(series.time_ns[0], day_ns[0]);
    assert_true(series.value[0] == first);
    assert_true(bytes > 0);
    pulse_series_clear(&series);
}

/* ---- Wide ----------------------------------------------------------------------- */

static void hdf5__matrix_with_dates_and_names_is_a_wide_file(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "w.h5", "data");
    put_wide(s.group, H5P_DEFAULT);
    sample_close(&s);
    check_wide(s.path);
    sample_clear(&s);
}

/* Opening starts a process, and asks an object store for the file's head. */
static void hdf5__a_file_is_listed_by_opening_it_once(void **state)
{
    (void)state;
    struct sample s;
    struct pulse_err err = {0};
    struct pulse_wide *wide;
    struct pulse_catalog catalog;
    sample_init(&s, "w.h5", "data");
    put_wide(s.group, H5P_DEFAULT);
    sample_close(&s);
    const int64_t before = pulse_store_counts().bytes_read;
    assert_int_equal(pulse_wide_open(s.path, 0, 1, NULL, &wide, &err), 0);
    pulse_wide_free(wide);
    const int64_t once = pulse_store_counts().bytes_read - before;
    assert_true(once > 0);
    assert_int_equal(pulse_catalog_open(s.path, NULL, &catalog, &err), 0);
    pulse_catalog_clear(&catalog);
    assert_int_equal(pulse_store_counts().bytes_read, before + 2 * once);
    sample_clear(&s);
}

static void hdf5__chunks_of_any_shape_are_read(void **state)
{
    (void)state;
    for (hsize_t rows = 1; rows <= ROWS; rows++)
        for (hsize_t columns = 1; columns <= COLUMNS; columns++) {
            struct sample s;
            hid_t plist = compressed(rows, columns);
            sample_init(&s, "w.hdf5", NULL);
            put_wide(s.group, plist);
            (void)H5Pclose(plist);
            sample_close(&s);
            check_wide(s.path);
            sample_clear(&s);
        }
}

static void hdf5__names_may_be_an_attribute_and_dates_strings(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "w.h5", "panel");
    put_dataset(s.group, "table", H5T_NATIVE_DOUBLE, 2, matrix_dims, H5P_DEFAULT, matrix);
    put_attribute(s.group, "table", "names", COLUMNS, 1, "abc");
    put_fixed(s.group, "timestamp", ROWS, 19,
              "2015-01-01T00:00:002015-01-02T00:00:002015-01-03T00:00:002015-01-04T00:00:00"
              "2015-01-05T00:00:00");
    sample_close(&s);
    check_wide(s.path);
    sample_clear(&s);
}

static void hdf5__vectors_of_one_length_are_a_wide_file(void **state)
{
    (void)state;
    struct sample s;
    double column[ROWS];
    static const char *const dates[ROWS] = {"2015-01-01", "2015-01-02", "20150103",
                                            "2015-01-04T00:00:00", "2015-01-05"};
    sample_init(&s, "w.h5", "data");
    for (int c = 0; c < COLUMNS; c++) {
        for (int r = 0; r < ROWS; r++)
            column[r] = matrix[r][c];
        put_vector(s.group, names[c], H5T_NATIVE_DOUBLE, ROWS, column);
    }
    put_strings(s.group, "datetime", ROWS, dates);
    put_strings(s.group, "label", ROWS, dates);
    sample_close(&s);
    check_wide(s.path);
    sample_clear(&s);
}

static void hdf5__small_types_become_doubles(void **state)
{
    (void)state;
    struct sample s;
    static const int16_t small[ROWS] = {-1, 2, 3, 4, 5};
    sample_init(&s, "historical_x.h5", "data");
    put_vector(s.group, "date", H5T_NATIVE_INT64, ROWS, day_ns);
    put_vector(s.group, "value", H5T_NATIVE_INT16, ROWS, small);
    sample_close(&s);
    check_series(s.path, "x", ROWS, -1);
    sample_clear(&s);
}

/* ---- Long ----------------------------------------------------------------------- */

struct record {
    int64_t timestamp;
    float value;
    int32_t volume;
};

static void put_records(hid_t where, const char *name)
{
    struct record records[ROWS];
    for (int r = 0; r < ROWS; r++)
        records[r] = (struct record){day_ns[r], (float)r + 0.5f, r};
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct record));
    (void)H5Tinsert(type, "timestamp", offsetof(struct record, timestamp), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "value", offsetof(struct record, value), H5T_NATIVE_FLOAT);
    (void)H5Tinsert(type, "volume", offsetof(struct record, volume), H5T_NATIVE_INT32);
    put_vector(where, name, type, ROWS, records);
    (void)H5Tclose(type);
}

static void hdf5__compounds_are_a_long_dataset(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "historical_x.h5", NULL);
    put_records(s.file, "data");
    sample_close(&s);
    check_series(s.path, "x", ROWS, 0.5);
    sample_clear(&s);
}

static void hdf5__a_group_per_variable_is_listed_and_read(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct sample s;
    sample_init(&s, "all.h5", "historical_zz");
    put_vector(s.group, "timestamp", H5T_NATIVE_INT64, ROWS, day_ns);
    put_vector(s.group, "value", H5T_NATIVE_DOUBLE, ROWS, (const double[]){NAN, 2, 3, 4, 5});
    put_records(s.file, "aa");
    sample_close(&s);
    assert_int_equal(pulse_catalog_open(s.path, NULL, &catalog, &err), 0);
    assert_false(catalog.wide);
    assert_int_equal(catalog.n, 2);
    assert_string_equal(catalog.entries[0].name, "aa");
    assert_string_equal(catalog.entries[1].name, "zz");
    check_series(catalog.entries[0].uri, "aa", ROWS, 0.5);
    struct pulse_series series;
    int64_t bytes = 0;
    assert_int_equal(pulse_series_read(catalog.entries[1].uri, "zz", NULL, &series, &bytes, &err),
                     0);
    assert_int_equal(series.n, ROWS - 1);
    pulse_series_clear(&series);
    check_series(s.path, "aa", ROWS, 0.5);
    assert_int_equal(pulse_series_read(s.path, "mm", NULL, &series, &bytes, &err), -1);
    assert_says(&err, "none is for variable mm");
    pulse_catalog_clear(&catalog);
    sample_clear(&s);
}

/* ---- Times ---------------------------------------------------------------------- */

static void check_unit(const char *attribute, const char *unit, int64_t per_day, int64_t offset)
{
    struct sample s;
    int64_t times[ROWS];
    for (int r = 0; r < ROWS; r++)
        times[r] = (16436 + r - offset) * per_day;
    sample_init(&s, "historical_x.h5", "data");
    put_vector(s.group, "time", H5T_NATIVE_INT64, ROWS, times);
    put_attribute(s.group, "time", attribute, 0, strlen(unit) + 1, unit);
    put_vector(s.group, "value", H5T_NATIVE_INT64, ROWS, day_ns);
    sample_close(&s);
    check_series(s.path, "x", ROWS, (double)day_ns[0]);
    sample_clear(&s);
}

static void hdf5__declared_units_of_time_are_obeyed(void **state)
{
    (void)state;
    check_unit("units", "days since 1970-01-01", 1, 0);
    check_unit("unit", "D", 1, 0);
    check_unit("units", "seconds since 1970-01-01 00:00:00 UTC", 86400, 0);
    check_unit("units", "s", 86400, 0);
    check_unit("unit", "ms", 86400000, 0);
    check_unit("units", "microseconds since 1970-01-01T00:00:00", INT64_C(86400000000), 0);
    check_unit("units", "Days since 2000-01-01", 1, 10957);
}

static void check_bad_times(const int64_t *times, const char *unit, const char *part)
{
    struct sample s;
    sample_init(&s, "x.h5", "data");
    put_vector(s.group, "time", H5T_NATIVE_INT64, ROWS, times);
    if (unit != NULL)
        put_attribute(s.group, "time", "units", 0, strlen(unit) + 1, unit);
    put_vector(s.group, "value", H5T_NATIVE_INT64, ROWS, day_ns);
    sample_close(&s);
    check_fails(s.path, part);
    sample_clear(&s);
}

static void hdf5__integers_that_cannot_be_times_are_errors(void **state)
{
    (void)state;
    const int64_t days[ROWS] = {16436, 16437, 16438, 16439, 16440};
    check_bad_times(days, NULL, "too small to be nanoseconds");
    check_bad_times(days, "fortnights", "unit 'fortnights' is not understood");
    check_bad_times(day_ns, "days since 1970-01-01",
                    "row 0: a time outside 1677-09-22 to 2262-04-10");
    const int64_t nat[ROWS] = {day_ns[0], day_ns[1], INT64_MIN, day_ns[3], day_ns[4]};
    check_bad_times(nat, NULL, "row 2: no time");
}

static void hdf5__floats_and_bad_strings_are_no_times(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "x.h5", "data");
    put_vector(s.group, "date", H5T_NATIVE_DOUBLE, ROWS, matrix);
    put_vector(s.group, "value", H5T_NATIVE_INT64, ROWS, day_ns);
    sample_close(&s);
    check_fails(s.path, "real numbers, and no attribute");
    sample_clear(&s);
    sample_init(&s, "x.h5", "data");
    put_fixed(s.group, "date", 2, 10, "2015-01-01yesterday.");
    put_vector(s.group, "value", H5T_NATIVE_INT64, 2, day_ns);
    sample_close(&s);
    check_fails(s.path, "row 1: 'yesterday.' is no ISO 8601 time");
    sample_clear(&s);
}

/* ---- Refusals ------------------------------------------------------------------- */

static void hdf5__external_storage_is_refused(void **state)
{
    (void)state;
    struct sample s;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_external(plist, "/etc/passwd", 0, H5F_UNLIMITED);
    sample_init(&s, "x.h5", "data");
    put_vector(s.group, "date", H5T_NATIVE_INT64, ROWS, day_ns);
    put_dataset(s.group, "value", H5T_NATIVE_INT8, 1, &(hsize_t){ROWS}, plist, NULL);
    (void)H5Pclose(plist);
    sample_close(&s);
    check_fails(s.path, "external files");
    sample_clear(&s);
}

static void hdf5__virtual_datasets_are_refused(void **state)
{
    (void)state;
    struct sample s;
    hsize_t n = ROWS;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &n, NULL);
    assert_true(H5Pset_virtual(plist, space, "other.h5", "/data/value", space) >= 0);
    sample_init(&s, "x.h5", "data");
    put_vector(s.group, "date", H5T_NATIVE_INT64, ROWS, day_ns);
    put_dataset(s.group, "value", H5T_NATIVE_DOUBLE, 1, &n, plist, NULL);
    (void)H5Sclose(space);
    (void)H5Pclose(plist);
    sample_close(&s);
    check_fails(s.path, "virtual dataset");
    sample_clear(&s);
}

static void hdf5__external_links_are_refused_and_soft_links_passed_over(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "x.h5", "data");
    put_wide(s.group, H5P_DEFAULT);
    (void)H5Lcreate_soft("/data/values", s.group, "again", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_soft("/nowhere", s.group, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    sample_close(&s);
    check_wide(s.path);
    hid_t file = H5Fopen(s.path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Lcreate_external("other.h5", "/data", file, "/data/elsewhere", H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
    (void)H5Fclose(file);
    check_fails(s.path, "external link");
    sample_clear(&s);
}

static void hdf5__sizes_beyond_the_file_are_refused_before_allocating(void **state)
{
    (void)state;
    struct sample s;
    hsize_t huge = (hsize_t)1 << 40, chunk = 1024;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(plist, 1, &chunk);
    sample_init(&s, "x.h5", "data");
    put_dataset(s.group, "date", H5T_NATIVE_INT64, 1, &huge, plist, NULL);
    put_dataset(s.group, "value", H5T_NATIVE_DOUBLE, 1, &huge, plist, NULL);
    (void)H5Pclose(plist);
    sample_close(&s);
    check_fails(s.path, "larger than the file can hold");
    sample_clear(&s);
}

static void hdf5__frames_by_pandas_without_an_index_are_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "x.h5", "data");
    hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, 5);
    hid_t attribute = H5Acreate2(s.group, "pandas_type", type, space, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Awrite(attribute, type, "frame");
    (void)H5Aclose(attribute);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    sample_close(&s);
    check_fails(s.path, "no index of rows");
    sample_clear(&s);
}

static void hdf5__what_is_no_frame_says_what_was_found(void **state)
{
    (void)state;
    struct sample s;
    sample_init(&s, "x.h5", "stuff");
    put_dataset(s.group, "values", H5T_NATIVE_DOUBLE, 2, matrix_dims, H5P_DEFAULT, matrix);
    sample_close(&s);
    check_fails(s.path, "it holds: stuff (group)");
    sample_clear(&s);
    sample_init(&s, "x.h5", "data");
    put_dataset(s.group, "values", H5T_NATIVE_DOUBLE, 2, matrix_dims, H5P_DEFAULT, matrix);
    put_vector(s.group, "date", H5T_NATIVE_INT64, ROWS, day_ns);
    put_fixed(s.group, "columns", 5, 1, "abcde");
    sample_close(&s);
    check_fails(s.path, "more or fewer names than columns");
    sample_clear(&s);
    sample_init(&s, "x.h5", "data");
    put_wide(s.group, H5P_DEFAULT);
    put_vector(s.group, "time", H5T_NATIVE_INT64, ROWS, day_ns);
    sample_close(&s);
    check_fails(s.path, "'date' and 'time'");
    sample_clear(&s);
}

static void hdf5__a_truncated_file_is_a_clear_error_at_every_length(void **state)
{
    (void)state;
    struct sample s;
    static char bytes[1 << 16];
    hid_t plist = compressed(2, 2);
    sample_init(&s, "x.h5", "data");
    put_wide(s.group, plist);
    (void)H5Pclose(plist);
    sample_close(&s);
    FILE *file = fopen(s.path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_true(length > 2000 && length < sizeof bytes);
    for (size_t cut = 0; cut < length; cut += 97) {
        char *path = write_bytes(s.dir, "cut.h5", bytes, cut);
        check_fails(path, "truncated or corrupted");
        free(path);
    }
    sample_clear(&s);
}

static void hdf5__nothing_stays_open(void **state)
{
    (void)state;
    hdf5__a_group_per_variable_is_listed_and_read(state);
    hdf5__names_may_be_an_attribute_and_dates_strings(state);
    hdf5__external_links_are_refused_and_soft_links_passed_over(state);
    hdf5__integers_that_cannot_be_times_are_errors(state);
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    hssize_t left = 0;
    static const H5I_type_t kinds[] = {H5I_FILE, H5I_GROUP, H5I_DATASPACE, H5I_DATASET, H5I_ATTR};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hsize_t n = 0;
        (void)H5Inmembers(kinds[i], &n);
        left += (hssize_t)n;
    }
    assert_int_equal(left, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hdf5__matrix_with_dates_and_names_is_a_wide_file),
        cmocka_unit_test(hdf5__a_file_is_listed_by_opening_it_once),
        cmocka_unit_test(hdf5__chunks_of_any_shape_are_read),
        cmocka_unit_test(hdf5__names_may_be_an_attribute_and_dates_strings),
        cmocka_unit_test(hdf5__vectors_of_one_length_are_a_wide_file),
        cmocka_unit_test(hdf5__small_types_become_doubles),
        cmocka_unit_test(hdf5__compounds_are_a_long_dataset),
        cmocka_unit_test(hdf5__a_group_per_variable_is_listed_and_read),
        cmocka_unit_test(hdf5__declared_units_of_time_are_obeyed),
        cmocka_unit_test(hdf5__integers_that_cannot_be_times_are_errors),
        cmocka_unit_test(hdf5__floats_and_bad_strings_are_no_times),
        cmocka_unit_test(hdf5__external_storage_is_refused),
        cmocka_unit_test(hdf5__virtual_datasets_are_refused),
        cmocka_unit_test(hdf5__external_links_are_refused_and_soft_links_passed_over),
        cmocka_unit_test(hdf5__sizes_beyond_the_file_are_refused_before_allocating),
        cmocka_unit_test(hdf5__frames_by_pandas_without_an_index_are_refused),
        cmocka_unit_test(hdf5__what_is_no_frame_says_what_was_found),
        cmocka_unit_test(hdf5__a_truncated_file_is_a_clear_error_at_every_length),
        cmocka_unit_test(hdf5__nothing_stays_open),
    };
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return RUN_CASES(tests, argc, argv);
}
