#include "data/csv/csv.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/byte_reader.h"
#include "data/common/stamps.h"
#include "data/csv/cell.h"
#include "data/csv/part.h"
#include "data/csv/rows.h"
#include "data/csv/space.h"
#include "data/csv/trouble.h"

/* ---- Opening -------------------------------------------------------------------- */

/* Without the product size × part, which overflows for no real file but for a sparse one. */
static int64_t share_of(int64_t size, int part, int parts)
{
    return size / parts * part + size % parts * part / parts;
}

static void set_part(struct pulse_csv *csv, int part, int parts)
{
    const int64_t data = csv->layout.data_offset;
    const int64_t end = csv->layout.data_end;
    const int64_t size = (end >= 0 ? end : pulse_byte_reader_size(csv->input)) - data;
    if (pulse_byte_reader_goes_forwards(csv->input)) {
        csv->first = data;
        csv->last = end >= 0 ? end : PULSE_CSV_ANY_END;
    } else {
        csv->first = data + share_of(size, part, parts);
        csv->last = data + share_of(size, part + 1, parts);
    }
    pulse_byte_reader_will_read(csv->input, csv->first, csv->last - csv->first);
}

int pulse_csv_open(const struct pulse_location *location, int part, int parts, int64_t buffer_bytes,
                   const struct pulse_read_options *options, struct pulse_csv **out,
                   struct pulse_err *err)
{
    struct pulse_csv *csv = pulse_calloc(1, sizeof *csv, "an open CSV file", err);
    if (csv == NULL)
        return -1;
    csv->time_unit = options->time_unit;
    csv->every_variable = options->every_variable;
    csv->instants = options->time_zone != NULL;
    if (pulse_byte_reader_open(location->file, location->packing, options->encoding, &csv->input,
                               err) != 0 ||
        pulse_csv_layout_read(csv->input, options, true, &csv->layout, err) != 0)
        goto fail;
    csv->bytes_read = csv->layout.bytes_read;
    set_part(csv, part, parts);
    csv->capacity = buffer_bytes;
    csv->bytes =
        pulse_alloc_aligned(csv->capacity + PULSE_CSV_CELL_PADDING, 1, "a CSV file's rows", err);
    if (csv->bytes == NULL || (parts > 1 && !pulse_byte_reader_goes_forwards(csv->input) &&
                               pulse_csv_part_count_quotes(csv, err) != 0))
        goto fail;
    *out = csv;
    return 0;
fail:
    pulse_csv_free(csv);
    return -1;
}

void pulse_csv_free(struct pulse_csv *csv)
{
    if (csv == NULL)
        return;
    pulse_byte_reader_close(csv->input);
    pulse_csv_layout_clear(&csv->layout);
    free(csv->bytes);
    free(csv);
}

const struct pulse_csv_layout *pulse_csv_layout(const struct pulse_csv *csv)
{
    return &csv->layout;
}

bool pulse_csv_flips_quotes(const struct pulse_csv *csv)
{
    return csv->flips;
}

/* ---- The part's rows ------------------------------------------------------------ */

static int compare_takes(const void *a, const void *b)
{
    int64_t x = ((const struct pulse_csv_take *)a)->skip;
    int64_t y = ((const struct pulse_csv_take *)b)->skip;
    return (x > y) - (x < y);
}

/* A column of text is looked at where all variables are wanted; one of numbers with a unit more
 * closely. */
static bool is_special(const struct pulse_csv *csv, int64_t column)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    return layout->numeric[column]
               ? layout->columns[column].unit.text[0] != '\0'
               : csv->every_variable && layout->text[column] && layout->names[column][0] != '\0';
}

/* The chosen columns, the time and columns of text, in no order: takes by position. */
static void list_takes(const struct pulse_csv *csv, int64_t n, struct pulse_csv_plan *plan,
                       const struct pulse_csv_wanted *wanted)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    int64_t specials = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t column = wanted->columns[i];
        const bool special = is_special(csv, column);
        plan->take[i] = (struct pulse_csv_take){column, special ? PULSE_CSV_SPECIAL - specials : i};
        if (!special)
            continue;
        wanted->special_columns[specials] = column;
        plan->special[specials++] =
            (struct pulse_csv_special){.slot = i, .unit = layout->columns[column].unit};
    }
    plan->take[n] = (struct pulse_csv_take){layout->time, PULSE_CSV_TIME};
    plan->takes = n + 1;
    for (int64_t c = 0; c < layout->n; c++) {
        if (layout->numeric[c] || c == layout->time || !is_special(csv, c))
            continue;
        wanted->special_columns[specials] = c;
        plan->special[specials] = (struct pulse_csv_special){.text = true};
        plan->take[plan->takes++] = (struct pulse_csv_take){c, PULSE_CSV_SPECIAL - specials++};
    }
}

static int make_plan(const struct pulse_csv *csv, int64_t n, struct pulse_csv_wanted *wanted,
                     struct pulse_csv_plan *plan, struct pulse_err *err)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    *plan = (struct pulse_csv_plan){.separator = layout->separator,
                                    .numbers = layout->numbers,
                                    .point_unclear = layout->point_unclear,
                                    .time_unit = csv->time_unit,
                                    .date_format = layout->date_format,
                                    .span = layout->span,
                                    .offset = layout->offset,
                                    .instants = csv->instants,
                                    .slots = n};
    plan->take = pulse_calloc(layout->n + 1, sizeof *plan->take, "columns to read", err);
    plan->special = pulse_calloc(layout->n, sizeof *plan->special, "columns to read", err);
    wanted->special_columns =
        pulse_calloc(layout->n, sizeof *wanted->special_columns, "columns to read", err);
    if (plan->take == NULL || plan->special == NULL || wanted->special_columns == NULL)
        return -1;
    list_takes(csv, n, plan, wanted);
    const int64_t last = plan->takes - 1;
    qsort(plan->take, (size_t)plan->takes, sizeof *plan->take, compare_takes);
    /* From positions to the number of cells in between. */
    plan->skip_last = layout->n - 1 - plan->take[last].skip;
    for (int64_t i = last; i > 0; i--)
        plan->take[i].skip -= plan->take[i - 1].skip + 1;
    return 0;
}

/* Parses the rows that begin in the part, the first at bytes[at]. */
static int read_rows(struct pulse_csv *csv, const struct pulse_csv_plan *plan, int64_t at,
                     const struct pulse_csv_wanted *wanted, struct pulse_csv_sink *sink,
                     struct pulse_err *err)
{
    const int64_t begin = csv->from + at;
    struct pulse_csv_trouble trouble = {0};
    for (;;) {
        const char *end = csv->bytes + csv->length;
        int64_t to_last = csv->last - csv->from;
        struct pulse_csv_text text = {.at = csv->bytes + at,
                                      .stop = to_last < csv->length ? csv->bytes + to_last : end,
                                      .end = end,
                                      .last = pulse_csv_part_holds_last(csv)};
        if (pulse_csv_parse(plan, &text, sink, &trouble) != 0)
            return pulse_csv_report_trouble(csv, &trouble, wanted, end, err);
        at = text.at - csv->bytes;
        if (csv->from + at >= csv->last)
            return 0;
        if (sink->rows == sink->capacity) {
            int64_t capacity;
            if (pulse_csv_guess_rows(csv, sink->rows, begin, csv->from + at, &capacity, err) != 0 ||
                pulse_csv_make_room(sink, plan->slots, capacity, err) != 0)
                return -1;
        } else {
            if (pulse_csv_part_read_on(csv, at, err) != 0)
                return -1;
            at = 0;
        }
    }
}

int pulse_csv_read(struct pulse_csv *csv, bool begins_quoted, const int64_t *columns, int64_t n,
                   struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_csv_plan plan = {0};
    struct pulse_csv_wanted wanted = {.columns = columns};
    struct pulse_csv_sink sink = {0};
    int64_t at;
    int rc = -1;
    *out = (struct pulse_block){.columns = n};
    if (make_plan(csv, n, &wanted, &plan, err) != 0)
        goto done;
    sink.tile = pulse_calloc(pulse_csv_tile_rows(n) * (n + 1), sizeof *sink.tile,
                             "rows of a CSV file", err);
    /* The first rows show how long rows are. */
    if (sink.tile == NULL || pulse_csv_make_room(&sink, n, pulse_csv_tile_rows(n), err) != 0 ||
        pulse_csv_part_find_first_row(csv, begins_quoted, &at, err) != 0)
        goto done;
    if (at >= 0 && read_rows(csv, &plan, at, &wanted, &sink, err) != 0)
        goto done;
    if (sink.rows < sink.capacity)
        pulse_csv_move_columns(sink.values, sink.capacity, sink.values, sink.rows, sink.rows, n);
    out->rows = sink.rows;
    out->time_ns = sink.time_ns;
    out->values = sink.values;
    const struct pulse_stamps stamps = {.instants = plan.instants,
                                        .any = true,
                                        .offset = plan.offset,
                                        .local = sink.local,
                                        .spans = sink.spans};
    pulse_stamps_end(&stamps, out);
    rc = 0;
done:
    *bytes_read += csv->bytes_read;
    csv->bytes_read = 0;
    if (rc != 0) {
        free(sink.time_ns);
        free(sink.values);
    }
    free(sink.tile);
    free(plan.take);
    free(plan.special);
    free(wanted.special_columns);
    return rc;
}
