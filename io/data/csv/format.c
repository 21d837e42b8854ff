#include "data/csv/format.h"

#include "data/common/columns.h"
#include "data/csv/csv.h"
#include "data/csv/table.h"
#include "data/csv/write.h"

static int open_dataset(const struct pulse_location *location, int part, int parts,
                        const struct pulse_read_options *options, void **file,
                        struct pulse_err *err)
{
    struct pulse_name_index all;
    struct pulse_csv *csv;
    if (pulse_csv_open(location, part, parts, PULSE_CSV_BUFFER_BYTES, options, &csv, err) != 0)
        return -1;
    /* Two columns of one name are a mistake even where one of them holds text. */
    const struct pulse_csv_layout *layout = pulse_csv_layout(csv);
    if (pulse_name_index_init(&all, location->uri, layout->names, layout->n, err) != 0) {
        pulse_csv_free(csv);
        return -1;
    }
    pulse_name_index_clear(&all);
    *file = csv;
    return 0;
}

static void close_dataset(void *file)
{
    pulse_csv_free(file);
}

static void describe_columns(const void *file, int64_t frame, struct pulse_frame *out)
{
    const struct pulse_csv_layout *layout = pulse_csv_layout(file);
    (void)frame;
    *out = (struct pulse_frame){.n = layout->n,
                                .names = layout->names,
                                .numeric = layout->numeric,
                                .empty = layout->empty,
                                .time = layout->time,
                                .holds = layout->holds,
                                .note = layout->note};
}

static bool flips_quotes(const void *file)
{
    return pulse_csv_flips_quotes(file);
}

static int read_block(void *file, const struct pulse_frame_request *request,
                      struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    return pulse_csv_read(file, request->begins_quoted, request->columns, request->n, out,
                          bytes_read, err);
}

const struct pulse_format pulse_csv_format = {
    .extensions = {".csv", ".tsv", ".txt"},
    .packable = true,
    .takes = PULSE_TAKES_LINES | PULSE_TAKES_FORM | PULSE_TAKES_TIME,
    .dataset = {.open = open_dataset,
                .close = close_dataset,
                .describe_frame = describe_columns,
                .flips_quotes = flips_quotes,
                .read = read_block},
    .open_table = pulse_csv_table_open,
    .writer = {.open = pulse_csv_writer_open,
               .write = pulse_csv_writer_batch,
               .end = pulse_csv_writer_end,
               .free = pulse_csv_writer_free},
};
