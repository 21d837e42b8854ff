#include "data/csv/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/decompress.h"
#include "data/csv/cell.h"
#include "data/csv/decimal.h"

enum {
    SAMPLE_BYTES = 64 << 10, /* of rows, to distinguish numbers from text */
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

/* Whichever of , ; and tab the header holds most of, outside quotes. */
static char find_separator(const char *p, const char *end)
{
    int64_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (; p < end; p++) {
        quoted ^= *p == '"';
        if (quoted)
            continue;
        commas += *p == ',';
        semicolons += *p == ';';
        tabs += *p == '\t';
    }
    if (commas >= semicolons && commas >= tabs)
        return ',';
    return semicolons >= tabs ? ';' : '\t';
}

/* A copy of a header cell with "" made ". */
static char *take_name(struct pulse_text text, struct pulse_err *err)
{
    char *name = pulse_calloc((int64_t)text.length + 1, 1, "a column name", err);
    if (name == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < text.length; i++) {
        name[n++] = text.at[i];
        if (text.at[i] == '"' && i + 1 < text.length && text.at[i + 1] == '"')
            i++;
    }
    name[n] = '\0';
    return name;
}

static int split_header(const char *p, const char *end, const char *uri,
                        struct pulse_csv_layout *layout, struct pulse_err *err)
{
    int64_t cap = 0;
    layout->separator = find_separator(p, end);
    for (;; p++) {
        const char *cell_end = pulse_csv_cell_end(p, end, layout->separator);
        if (cell_end == NULL)
            return pulse_fail(err, PULSE_E_INPUT, "%s, line 1: a quote is never closed", uri);
        if (pulse_grow(&layout->names, &cap, layout->n + 1, sizeof *layout->names, "column names",
                       err) != 0)
            return -1;
        char *name = take_name(pulse_csv_cell_text(p, cell_end), err);
        if (name == NULL)
            return -1;
        layout->names[layout->n++] = name;
        p = cell_end;
        if (p >= end)
            return 0;
    }
}

/* Reads the header line; `data_offset` is then where rows begin. */
static int read_header(struct head *head, struct pulse_csv_layout *layout, struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    int64_t end;
    if (read_line(head, 0, &end, layout, err) != 0)
        return -1;
    const char *first = head->bytes;
    assert(first != NULL);                                 /* read_head has seen to it */
    if (end >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0) /* UTF-8 byte order mark */
        first += 3;
    const enum pulse_compression packing = pulse_compression_of_bytes(first, end);
    if (packing != PULSE_COMPRESSION_NONE)
        return pulse_fail(err, PULSE_E_INPUT, "%s: packed with %s; put .%s at the end of its name",
                          uri, pulse_compression_name(packing),
                          packing == PULSE_COMPRESSION_ZSTD ? "zst" : "gz");
    if (memchr(head->bytes, '\0', (size_t)end) != NULL)
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
    layout->header_lines = 1;
    for (const char *p = first; p < stop; p++)
        layout->header_lines += *p == '\n';
    return split_header(first, stop, uri, layout, err);
}

/* ---- Sample of the rows --------------------------------------------------------- */

enum look { LOOK_NOTHING, LOOK_NUMBER, LOOK_INSTANT, LOOK_TEXT };

static enum look look_at(struct pulse_text text)
{
    double number;
    int64_t instant;
    if (pulse_text_is_missing(text))
        return LOOK_NOTHING;
    /* A column of numbers with commas is no text to leave out: reading it says what is wrong. */
    if (pulse_text_number(text, &number) || pulse_csv_decimal_wrong(text, '.'))
        return LOOK_NUMBER;
    return pulse_read_instant(text.at, text.length, &instant) != PULSE_INSTANT_UNREADABLE
               ? LOOK_INSTANT
               : LOOK_TEXT;
}

/* What the whole lines at hand hold: the first value of each column, and what shows the decimal
 * sign. */
static void look_at_rows(const struct head *head, const struct pulse_csv_layout *layout,
                         enum look *looks, struct pulse_csv_decimal *decimal)
{
    int64_t from = layout->data_offset, to;
    for (; from < head->length && (to = line_end(head, from)) > 0; from = to) {
        const char *p = head->bytes + from, *end = head->bytes + to;
        for (int64_t c = 0; c < layout->n && p < end; c++, p++) {
            const char *cell_end = pulse_csv_cell_end(p, end, layout->separator);
            if (cell_end == NULL)
                break;
            const struct pulse_text text = pulse_csv_cell_text(p, cell_end);
            pulse_csv_decimal_see(decimal, text);
            if (looks[c] == LOOK_NOTHING)
                looks[c] = look_at(text);
            p = cell_end;
            if (p < end && *p == '\n')
                break;
        }
    }
}

/* The decimal sign that was said, or that the rows show. Where commas are the separators, it is not
 * guessed: a comma is in a number only where that is quoted, as often between thousands. */
static int choose_decimal(const char *uri, char said, const struct pulse_csv_decimal *seen,
                          struct pulse_csv_layout *layout, struct pulse_err *err)
{
    enum { SHOWN = 40 };
    layout->decimal = (char)(said != '\0'               ? said
                             : layout->separator == ',' ? '.'
                                                        : pulse_csv_decimal_of(seen));
    if (layout->decimal != '\0')
        return 0;
    const struct pulse_text comma = seen->comma.at == NULL ? seen->either : seen->comma;
    const int shown = comma.length < SHOWN ? (int)comma.length : SHOWN;
    if (seen->comma.at == NULL)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: the comma of '%.*s' may stand before a fraction or between thousands;"
            " say --decimal comma or --decimal point",
            uri, shown, comma.at);
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s: both '%.*s' and '%.*s' are in it; say --decimal comma or --decimal point", uri, shown,
        comma.at, seen->point.length < SHOWN ? (int)seen->point.length : SHOWN, seen->point.at);
}

/* Where no column is called like a time, an index column without a name that holds dates serves,
 * as pandas writes one; not beside another column of dates. */
static int find_time(const char *uri, struct pulse_csv_layout *layout, const enum look *looks,
                     struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    if (pulse_columns_find_time(uri, layout->names, layout->n, &layout->time, err) != 0)
        return -1;
    if (layout->time >= 0)
        return 0;
    int64_t dates = 0;
    for (int64_t c = 0; c < layout->n; c++)
        if (looks[c] == LOOK_INSTANT) {
            dates++;
            if (layout->names[c][0] == '\0')
                layout->time = c;
        }
    if (layout->time >= 0 && dates == 1)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no time column (columns: %s); call it 'date' or 'timestamp'", uri,
                      pulse_columns_list(layout->names, layout->n, list));
}

/* The rows that are looked at: those in the bytes read, the first one at least. */
static int read_sample(struct head *head, struct pulse_csv_layout *layout, struct pulse_err *err)
{
    int64_t first_row_end;
    const int64_t wanted = layout->data_offset + SAMPLE_BYTES;
    if (wanted > head->length && !head->whole && read_head(head, wanted, layout, err) != 0)
        return -1;
    return read_line(head, layout->data_offset, &first_row_end, layout, err);
}

static int classify_columns(struct head *head, char decimal, bool header_only,
                            struct pulse_csv_layout *layout, struct pulse_err *err)
{
    const char *uri = pulse_byte_reader_uri(head->input);
    struct pulse_csv_decimal seen = {0};
    enum look *looks = pulse_calloc(layout->n, sizeof *looks, "column kinds", err);
    layout->numeric = pulse_calloc(layout->n, sizeof *layout->numeric, "column kinds", err);
    int rc = looks == NULL || layout->numeric == NULL ? -1 : 0;
    if (rc == 0) {
        look_at_rows(head, layout, looks, &seen);
        rc = choose_decimal(uri, decimal, &seen, layout, err);
    }
    if (rc == 0 && !header_only)
        rc = find_time(uri, layout, looks, err);
    for (int64_t c = 0; rc == 0 && c < layout->n; c++)
        layout->numeric[c] = c != layout->time && layout->names[c][0] != '\0' &&
                             (looks[c] == LOOK_NOTHING || looks[c] == LOOK_NUMBER);
    free(looks);
    return rc;
}

static int read_layout(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                       bool header_only, struct pulse_csv_layout *out, struct pulse_err *err)
{
    struct head head = {.input = input};
    *out = (struct pulse_csv_layout){.time = -1};
    int rc = read_head(&head, SAMPLE_BYTES, out, err);
    if (rc == 0)
        rc = read_header(&head, out, err);
    if (rc == 0)
        rc = read_sample(&head, out, err);
    if (rc == 0)
        rc = classify_columns(&head, options->decimal, header_only, out, err);
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
    *layout = (struct pulse_csv_layout){0};
}
