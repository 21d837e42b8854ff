#include "data/csv/layout.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/text_decimal.h"
#include "data/csv/cell.h"
#include "data/csv/footer.h"
#include "data/csv/head.h"
#include "data/csv/header.h"
#include "data/csv/no_time.h"
#include "data/csv/sample.h"
#include "data/csv/time_column.h"

enum {
    SAMPLE_BYTES = 64 << 10, /* of rows, to distinguish numbers from text */
    LATE_BYTES = 4 << 20     /* of rows, where a column has no value in those */
};

/* What cells say of the decimal sign; those that are declared to be missing say nothing. */
struct decimal_look {
    const struct pulse_text_numbers *numbers;
    struct pulse_text_decimal seen;
};

static void look_for_decimal(void *user, int64_t column, struct pulse_text text, int64_t line)
{
    struct decimal_look *look = user;
    struct pulse_text_pieces pieces;
    (void)column, (void)line;
    if (pulse_text_missing(text, look->numbers))
        return;
    pulse_text_split(text, &pieces);
    pulse_text_decimal_see(&look->seen, pieces.digits);
}

static void look_for_kind(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct pulse_csv_layout *layout = user;
    pulse_text_column_look(&layout->columns[c], text, &layout->numbers, line);
}

/* Which cell a text stands in. */
struct seen_at {
    const char *at;
    int64_t column, line;
};

static void look_for_text(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct seen_at *found = user;
    if (found->at >= text.at && found->at < text.at + text.length) {
        found->column = c;
        found->line = line;
    }
}

/* The text is one that was seen among the cells of `head`. */
static struct seen_at find_text(const struct pulse_csv_head *head,
                                const struct pulse_csv_layout *layout, struct pulse_text text)
{
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    struct seen_at found = {.at = text.at};
    pulse_csv_sample_look(head, layout, &next, look_for_text, &found);
    return found;
}

static int fail_decimal(const struct pulse_csv_head *head, const struct pulse_csv_layout *layout,
                        const struct pulse_text_decimal *seen, struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    const struct pulse_text comma = seen->comma.at == NULL ? seen->either : seen->comma;
    const struct pulse_text point = seen->point.at == NULL ? seen->either_point : seen->point;
    if (seen->comma.at != NULL)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: both '%.*s' and '%.*s' are in it; say --decimal comma or --decimal "
                          "point",
                          uri, pulse_text_shown(comma), comma.at, pulse_text_shown(point),
                          point.at);
    const bool points = seen->either.at == NULL;
    const struct seen_at found = find_text(head, layout, points ? point : comma);
    if (points)
        return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: " PULSE_TEXT_POINT_UNCLEAR, uri,
                          (long long)found.line, pulse_text_shown(point), point.at,
                          layout->names[found.column]);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s, line %lld: the comma of '%.*s' in column '%.64s' may stand before a "
                      "fraction or between thousands; say --decimal comma or --decimal point (with "
                      "--thousands comma)",
                      uri, (long long)found.line, pulse_text_shown(comma), comma.at,
                      layout->names[found.column]);
}

/* The decimal sign that was said, or that the rows show. Where commas are the separators, it is not
 * guessed: a comma is in a number only where that is quoted, as often between thousands. */
static int choose_decimal(const struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                          const struct pulse_text_decimal *seen, struct pulse_err *err)
{
    struct pulse_text_numbers *numbers = &layout->numbers;
    const bool guessed = numbers->decimal == '\0';
    if (guessed)
        numbers->decimal = (char)(layout->separator == ',' ? '.' : pulse_text_decimal_of(seen));
    if (numbers->decimal == '\0' && layout->separator != ';' && seen->comma.at == NULL &&
        seen->either.at == NULL)
        numbers->decimal = '.';
    layout->point_unclear =
        guessed && layout->separator == ';' && numbers->decimal == '.' && seen->point.at == NULL;
    return numbers->decimal != '\0' ? 0 : fail_decimal(head, layout, seen, err);
}

/* The rows that are looked at: those in `bytes` after the header, the first one at least. */
static int read_sample(struct pulse_csv_head *head, int64_t bytes, struct pulse_csv_layout *layout,
                       struct pulse_err *err)
{
    int64_t first_row_end;
    const int64_t wanted = layout->data_offset + bytes;
    if (wanted > head->length && !head->whole && pulse_csv_head_read(head, wanted, err) != 0)
        return -1;
    return pulse_csv_head_read_line(head, layout->data_offset, &first_row_end, err);
}

/* Numbers with a point further down may show that it is the decimal sign. */
static int look_further_for_point(struct pulse_csv_head *head, struct pulse_csv_line_start *next,
                                  struct pulse_csv_layout *layout, struct pulse_err *err)
{
    for (int64_t bytes = 8 * (int64_t)SAMPLE_BYTES;
         bytes <= LATE_BYTES && !head->whole && layout->point_unclear; bytes *= 8) {
        struct decimal_look look = {.numbers = &layout->numbers};
        if (read_sample(head, bytes, layout, err) != 0)
            return -1;
        pulse_csv_sample_look(head, layout, next, look_for_decimal, &look);
        layout->point_unclear = look.seen.point.at == NULL;
    }
    return 0;
}

static bool has_nothing(const struct pulse_csv_layout *layout)
{
    bool nothing = false;
    for (int64_t c = 0; c < layout->n; c++)
        nothing = nothing ||
                  (layout->columns[c].look == PULSE_LOOK_NOTHING && layout->names[c][0] != '\0');
    return nothing;
}

/* Whether a row follows the header. */
static bool has_rows(const struct pulse_csv_head *head, const struct pulse_csv_layout *layout)
{
    for (int64_t i = layout->data_offset; i < head->length; i++)
        if (head->bytes[i] != '\n' && head->bytes[i] != '\r')
            return true;
    return false;
}

static int look_at_kinds(struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                         struct pulse_err *err)
{
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    pulse_csv_sample_look(head, layout, &next, look_for_kind, layout);
    for (int64_t bytes = 8 * (int64_t)SAMPLE_BYTES;
         bytes <= LATE_BYTES && !head->whole && has_nothing(layout); bytes *= 8) {
        if (read_sample(head, bytes, layout, err) != 0)
            return -1;
        pulse_csv_sample_look(head, layout, &next, look_for_kind, layout);
    }
    return 0;
}

static void set_kinds(const struct pulse_csv_head *head, struct pulse_csv_layout *layout)
{
    const bool all_known = head->whole && has_rows(head, layout);
    for (int64_t c = 0; c < layout->n; c++) {
        const struct pulse_text_column *column = &layout->columns[c];
        const bool variable = c != layout->time && layout->names[c][0] != '\0';
        const bool nothing = column->look == PULSE_LOOK_NOTHING;
        const bool numbers = pulse_text_column_is_numeric(column);
        layout->empty[c] = nothing && all_known;
        layout->holds[c] = nothing                              ? PULSE_HOLDS_NOTHING
                           : numbers                            ? pulse_kind_name(PULSE_KIND_DOUBLE)
                           : column->look == PULSE_LOOK_INSTANT ? pulse_kind_name(PULSE_KIND_TIME)
                                                                : pulse_kind_name(PULSE_KIND_TEXT);
        layout->text[c] = c != layout->time && column->look == PULSE_LOOK_TEXT && !numbers;
        layout->numeric[c] = variable && (nothing || numbers);
    }
}

static int classify_columns(struct pulse_csv_head *head, const struct pulse_read_options *options,
                            bool needs_time, struct pulse_csv_layout *layout, struct pulse_err *err)
{
    struct pulse_err ignored;
    const int64_t n = layout->n;
    struct decimal_look look = {.numbers = &layout->numbers};
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    layout->numeric = pulse_calloc(n, sizeof *layout->numeric, "column kinds", err);
    layout->empty = pulse_calloc(n, sizeof *layout->empty, "column kinds", err);
    layout->holds = pulse_calloc(n, sizeof *layout->holds, "column kinds", err);
    layout->text = pulse_calloc(n, sizeof *layout->text, "column kinds", err);
    layout->columns = pulse_calloc(n, sizeof *layout->columns, "column kinds", err);
    int rc = layout->numeric == NULL || layout->empty == NULL || layout->text == NULL ||
                     layout->columns == NULL || layout->holds == NULL
                 ? -1
                 : 0;
    if (rc == 0)
        rc = pulse_text_numbers_init(options, &layout->numbers, err);
    if (rc == 0) {
        pulse_csv_sample_look(head, layout, &next, look_for_decimal, &look);
        rc = choose_decimal(head, layout, &look.seen, err);
    }
    if (rc == 0)
        rc = look_further_for_point(head, &next, layout, err);
    if (rc == 0)
        rc = look_at_kinds(head, layout, err);
    if (rc == 0 && needs_time && options->time == NULL)
        rc = pulse_csv_refuse_second_table(head, layout, err);
    if (rc == 0 && pulse_csv_time_find(head, layout, options, needs_time ? err : &ignored) != 0 &&
        needs_time)
        rc = -1;
    if (rc == 0 && needs_time && options->time == NULL)
        rc = pulse_csv_refuse_months_across(head, layout, err);
    if (rc == 0 && layout->time >= 0)
        pulse_csv_time_form(head, options, layout);
    if (rc == 0 && layout->time >= 0)
        rc = pulse_csv_note_centuries(head, layout, err);
    if (rc == 0)
        set_kinds(head, layout);
    return rc;
}

static bool holds_numbers(const struct pulse_csv_layout *layout)
{
    bool numbers = false;
    for (int64_t c = 0; c < layout->n && !numbers; c++)
        numbers = c != layout->time && pulse_text_column_is_numeric(&layout->columns[c]);
    return numbers;
}

static void take_header(const struct pulse_csv_header *header, struct pulse_csv_layout *out)
{
    *out = (struct pulse_csv_layout){.separator = header->separator,
                                     .data_offset = header->data_offset,
                                     .header_lines = header->lines,
                                     .data_end = -1,
                                     .note = header->note,
                                     .n = header->n,
                                     .names = header->names,
                                     .time = -1};
}

/* Where the rows end before the file does, and a note of that. */
static int find_end(const struct pulse_csv_head *head, const struct pulse_csv_header *header,
                    struct pulse_csv_layout *layout, struct pulse_err *err)
{
    char *footer;
    if (pulse_csv_footer_find(head, header, &layout->data_end, &footer, err) != 0)
        return -1;
    return footer == NULL ? 0 : pulse_csv_add_note(&layout->note, footer, err);
}

int pulse_csv_layout_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          bool needs_time, struct pulse_csv_layout *out, struct pulse_err *err)
{
    struct pulse_csv_head head = {.input = input};
    struct pulse_csv_header header = {0};
    *out = (struct pulse_csv_layout){.time = -1};
    int rc = pulse_csv_head_read(&head, SAMPLE_BYTES, err);
    if (rc == 0)
        rc = pulse_csv_header_read(&head, options, &header, err);
    take_header(&header, out);
    if (rc == 0 && needs_time)
        rc = pulse_csv_refuse_row_as_header(&header, pulse_byte_reader_uri(input), err);
    if (rc == 0 && needs_time && options->time == NULL)
        rc = pulse_csv_refuse_side_by_side(&header, pulse_byte_reader_uri(input), err);
    if (rc == 0)
        rc = read_sample(&head, SAMPLE_BYTES, out, err);
    if (rc == 0)
        rc = find_end(&head, &header, out, err);
    if (rc == 0)
        rc = classify_columns(&head, options, needs_time, out, err);
    if (rc == 0 && needs_time && !holds_numbers(out))
        rc = pulse_csv_refuse_short_header(&head, &header, err);
    out->bytes_read = head.bytes_read;
    free(head.bytes);
    if (rc != 0)
        pulse_csv_layout_clear(out);
    return rc;
}

void pulse_csv_layout_clear(struct pulse_csv_layout *layout)
{
    for (int64_t c = 0; c < layout->n; c++)
        free(layout->names[c]);
    free(layout->names);
    free(layout->note);
    free(layout->numeric);
    free(layout->empty);
    free(layout->holds);
    free(layout->text);
    free(layout->columns);
    *layout = (struct pulse_csv_layout){0};
}
