#include "data/pickle/format.h"

#include "data/pickle/pickle.h"
#include "data/pickle/record_store.h"
#include "data/pickle/table.h"
#include "data/pickle/write.h"

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct pulse_pickle *pickle;
    (void)part;
    (void)parts;
    if (pulse_pickle_open(location->file, options, &pickle, err) != 0)
        return -1;
    *file = pickle;
    return 0;
}

static void close_dataset(void *file)
{
    pulse_pickle_free(file);
}

static void describe_columns(const void *file, int64_t frame, struct pulse_frame *out)
{
    const struct pulse_pickle_layout *layout = pulse_pickle_layout(file);
    (void)frame;
    *out = (struct pulse_frame){.n = layout->n,
                                .names = layout->names,
                                .numeric = layout->numeric,
                                .empty = layout->empty,
                                .holds = layout->holds,
                                .time = -1};
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    return pulse_pickle_read(file, 0, pulse_pickle_layout(file)->rows, request->columns, request->n,
                             out, bytes_read, err);
}

const struct pulse_format pulse_pickle_format = {
    .extensions = {".pkl", ".pickle"},
    .packable = true,
    .takes = PULSE_TAKES_TIME | PULSE_TAKES_FORM,
    .undivided = true,
    .matches = pulse_record_store_is_dataset,
    .dataset = {.open = open_dataset,
                .close = close_dataset,
                .describe_frame = describe_columns,
                .read = read_block},
    .open_table = pulse_pickle_table_open,
    .writer = {.open = pulse_pickle_writer_open,
               .write = pulse_pickle_writer_batch,
               .end = pulse_pickle_writer_end,
               .free = pulse_pickle_writer_free},
};
