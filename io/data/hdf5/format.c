#include "data/hdf5/format.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/write.h"

/* Part `part` of `parts` of each frame. */
struct dataset {
    struct pulse_h5 *h5;
    int part, parts;
};

static void close_dataset(void *file)
{
    struct dataset *dataset = file;
    if (dataset == NULL)
        return;
    pulse_h5_free(dataset->h5);
    free(dataset);
}

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct dataset *dataset = pulse_calloc(1, sizeof *dataset, "an open HDF5 file", err);
    if (dataset == NULL)
        return -1;
    *dataset = (struct dataset){.part = part, .parts = parts};
    if (pulse_h5_open(location, options, &dataset->h5, err) == 0) {
        *file = dataset;
        return 0;
    }
    close_dataset(dataset);
    return -1;
}

static int64_t count_frames(const void *file)
{
    return pulse_h5_frames(((const struct dataset *)file)->h5);
}

static void describe_frame(const void *file, int64_t frame, struct pulse_frame *out)
{
    const struct pulse_h5_frame *f = pulse_h5_frame(((const struct dataset *)file)->h5, frame);
    *out = (struct pulse_frame){.path = f->path,
                                .n = f->n,
                                .names = f->names,
                                .numeric = f->numeric,
                                .empty = f->empty,
                                .holds = (const char *const *)f->holds,
                                .time = -1};
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    const struct dataset *dataset = file;
    int64_t first, rows;
    pulse_part_of_rows(pulse_h5_frame(dataset->h5, request->frame)->rows, dataset->part,
                       dataset->parts, &first, &rows);
    return pulse_h5_read(dataset->h5, request->frame, first, rows, request->columns, request->n,
                         out, bytes_read, err);
}

const struct pulse_format pulse_h5_format = {
    .extensions = {".h5", ".hdf5", ".nc"},
    .needs_file = true,
    .has_frames = true,
    .takes = PULSE_TAKES_TIME | PULSE_TAKES_FORM,
    .dataset = {.open = open_dataset,
                .close = close_dataset,
                .count_frames = count_frames,
                .describe_frame = describe_frame,
                .read = read_block},
    .open_table = pulse_h5_table_open,
    .writer = {.open = pulse_h5_writer_open,
               .write = pulse_h5_writer_batch,
               .end = pulse_h5_writer_end,
               .free = pulse_h5_writer_free},
};
