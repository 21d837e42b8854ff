#include "data/hdf5/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void pulse_h5_count_bytes(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d)
{
    int64_t rows = job->layout->frame.rows;
    if (rows > 0)
        *job->bytes_read +=
            (int64_t)((double)H5Dget_storage_size(d->id) * ((double)job->out->rows / (double)rows));
}

int pulse_h5_box_read(const struct pulse_h5_job *job, const char *name,
                      const struct pulse_h5_dataset *d, hid_t memory_type,
                      const int64_t first[PULSE_H5_RANK], const int64_t size[PULSE_H5_RANK],
                      void *to)
{
    hsize_t start[PULSE_H5_RANK] = {(hsize_t)first[0], (hsize_t)first[1]};
    hsize_t count[PULSE_H5_RANK] = {(hsize_t)size[0], (hsize_t)size[1]};
    hid_t space = H5Dget_space(d->id), memory = H5Screate_simple(d->rank, count, NULL);
    int rc = 0;
    if (space < 0 || memory < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dread(d->id, memory_type, memory, space, H5P_DEFAULT, to) < 0)
        rc = pulse_h5_fail(job->location, name,
                           "cannot be read; the file is truncated or corrupted", job->err);
    if (memory >= 0)
        (void)H5Sclose(memory);
    if (space >= 0)
        (void)H5Sclose(space);
    return rc;
}

void pulse_h5_unpack_all(const struct pulse_h5_job *job, double *values, int64_t n)
{
    for (int64_t i = 0; job->packing != NULL && job->packing->any && i < n; i++)
        values[i] = pulse_h5_unpack(job->packing, values[i]);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Row-major values into columns. */
static void spread_rows(const struct pulse_block *out, int64_t row, int64_t rows, int64_t columns,
                        const int64_t *slot, const double *buffer)
{
    for (int64_t r = 0; r < rows; r += PULSE_H5_SPREAD_ROWS)
        for (int64_t c = 0; c < columns; c++) {
            const int64_t end = least(rows, r + PULSE_H5_SPREAD_ROWS);
            double *to = out->values + slot[c] * out->rows + row;
            for (int64_t i = r; slot[c] >= 0 && i < end; i++)
                to[i] = pulse_h5_missing_if_infinite(buffer[i * columns + c]);
        }
}

/* Reads rows [row, row + rows) × columns [column, column + columns) and spreads the wanted ones. */
static int read_tile(const struct pulse_h5_job *job, const char *name,
                     const struct pulse_h5_dataset *d, int64_t row, int64_t rows, int64_t column,
                     int64_t columns, const int64_t *slot, double *buffer)
{
    const int64_t first[] = {job->first + row, column}, size[] = {rows, columns};
    bool wanted = false;
    for (int64_t c = 0; c < columns; c++)
        wanted |= slot[column + c] >= 0;
    if (!wanted)
        return 0;
    if (pulse_h5_box_read(job, name, d, H5T_NATIVE_DOUBLE, first, size, buffer) != 0)
        return -1;
    pulse_h5_unpack_all(job, buffer, rows * columns);
    spread_rows(job->out, row, rows, columns, slot + column, buffer);
    return 0;
}

static int64_t columns_of(const struct pulse_h5_dataset *d)
{
    return d->rank == 1 ? 1 : d->dims[1];
}

/* Tile by tile, each of whole chunks, so that no chunk is decompressed twice. */
static int read_tiles(const struct pulse_h5_job *job, const char *name,
                      const struct pulse_h5_dataset *d, const int64_t *slot)
{
    enum { FEW_VALUES = 1 << 14 };
    const int64_t rows = job->out->rows, columns = columns_of(d);
    const int64_t chunk_rows = d->chunk[0] < 1 ? 1 : d->chunk[0];
    const bool chunked = chunk_rows < d->dims[0] || (d->rank > 1 && d->chunk[1] < columns);
    int64_t wide =
        chunked && d->rank > 1 ? least(d->chunk[1] < 1 ? 1 : d->chunk[1], columns) : columns;
    int64_t tall = chunked ? least(chunk_rows, d->dims[0]) : 1;
    const int64_t unit = tall, most = chunked ? FEW_VALUES : PULSE_H5_BUFFER_VALUES;
    /* As wide as a chunk, what is read is copied as it lies; wider, row by row. */
    if (wide * tall < most)
        tall = most / (wide * tall) * tall;
    if (wide * tall < most)
        wide = least(columns, most / (wide * tall) * wide);
    int rc =
        pulse_grow(&job->buffer->bytes, &job->buffer->cap,
                   least(tall, rows) * wide * (int64_t)sizeof(double), 1, "HDF5 rows", job->err);
    double *buffer = (double *)(void *)job->buffer->bytes;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        /* The first tile ends where a chunk does. */
        n = least(rows - row, tall - (job->first + row) % unit);
        for (int64_t c = 0; rc == 0 && c < columns; c += wide)
            rc = read_tile(job, name, d, row, n, c, least(wide, columns - c), slot, buffer);
    }
    return rc;
}

int pulse_h5_matrix_read(const struct pulse_h5_job *job, const char *name,
                         const struct pulse_h5_dataset *d, const struct pulse_h5_source *sources)
{
    int64_t *slot = pulse_calloc(columns_of(d), sizeof *slot, "columns to read", job->err);
    if (slot == NULL)
        return -1;
    for (int64_t c = 0; c < columns_of(d); c++)
        slot[c] = -1;
    for (int64_t i = 0; i < job->n; i++) {
        const int64_t column = job->columns[i];
        if (sources == NULL)
            slot[column] = i;
        else if (strcmp(sources[column].object, name) == 0)
            slot[sources[column].position] = i;
    }
    int rc = read_tiles(job, name, d, slot);
    if (rc == 0)
        pulse_h5_count_bytes(job, d);
    free(slot);
    return rc;
}
