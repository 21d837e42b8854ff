#include "data/hdf5/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/chunks/chunks.h"

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
    hid_t space = d->rank == 1 ? pulse_h5_vector_select(d, first[0], size[0]) : H5Dget_space(d->id);
    hid_t memory = H5Screate_simple(d->rank, count, NULL);
    int rc = 0;
    if (space < 0 || memory < 0 ||
        (d->rank != 1 &&
         H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) ||
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

/* What a matrix is read with. */
struct matrix {
    const struct pulse_h5_job *job;
    const char *name;
    const struct pulse_h5_dataset *d;
    int64_t columns;
    const int64_t *slot; /* where each column goes; -1: nowhere */
};

/* Row-major values, `stride` a row, into columns. */
static void spread_rows(const struct pulse_block *out, int64_t row, int64_t rows, int64_t columns,
                        const int64_t *slot, const double *buffer, int64_t stride)
{
    for (int64_t r = 0; r < rows; r += PULSE_H5_SPREAD_ROWS)
        for (int64_t c = 0; c < columns; c++) {
            const int64_t end = least(rows, r + PULSE_H5_SPREAD_ROWS);
            double *to = out->values + slot[c] * out->rows + row;
            for (int64_t i = r; slot[c] >= 0 && i < end; i++)
                to[i] = pulse_h5_missing_if_infinite(buffer[i * stride + c]);
        }
}

static bool is_any_wanted(const struct matrix *m, int64_t column, int64_t columns)
{
    bool wanted = false;
    for (int64_t c = column; !wanted && c < column + columns; c++)
        wanted = m->slot[c] >= 0;
    return wanted;
}

/* Reads rows [row, row + rows) × columns [column, column + columns) and spreads the wanted ones. */
static int read_tile(const struct matrix *m, int64_t row, int64_t rows, int64_t column,
                     int64_t columns)
{
    const struct pulse_h5_job *job = m->job;
    const int64_t first[] = {job->first + row, column}, size[] = {rows, columns};
    if (!is_any_wanted(m, column, columns))
        return 0;
    if (pulse_grow(&job->buffer->bytes, &job->buffer->cap, rows * columns * (int64_t)sizeof(double),
                   1, "HDF5 rows", job->err) != 0)
        return -1;
    double *buffer = (double *)(void *)job->buffer->bytes;
    if (pulse_h5_box_read(job, m->name, m->d, H5T_NATIVE_DOUBLE, first, size, buffer) != 0)
        return -1;
    pulse_h5_unpack_all(job, buffer, rows * columns);
    spread_rows(job->out, row, rows, columns, m->slot + column, buffer, columns);
    return 0;
}

static int64_t columns_of(const struct pulse_h5_dataset *d)
{
    return d->rank == 1 ? 1 : d->dims[1];
}

/* Tile by tile, each of whole chunks, so that no chunk is decompressed twice. */
static int read_tiles(const struct matrix *m)
{
    enum { FEW_VALUES = 1 << 14 };
    const struct pulse_h5_dataset *d = m->d;
    const int64_t rows = m->job->out->rows, columns = m->columns;
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
    int rc = 0;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        /* The first tile ends where a chunk does. */
        n = least(rows - row, tall - (m->job->first + row) % unit);
        for (int64_t c = 0; rc == 0 && c < columns; c += wide)
            rc = read_tile(m, row, n, c, least(wide, columns - c));
    }
    return rc;
}

/* Spreads the rows of one unpacked chunk that are wanted; what its reader leaves to the library is
 * a tile. */
static int read_chunk(const struct matrix *m, struct pulse_h5_chunks *chunks, int64_t row,
                      int64_t rows, int64_t column)
{
    const int64_t tall = m->d->chunk[0], wide = m->d->rank == 1 ? 1 : m->d->chunk[1];
    const int64_t columns = least(wide, m->columns - column), skip = (m->job->first + row) % tall;
    const hsize_t at[] = {(hsize_t)(m->job->first + row - skip), (hsize_t)column};
    if (!is_any_wanted(m, column, columns))
        return 0;
    double *values = pulse_h5_chunks_unpack(chunks, at);
    if (values == NULL)
        return read_tile(m, row, rows, column, columns);
    values += skip * wide;
    pulse_h5_unpack_all(m->job, values, rows * wide);
    spread_rows(m->job->out, row, rows, columns, m->slot + column, values, wide);
    return 0;
}

static int read_chunks(const struct matrix *m, struct pulse_h5_chunks *chunks)
{
    const int64_t rows = m->job->out->rows, tall = m->d->chunk[0];
    const int64_t wide = m->d->rank == 1 ? 1 : m->d->chunk[1];
    int rc = 0;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        n = least(rows - row, tall - (m->job->first + row) % tall);
        for (int64_t c = 0; rc == 0 && c < m->columns; c += wide)
            rc = read_chunk(m, chunks, row, n, c);
    }
    return rc;
}

int pulse_h5_matrix_read(const struct pulse_h5_job *job, const char *name,
                         const struct pulse_h5_dataset *d, const struct pulse_h5_source *sources)
{
    const int64_t columns = columns_of(d);
    struct pulse_h5_chunks *chunks = NULL;
    int64_t *slot = pulse_calloc(columns, sizeof *slot, "columns to read", job->err);
    if (slot == NULL)
        return -1;
    for (int64_t c = 0; c < columns; c++)
        slot[c] = -1;
    for (int64_t i = 0; i < job->n; i++) {
        const int64_t column = job->columns[i];
        if (sources == NULL)
            slot[column] = i;
        else if (strcmp(sources[column].object, name) == 0)
            slot[sources[column].position] = i;
    }
    const struct matrix m = {job, name, d, columns, slot};
    int rc = pulse_h5_chunks_open(d->id, job->location->bytes, &chunks, job->err);
    if (rc == 0)
        rc = chunks != NULL ? read_chunks(&m, chunks) : read_tiles(&m);
    if (rc == 0)
        pulse_h5_count_bytes(job, d);
    pulse_h5_chunks_close(chunks);
    free(slot);
    return rc;
}
