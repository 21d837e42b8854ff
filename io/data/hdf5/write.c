#include "data/hdf5/write.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/zone.h"
#include "data/hdf5/put.h"

enum { CHUNK_ROWS = 16 << 10, DEFLATE = 4 };

struct pulse_h5_writer {
    char *path;
    hid_t file, group, text, truth;
    int64_t n, rows;
    const struct pulse_table_column *columns;
    hid_t *sets;   /* n */
    bool *widened; /* n: integers that became doubles, since some are missing */
};

static int fail_write(const struct pulse_h5_writer *o, const char *what, struct pulse_err *err)
{
    if (o->file >= 0)
        pulse_h5_give_up();
    return pulse_fail(err, PULSE_E_STORAGE, "writing %s: %s failed; is the disk full?", o->path,
                      what);
}

static int fail_cell(const struct pulse_h5_writer *o, int64_t column, int64_t row, const char *what,
                     struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s, row %lld, column '%s': %s; convert to .parquet",
                      o->path, (long long)(o->rows + row), o->columns[column].name, what);
}

/* In memory and in the file. */
static hid_t type_of(const struct pulse_h5_writer *o, int64_t column)
{
    if (o->widened[column])
        return H5T_NATIVE_DOUBLE;
    switch (o->columns[column].kind) {
    case PULSE_KIND_BOOL:
        return o->truth;
    case PULSE_KIND_INT:
    case PULSE_KIND_TIME:
        return H5T_NATIVE_INT64;
    case PULSE_KIND_UINT:
        return H5T_NATIVE_UINT64;
    case PULSE_KIND_FLOAT:
        return H5T_NATIVE_FLOAT;
    case PULSE_KIND_DOUBLE:
        return H5T_NATIVE_DOUBLE;
    default:
        return o->text;
    }
}

static hid_t create_set(const struct pulse_h5_writer *o, int64_t c)
{
    const struct pulse_table_column *column = &o->columns[c];
    const hsize_t none = 0, most = H5S_UNLIMITED, chunk = CHUNK_ROWS;
    hid_t space = H5Screate_simple(1, &none, &most), plist = H5Pcreate(H5P_DATASET_CREATE);
    hid_t set = -1;
    if (H5Pset_chunk(plist, 1, &chunk) >= 0 && H5Pset_shuffle(plist) >= 0 &&
        H5Pset_deflate(plist, DEFLATE) >= 0 && H5Pset_obj_track_times(plist, false) >= 0)
        set = H5Dcreate2(o->group, column->name, type_of(o, c), space, H5P_DEFAULT, plist,
                         H5P_DEFAULT);
    (void)H5Pclose(plist);
    (void)H5Sclose(space);
    if (set >= 0 && column->kind == PULSE_KIND_TIME &&
        (pulse_h5_put_attribute(set, "units", "nanoseconds since 1970-01-01") != 0 ||
         (column->zone != NULL &&
          pulse_h5_put_attribute(set, "tz", pulse_zone_name(column->zone)) != 0))) {
        (void)H5Dclose(set);
        set = -1;
    }
    return set;
}

static int create_sets(struct pulse_h5_writer *o, int64_t n, struct pulse_err *err)
{
    o->text = pulse_h5_text_type(H5T_VARIABLE);
    o->truth = pulse_h5_truth_type();
    for (; o->n < n; o->n++) {
        const char *name = o->columns[o->n].name;
        if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: HDF5 has no name '%s'; rename the column or convert to .parquet",
                              o->path, name);
        o->sets[o->n] = create_set(o, o->n);
        if (o->sets[o->n] < 0)
            return fail_write(o, "creating a dataset", err);
    }
    return 0;
}

/* One that remembers the order of its columns. */
static hid_t create_group(hid_t file)
{
    hid_t plist = H5Pcreate(H5P_GROUP_CREATE), group = -1;
    if (plist >= 0 &&
        H5Pset_link_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0)
        group = H5Gcreate2(file, "data", H5P_DEFAULT, plist, H5P_DEFAULT);
    if (plist >= 0)
        (void)H5Pclose(plist);
    return group;
}

int pulse_h5_writer_open(const struct pulse_table_writer_options *options,
                         const struct pulse_table_column *columns, int64_t n, void **file,
                         struct pulse_err *err)
{
    struct pulse_h5_writer *o = pulse_calloc(1, sizeof *o, "an HDF5 file", err);
    if (o == NULL)
        return -1;
    o->file = o->group = o->text = o->truth = -1;
    o->columns = columns;
    o->path = pulse_strdup(options->path, err);
    o->sets = pulse_calloc(n, sizeof *o->sets, "HDF5 columns", err);
    o->widened = pulse_calloc(n, sizeof *o->widened, "HDF5 columns", err);
    int rc = o->path == NULL || o->sets == NULL || o->widened == NULL ? -1 : 0;
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (rc == 0) {
        o->file = H5Fcreate(options->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        o->group = o->file < 0 ? -1 : create_group(o->file);
        rc = o->group < 0 ? fail_write(o, "creating the file", err) : create_sets(o, n, err);
    }
    if (rc == 0)
        *file = o;
    else
        pulse_h5_writer_free(o);
    return rc;
}

/* ---- Rows ----------------------------------------------------------------------- */

static int write_rows(struct pulse_h5_writer *o, int64_t column, const void *data, int64_t rows,
                      struct pulse_err *err)
{
    const hsize_t start = (hsize_t)o->rows, count = (hsize_t)rows, size = start + count;
    if (rows == 0)
        return 0;
    if (H5Dset_extent(o->sets[column], &size) < 0)
        return fail_write(o, "extending a dataset", err);
    hid_t file = H5Dget_space(o->sets[column]), memory = H5Screate_simple(1, &count, NULL);
    (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, NULL, &count, NULL);
    const herr_t status =
        H5Dwrite(o->sets[column], type_of(o, column), memory, file, H5P_DEFAULT, data);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    return status < 0 ? fail_write(o, "writing", err) : 0;
}

/* Any number as a double, NaN where it is missing. */
static int put_doubles(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                       int64_t rows, struct pulse_err *err)
{
    double *values = pulse_calloc(rows, sizeof *values, "an HDF5 column", err);
    int rc = values == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < rows; i++) {
        if (v->missing != NULL && v->missing[i])
            values[i] = NAN;
        else if (v->reals != NULL)
            values[i] = v->reals[i];
        else {
            values[i] = pulse_vector_integer_to_real(v, i);
            if (fabs(values[i]) > 0x1p53)
                rc = fail_cell(o, column, i, "an integer beyond 2^53 beside missing ones", err);
        }
    }
    if (rc == 0)
        rc = write_rows(o, column, values, rows, err);
    free(values);
    return rc;
}

static int put_floats(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                      int64_t rows, struct pulse_err *err)
{
    float *values = pulse_calloc(rows, sizeof *values, "an HDF5 column", err);
    int rc = values == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < rows; i++)
        values[i] = v->missing != NULL && v->missing[i] ? NAN : (float)v->reals[i];
    if (rc == 0)
        rc = write_rows(o, column, values, rows, err);
    free(values);
    return rc;
}

static int put_truth(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                     int64_t rows, struct pulse_err *err)
{
    signed char *values = pulse_calloc(rows, sizeof *values, "an HDF5 column", err);
    int rc = values == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < rows; i++)
        values[i] = v->integers[i] != 0;
    if (rc == 0)
        rc = write_rows(o, column, values, rows, err);
    free(values);
    return rc;
}

static bool any_missing(const struct pulse_vector *v, int64_t rows)
{
    for (int64_t i = 0; v->missing != NULL && i < rows; i++)
        if (v->missing[i])
            return true;
    return false;
}

/* Copies what a column of integers holds so far to the doubles that take its location. */
static int copy_doubles(struct pulse_h5_writer *o, int64_t column, hid_t from,
                        struct pulse_err *err)
{
    const int64_t rows = o->rows;
    const bool truth = o->columns[column].kind == PULSE_KIND_BOOL;
    struct pulse_vector v = {.kind = truth ? PULSE_KIND_INT : o->columns[column].kind};
    const hid_t type = v.kind == PULSE_KIND_UINT ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
    int rc = 0;
    v.integers = pulse_calloc(CHUNK_ROWS, sizeof *v.integers, "an HDF5 column", err);
    if (v.integers == NULL)
        return -1;
    for (o->rows = 0; rc == 0 && o->rows < rows;) {
        const int64_t n = rows - o->rows < CHUNK_ROWS ? rows - o->rows : CHUNK_ROWS;
        const hsize_t start = (hsize_t)o->rows, count = (hsize_t)n;
        hid_t file = H5Dget_space(from), memory = H5Screate_simple(1, &count, NULL);
        (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, NULL, &count, NULL);
        if (H5Dread(from, type, memory, file, H5P_DEFAULT, v.integers) < 0)
            rc = fail_write(o, "reading back", err);
        (void)H5Sclose(memory);
        (void)H5Sclose(file);
        if (rc == 0)
            rc = put_doubles(o, column, &v, n, err);
        o->rows += n;
    }
    o->rows = rows;
    free(v.integers);
    return rc;
}

/* Numbers that may be missing are doubles, and only their rows show which may. */
static int widen_column(struct pulse_h5_writer *o, int64_t column, struct pulse_err *err)
{
    hid_t before = o->sets[column];
    o->widened[column] = true;
    o->sets[column] = -1;
    if (H5Ldelete(o->group, o->columns[column].name, H5P_DEFAULT) >= 0)
        o->sets[column] = create_set(o, column);
    int rc = o->sets[column] < 0 ? fail_write(o, "creating a dataset", err)
                                 : copy_doubles(o, column, before, err);
    (void)H5Dclose(before);
    return rc;
}

static int put_numbers(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                       int64_t rows, struct pulse_err *err)
{
    if (v->kind == PULSE_KIND_DOUBLE)
        return put_doubles(o, column, v, rows, err);
    if (v->kind == PULSE_KIND_FLOAT)
        return put_floats(o, column, v, rows, err);
    if (!o->widened[column] && any_missing(v, rows) && widen_column(o, column, err) != 0)
        return -1;
    if (o->widened[column])
        return put_doubles(o, column, v, rows, err);
    return v->kind == PULSE_KIND_BOOL ? put_truth(o, column, v, rows, err)
                                      : write_rows(o, column, v->integers, rows, err);
}

/* A missing one is the least integer, as in NumPy. */
static int put_times(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                     int64_t rows, struct pulse_err *err)
{
    int64_t *times = pulse_calloc(rows, sizeof *times, "an HDF5 column", err);
    int rc = times == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < rows; i++)
        times[i] = v->missing != NULL && v->missing[i] ? INT64_MIN : v->integers[i];
    if (rc == 0)
        rc = write_rows(o, column, times, rows, err);
    free(times);
    return rc;
}

/* Missing is empty here, too: HDF5 has no other. */
static int put_texts(struct pulse_h5_writer *o, int64_t column, const struct pulse_vector *v,
                     int64_t rows, struct pulse_err *err)
{
    const int64_t bytes = rows == 0 ? 0 : v->text_end[rows - 1];
    char *copy = pulse_calloc(bytes + rows, 1, "an HDF5 column", err);
    char **texts = pulse_calloc(rows, sizeof *texts, "an HDF5 column", err);
    int rc = copy == NULL || texts == NULL ? -1 : 0;
    char *to = copy;
    for (int64_t i = 0; rc == 0 && i < rows; i++) {
        const int64_t begin = i == 0 ? 0 : v->text_end[i - 1];
        const bool missing = v->missing != NULL && v->missing[i];
        const size_t length = missing ? 0 : (size_t)(v->text_end[i] - begin);
        texts[i] = to;
        if (length > 0)
            memcpy(to, v->text + begin, length);
        if (memchr(to, '\0', length) != NULL)
            rc = fail_cell(o, column, i, "a NUL byte", err);
        to[length] = '\0';
        to += length + 1;
    }
    if (rc == 0)
        rc = write_rows(o, column, texts, rows, err);
    free(texts);
    free(copy);
    return rc;
}

int pulse_h5_writer_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err)
{
    struct pulse_h5_writer *o = file;
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < o->n; c++) {
        const struct pulse_vector *v = &batch->vectors[c];
        if (v->kind == PULSE_KIND_TEXT)
            rc = put_texts(o, c, v, batch->rows, err);
        else if (v->kind == PULSE_KIND_TIME)
            rc = put_times(o, c, v, batch->rows, err);
        else
            rc = put_numbers(o, c, v, batch->rows, err);
    }
    o->rows += batch->rows;
    return rc;
}

/* The links in the columns' order again, where some were made anew. */
static bool order_links(const struct pulse_h5_writer *o)
{
    static const char between[] = "/between";
    bool any = false, done = true;
    for (int64_t c = 0; c < o->n; c++)
        any |= o->widened[c];
    for (int64_t c = 0; any && done && c < o->n; c++) {
        const char *name = o->columns[c].name;
        done = H5Lmove(o->group, name, o->group, between, H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
               H5Lmove(o->group, between, o->group, name, H5P_DEFAULT, H5P_DEFAULT) >= 0;
    }
    return done;
}

static bool close_all(struct pulse_h5_writer *o)
{
    bool done = true;
    if (pulse_h5_gave_up())
        return false;
    for (; o->n > 0; o->n--)
        if (o->sets[o->n - 1] >= 0)
            done = H5Dclose(o->sets[o->n - 1]) >= 0 && done;
    if (o->text >= 0)
        (void)H5Tclose(o->text);
    if (o->truth >= 0)
        (void)H5Tclose(o->truth);
    if (o->group >= 0)
        done = H5Gclose(o->group) >= 0 && done;
    if (o->file >= 0)
        done = H5Fclose(o->file) >= 0 && done;
    o->text = o->truth = o->group = o->file = -1;
    return done;
}

int pulse_h5_writer_end(void *file, struct pulse_err *err)
{
    struct pulse_h5_writer *o = file;
    const bool ordered = order_links(o);
    if (ordered && close_all(o))
        return 0;
    pulse_h5_give_up();
    return fail_write(o, "closing the file", err);
}

void pulse_h5_writer_free(void *file)
{
    struct pulse_h5_writer *o = file;
    if (o == NULL)
        return;
    if (!close_all(o))
        pulse_h5_give_up();
    free(o->sets);
    free(o->widened);
    free(o->path);
    free(o);
}
