#include "data/csv/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/byte_reader.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/csv/cell.h"
#include "data/csv/rows.h"

enum {
    READ_ON_BYTES = 64 << 10, /* past a part's end, to finish its last row */
    LONGEST_ROW = 64 << 20,   /* a longer row is an open quote, or no table */
    SAMPLE_BYTES = 32 << 10,  /* of the part's end, to guess how many rows there are */
};
static const int64_t ANY_END = INT64_MAX / 2;

struct pulse_csv {
    struct pulse_byte_reader *input;
    struct pulse_csv_layout layout;
    int64_t first; /* the part is [first, last) of the file */
    int64_t last;  /* ANY_END until the end of a packed file was seen */
    char *bytes;   /* the file's [from, from + length), then PULSE_CSV_CELL_PADDING line feeds */
    int64_t from;
    int64_t length;
    int64_t capacity;
    int64_t bytes_read; /* not yet reported to the caller */
    bool flips;
    enum pulse_time_unit time_unit;
    bool every_variable;
    bool instants; /* are wanted of times with an offset */
};

/* ---- The part's bytes ----------------------------------------------------------- */

/* `got` is less than `n` only where the file ends. */
static int read_bytes(struct pulse_csv *csv, int64_t from, char *out, int64_t n, int64_t *got,
                      struct pulse_err *err)
{
    if (pulse_byte_reader_read(csv->input, from, out, n, got, err) != 0)
        return -1;
    csv->bytes_read += *got;
    return 0;
}

/* An odd number of quotes? */
static bool flips(const char *p, int64_t n)
{
    unsigned char odd = 0;
    for (int64_t i = 0; i < n; i++)
        odd ^= p[i] == '"';
    return odd != 0;
}

/* Whether a row begins inside quotes only the bytes before it show, and any of them may be the
 * first quote of the file. So of several parts each is read once for its quotes before it is read
 * for its rows: the second time it comes from the page cache, and both together cost less than to
 * keep the part in memory in between. */
static int count_quotes(struct pulse_csv *csv, struct pulse_err *err)
{
    for (int64_t at = csv->first; at < csv->last; at += csv->capacity) {
        int64_t n = csv->last - at < csv->capacity ? csv->last - at : csv->capacity;
        if (read_bytes(csv, at, csv->bytes, n, &n, err) != 0)
            return -1;
        csv->flips ^= flips(csv->bytes, n);
    }
    return 0;
}

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
    if (pulse_byte_reader_is_packed(csv->input)) {
        csv->first = data;
        csv->last = end >= 0 ? end : ANY_END;
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
    if (pulse_byte_reader_open(location->file, location->packing, &csv->input, err) != 0 ||
        pulse_csv_layout_read(csv->input, options, true, &csv->layout, err) != 0)
        goto fail;
    csv->bytes_read = csv->layout.bytes_read;
    set_part(csv, part, parts);
    csv->capacity = buffer_bytes;
    csv->bytes =
        pulse_alloc_aligned(csv->capacity + PULSE_CSV_CELL_PADDING, 1, "a CSV file's rows", err);
    if (csv->bytes == NULL ||
        (parts > 1 && !pulse_byte_reader_is_packed(csv->input) && count_quotes(csv, err) != 0))
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

/* The columns that are read, by the slot of their take. */
struct pulse_csv_wanted {
    const int64_t *columns;   /* of values */
    int64_t *special_columns; /* of those that are looked at more closely */
};

/* ---- Messages ------------------------------------------------------------------- */

/* Line of a byte of the file, by reading the file up to it: only ever done for an error. 0 where
 * that cannot be read. */
static int64_t line_of(struct pulse_csv *csv, int64_t offset)
{
    static char block[64 << 10];
    struct pulse_err ignored;
    int64_t line = 1;
    for (int64_t at = 0; at < offset; at += (int64_t)sizeof block) {
        int64_t n = offset - at < (int64_t)sizeof block ? offset - at : (int64_t)sizeof block;
        if (pulse_byte_reader_read(csv->input, at, block, n, &n, &ignored) != 0)
            return 0;
        for (const char *p = block; (p = memchr(p, '\n', (size_t)(block + n - p))) != NULL; p++)
            line++;
    }
    return line;
}

static int fail_at(struct pulse_csv *csv, const char *at, struct pulse_err *err, const char *what)
{
    long long line = (long long)line_of(csv, csv->from + (at - csv->bytes));
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: %s", pulse_byte_reader_uri(csv->input),
                      line, what);
}

/* Whether a time cell is a bare number, as epochs are. */
static bool is_bare_number(struct pulse_text text)
{
    double number;
    return pulse_parse_number(text.at, text.length, &number) && isfinite(number);
}

/* Adds the option that reads a time of a form that is not guessed. */
static void add_form(char *what, size_t size, struct pulse_text text)
{
    const char *form = pulse_date_form_hint(text);
    const size_t used = strlen(what);
    if (form != NULL)
        (void)snprintf(what + used, size - used, "; say --date-format '%s' if it is of that form",
                       form);
}

/* Adds what a number is where it counts the days of a spreadsheet, of these years. */
static void add_day(char *what, size_t size, struct pulse_text text)
{
    enum { EPOCH = -25569, FIRST = 20000, LAST = 80000 };
    char day[PULSE_DATE_TEXT];
    double number = 0;
    const size_t used = strlen(what);
    if (pulse_parse_number(text.at, text.length, &number) && number > FIRST && number < LAST)
        (void)snprintf(what + used, size - used,
                       "; as a day of a spreadsheet it is %s: let that write dates",
                       pulse_format_day((int64_t)number + EPOCH, day));
}

static void describe_time(char *what, size_t size, struct pulse_text text, const char *column,
                          enum pulse_time_unit unit)
{
    if (text.length == 0)
        (void)snprintf(what, size, "no time in column '%.64s'", column);
    else if (is_bare_number(text) && unit != PULSE_TIME_UNIT_NONE)
        (void)snprintf(
            what, size,
            "time '%.*s' in column '%.64s' is no whole number for a time from " PULSE_TIME_RANGE
            "; is --time-unit right?",
            (int)(text.length < 40 ? text.length : 40), text.at, column);
    else if (is_bare_number(text))
        (void)snprintf(what, size,
                       "time '%.*s' in column '%.64s' is a number of an undeclared unit; say "
                       "--time-unit s, ms, us or ns, or write ISO 8601 (2016-12-30)",
                       (int)(text.length < 40 ? text.length : 40), text.at, column);
    else
        (void)snprintf(what, size, "'%.*s' in column '%.64s' is %s",
                       (int)(text.length < 40 ? text.length : 40), text.at, column,
                       pulse_time_fault(text.at, text.length));
    if (unit == PULSE_TIME_UNIT_NONE) {
        add_form(what, size, text);
        add_day(what, size, text);
    }
}

/* Names the other columns whose cells are no numbers either. */
static void add_others(const struct pulse_csv_layout *layout, int64_t column, char *what,
                       size_t size)
{
    size_t used = strlen(what);
    for (int64_t c = 0, n = 0; c < layout->n && used + 80 < size; c++)
        if (c != column && layout->numeric[c] && layout->columns[c].nearly &&
            layout->columns[c].text[0] != '\0')
            used += (size_t)snprintf(what + used, size - used, "%s '%.40s'",
                                     n++ == 0 ? "; the same in column" : ",", layout->names[c]);
}

static int64_t cells_in_row(const struct pulse_csv *csv, const char *p, const char *end)
{
    int64_t cells = 1;
    while ((p = pulse_csv_cell_end(p, end, csv->layout.separator)) != NULL && p < end &&
           *p != '\n') {
        cells++;
        p++;
    }
    return cells;
}

/* Column of a take that is no time: of a slot, or of a special one. */
static int64_t column_of_take(const struct pulse_csv_wanted *wanted, int64_t slot)
{
    return slot >= 0 ? wanted->columns[slot] : wanted->special_columns[PULSE_CSV_SPECIAL - slot];
}

static enum pulse_text_fault text_fault_of(enum pulse_csv_fault fault)
{
    return fault == PULSE_CSV_OTHER_UNIT       ? PULSE_TEXT_OTHER_UNIT
           : fault == PULSE_CSV_NUMBER_IN_TEXT ? PULSE_TEXT_NUMBER_AMONG_TEXT
                                               : PULSE_TEXT_NO_NUMBER;
}

static void describe_cell(const struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                          const struct pulse_csv_wanted *wanted, char *what, size_t size)
{
    const struct pulse_csv_layout *layout = &csv->layout;
    const struct pulse_text text = pulse_csv_cell_text(trouble->cell, trouble->cell_end);
    if (trouble->fault == PULSE_CSV_OTHER_OFFSET) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' has %s offset from UTC, unlike the first ('%s'); "
                       "write all alike",
                       pulse_text_shown(text), text.at, layout->names[layout->time],
                       layout->offset ? "no" : "an", layout->columns[layout->time].text);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME && layout->ambiguous) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' may have the day first, or the month; say "
                       "--date-format %s or --date-format %s",
                       pulse_text_shown(text), text.at, layout->names[layout->time],
                       layout->forms[0], layout->forms[1]);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME && layout->date_format != NULL) {
        (void)snprintf(
            what, size, "'%.*s' in column '%.64s' is no time of the form %.64s; see --date-format",
            pulse_text_shown(text), text.at, layout->names[layout->time], layout->date_format);
        return;
    }
    if (trouble->fault == PULSE_CSV_NO_TIME) {
        describe_time(what, size, text, layout->names[layout->time], csv->time_unit);
        return;
    }
    const int64_t column = column_of_take(wanted, trouble->slot);
    pulse_text_describe_fault(what, size, text_fault_of(trouble->fault), text,
                              layout->names[column], &layout->columns[column], &layout->numbers,
                              "line");
    if (trouble->fault == PULSE_CSV_NO_NUMBER)
        add_others(layout, column, what, size);
}

static bool holds_last(const struct pulse_csv *csv)
{
    return csv->from + csv->length == pulse_byte_reader_size(csv->input);
}

/* How to cut a footer off, where a row that is none is among the file's last lines. */
static void advise_cut(struct pulse_csv *csv, const char *row, const char *end, char *what,
                       size_t size)
{
    enum { LINES = 20 };
    const size_t used = strlen(what);
    int64_t lines = 0;
    for (const char *p = row; p < end; p++)
        lines += *p == '\n';
    const int64_t line = line_of(csv, csv->from + (row - csv->bytes));
    const enum pulse_compression packing = pulse_byte_reader_packing(csv->input);
    if (lines > LINES || line <= csv->layout.header_lines + 1)
        return;
    if (packing != PULSE_COMPRESSION_NONE) /* whose end may not have been seen */
        (void)snprintf(what + used, size - used,
                       "; if the table ends before it: %s FILE | head -n %lld | pulse-data info -",
                       pulse_compression_unpacker(packing), (long long)line - 1);
    else if (holds_last(csv))
        (void)snprintf(what + used, size - used,
                       "; if the table ends before it: head -n %lld FILE | pulse-data info -",
                       (long long)line - 1);
}

static int report_trouble(struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                          const struct pulse_csv_wanted *wanted, const char *end,
                          struct pulse_err *err)
{
    char what[768];
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_LONG_ROW)
        (void)snprintf(what, sizeof what, "%lld cells where the header has %lld",
                       (long long)cells_in_row(csv, trouble->row, end), (long long)csv->layout.n);
    else if (trouble->fault == PULSE_CSV_OPEN_QUOTE)
        (void)snprintf(what, sizeof what, "a quote is never closed");
    else
        describe_cell(csv, trouble, wanted, what, sizeof what);
    if (trouble->fault == PULSE_CSV_SHORT_ROW || trouble->fault == PULSE_CSV_NO_TIME)
        advise_cut(csv, trouble->row, end, what, sizeof what);
    return fail_at(csv, trouble->row, err, what);
}

/* ---- Through the buffer --------------------------------------------------------- */

/* Twice the buffer, when most of it is one row. */
static int widen_buffer(struct pulse_csv *csv, struct pulse_err *err)
{
    char *wider = pulse_alloc_aligned(2 * csv->capacity + PULSE_CSV_CELL_PADDING, 1,
                                      "a CSV file's rows", err);
    if (wider == NULL)
        return -1;
    memcpy(wider, csv->bytes, (size_t)csv->length);
    free(csv->bytes);
    csv->bytes = wider;
    csv->capacity *= 2;
    return 0;
}

/* Forgets the bytes before bytes[at] and reads on. */
static int read_on(struct pulse_csv *csv, int64_t at, struct pulse_err *err)
{
    csv->length -= at;
    csv->from += at;
    memmove(csv->bytes, csv->bytes + at, (size_t)csv->length);
    if (csv->length > LONGEST_ROW)
        return fail_at(csv, csv->bytes, err, "a row of more than 64 MiB; is a quote never closed?");
    if (csv->length > csv->capacity / 2 && widen_buffer(csv, err) != 0)
        return -1;
    int64_t next = csv->from + csv->length, capacity = csv->capacity - csv->length;
    int64_t wanted = (next < csv->last ? csv->last - next : 0) + READ_ON_BYTES;
    int64_t n = wanted < capacity ? wanted : capacity;
    char *fresh = csv->bytes + csv->length;
    if (read_bytes(csv, next, fresh, n, &n, err) != 0)
        return -1;
    csv->length += n;
    if (csv->last == ANY_END && pulse_byte_reader_size(csv->input) >= 0)
        csv->last = pulse_byte_reader_size(csv->input);
    memset(fresh + n, '\n', PULSE_CSV_CELL_PADDING);
    const char *nul = memchr(fresh, '\0', (size_t)n);
    return nul == NULL ? 0 : fail_at(csv, nul, err, "a NUL byte; not a CSV text in UTF-8");
}

/* Sets `at` to where in the buffer the first row that begins in the part does, or to -1: a row
 * begins after a line feed outside quotes. */
static int find_first_row(struct pulse_csv *csv, bool quoted, int64_t *at, struct pulse_err *err)
{
    const bool first_part = csv->first == csv->layout.data_offset;
    csv->from = first_part ? csv->first : csv->first - 1;
    csv->length = 0;
    *at = -1;
    if (csv->first == csv->last)
        return 0;
    if (read_on(csv, 0, err) != 0)
        return -1;
    *at = 0;
    if (first_part)
        return 0;
    /* That of the byte before the part is what `quoted` says already. */
    bool in_quotes = quoted != (csv->bytes[0] == '"');
    for (int64_t i = 0;; i++) {
        if (csv->from + i == csv->last - 1)
            break;
        if (i == csv->length) {
            if (read_on(csv, csv->length, err) != 0)
                return -1;
            i = 0;
        }
        in_quotes ^= csv->bytes[i] == '"';
        if (csv->bytes[i] == '\n' && !in_quotes) {
            *at = i + 1;
            return 0;
        }
    }
    *at = -1;
    return 0;
}

/* ---- Space for the rows ---------------------------------------------------------- */

static int64_t count_lines(const char *p, const char *end)
{
    int64_t lines = 0;
    for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines;
}

/* Mean length of the rows at the part's end; 0 where none is seen to end. */
static int sample_end(struct pulse_csv *csv, double *row_bytes, struct pulse_err *err)
{
    char sample[SAMPLE_BYTES];
    int64_t part = csv->last - csv->first;
    int64_t n = part < SAMPLE_BYTES ? part : SAMPLE_BYTES;
    if (read_bytes(csv, csv->last - n, sample, n, &n, err) != 0)
        return -1;
    int64_t lines = count_lines(sample, sample + n);
    *row_bytes = lines == 0 ? 0 : (double)n / (double)lines;
    return 0;
}

/* How many rows a file has whose end is not known: by the size that it is likely to have, but never
 * many times as many as there are already, since it may be made to look like anything. */
static int guess_unpacked_rows(const struct pulse_csv *csv, int64_t rows, int64_t begin, int64_t at,
                               int64_t *guess)
{
    enum { TIMES = 8, LEAST = 1024 };
    const double row_bytes = rows == 0 ? 1 : (double)(at - begin) / (double)rows;
    const double left = (double)(pulse_byte_reader_guess_size(csv->input) - at);
    const int64_t least = rows + rows / 4 + LEAST, most = rows * TIMES + LEAST;
    const double likely = (double)rows + left / row_bytes * (1 + 1. / 32);
    *guess = likely < (double)most ? (int64_t)likely : most;
    *guess = *guess < least ? least : *guess;
    return 0;
}

/* How many rows the part has, when `rows` of them lie between `begin` and `at` of the file: as if
 * the rest were as long as the mean of those and of the last ones, since early rows often lack
 * most of their values. Rows in the buffer are counted. Never more than fit: a row of n cells has n
 * bytes with its separators and line feed. */
static int guess_rows(struct pulse_csv *csv, int64_t rows, int64_t begin, int64_t at,
                      int64_t *guess, struct pulse_err *err)
{
    if (csv->last == ANY_END)
        return guess_unpacked_rows(csv, rows, begin, at, guess);
    int64_t left = csv->last - at, least = rows + rows / 4, most = rows + left / csv->layout.n + 1;
    if (csv->from + csv->length >= csv->last) {
        const char *base = csv->bytes - csv->from;
        *guess = rows + count_lines(base + at, base + csv->last) + 1;
    } else {
        double seen = rows == 0 ? 0 : (double)(at - begin) / (double)rows, at_end;
        if (sample_end(csv, &at_end, err) != 0)
            return -1;
        double row_bytes = seen > 0 && at_end > 0 ? (seen + at_end) / 2 : seen + at_end;
        double more = row_bytes > 0 ? (double)left / row_bytes * (1 + 1. / 32) + 16 : 1;
        *guess = more < (double)left ? rows + (int64_t)more : most;
        *guess = *guess < least ? least : *guess;
    }
    *guess = *guess < most ? *guess : most;
    return 0;
}

/* Columns `from` apart in `in` → `to` apart in `out`, which may be the same. */
static void move_columns(const double *in, int64_t from, double *out, int64_t to, int64_t rows,
                         int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        memmove(out + c * to, in + c * from, (size_t)rows * sizeof *out);
}

static int make_room(struct pulse_csv_sink *sink, int64_t slots, int64_t capacity,
                     struct pulse_err *err)
{
    int64_t cells;
    if (__builtin_mul_overflow(capacity, slots, &cells))
        cells = -1;
    int64_t *times = pulse_alloc_aligned(capacity, sizeof *times, "times of a CSV file", err);
    double *values = times == NULL
                         ? NULL
                         : pulse_alloc_aligned(cells, sizeof *values, "values of a CSV file", err);
    if (values == NULL) {
        free(times);
        return -1;
    }
    if (sink->rows > 0) {
        memcpy(times, sink->time_ns, (size_t)sink->rows * sizeof *times);
        move_columns(sink->values, sink->capacity, values, capacity, sink->rows, slots);
    }
    free(sink->time_ns);
    free(sink->values);
    sink->time_ns = times;
    sink->values = values;
    sink->capacity = capacity;
    return 0;
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
                                    .time_unit = csv->time_unit,
                                    .date_format = layout->date_format,
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
                                      .last = holds_last(csv)};
        if (pulse_csv_parse(plan, &text, sink, &trouble) != 0)
            return report_trouble(csv, &trouble, wanted, end, err);
        at = text.at - csv->bytes;
        if (csv->from + at >= csv->last)
            return 0;
        if (sink->rows == sink->capacity) {
            int64_t capacity;
            if (guess_rows(csv, sink->rows, begin, csv->from + at, &capacity, err) != 0 ||
                make_room(sink, plan->slots, capacity, err) != 0)
                return -1;
        } else {
            if (read_on(csv, at, err) != 0)
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
    if (sink.tile == NULL || make_room(&sink, n, pulse_csv_tile_rows(n), err) != 0 ||
        find_first_row(csv, begins_quoted, &at, err) != 0)
        goto done;
    if (at >= 0 && read_rows(csv, &plan, at, &wanted, &sink, err) != 0)
        goto done;
    if (sink.rows < sink.capacity)
        move_columns(sink.values, sink.capacity, sink.values, sink.rows, sink.rows, n);
    out->rows = sink.rows;
    out->time_ns = sink.time_ns;
    out->values = sink.values;
    const struct pulse_stamps stamps = {
        .instants = plan.instants, .any = true, .offset = plan.offset, .local = sink.local};
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
