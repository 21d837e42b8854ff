#include "data/hdf5/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/format.h"
#include "data/hdf5/cf/stored_time.h"
#include "data/hdf5/pandas.h"
#include "data/hdf5/read.h"
#include "data/hdf5/time.h"

/* ---- Opening -------------------------------------------------------------------- */

/* What a file that is no HDF5 is. */
static const char *name_content(const struct pulse_h5_bytes *bytes)
{
    char first[512];
    struct pulse_err ignored = {0};
    const int64_t n = bytes->size < (int64_t)sizeof first ? bytes->size : (int64_t)sizeof first;
    const char *what = NULL;
    if (n > 3 && bytes->read(bytes->context, 0, first, n, &ignored) == 0 &&
        memcmp(first, "\x89HDF", 4) != 0)
        what = memcmp(first, "CDF", 3) == 0
                   ? "netCDF of before version 4; make HDF5 of it: nccopy -k nc4 FILE NEW"
                   : pulse_content_of(first, n);
    return what != NULL ? what : "not an HDF5 file, or truncated or corrupted";
}

int pulse_h5_file_open(const char *path, const struct pulse_h5_bytes *bytes,
                       const struct pulse_read_options *reading, struct pulse_h5_location *root,
                       struct pulse_err *err)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    *root =
        (struct pulse_h5_location){path, bytes->size, -1, "/", reading->time_unit, reading->time};
    /* What goes wrong is reported in one line of ours, not in the library's stack; and no code of
     * others is loaded to unpack a dataset. */
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)H5PLset_loading_state(0);
    pulse_h5_stored_time_register();
    /* Locks only keep readers of network disks out; and all objects are to close with the file. */
    if (access >= 0 && pulse_h5_driver_set(access, bytes) >= 0 &&
        H5Pset_file_locking(access, false, true) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        root->id = H5Fopen(path, H5F_ACC_RDONLY, access);
    int rc = 0;
    if (root->id < 0)
        rc = pulse_h5_fail(root, "", name_content(bytes), err);
    if (access >= 0)
        (void)H5Pclose(access);
    return rc;
}

/* ---- Values --------------------------------------------------------------------- */

static int open_packed(const struct pulse_h5_job *job, const char *name,
                       struct pulse_h5_dataset *dataset, struct pulse_h5_packing *packing)
{
    int rc = pulse_h5_dataset_open(job->location, name, dataset, job->err);
    return rc != 0 ? rc : pulse_h5_packing_read(job->location, name, dataset, packing, job->err);
}

/* Of a matrix columns × rows the wanted ones, each as it lies. */
static int read_across(const struct pulse_h5_job *job, const char *name,
                       const struct pulse_h5_dataset *d)
{
    const int64_t rows = job->out->rows, size[] = {1, rows};
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < job->n; i++) {
        const int64_t first[] = {job->columns[i], job->first};
        double *to = job->out->values + i * rows;
        rc = pulse_h5_box_read(job, name, d, H5T_NATIVE_DOUBLE, first, size, to);
        if (rc == 0)
            pulse_h5_unpack_all(job, to, rows);
        for (int64_t r = 0; rc == 0 && r < rows; r++)
            to[r] = pulse_h5_missing_if_infinite(to[r]);
    }
    if (rc == 0)
        pulse_h5_count_bytes(job, d);
    return rc;
}

static int read_matrix(const struct pulse_h5_job *job)
{
    const char *name = job->layout->values;
    struct pulse_h5_packing packing;
    struct pulse_h5_job packed = *job;
    struct pulse_h5_dataset d;
    packed.packing = &packing;
    int rc = open_packed(job, name, &d, &packing);
    if (rc == 0)
        rc = job->layout->across ? read_across(&packed, name, &d)
                                 : pulse_h5_matrix_read(&packed, name, &d, NULL);
    pulse_h5_dataset_close(&d);
    return rc;
}

static int read_vector(const struct pulse_h5_job *job, int64_t i)
{
    const char *name = job->layout->frame.names[job->columns[i]];
    double *to = job->out->values + i * job->out->rows;
    const int64_t first[] = {job->first, 0}, size[] = {job->out->rows, 0};
    struct pulse_h5_packing packing;
    struct pulse_h5_job packed = *job;
    struct pulse_h5_dataset d;
    packed.packing = &packing;
    int rc = open_packed(job, name, &d, &packing);
    if (rc == 0)
        rc = pulse_h5_box_read(job, name, &d, H5T_NATIVE_DOUBLE, first, size, to);
    if (rc == 0) {
        pulse_h5_count_bytes(job, &d);
        pulse_h5_unpack_all(&packed, to, job->out->rows);
    }
    for (int64_t r = 0; rc == 0 && r < job->out->rows; r++)
        to[r] = pulse_h5_missing_if_infinite(to[r]);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* A compound in memory of the wanted members, all doubles; -1 on failure. */
static hid_t row_type(const struct pulse_h5_job *job)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, (size_t)job->n * sizeof(double));
    for (int64_t i = 0; type >= 0 && i < job->n; i++)
        if (H5Tinsert(type, job->layout->frame.names[job->columns[i]], (size_t)i * sizeof(double),
                      H5T_NATIVE_DOUBLE) < 0) {
            (void)H5Tclose(type);
            type = -1;
        }
    return type;
}

static int read_compounds(const struct pulse_h5_job *job)
{
    const char *name = job->layout->frame.path + 1;
    const int64_t rows = job->out->rows, most = PULSE_H5_BUFFER_VALUES / (job->n + 1) + 1;
    const int64_t at_once = rows < most ? rows : most;
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(job->location, name, &d, job->err);
    hid_t type = rc == 0 ? row_type(job) : -1;
    double *buffer = pulse_calloc(at_once * job->n, sizeof *buffer, "HDF5 rows", job->err);
    if (rc == 0 && type < 0)
        rc = pulse_h5_fail(job->location, name, "broken data type", job->err);
    if (buffer == NULL)
        rc = -1;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        const int64_t first[] = {job->first + row, 0};
        n = at_once < rows - row ? at_once : rows - row;
        rc = pulse_h5_box_read(job, name, &d, type, first, (const int64_t[]){n, 0}, buffer);
        for (int64_t c = 0; rc == 0 && c < job->n; c++)
            for (int64_t i = 0; i < n; i++)
                job->out->values[c * rows + row + i] =
                    pulse_h5_missing_if_infinite(buffer[i * job->n + c]);
    }
    if (rc == 0)
        pulse_h5_count_bytes(job, &d);
    if (type >= 0)
        (void)H5Tclose(type);
    free(buffer);
    pulse_h5_dataset_close(&d);
    return rc;
}

static int read_values(const struct pulse_h5_job *job)
{
    int rc = 0;
    if (job->out->rows == 0 || job->n == 0)
        return 0;
    if (job->layout->kind == PULSE_H5_MATRIX)
        return read_matrix(job);
    if (job->layout->kind == PULSE_H5_COMPOUNDS)
        return read_compounds(job);
    if (job->layout->kind == PULSE_H5_BLOCKS || job->layout->kind == PULSE_H5_TABLE)
        return pulse_h5_pandas_values(job);
    for (int64_t i = 0; rc == 0 && i < job->n; i++)
        rc = read_vector(job, i);
    return rc;
}

static int read_times(const struct pulse_h5_job *job)
{
    const bool compounds = job->layout->kind == PULSE_H5_COMPOUNDS;
    const char *name = compounds ? job->layout->frame.path + 1 : job->layout->time;
    struct pulse_h5_dataset d;
    if (job->layout->kind == PULSE_H5_BLOCKS || job->layout->kind == PULSE_H5_TABLE)
        return pulse_h5_pandas_times(job);
    int rc = pulse_h5_dataset_open(job->location, name, &d, job->err);
    if (rc == 0)
        rc = pulse_h5_times_read(job->location, name, &d, compounds ? job->layout->time : NULL,
                                 job->first, job->out->rows, job->stamps, job->out->time_ns,
                                 job->err);
    if (rc == 0 && !compounds)
        pulse_h5_count_bytes(job, &d);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* ---- Where a frame lies --------------------------------------------------------- */

/* Opens the group that holds its datasets. */
static int open_location(const struct pulse_h5_location *root, const struct pulse_h5_layout *layout,
                         struct pulse_h5_location *location, struct pulse_err *err)
{
    *location = *root;
    location->path =
        layout->kind != PULSE_H5_COMPOUNDS && !layout->at_root ? layout->frame.path : "/";
    location->id = H5Gopen2(root->id, location->path, H5P_DEFAULT);
    return location->id >= 0
               ? 0
               : pulse_h5_fail(location, "", "cannot be opened; the file is truncated or corrupted",
                               err);
}

/* ---- How many at once ----------------------------------------------------------- */

/* Widens *unit to the size of this dataset's chunks along an axis; to all rows where it is one
 * pickle. */
static int add_unit(const struct pulse_h5_location *location, const char *name, int axis,
                    int64_t rows, int64_t *unit, struct pulse_err *err)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(location, name, &d, err);
    const int64_t own = d.kind == H5T_VLEN ? rows : d.chunked ? d.chunk[axis] : 1;
    if (rc == 0 && own > *unit)
        *unit = own;
    pulse_h5_dataset_close(&d);
    return rc;
}

/* The same for all that the columns lie in. */
static int find_unit(const struct pulse_h5_location *location, const struct pulse_h5_numbers *of,
                     int64_t *unit, struct pulse_err *err)
{
    const struct pulse_h5_layout *layout = of->layout;
    const int64_t rows = layout->frame.rows;
    if (layout->kind == PULSE_H5_COMPOUNDS)
        return add_unit(location, layout->frame.path + 1, 0, rows, unit, err);
    if (layout->kind == PULSE_H5_TABLE)
        return add_unit(location, "table", 0, rows, unit, err);
    int rc = add_unit(location, layout->time, 0, rows, unit, err);
    if (rc == 0 && layout->kind == PULSE_H5_MATRIX)
        rc = add_unit(location, layout->values, layout->across ? 1 : 0, rows, unit, err);
    for (int64_t i = 0; rc == 0 && layout->kind == PULSE_H5_BLOCKS && i < of->n; i++) {
        const char *object = layout->sources[of->columns[i]].object;
        if (i == 0 || strcmp(object, layout->sources[of->columns[i - 1]].object) != 0)
            rc = add_unit(location, object, 0, rows, unit, err);
    }
    return rc;
}

int pulse_h5_file_step(const struct pulse_h5_location *root, const struct pulse_h5_numbers *rows,
                       int64_t *step, struct pulse_err *err)
{
    enum { BYTES = 4 << 20 };
    const struct pulse_h5_layout *layout = rows->layout;
    int64_t unit = 1;
    struct pulse_h5_location location;
    if (open_location(root, layout, &location, err) != 0)
        return -1;
    int rc = find_unit(&location, rows, &unit, err);
    (void)H5Gclose(location.id);
    const int64_t most = BYTES / ((rows->n + 1) * (int64_t)sizeof(double));
    *step = most < unit ? unit : most / unit * unit;
    if (layout->kind == PULSE_H5_VECTORS && *step < layout->frame.rows)
        *step = layout->frame.rows; /* each column is a dataset to be opened */
    return rc;
}

/* ---- Reading -------------------------------------------------------------------- */

/* Leaves only the rows from the first to the last one within the period. */
static void keep_period(struct pulse_h5_job *job, const struct pulse_read_options *reading)
{
    struct pulse_block *out = job->out;
    int64_t first = 0, end = out->rows;
    while (first < end &&
           (out->time_ns[first] < reading->from_ns || out->time_ns[first] > reading->to_ns))
        first++;
    while (end > first &&
           (out->time_ns[end - 1] < reading->from_ns || out->time_ns[end - 1] > reading->to_ns))
        end--;
    if (first > 0)
        memmove(out->time_ns, out->time_ns + first, (size_t)(end - first) * sizeof *out->time_ns);
    out->rows = end - first;
    job->first += first;
}

int pulse_h5_file_read(const struct pulse_h5_location *root,
                       const struct pulse_read_options *reading, struct pulse_stamps *stamps,
                       struct pulse_h5_numbers *rows, struct pulse_block *out, int64_t *bytes_read,
                       struct pulse_err *err)
{
    struct pulse_h5_location location;
    static struct pulse_h5_buffer buffer;
    struct pulse_h5_job job = {.location = &location,
                               .layout = rows->layout,
                               .first = rows->first,
                               .columns = rows->columns,
                               .n = rows->n,
                               .out = out,
                               .bytes_read = bytes_read,
                               .err = err,
                               .stamps = stamps,
                               .buffer = &buffer};
    buffer.filled = false;
    if (open_location(root, rows->layout, &location, err) != 0)
        return -1;
    int rc = read_times(&job);
    if (rc == 0) {
        if (rows->layout->frame.zone == NULL && reading->time_zone == NULL && !stamps->offset)
            keep_period(&job, reading); /* the days of clocks are not known here */
        rows->first = job.first;
        rc = read_values(&job);
    }
    (void)H5Gclose(location.id);
    return rc;
}

/* ---- Clearing ------------------------------------------------------------------- */

void pulse_h5_layout_clear(struct pulse_h5_layout *layout)
{
    for (int64_t c = 0; c < layout->frame.n; c++)
        free(layout->frame.names[c]);
    for (int64_t c = 0; layout->sources != NULL && c < layout->frame.n; c++)
        free(layout->sources[c].object);
    free(layout->sources);
    free(layout->frame.names);
    free(layout->frame.path);
    free(layout->frame.zone);
    free(layout->time);
    free(layout->values);
    free(layout->time_level);
    free(layout->time_name);
    *layout = (struct pulse_h5_layout){0};
}

void pulse_h5_layouts_clear(struct pulse_h5_layouts *layouts)
{
    for (int64_t i = 0; i < layouts->n; i++)
        pulse_h5_layout_clear(&layouts->all[i]);
    free(layouts->all);
    *layouts = (struct pulse_h5_layouts){0};
}
