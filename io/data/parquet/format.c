#include "data/parquet/format.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/parquet/frame.h"
#include "data/parquet/table.h"
#include "data/parquet/write.h"

/* The row groups that begin in part `part` of `parts`. */
struct dataset {
    struct pulse_parquet_frame *frame;
    int64_t first, rows;
};

static void close_dataset(void *file)
{
    struct dataset *dataset = file;
    if (dataset == NULL)
        return;
    pulse_parquet_frame_free(dataset->frame);
    free(dataset);
}

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct dataset *dataset = pulse_calloc(1, sizeof *dataset, "an open Parquet file", err);
    if (dataset == NULL)
        return -1;
    if (pulse_parquet_frame_open(location->file, options, &dataset->frame, err) != 0) {
        close_dataset(dataset);
        return -1;
    }
    int64_t first, rows;
    pulse_part_of_rows(pulse_parquet_frame_layout(dataset->frame)->rows, part, parts, &first,
                       &rows);
    const int64_t end = pulse_parquet_frame_align(dataset->frame, first + rows);
    dataset->first = pulse_parquet_frame_align(dataset->frame, first);
    dataset->rows = end - dataset->first;
    *file = dataset;
    return 0;
}

static void describe_columns(const void *file, int64_t frame, struct pulse_frame *out)
{
    const struct pulse_parquet_layout *layout =
        pulse_parquet_frame_layout(((const struct dataset *)file)->frame);
    (void)frame;
    *out = (struct pulse_frame){.n = layout->n,
                                .names = layout->names,
                                .numeric = layout->numeric,
                                .empty = layout->empty,
                                .time = layout->time,
                                .holds = layout->holds,
                                .note = layout->note};
}

static int check_series(const void *file, const char *variable, struct pulse_err *err)
{
    return pulse_parquet_frame_refuse_nested(((const struct dataset *)file)->frame, variable, err);
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    const struct dataset *dataset = file;
    return pulse_parquet_frame_read(dataset->frame, dataset->first, dataset->rows, request->columns,
                                    request->n, out, bytes_read, err);
}

/* ---- Writing -------------------------------------------------------------------- */

static int open_writer(const struct pulse_table_writer_options *options,
                       const struct pulse_table_column *columns, int64_t n, void **file,
                       struct pulse_err *err)
{
    const struct pulse_parquet_write_options parquet = {options->codec, options->group_rows};
    struct pulse_parquet_writer *writer;
    if (pulse_parquet_write_open(options->stream, options->path, columns, n, &parquet, &writer,
                                 err) != 0)
        return -1;
    *file = writer;
    return 0;
}

static int write_batch(void *file, const struct pulse_batch *batch, struct pulse_err *err)
{
    return pulse_parquet_write_batch(file, batch, err);
}

static int end_writer(void *file, struct pulse_err *err)
{
    return pulse_parquet_write_end(file, err);
}

static void free_writer(void *file)
{
    pulse_parquet_write_free(file);
}

const struct pulse_format pulse_parquet_format = {
    .extensions = {".parquet"},
    .takes = PULSE_TAKES_TIME | PULSE_TAKES_FORM,
    .dataset = {.open = open_dataset,
                .close = close_dataset,
                .describe_frame = describe_columns,
                .check_series = check_series,
                .read = read_block},
    .open_table = pulse_parquet_table_open,
    .writer = {.open = open_writer, .write = write_batch, .end = end_writer, .free = free_writer},
};
