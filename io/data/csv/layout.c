#include "data/csv/layout.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/common/columns.h"
#include "data/common/decompress.h"
#include "data/common/text_decimal.h"
#include "data/csv/cell.h"
#include "data/csv/encoding.h"

enum {
    SAMPLE_BYTES = 64 << 10, /* of rows, to distinguish numbers from text */
    LATE_BYTES = 4 << 20,    /* of rows, where a column has no value in those */
    LONGEST_LINE = 64 << 20, /* a longer header or first row is no table */
};

/* The file's first bytes, followed by PULSE_CSV_CELL_PADDING line feeds. */
struct head {
    struct pulse_byte_reader *input;
    char *bytes;
    int64_t length;
    bool whole; /* the file ends here */
};

static int read_head(struct head *head, int64_t wanted, struct pulse_csv_layout *layout,
                     struct pulse_err *err)
{
    int64_t got;
    char *grown = realloc(head->bytes, (size_t)wanted + PULSE_CSV_CELL_PADDING);
    if (grown == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory: %lld bytes for the header of %s",
                          (long long)wanted, pulse_byte_reader_uri(head->input));
    head->bytes = grown;
    /* Not a byte more than that: other parts of the file may be another reader's. */
    if (pulse_byte_reader_peek(head->input, head->length, grown + head->length,
                               wanted - head->length, &got, err) != 0)
        return -1;
    layout->bytes_read += got;
    head->length += got;
    head->whole = head->length < wanted || head->length == pulse_byte_reader_size(head->input);
    memset(grown + head->length, '\n', PULSE_CSV_CELL_PADDING);
    return 0;
}

/* Offset just after the line that begins at `from` (a line feed in quotes does not end it), the
 * length where the file ends first, or -1 when the bytes at hand do not say. */
static int64_t line_end(const struct head *head, int64_t from)
{
    bool quoted = false;
    for (int64_t i = from; i < head->length; i++) {
        if (head->bytes[i] == '"')
            quoted = !quoted;
        else if (head->bytes[i] == '\n' && !quoted)
            return i + 1;
    }
    return head->whole ? head->length : -1;
}

/* Reads on, twice as far each time, until the line that begins at `from` is at hand. */
static int read_line(struct head *head, int64_t from, int64_t *end, struct pulse_csv_layout *layout,
                     struct pulse_err *err)
{
    while ((*end = line_end(head, from)) < 0) {
        if (head->length > LONGEST_LINE)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: a line of more than %d MiB; not a CSV table, or a quote that is "
                              "never closed",
                              pulse_byte_reader_uri(head->input), LONGEST_LINE >> 20);
        if (read_head(head, head->length * 2, layout, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Header --------------------------------------------------------------------- */

/* Whichever of , ; and tab the header holds most of, outside quotes; | where it holds none. */
static char find_separator(const char *p, const char *end)
{
    int64_t commas = 0, semicolons = 0, tabs = 0, pipes = 0;
    bool quoted = false;
    for (; p < end; p++) {
        quoted ^= *p == '"';
        if (quoted)
            continue;
        commas += *p == ',';
        semicolons += *p == ';';
        tabs += *p == '\t';
        pipes += *p == '|';
    }
    if (commas + semicolons + tabs == 0 && pipes > 0)
        return '|';
    if (commas >= semicolons && commas >= tabs)
        return ',';
    return semicolons >= tabs ? ';' : '\t';
}

/* A copy of a header cell as UTF-8, with "" made ". */
static char *take_name(struct pulse_text text, char encoding, struct pulse_err *err)
{
    char *name =
        pulse_calloc(PULSE_CSV_CHARACTER * (int64_t)text.length + 1, 1, "a column name", err);
    if (name == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (encoding == PULSE_CSV_WINDOWS_1252)
            n += pulse_csv_put_character((unsigned char)text.at[i], name + n);
        else
            name[n++] = text.at[i];
        if (text.at[i] == '"' && i + 1 < text.length && text.at[i + 1] == '"')
            i++;
    }
    name[n] = '\0';
    return name;
}

static int split_header(const char *p, const char *end, const char *uri,
                        const struct pulse_read_options *options, struct pulse_csv_layout *layout,
                        struct pulse_err *err)
{
    int64_t cap = 0;
    layout->separator = options->delimiter != '\0' ? options->delimiter : find_separator(p, end);
    for (;; p++) {
        const char *cell_end = pulse_csv_cell_end(p, end, layout->separator);
        if (cell_end == NULL)
            return pulse_fail(
                err, PULSE_E_INPUT,
                "%s, line %lld: a quote is never closed; say --skip-rows N if the header "
                "stands further down",
                uri, (long long)layout->header_lines);
        if (pulse_grow(&layout->names, &cap, layout->n + 1, sizeof *layout->names, "column names",
                       err) != 0)
            return -1;
        char *name = take_name(pulse_csv_cell_text(p, cell_end), options->encoding, err);
        if (name == NULL)
            return -1;
        layout->names[layout->n++] = name;
        if (!pulse_utf8_valid(name))
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s, line %lld: the name of column %lld is not UTF-8; say --encoding "
                              "windows-1252 if it is of Windows or Latin-1",
                              uri, (long long)layout->header_lines, (long long)layout->n);
        p = cell_end;
        if (p >= end)
            return 0;
    }
}

/* Passes lines before the header, in which quotes mean nothing; `at` is then where it begins. */
static int skip_lines(struct head *head, int64_t lines, int64_t *at,
                      struct pulse_csv_layout *layout, struct pulse_err *err)
{
    *at = 0;
    for (int64_t line = 0; line < lines; line++) {
        const char *feed = NULL;
        while (feed == NULL) {
            if (head->length > *at)
                feed = memchr(head->bytes + *at, '\n', (size_t)(head->length - *at));
            if (feed == NULL && (head->whole || head->length > LONGEST_LINE))
                return pulse_fail(err, PULSE_E_INPUT, "%s: fewer lines than --skip-rows %lld",
                                  pulse_byte_reader_uri(head->input), (long long)lines);
            if (feed == NULL && read_head(head, head->length * 2, layout, err) != 0)
                return -1;
        }
        *at = feed + 1 - head->bytes;
    }
    return 0;
}

/* A carriage return within a line: other programs of old ended lines with it alone. */
static int refuse_bare_returns(const char *p, const char *end, const char *uri,
                               struct pulse_err *err)
{
    bool quoted = false;
    for (; p + 1 < end; p++) {
        quoted ^= *p == '"';
        if (*p == '\r' && !quoted)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: its lines end with a carriage return alone; write line feeds, "
                              "as with tr '\\r' '\\n'",
                              uri);
    }
    return 0;
}

/* Reads the header line; `data_offset` is then where rows begin. */
static int read_header(struct head *head, const struct pulse_read_options *options,
                       struct pulse_csv_layout *layout, struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    int64_t begin, end;
    if (skip_lines(head, options->skip_rows, &begin, layout, err) != 0 ||
        read_line(head, begin, &end, layout, err) != 0)
        return -1;
    const char *first = head->bytes + begin;
    assert(head->bytes != NULL); /* read_head has seen to it */
    if (begin == 0 && end >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0) /* UTF-8 byte order mark */
        first += 3;
    const enum pulse_compression packing = pulse_compression_of_bytes(first, end - begin);
    if (packing != PULSE_COMPRESSION_NONE)
        return pulse_fail(err, PULSE_E_INPUT, "%s: packed with %s; put .%s at the end of its name",
                          uri, pulse_compression_name(packing),
                          pulse_compression_extension(packing) + 1);
    if (memchr(head->bytes + begin, '\0', (size_t)(end - begin)) != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s, line 1: a NUL byte; not a CSV text in UTF-8",
                          uri);
    const char *stop = head->bytes + end;
    if (stop > first && stop[-1] == '\n')
        stop--;
    if (pulse_csv_cell_text(first, stop).length == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: %s; expected a header with a date column and a column per variable",
                          uri, head->length == 0 ? "the file is empty" : "the first line is empty");
    layout->data_offset = end;
    layout->header_lines = options->skip_rows + 1;
    for (const char *p = first; p < stop; p++)
        layout->header_lines += *p == '\n';
    if (refuse_bare_returns(first, stop, uri, err) != 0)
        return -1;
    return split_header(first, stop, uri, options, layout, err);
}

/* ---- Sample of the rows --------------------------------------------------------- */

static const char dotted_days[] = "%d.%m.%Y";

typedef void cell_looker(void *user, int64_t column, struct pulse_text text, int64_t line);

/* A row that is not looked at yet: where it begins, and its line counted from 1. */
struct line_start {
    int64_t at, line;
};

static struct line_start first_row(const struct pulse_csv_layout *layout)
{
    return (struct line_start){layout->data_offset, layout->header_lines + 1};
}

/* Calls `look` for each cell of the whole lines at hand from `next` on, which moves behind them.
 */
static void look_at_cells(const struct head *head, const struct pulse_csv_layout *layout,
                          struct line_start *next, cell_looker *look, void *user)
{
    int64_t to;
    for (; next->at < head->length && (to = line_end(head, next->at)) > 0; next->at = to) {
        const char *p = head->bytes + next->at, *end = head->bytes + to;
        for (int64_t c = 0; c < layout->n && p < end; c++, p++) {
            const char *cell_end = pulse_csv_cell_end(p, end, layout->separator);
            if (cell_end == NULL)
                break;
            look(user, c, pulse_csv_cell_text(p, cell_end), next->line);
            p = cell_end;
            if (p < end && *p == '\n')
                break;
        }
        for (p = head->bytes + next->at; p < end; p++)
            next->line += *p == '\n';
    }
}

static void look_for_decimal(void *user, int64_t column, struct pulse_text text, int64_t line)
{
    struct pulse_text_pieces pieces;
    (void)column, (void)line;
    pulse_text_split(text, &pieces);
    pulse_text_decimal_see(user, pieces.digits);
}

static void look_for_kind(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct pulse_csv_layout *layout = user;
    pulse_text_column_look(&layout->columns[c], text, &layout->numbers, line);
}

static int fail_decimal(const char *uri, const struct pulse_text_decimal *seen,
                        struct pulse_err *err)
{
    const struct pulse_text comma = seen->comma.at == NULL ? seen->either : seen->comma;
    const struct pulse_text point = seen->point.at == NULL ? seen->either_point : seen->point;
    if (seen->comma.at != NULL)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: both '%.*s' and '%.*s' are in it; say --decimal comma or --decimal "
                          "point",
                          uri, pulse_text_shown(comma), comma.at, pulse_text_shown(point),
                          point.at);
    if (seen->either.at == NULL)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: the point of '%.*s' may stand before a fraction or between thousands;"
            " say --decimal point or --thousands point",
            uri, pulse_text_shown(point), point.at);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: the comma of '%.*s' may stand before a fraction or between thousands;"
                      " say --decimal comma or --decimal point (with --thousands comma)",
                      uri, pulse_text_shown(comma), comma.at);
}

/* The decimal sign that was said, or that the rows show. Where commas are the separators, it is not
 * guessed: a comma is in a number only where that is quoted, as often between thousands. */
static int choose_decimal(const char *uri, const struct pulse_read_options *options,
                          const struct pulse_text_decimal *seen, struct pulse_csv_layout *layout,
                          struct pulse_err *err)
{
    struct pulse_text_numbers *numbers = &layout->numbers;
    if (pulse_text_numbers_init(options, numbers, err) != 0)
        return -1;
    if (numbers->decimal == '\0')
        numbers->decimal = (char)(layout->separator == ',' ? '.' : pulse_text_decimal_of(seen));
    if (numbers->decimal == '\0' && layout->separator != ';' && seen->comma.at == NULL &&
        seen->either.at == NULL)
        numbers->decimal = '.';
    return numbers->decimal != '\0' ? 0 : fail_decimal(uri, seen, err);
}

struct dots {
    int64_t column;
    int64_t days; /* above 12 in cells of the form 30.12.2016; -1 where one has another form */
};

static void look_for_dots(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct dots *dots = user;
    struct pulse_shown_offset ignored;
    int64_t ns;
    (void)line;
    if (c != dots->column || dots->days < 0 || text.length == 0)
        return;
    if (!pulse_parse_formatted(text.at, text.length, dotted_days, &ns, &ignored))
        dots->days = -1;
    else
        dots->days += text.at[0] > '1' || (text.at[0] == '1' && text.at[1] > '2');
}

/* The line, counted from 1, that has a cell called like a time; 0 for none among the first. */
static int64_t find_header_line(const struct head *head, char separator)
{
    enum { LINES = 50 };
    const char *p = head->bytes, *const end = head->bytes + head->length;
    for (int64_t line = 1; line <= LINES && p < end; line++, p++) {
        const char *feed = memchr(p, '\n', (size_t)(end - p));
        const char *stop = feed == NULL ? end : feed;
        for (const char *cell = p, *cell_end; cell < stop; cell = cell_end + 1) {
            cell_end = memchr(cell, separator, (size_t)(stop - cell));
            cell_end = cell_end == NULL ? stop : cell_end;
            const struct pulse_text text = pulse_csv_cell_text(cell, cell_end);
            char name[PULSE_TEXT_SHOWN + 1];
            (void)snprintf(name, sizeof name, "%.*s", pulse_text_shown(text), text.at);
            if (pulse_is_time_name(name) && stop > cell_end)
                return line;
        }
        p = stop;
    }
    return 0;
}

static int fail_time(const struct head *head, const struct pulse_csv_layout *layout,
                     const struct pulse_read_options *options, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT], advice[96];
    int64_t line = 0;
    for (const char *sign = ",;\t|"; line <= layout->header_lines && *sign != '\0'; sign++)
        line = find_header_line(head, *sign);
    (void)snprintf(advice, sizeof advice, "call it 'date' or 'timestamp', or say --time NAME");
    if (line > layout->header_lines)
        (void)snprintf(advice, sizeof advice, "say --skip-rows %lld if line %lld is the header",
                       (long long)line - 1, (long long)line);
    return pulse_fail(err, PULSE_E_INPUT, "%s: no time column %s%s(columns: %s); %s",
                      pulse_byte_reader_uri(head->input),
                      options->time == NULL ? "" : options->time, options->time == NULL ? "" : " ",
                      pulse_columns_list(layout->names, layout->n, list), advice);
}

/* The column that is said, or that is called like a time; else the only one of dates. */
static int find_time(const struct head *head, struct pulse_csv_layout *layout,
                     const struct pulse_read_options *options, struct pulse_err *err)
{
    int64_t dates = 0, date = -1;
    if (options->time == NULL &&
        pulse_columns_find_time(pulse_byte_reader_uri(head->input), layout->names, layout->n,
                                &layout->time, err) != 0)
        return -1;
    for (int64_t c = 0; c < layout->n; c++) {
        if (options->time != NULL && strcmp(layout->names[c], options->time) == 0)
            layout->time = c;
        if (layout->columns[c].look == PULSE_LOOK_INSTANT) {
            dates++;
            date = c;
        }
    }
    if (layout->time < 0 && dates == 1 && options->time == NULL)
        layout->time = date;
    return layout->time >= 0 ? 0 : fail_time(head, layout, options, err);
}

/* What form the times have: 30.12.2016 is read where a day above 12 shows that it comes first. */
static void find_date_format(const struct head *head, const struct pulse_read_options *options,
                             struct pulse_csv_layout *layout)
{
    struct dots dots = {.column = layout->time};
    struct line_start next = first_row(layout);
    const char *text = layout->columns[layout->time].text;
    struct pulse_shown_offset offset = {0}, ignored;
    int64_t ns;
    layout->date_format = options->date_format;
    if (options->date_format != NULL)
        (void)pulse_parse_formatted(text, strlen(text), options->date_format, &ns, &offset);
    else
        (void)pulse_read_stamp(text, strlen(text), &ns, &offset);
    layout->offset = offset.shown;
    /* Only where the first time has that form: the sample may be megabytes. */
    if (options->date_format == NULL &&
        pulse_parse_formatted(text, strlen(text), dotted_days, &ns, &ignored)) {
        look_at_cells(head, layout, &next, look_for_dots, &dots);
        if (dots.days > 0)
            layout->date_format = dotted_days;
    }
}

/* The rows that are looked at: those in `bytes` after the header, the first one at least. */
static int read_sample(struct head *head, int64_t bytes, struct pulse_csv_layout *layout,
                       struct pulse_err *err)
{
    int64_t first_row_end;
    const int64_t wanted = layout->data_offset + bytes;
    if (wanted > head->length && !head->whole && read_head(head, wanted, layout, err) != 0)
        return -1;
    return read_line(head, layout->data_offset, &first_row_end, layout, err);
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
static bool has_rows(const struct head *head, const struct pulse_csv_layout *layout)
{
    for (int64_t i = layout->data_offset; i < head->length; i++)
        if (head->bytes[i] != '\n' && head->bytes[i] != '\r')
            return true;
    return false;
}

static int look_at_kinds(struct head *head, struct pulse_csv_layout *layout, struct pulse_err *err)
{
    struct line_start next = first_row(layout);
    look_at_cells(head, layout, &next, look_for_kind, layout);
    for (int64_t bytes = 8 * (int64_t)SAMPLE_BYTES;
         bytes <= LATE_BYTES && !head->whole && has_nothing(layout); bytes *= 8) {
        if (read_sample(head, bytes, layout, err) != 0)
            return -1;
        look_at_cells(head, layout, &next, look_for_kind, layout);
    }
    return 0;
}

static void set_kinds(const struct head *head, struct pulse_csv_layout *layout)
{
    const bool all_known = head->whole && has_rows(head, layout);
    for (int64_t c = 0; c < layout->n; c++) {
        const struct pulse_text_column *column = &layout->columns[c];
        const bool variable = c != layout->time && layout->names[c][0] != '\0';
        const bool nothing = column->look == PULSE_LOOK_NOTHING;
        const bool numbers = pulse_text_column_is_numeric(column);
        layout->empty[c] = nothing && all_known;
        layout->text[c] = c != layout->time && column->look == PULSE_LOOK_TEXT && !numbers;
        layout->numeric[c] = variable && (nothing || numbers);
    }
}

static int classify_columns(struct head *head, const struct pulse_read_options *options,
                            bool header_only, struct pulse_csv_layout *layout,
                            struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    const int64_t n = layout->n;
    struct pulse_text_decimal seen = {0};
    struct line_start next = first_row(layout);
    layout->numeric = pulse_calloc(n, sizeof *layout->numeric, "column kinds", err);
    layout->empty = pulse_calloc(n, sizeof *layout->empty, "column kinds", err);
    layout->text = pulse_calloc(n, sizeof *layout->text, "column kinds", err);
    layout->columns = pulse_calloc(n, sizeof *layout->columns, "column kinds", err);
    int rc = layout->numeric == NULL || layout->empty == NULL || layout->text == NULL ||
                     layout->columns == NULL
                 ? -1
                 : 0;
    if (rc == 0) {
        look_at_cells(head, layout, &next, look_for_decimal, &seen);
        rc = choose_decimal(uri, options, &seen, layout, err);
    }
    if (rc == 0)
        rc = look_at_kinds(head, layout, err);
    if (rc == 0 && !header_only)
        rc = find_time(head, layout, options, err);
    if (rc == 0 && !header_only)
        find_date_format(head, options, layout);
    if (rc == 0)
        set_kinds(head, layout);
    return rc;
}

static int read_layout(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                       bool header_only, struct pulse_csv_layout *out, struct pulse_err *err)
{
    struct head head = {.input = input};
    *out = (struct pulse_csv_layout){.time = -1};
    int rc = read_head(&head, SAMPLE_BYTES, out, err);
    if (rc == 0)
        rc = read_header(&head, options, out, err);
    if (rc == 0)
        rc = read_sample(&head, SAMPLE_BYTES, out, err);
    if (rc == 0)
        rc = classify_columns(&head, options, header_only, out, err);
    free(head.bytes);
    if (rc != 0)
        pulse_csv_layout_clear(out);
    return rc;
}

int pulse_csv_header_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          struct pulse_csv_layout *out, struct pulse_err *err)
{
    return read_layout(input, options, true, out, err);
}

int pulse_csv_layout_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          struct pulse_csv_layout *out, struct pulse_err *err)
{
    return read_layout(input, options, false, out, err);
}

void pulse_csv_layout_clear(struct pulse_csv_layout *layout)
{
    for (int64_t c = 0; c < layout->n; c++)
        free(layout->names[c]);
    free(layout->names);
    free(layout->numeric);
    free(layout->empty);
    free(layout->text);
    free(layout->columns);
    *layout = (struct pulse_csv_layout){0};
}
