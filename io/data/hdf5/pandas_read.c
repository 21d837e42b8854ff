#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/epoch.h"
#include "data/hdf5/pandas.h"
#include "data/hdf5/pickled.h"
#include "data/hdf5/time.h"

static int fail_row(const struct pulse_h5_job *job, const char *name, int64_t row, const char *what)
{
    char text[320];
    (void)snprintf(text, sizeof text, "row %lld: %s", (long long)(job->first + row), what);
    return pulse_h5_fail(job->location, name, text, job->err);
}

/* ---- Rows of a table ------------------------------------------------------------ */

/* A compound in memory of just `member`, each of its `width` elements of the type `element`. */
static hid_t member_in_memory(hid_t table, const char *member, hid_t element, int64_t *width)
{
    hid_t stored = pulse_h5_member_type(table, member), alone = -1;
    hsize_t size = 1;
    if (stored >= 0 && H5Tget_class(stored) == H5T_ARRAY) {
        hid_t array = H5Tget_array_ndims(stored) == 1 && H5Tget_array_dims2(stored, &size) >= 0
                          ? H5Tarray_create2(element, 1, &size)
                          : -1;
        if (array >= 0) {
            alone = pulse_h5_compound_of(member, array);
            (void)H5Tclose(array);
        }
    } else if (stored >= 0) {
        alone = pulse_h5_compound_of(member, element);
    }
    if (stored >= 0)
        (void)H5Tclose(stored);
    *width = (int64_t)size;
    return alone;
}

/* Whether rows are best read as they are stored, all of each: where the elements of the member are
 * those wanted, and all columns that are fill a good part of a row. The library need convert
 * nothing then, which it does slowly, and times and values come in one go. */
static bool is_stored_as(const struct pulse_h5_job *job, hid_t table, const char *member,
                         hid_t element)
{
    enum { PART = 4 };
    hid_t stored = pulse_h5_member_type(table, member);
    const bool array = stored >= 0 && H5Tget_class(stored) == H5T_ARRAY;
    hid_t inner = array ? H5Tget_super(stored) : stored;
    const bool same = inner >= 0 && H5Tequal(inner, element) > 0 &&
                      H5Tget_size(table) / PART <= (size_t)(job->n + 1) * sizeof(double);
    if (array && inner >= 0)
        (void)H5Tclose(inner);
    if (stored >= 0)
        (void)H5Tclose(stored);
    return same;
}

/* Gets `rows` rows of one member from row `row` of the job: elements at `at`, `stride` bytes from
 * one row to the next. */
typedef int take_rows(const struct pulse_h5_job *job, const char *member, int64_t row, int64_t rows,
                      const char *at, size_t stride);

/* Hands a member of all rows to `take` out of rows as they are stored. */
static int read_stored(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d,
                       const char *member, take_rows *take)
{
    struct pulse_h5_buffer *buffer = job->buffer;
    const size_t bytes = H5Tget_size(d->type);
    const size_t offset =
        H5Tget_member_offset(d->type, (unsigned)H5Tget_member_index(d->type, member));
    if (!buffer->filled) {
        const int64_t first[] = {job->first, 0}, size[] = {job->out->rows, 0};
        if (pulse_grow(&buffer->bytes, &buffer->cap, job->out->rows * (int64_t)bytes, 1,
                       "HDF5 rows", job->err) != 0 ||
            pulse_h5_box_read(job, "table", d, d->type, first, size, buffer->bytes) != 0)
            return -1;
        buffer->first = job->first;
        buffer->filled = true;
    }
    return take(job, member, 0, job->out->rows,
                buffer->bytes + (size_t)(job->first - buffer->first) * bytes + offset, bytes);
}

/* Reads a member of a few rows at a time and hands them to `take`. */
static int read_member(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d,
                       const char *member, hid_t element, take_rows *take)
{
    enum { BUFFER_BYTES = 1 << 20 }; /* which stay in the processor's cache */
    const int64_t rows = job->out->rows, chunk = d->chunk[0] < 1 ? 1 : d->chunk[0];
    int64_t width;
    if (rows > 0 && is_stored_as(job, d->type, member, element))
        return read_stored(job, d, member, take);
    hid_t type = member_in_memory(d->type, member, element, &width);
    const int64_t bytes = width * (int64_t)H5Tget_size(element);
    if (type < 0 || bytes <= 0) {
        if (type >= 0)
            (void)H5Tclose(type);
        return pulse_h5_fail(job->location, "table", "broken data type", job->err);
    }
    /* Whole chunks, so that none is unpacked twice. */
    int64_t step = BUFFER_BYTES / bytes / chunk * chunk;
    step = step < chunk ? chunk : step;
    step = step < rows ? step : rows;
    char *buffer = pulse_alloc_aligned(step, (size_t)bytes, "HDF5 rows", job->err);
    int rc = buffer == NULL && rows > 0 ? -1 : 0;
    for (int64_t row = 0, n; rc == 0 && row < rows; row += n) {
        const int64_t first[] = {job->first + row, 0};
        n = step - first[0] % (step < chunk ? step : chunk);
        n = n < rows - row ? n : rows - row;
        rc = pulse_h5_box_read(job, "table", d, type, first, (const int64_t[]){n, 0}, buffer);
        if (rc == 0)
            rc = take(job, member, row, n, buffer, (size_t)bytes);
    }
    free(buffer);
    (void)H5Tclose(type);
    return rc;
}

/* Has the processor fetch the rows that come next, of which the columns jump over most. */
static void fetch_ahead(const char *at, size_t bytes, size_t stride)
{
    enum { LINE = 64 };
    const size_t most = PULSE_H5_SPREAD_ROWS * stride;
    for (size_t i = 0; i < (bytes < most ? bytes : most); i += LINE)
        __builtin_prefetch(at + i);
}

/* Some rows of all columns, then the next: of a row's bytes each is fetched once. */
static int take_values(const struct pulse_h5_job *job, const char *member, int64_t row,
                       int64_t rows, const char *at, size_t stride)
{
    double value;
    int64_t *position = pulse_calloc(job->n, sizeof *position, "columns to read", job->err);
    if (position == NULL)
        return -1;
    for (int64_t i = 0; i < job->n; i++) {
        const struct pulse_h5_source *source = &job->layout->sources[job->columns[i]];
        position[i] = strcmp(source->object, member) == 0 ? source->position : -1;
    }
    for (int64_t r = 0; r < rows; r += PULSE_H5_SPREAD_ROWS) {
        const int64_t end = r + PULSE_H5_SPREAD_ROWS < rows ? r + PULSE_H5_SPREAD_ROWS : rows;
        fetch_ahead(at + (size_t)end * stride, (size_t)(rows - end) * stride, stride);
        for (int64_t i = 0; i < job->n; i++) {
            double *to = job->out->values + i * job->out->rows + row;
            for (int64_t k = r; position[i] >= 0 && k < end; k++) {
                memcpy(&value, at + (size_t)k * stride + (size_t)position[i] * sizeof value,
                       sizeof value);
                to[k] = pulse_h5_missing_if_infinite(value);
            }
        }
    }
    free(position);
    return 0;
}

/* ---- Values --------------------------------------------------------------------- */

/* Whether no column before column `i` lies in the same object. */
static bool is_first(const struct pulse_h5_job *job, int64_t i)
{
    const struct pulse_h5_source *sources = job->layout->sources;
    for (int64_t k = 0; k < i; k++)
        if (strcmp(sources[job->columns[k]].object, sources[job->columns[i]].object) == 0)
            return false;
    return true;
}

int pulse_h5_pandas_values(const struct pulse_h5_job *job)
{
    const bool table = job->layout->kind == PULSE_H5_TABLE;
    struct pulse_h5_dataset d;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < job->n; i++) {
        const char *object = job->layout->sources[job->columns[i]].object;
        if (!is_first(job, i))
            continue;
        rc = table ? pulse_h5_dataset_open_whole(job->location, "table", &d, job->err)
                   : pulse_h5_dataset_open(job->location, object, &d, job->err);
        if (rc == 0 && table)
            rc = read_member(job, &d, object, H5T_NATIVE_DOUBLE, take_values);
        else if (rc == 0)
            rc = pulse_h5_matrix_read(job, object, &d, job->layout->sources);
        if (rc == 0 && table && i == 0)
            pulse_h5_count_bytes(job, &d);
        pulse_h5_dataset_close(&d);
    }
    return rc;
}

/* ---- Times ---------------------------------------------------------------------- */

static int fail_undeclared(const struct pulse_h5_job *job, const char *member, int64_t row)
{
    char what[200];
    const char *name = job->layout->time_name;
    (void)snprintf(what, sizeof what,
                   "%s%.60s%s holds an integer that is no day (20161230) and no year, and what it "
                   "counts is not said; give --time-unit",
                   name == NULL ? "the index" : "'", name == NULL ? "" : name,
                   name == NULL ? "" : "'");
    return fail_row(job, member, row, what);
}

static int take_instants(const struct pulse_h5_job *job, const char *member, int64_t row,
                         int64_t rows, const char *at, size_t stride)
{
    int64_t count;
    const char *from = at + (size_t)job->layout->time_position * sizeof count;
    for (int64_t r = 0; r < rows; r++, from += stride) {
        memcpy(&count, from, sizeof count);
        if (count == INT64_MIN) /* NaT */
            return fail_row(job, member, row + r, "no time");
        int64_t *time_ns = &job->out->time_ns[row + r];
        if (job->layout->time_digits) {
            if (!pulse_epoch_to_ns(count, PULSE_TIME_UNIT_NONE, time_ns))
                return fail_undeclared(job, member, row + r);
        } else if (!(job->layout->time_period.unit != '\0'
                         ? pulse_period_start(&job->layout->time_period, count, time_ns)
                         : pulse_count_to_ns(count, job->layout->time_unit_ns, time_ns)))
            return fail_row(job, member, row + r, PULSE_TIME_OUTSIDE);
    }
    return 0;
}

static int parse_time(const struct pulse_h5_job *job, const char *name, int64_t row, const char *at,
                      size_t length)
{
    const char *fault = pulse_stamps_read(job->stamps, at, length, &job->out->time_ns[row]);
    return fault == NULL ? 0 : fail_row(job, name, row, fault);
}

/* Strings of fixed size in an array member; the element's type is the stored one. */
static int take_texts(const struct pulse_h5_job *job, const char *member, int64_t row, int64_t rows,
                      const char *at, size_t stride)
{
    const struct pulse_h5_layout *layout = job->layout;
    const size_t size = (size_t)layout->time_unit_ns;
    const char *from = at + (size_t)layout->time_position * size;
    int rc = 0;
    for (int64_t r = 0; rc == 0 && r < rows; r++, from += stride)
        rc = parse_time(job, member, row + r, from, strnlen(from, size));
    return rc;
}

/* The type of the strings in an array member, -1 where it is none of a fixed size. */
static hid_t strings_of(hid_t table, const char *member)
{
    hid_t stored = pulse_h5_member_type(table, member);
    hid_t element = stored >= 0 && H5Tget_class(stored) == H5T_ARRAY ? H5Tget_super(stored)
                    : stored >= 0                                    ? H5Tcopy(stored)
                                                                     : -1;
    if (stored >= 0)
        (void)H5Tclose(stored);
    if (element >= 0 && (H5Tget_class(element) != H5T_STRING || H5Tis_variable_str(element) != 0)) {
        (void)H5Tclose(element);
        element = -1;
    }
    return element;
}

static int read_table_times(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d)
{
    const char *member = job->layout->time;
    if (job->layout->time_unit_ns > 0)
        return read_member(job, d, member, H5T_NATIVE_INT64, take_instants);
    hid_t element = strings_of(d->type, member);
    if (element < 0)
        return pulse_h5_fail(job->location, member, "times that are no plain strings", job->err);
    struct pulse_h5_layout layout = *job->layout;
    struct pulse_h5_job copy = *job;
    layout.time_unit_ns = (int64_t)H5Tget_size(element);
    copy.layout = &layout;
    int rc = read_member(&copy, d, member, element, take_texts);
    (void)H5Tclose(element);
    return rc;
}

static int read_pickled_times(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d)
{
    struct pulse_pickle_tree *tree = NULL;
    struct pulse_pickle_cell cell;
    const char *name = job->layout->time;
    bool swapped;
    int rc = pulse_h5_pickled_read(job->location, name, d, job->layout->frame.rows, &tree,
                                   job->bytes_read, job->err);
    for (int64_t r = 0; rc == 0 && r < job->out->rows; r++) {
        pulse_h5_pickled_cell(tree, job->first + r, job->layout->time_position, &cell, &swapped);
        if (cell.kind == PULSE_PICKLE_CELL_TEXT && !cell.wide)
            rc = parse_time(job, name, r, (const char *)cell.text, (size_t)cell.length);
        else if (cell.kind != PULSE_PICKLE_CELL_TIME)
            rc = fail_row(job, name, r, "no time");
        else if (!pulse_h5_pickled_instant(&cell, &job->out->time_ns[r]))
            rc = fail_row(job, name, r, PULSE_H5_ZONED_OBJECT);
    }
    pulse_pickle_tree_free(tree);
    return rc;
}

/* One column of a matrix of integers, or a vector of them. */
static int read_block_times(const struct pulse_h5_job *job, const struct pulse_h5_dataset *d)
{
    const int64_t first[] = {job->first, job->layout->time_position};
    const int64_t size[] = {job->out->rows, 1};
    if (job->out->rows == 0)
        return 0;
    if (pulse_h5_box_read(job, job->layout->time, d, H5T_NATIVE_INT64, first, size,
                          job->out->time_ns) != 0)
        return -1;
    struct pulse_h5_layout layout = *job->layout;
    struct pulse_h5_job copy = *job;
    layout.time_position = 0; /* the only one that was read */
    copy.layout = &layout;
    return take_instants(&copy, job->layout->time, 0, job->out->rows,
                         (const char *)job->out->time_ns, sizeof(int64_t));
}

static int read_times(const struct pulse_h5_job *job)
{
    const bool table = job->layout->kind == PULSE_H5_TABLE;
    const char *name = job->layout->time;
    struct pulse_h5_dataset d;
    int rc = table ? pulse_h5_dataset_open_whole(job->location, "table", &d, job->err)
                   : pulse_h5_dataset_open(job->location, name, &d, job->err);
    if (rc == 0 && table)
        rc = read_table_times(job, &d);
    else if (rc == 0 && d.kind == H5T_VLEN)
        rc = read_pickled_times(job, &d);
    else if (rc == 0 && job->layout->time_unit_ns > 0)
        rc = read_block_times(job, &d);
    else if (rc == 0)
        rc = pulse_h5_times_read(job->location, name, &d, NULL, job->first, job->out->rows,
                                 job->stamps, job->out->time_ns, job->err);
    if (rc == 0 && job->layout->kind == PULSE_H5_BLOCKS && d.kind != H5T_VLEN)
        pulse_h5_count_bytes(job, &d);
    pulse_h5_dataset_close(&d);
    return rc;
}

/* How many values a level has; −1 with an error. */
static int64_t count_values(const struct pulse_h5_job *job)
{
    struct pulse_h5_dataset d;
    const int rc = pulse_h5_dataset_open(job->location, job->layout->time_level, &d, job->err);
    const int64_t n = rc == 0 ? d.dims[0] : -1;
    pulse_h5_dataset_close(&d);
    return n;
}

/* All values of the level that the times are chosen among, which are read as times are; to be
 * freed. */
static int64_t *read_level(const struct pulse_h5_job *job, int64_t *n)
{
    struct pulse_h5_layout layout = *job->layout;
    struct pulse_block block = {0};
    struct pulse_h5_job of_level = *job;
    *n = count_values(job);
    if (*n < 0)
        return NULL;
    layout.time = layout.time_level;
    block.rows = *n;
    block.time_ns = pulse_calloc(*n, sizeof *block.time_ns, "times", job->err);
    of_level.layout = &layout;
    of_level.first = 0;
    of_level.out = &block;
    if (block.time_ns == NULL || read_times(&of_level) == 0)
        return block.time_ns;
    free(block.time_ns);
    return NULL;
}

/* Times that are chosen by the integers of a level. */
static int read_chosen(const struct pulse_h5_job *job)
{
    const int64_t first[] = {job->first, 0}, size[] = {job->out->rows, 0};
    const char *name = job->layout->time, *shown = job->layout->time_name;
    int64_t *time_ns = job->out->time_ns, n;
    struct pulse_h5_dataset d;
    int64_t *values = read_level(job, &n);
    if (values == NULL)
        return -1;
    int rc = pulse_h5_dataset_open(job->location, name, &d, job->err);
    if (rc == 0)
        rc = pulse_h5_box_read(job, name, &d, H5T_NATIVE_INT64, first, size, time_ns);
    for (int64_t r = 0; rc == 0 && r < job->out->rows; r++) {
        if (time_ns[r] >= n)
            rc = fail_row(job, shown, r, "a position beyond its level; the file is corrupted");
        else if (time_ns[r] < 0)
            rc = fail_row(job, shown, r, "no time");
        else
            time_ns[r] = values[time_ns[r]];
    }
    if (rc == 0)
        pulse_h5_count_bytes(job, &d);
    pulse_h5_dataset_close(&d);
    free(values);
    return rc;
}

int pulse_h5_pandas_times(const struct pulse_h5_job *job)
{
    if (job->layout->time_level == NULL)
        return read_times(job);
    return job->out->rows == 0 ? 0 : read_chosen(job);
}
