#include "data/hdf5/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/batch.h"
#include "data/hdf5/pickled.h"
#include "data/hdf5/time.h"
#include "data/pickle/text.h"

enum {
    BUFFER_BYTES = 16 << 20, /* of rows in memory, unless one chunk is larger */
    CHUNK_MOST = 1 << 18,    /* rows; longer chunks are kept unpacked by the library meanwhile */
    POINTER_ROWS = 512       /* many rows of a broken file may name one huge text */
};

/* ---- Rows in memory ------------------------------------------------------------- */

int pulse_h5_rows_read(const struct pulse_h5_fields *fields, const struct pulse_h5_rows *source,
                       hid_t dataset, int64_t first, int64_t n, void *to, struct pulse_err *err)
{
    hsize_t start[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset), memory = -1;
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, count, NULL);
    int rc = 0;
    const int axis = source->across >= 0 ? 1 : 0;
    if (axis == 1) {
        start[0] = (hsize_t)source->across;
        count[0] = 1;
    }
    start[axis] = (hsize_t)first;
    count[axis] = (hsize_t)n;
    if (rank > 0)
        memory = H5Screate_simple(rank, count, NULL);
    if (n > 0 &&
        (memory < 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
         H5Dread(dataset, source->memory, memory, space, H5P_DEFAULT, to) < 0))
        rc = pulse_h5_fail(&fields->location, source->name,
                           "cannot be read; the file is truncated or corrupted", err);
    if (memory >= 0)
        (void)H5Sclose(memory);
    if (space >= 0)
        (void)H5Sclose(space);
    return rc;
}

void pulse_h5_rows_give_back(const struct pulse_h5_rows *source, int64_t n, void *rows)
{
    const hsize_t count = (hsize_t)n;
    if (!source->variable || n == 0)
        return;
    hid_t space = H5Screate_simple(1, &count, NULL);
    if (space >= 0) {
        (void)H5Dvlen_reclaim(source->memory, space, H5P_DEFAULT, rows);
        (void)H5Sclose(space);
    }
}

int64_t pulse_h5_rows_step(const struct pulse_h5_fields *fields)
{
    int64_t rows = pulse_batch_rows(fields->n), chunk = 1;
    size_t bytes = 1;
    for (int64_t i = 0; i < fields->n_sources; i++) {
        const struct pulse_h5_rows *source = &fields->sources[i];
        bytes += source->bytes;
        if (source->chunk > chunk && source->chunk < CHUNK_MOST)
            chunk = source->chunk;
    }
    if (rows > BUFFER_BYTES / (int64_t)bytes)
        rows = BUFFER_BYTES / (int64_t)bytes;
    return (rows / chunk + (rows < chunk)) * chunk;
}

/* ---- Cells ---------------------------------------------------------------------- */

/* What is filled. */
struct filling {
    const struct pulse_h5_fields *fields;
    struct pulse_batch *out;
    struct pulse_text_buffer *buffers; /* by column */
    struct pulse_err *err;
    int64_t first; /* row of the file that is row 0 of the batch */
};

static int fail_cell(const struct filling *fill, int64_t c, int64_t row, const char *what)
{
    char text[320];
    (void)snprintf(text, sizeof text, "column '%.60s', row %lld: %.200s", fill->fields->all[c].name,
                   (long long)(fill->first + row), what);
    return pulse_h5_fail(&fill->fields->location,
                         fill->fields->sources[fill->fields->all[c].source].name, text, fill->err);
}

static int put_text(const struct filling *fill, int64_t c, int64_t row, const char *at,
                    size_t length)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    struct pulse_vector *v = &fill->out->vectors[c];
    struct pulse_text_buffer *buffer = &fill->buffers[c];
    const int64_t begin = buffer->used;
    v->missing[row] = field->marked && length == strlen(fill->fields->missing) &&
                      memcmp(at, fill->fields->missing, length) == 0;
    if (v->missing[row])
        length = 0;
    if (pulse_vector_put_text(v, buffer, at, (int64_t)length, fill->err) != 0)
        return -1;
    pulse_vector_end_text(v, buffer, row);
    return pulse_vector_text_valid(v, begin, buffer->used)
               ? 0
               : fail_cell(fill, c, row, "text that is not UTF-8");
}

static int put_time(const struct filling *fill, int64_t c, int64_t row, int64_t count)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    struct pulse_vector *v = &fill->out->vectors[c];
    v->missing[row] = count == INT64_MIN; /* NaT */
    if (v->missing[row])
        return 0;
    if (field->period.unit != '\0') {
        if (!pulse_period_start(&field->period, count, &v->integers[row]))
            return fail_cell(fill, c, row, PULSE_TIME_OUTSIDE);
        return 0;
    }
    if (!pulse_cf_count_to_ns(&field->unit, count, &v->integers[row]))
        return fail_cell(fill, c, row, PULSE_TIME_OUTSIDE);
    return 0;
}

static int put_real_time(const struct filling *fill, int64_t c, int64_t row, double count)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    struct pulse_vector *v = &fill->out->vectors[c];
    v->missing[row] = isnan(count);
    if (!v->missing[row] && !pulse_cf_real_to_ns(&field->unit, count, &v->integers[row]))
        return fail_cell(fill, c, row, PULSE_TIME_OUTSIDE);
    return 0;
}

/* The value that a position among categories stands for. */
static int put_coded(const struct filling *fill, int64_t c, int64_t row, int64_t code)
{
    const struct pulse_batch *categories = &fill->fields->categories[fill->fields->all[c].size];
    const struct pulse_vector *from = &categories->vectors[0];
    struct pulse_vector *v = &fill->out->vectors[c];
    if (code >= categories->rows)
        return fail_cell(fill, c, row, "of no category; the file is corrupted");
    v->missing[row] = code < 0 || from->missing[code];
    if (v->kind == PULSE_KIND_TEXT) {
        const int64_t begin = code > 0 ? from->text_end[code - 1] : 0;
        const int64_t length = v->missing[row] ? 0 : from->text_end[code] - begin;
        const char *at = length == 0 ? "" : from->text + begin;
        if (pulse_vector_put_text(v, &fill->buffers[c], at, length, fill->err) != 0)
            return -1;
        pulse_vector_end_text(v, &fill->buffers[c], row);
    } else if (!v->missing[row] && from->reals != NULL) {
        v->reals[row] = from->reals[code];
    } else if (!v->missing[row]) {
        v->integers[row] = from->integers[code];
    }
    return 0;
}

/* A whole number as it is stored, or what it is packed for. */
static int put_integer(const struct filling *fill, int64_t c, int64_t row, int64_t count)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    const struct pulse_h5_packing *packing = &fill->fields->sources[field->source].packing;
    struct pulse_vector *v = &fill->out->vectors[c];
    if (field->kind == PULSE_KIND_TIME && !packing->scaled)
        return put_time(fill, c, row, pulse_h5_unpack_whole(packing, count));
    if (field->kind == PULSE_KIND_TIME)
        return put_real_time(fill, c, row, pulse_h5_unpack_integer(packing, count));
    const double value = packing->any ? pulse_h5_unpack_integer(packing, count) : 0;
    if (packing->scaled) {
        v->reals[row] = value;
    } else {
        v->missing[row] = isnan(value);
        const bool wraps = count < 0 && packing->wrap > 0 && !v->missing[row];
        v->integers[row] = wraps && field->kind != PULSE_KIND_UINT ? (int64_t)value : count;
    }
    return 0;
}

/* A cell that lies at `at`. */
static int put_cell(const struct filling *fill, int64_t c, int64_t row, const char *at)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    struct pulse_vector *v = &fill->out->vectors[c];
    const struct pulse_h5_packing *packing = &fill->fields->sources[field->source].packing;
    const char *text;
    int64_t count;
    double real;
    switch (field->form) {
    case PULSE_H5_INTEGER:
        memcpy(&count, at, sizeof count);
        return put_integer(fill, c, row, count);
    case PULSE_H5_CODED:
        memcpy(&count, at, sizeof count);
        return put_coded(fill, c, row, count);
    case PULSE_H5_REAL:
        memcpy(&real, at, sizeof real);
        if (packing->any)
            real = pulse_h5_unpack(packing, real);
        if (field->kind == PULSE_KIND_TIME)
            return put_real_time(fill, c, row, real);
        v->reals[row] = real;
        return 0;
    case PULSE_H5_TRUTH:
        v->integers[row] = *at != 0;
        return 0;
    case PULSE_H5_VARIABLE:
        memcpy((void *)&text, at, sizeof text);
        return put_text(fill, c, row, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
    default: {
        size_t length = strnlen(at, field->size);
        while (field->blanks && length > 0 && at[length - 1] == ' ')
            length--;
        return put_text(fill, c, row, at, length);
    }
    }
}

static int put_pickled(const struct filling *fill, int64_t c, int64_t row)
{
    const struct pulse_h5_field *field = &fill->fields->all[c];
    struct pulse_vector *v = &fill->out->vectors[c];
    struct pulse_text_buffer *buffer = &fill->buffers[c];
    struct pulse_pickle_cell cell;
    const int64_t begin = buffer->used;
    bool swapped;
    pulse_h5_pickled_cell(fill->fields->sources[field->source].pickle, fill->first + row,
                          (int64_t)field->offset, &cell, &swapped);
    v->missing[row] = cell.kind == PULSE_PICKLE_CELL_MISSING;
    if (cell.kind >= PULSE_PICKLE_CELL_FAR)
        return fail_cell(fill, c, row, "neither a number nor a text nor a time");
    if (field->kind == PULSE_KIND_DOUBLE) {
        v->reals[row] = cell.real;
    } else if (field->kind == PULSE_KIND_TIME && !v->missing[row]) {
        if (!pulse_h5_pickled_instant(&cell, &v->integers[row]))
            return fail_cell(fill, c, row, PULSE_H5_ZONED_OBJECT);
    } else if (field->kind != PULSE_KIND_TEXT) {
        v->integers[row] = cell.integer;
    } else {
        if (!v->missing[row] && pulse_pickle_text_put(&cell, swapped, v, buffer, fill->err) != 0)
            return -1;
        pulse_vector_end_text(v, buffer, row);
        if (!pulse_vector_text_valid(v, begin, buffer->used))
            return fail_cell(fill, c, row, "text that is not UTF-8");
    }
    return 0;
}

/* ---- A batch -------------------------------------------------------------------- */

/* Rows [row, row + n) of the batch, of the columns of one dataset. */
static int put_rows(const struct filling *fill, int64_t source, int64_t row, int64_t n,
                    const char *buffer)
{
    const struct pulse_h5_fields *f = fill->fields;
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < f->n; c++) {
        if (f->all[c].source != source)
            continue;
        for (int64_t i = 0; rc == 0 && i < n; i++)
            rc = put_cell(fill, c, row + i,
                          buffer + (size_t)i * f->sources[source].bytes + f->all[c].offset);
    }
    return rc;
}

/* Opens it to keep a whole chunk unpacked while its rows are read a few at a time. */
static hid_t open_cached(const struct pulse_h5_fields *f, const char *name)
{
    enum { SLOTS = 10007, CACHE_BYTES = 32 << 20 };
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS), dataset = -1;
    if (access >= 0 && H5Pset_chunk_cache(access, SLOTS, CACHE_BYTES, 1) >= 0)
        dataset = H5Dopen2(f->location.id, name, access);
    if (access >= 0)
        (void)H5Pclose(access);
    return dataset;
}

static int read_source(const struct filling *fill, int64_t s)
{
    const struct pulse_h5_rows *source = &fill->fields->sources[s];
    const int64_t rows = fill->out->rows;
    const int64_t step = source->variable && rows > POINTER_ROWS ? POINTER_ROWS : rows;
    hid_t dataset = open_cached(fill->fields, source->name);
    char *buffer = pulse_calloc(step, source->bytes, "HDF5 rows", fill->err);
    int rc = buffer == NULL ? -1 : 0;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        n = step < rows - row ? step : rows - row;
        rc = pulse_h5_rows_read(fill->fields, source, dataset, fill->first + row, n, buffer,
                                fill->err);
        if (rc == 0) {
            rc = put_rows(fill, s, row, n, buffer);
            pulse_h5_rows_give_back(source, n, buffer);
        }
    }
    free(buffer);
    if (dataset >= 0)
        (void)H5Dclose(dataset);
    return rc;
}

static int read_pickled(const struct filling *fill, int64_t s)
{
    const struct pulse_h5_fields *f = fill->fields;
    int rc = 0;
    for (int64_t c = 0; c < f->n; c++)
        for (int64_t i = 0; rc == 0 && f->all[c].source == s && i < fill->out->rows; i++)
            rc = put_pickled(fill, c, i);
    return rc;
}

/* Whether any column lies in a dataset. */
static bool has_columns(const struct pulse_h5_fields *fields, int64_t source)
{
    bool found = false;
    for (int64_t c = 0; !found && c < fields->n; c++)
        found = fields->all[c].source == source;
    return found;
}

int pulse_h5_rows_next(const struct pulse_h5_fields *fields, int64_t first, int64_t rows,
                       struct pulse_batch *out, struct pulse_err *err)
{
    struct filling fill = {fields, out, NULL, err, first};
    struct pulse_table_column *columns =
        pulse_calloc(fields->n, sizeof *columns, "HDF5 columns", err);
    int rc = columns == NULL ? -1 : 0;
    *out = (struct pulse_batch){0};
    fill.buffers = pulse_calloc(fields->n, sizeof *fill.buffers, "HDF5 columns", err);
    for (int64_t c = 0; rc == 0 && c < fields->n; c++)
        columns[c] =
            (struct pulse_table_column){.name = fields->all[c].name, .kind = fields->all[c].kind};
    if (rc == 0)
        rc = fill.buffers == NULL ? -1 : pulse_batch_init(out, columns, fields->n, rows, err);
    for (int64_t s = 0; rc == 0 && s < fields->n_sources; s++)
        if (has_columns(fields, s))
            rc = fields->sources[s].pickle != NULL ? read_pickled(&fill, s) : read_source(&fill, s);
    free(fill.buffers);
    free(columns);
    return rc;
}
