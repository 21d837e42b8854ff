#include "data/hdf5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/format.h"
#include "data/h5_dataset.h"
#include "data/h5_driver.h"
#include "data/h5_frame.h"
#include "data/h5_pandas.h"
#include "data/h5_read.h"
#include "data/h5_time.h"
#include "store/store.h"

struct pulse_h5 {
    char *path;
    struct pulse_object *object; /* what the open file is read from */
    int64_t bytes;
    hid_t file;
    struct pulse_h5_layouts layouts;
};

/* ---- Names ---------------------------------------------------------------------- */

/* Start of "#/path" after an HDF5 file's name, NULL where there is none. */
static const char *frame_part(const char *uri)
{
    for (const char *p = strstr(uri, "#/"); p != NULL; p = strstr(p + 1, "#/")) {
        char *file = strndup(uri, (size_t)(p - uri));
        bool h5 = file != NULL && pulse_format_of(file) == PULSE_FORMAT_HDF5;
        free(file);
        if (h5)
            return p;
    }
    return NULL;
}

bool pulse_h5_is_uri(const char *uri)
{
    return pulse_format_of(uri) == PULSE_FORMAT_HDF5 || frame_part(uri) != NULL;
}

char *pulse_h5_frame_uri(const char *file, const char *frame, struct pulse_err *err)
{
    char *uri;
    if (asprintf(&uri, "%s#%s", file, frame) >= 0)
        return uri;
    (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: a path in %s", file);
    return NULL;
}

/* ---- Opening -------------------------------------------------------------------- */

static int open_file(struct pulse_h5 *h5, struct pulse_err *err)
{
    const struct pulse_h5_place root = {h5->path, h5->bytes, -1, "/"};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    /* Locks only keep readers of network disks out; and all objects are to close with the file. */
    if (access >= 0 && pulse_h5_driver_set(access, h5->object) >= 0 &&
        H5Pset_file_locking(access, false, true) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        h5->file = H5Fopen(h5->path, H5F_ACC_RDONLY, access);
    int rc = h5->file < 0
                 ? pulse_h5_fail(&root, "", "not an HDF5 file, or truncated or corrupted", err)
                 : 0;
    if (access >= 0)
        (void)H5Pclose(access);
    return rc;
}

int pulse_h5_open(const char *uri, struct pulse_h5 **out, struct pulse_err *err)
{
    const char *frame = frame_part(uri);
    struct pulse_h5 *h5 = pulse_calloc(1, sizeof *h5, "an open HDF5 file", err);
    if (h5 == NULL)
        return -1;
    h5->file = -1;
    h5->path = pulse_strdup(uri, err);
    if (h5->path == NULL)
        goto fail;
    if (frame != NULL)
        h5->path[frame - uri] = '\0';
    if (pulse_store_open(h5->path, &h5->object, err) != 0)
        goto fail;
    h5->bytes = pulse_store_size(h5->object);
    /* What goes wrong is told in one line of ours, not in the library's stack. */
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (open_file(h5, err) != 0)
        goto fail;
    const struct pulse_h5_place root = {h5->path, h5->bytes, h5->file, "/"};
    if (pulse_h5_find_frames(&root, frame == NULL ? NULL : frame + 1, &h5->layouts, err) != 0)
        goto fail;
    *out = h5;
    return 0;
fail:
    pulse_h5_free(h5);
    return -1;
}

void pulse_h5_free(struct pulse_h5 *h5)
{
    if (h5 == NULL)
        return;
    pulse_h5_layouts_clear(&h5->layouts);
    if (h5->file >= 0)
        (void)H5Fclose(h5->file);
    pulse_store_close(h5->object);
    free(h5->path);
    free(h5);
}

int64_t pulse_h5_frames(const struct pulse_h5 *h5)
{
    return h5->layouts.n;
}

const struct pulse_h5_frame *pulse_h5_frame(const struct pulse_h5 *h5, int64_t i)
{
    return &h5->layouts.all[i].frame;
}

int64_t pulse_h5_bytes(const struct pulse_h5 *h5)
{
    return h5->bytes;
}

/* ---- Values --------------------------------------------------------------------- */

static int read_matrix(const struct pulse_h5_job *job)
{
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(job->place, job->layout->values, &d, job->err);
    if (rc == 0)
        rc = pulse_h5_matrix_read(job, job->layout->values, &d, NULL);
    pulse_h5_dataset_close(&d);
    return rc;
}

static int read_vector(const struct pulse_h5_job *job, int64_t i)
{
    const char *name = job->layout->frame.names[job->columns[i]];
    double *to = job->out->values + i * job->out->rows;
    const int64_t first[] = {job->first, 0}, size[] = {job->out->rows, 0};
    struct pulse_h5_dataset d;
    int rc = pulse_h5_dataset_open(job->place, name, &d, job->err);
    if (rc == 0)
        rc = pulse_h5_box_read(job, name, &d, H5T_NATIVE_DOUBLE, first, size, to);
    if (rc == 0)
        pulse_h5_count_bytes(job, &d);
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
    int rc = pulse_h5_dataset_open(job->place, name, &d, job->err);
    hid_t type = rc == 0 ? row_type(job) : -1;
    double *buffer = pulse_calloc(at_once * job->n, sizeof *buffer, "HDF5 rows", job->err);
    if (rc == 0 && type < 0)
        rc = pulse_h5_fail(job->place, name, "broken data type", job->err);
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
    int rc = pulse_h5_dataset_open(job->place, name, &d, job->err);
    if (rc == 0)
        rc = pulse_h5_times_read(job->place, name, &d, compounds ? job->layout->time : NULL,
                                 job->first, job->out->rows, job->out->time_ns, job->err);
    if (rc == 0 && !compounds)
        pulse_h5_count_bytes(job, &d);
    pulse_h5_dataset_close(&d);
    return rc;
}

int pulse_h5_read(struct pulse_h5 *h5, int64_t frame, int64_t first, int64_t rows,
                  const int64_t *columns, int64_t n, struct pulse_block *out, int64_t *bytes_read,
                  struct pulse_err *err)
{
    const struct pulse_h5_layout *layout = &h5->layouts.all[frame];
    const bool group = layout->kind != PULSE_H5_COMPOUNDS;
    struct pulse_h5_place place = {h5->path, h5->bytes, h5->file, group ? layout->frame.path : "/"};
    const struct pulse_h5_job job = {&place, layout, first, columns, n, out, bytes_read, err};
    int64_t values;
    int rc = -1;
    *out = (struct pulse_block){.rows = rows, .columns = n};
    if (__builtin_mul_overflow(rows, n, &values))
        values = -1;
    place.id = H5Gopen2(h5->file, place.path, H5P_DEFAULT);
    if (place.id < 0)
        return pulse_h5_fail(&place, "", "cannot be opened; the file is truncated or corrupted",
                             err);
    out->time_ns = pulse_calloc(rows, sizeof *out->time_ns, "times of an HDF5 file", err);
    out->values = pulse_alloc_aligned(values, sizeof *out->values, "values of an HDF5 file", err);
    if (out->time_ns != NULL && out->values != NULL && read_times(&job) == 0)
        rc = read_values(&job);
    (void)H5Gclose(place.id);
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}
