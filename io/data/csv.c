#include "data/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/cell.h"
#include "data/csv_rows.h"
#include "store/store.h"

enum {
    READ_ON_BYTES = 64 << 10, /* past a part's end at first, to finish its last row */
    LONGEST_ROW = 64 << 20,   /* a row that reaches further past its part is an open quote */
};

struct pulse_csv {
    struct pulse_object *object;
    struct pulse_csv_layout layout;
    int64_t first; /* the part is [first, last) of the file */
    int64_t last;
    char *bytes;  /* the file from `from` on, then PULSE_CELL_PADDING line feeds */
    int64_t from; /* first, or one byte before it where that can be a line feed */
    int64_t length;
    int64_t bytes_read; /* not yet told to the caller */
    bool flips;
};

/* ---- The part's bytes --------------------------------------------------------------------------
 */

/* Extends what is held to `wanted` bytes, or to the file's end. */
static int hold(struct pulse_csv *csv, int64_t wanted, struct pulse_err *err)
{
    int64_t left = pulse_store_size(csv->object) - csv->from;
    int64_t length = wanted < left ? wanted : left;
    char *grown = pulse_alloc_aligned(length + PULSE_CELL_PADDING, 1, "a CSV file's rows", err);
    if (grown == NULL)
        return -1;
    if (csv->length > 0)
        memcpy(grown, csv->bytes, (size_t)csv->length);
    free(csv->bytes);
    csv->bytes = grown;
    if (pulse_store_read(csv->object, csv->from + csv->length, grown + csv->length,
                         length - csv->length, err) != 0)
        return -1;
    csv->bytes_read += length - csv->length;
    csv->length = length;
    memset(grown + length, '\n', PULSE_CELL_PADDING);
    return 0;
}

static bool odd_quotes(const char *p, const char *end)
{
    bool odd = false;
    while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        odd = !odd;
        p++;
    }
    return odd;
}

/* Without the product size × part, which overflows for no real file but for a sparse one. */
static int64_t share(int64_t size, int part, int parts)
{
    return size / parts * part + size % parts * part / parts;
}

int pulse_csv_open(const char *uri, int part, int parts, struct pulse_csv **out,
                   struct pulse_err *err)
{
    struct pulse_csv *csv = pulse_calloc(1, sizeof *csv, "an open CSV file", err);
    if (csv == NULL)
        return -1;
    if (pulse_store_open(uri, &csv->object, err) != 0 ||
        pulse_csv_layout_read(csv->object, &csv->layout, err) != 0)
        goto fail;
    csv->bytes_read = csv->layout.bytes_read;
    int64_t data = csv->layout.data_offset;
    int64_t size = pulse_store_size(csv->object) - data;
    csv->first = data + share(size, part, parts);
    csv->last = data + share(size, part + 1, parts);
    csv->from = part == 0 ? csv->first : csv->first - 1;
    if (hold(csv, csv->last - csv->from + READ_ON_BYTES, err) != 0)
        goto fail;
    const char *base = csv->bytes - csv->from;
    csv->flips = odd_quotes(base + csv->first, base + csv->last);
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
    pulse_store_close(csv->object);
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
        if (pulse_store_read(csv->object, at, block, n, &ignored) != 0)
            return 0;
        for (const char *p = block; (p = memchr(p, '\n', (size_t)(block + n - p))) != NULL; p++)
            line++;
    }
    return line;
}

static int fail_at(struct pulse_csv *csv, const char *at, struct pulse_err *err, const char *what)
{
    long long line = (long long)line_of(csv, csv->from + (at - csv->bytes));
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: %s", pulse_store_uri(csv->object), line,
                      what);
}

/* Whether a time cell is a bare number, as epochs are. */
static bool is_bare_number(struct pulse_text text)
{
    double number;
    return !pulse_text_is_missing(text) && pulse_text_number(text, &number);
}

static void describe_time(char *what, size_t size, struct pulse_text text, const char *column)
{
    if (text.length == 0)
        (void)snprintf(what, size, "no time in column '%.64s'", column);
    else if (is_bare_number(text))
        (void)snprintf(what, size,
                       "time '%.*s' in column '%.64s' is a number of an undeclared unit; write "
                       "ISO 8601 (2016-12-30 or 2016-12-30T16:00:00Z)",
                       (int)(text.length < 40 ? text.length : 40), text.at, column);
    else
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' is no ISO 8601 time (2016-12-30 or "
                       "2016-12-30T16:00:00Z)",
                       (int)(text.length < 40 ? text.length : 40), text.at, column);
}

static int64_t cells_in_row(const struct pulse_csv *csv, const char *p, const char *end)
{
    int64_t cells = 1;
    while ((p = pulse_cell_end(p, end, csv->layout.separator)) != NULL && p < end && *p != '\n') {
        cells++;
        p++;
    }
    return cells;
}

static int report(struct pulse_csv *csv, const struct pulse_csv_trouble *trouble,
                  const int64_t *columns, const char *end, struct pulse_err *err)
{
    char what[512];
    struct pulse_text text = {0};
    if (trouble->fault == PULSE_CSV_NO_TIME || trouble->fault == PULSE_CSV_NO_NUMBER)
        text = pulse_cell_text(trouble->cell, trouble->cell_end);
    switch (trouble->fault) {
    case PULSE_CSV_SHORT_ROW:
    case PULSE_CSV_LONG_ROW:
        (void)snprintf(what, sizeof what, "%lld cells where the header has %lld",
                       (long long)cells_in_row(csv, trouble->row, end), (long long)csv->layout.n);
        break;
    case PULSE_CSV_OPEN_QUOTE:
        (void)snprintf(what, sizeof what, "a quote is never closed");
        break;
    case PULSE_CSV_NO_TIME:
        describe_time(what, sizeof what, text, csv->layout.names[csv->layout.time]);
        break;
    default:
        (void)snprintf(what, sizeof what, "'%.*s' in column '%.64s' is no number",
                       (int)(text.length < 40 ? text.length : 40), text.at,
                       csv->layout.names[columns[trouble->slot]]);
        break;
    }
    return fail_at(csv, trouble->row, err, what);
}

/* ---- The part's rows ------------------------------------------------------------ */

/* First byte of the first row that begins in the part, or NULL: a row begins after a line feed
 * outside quotes. */
static const char *first_row(const struct pulse_csv *csv, bool quoted)
{
    const char *base = csv->bytes - csv->from;
    const char *p = base + csv->first, *end = base + csv->last;
    if (p == end)
        return NULL;
    if (csv->from == csv->first || (!quoted && p[-1] == '\n'))
        return p;
    for (; p < end - 1; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '\n' && !quoted)
            return p + 1;
    }
    return NULL;
}

/* Sets `end` to the length held up to which the part's rows reach, reading on to finish the last.
 */
static int find_end(struct pulse_csv *csv, bool quoted, int64_t *end, struct pulse_err *err)
{
    const int64_t part_end = csv->last - csv->from;
    int64_t at = part_end;
    *end = at;
    if (!quoted && csv->bytes[at - 1] == '\n')
        return 0;
    for (;; at++) {
        if (at == csv->length) {
            if (csv->from + at == pulse_store_size(csv->object))
                break;
            if (at - part_end > LONGEST_ROW)
                return fail_at(csv, csv->bytes + part_end, err,
                               "a row of more than 64 MiB; is a quote never closed?");
            if (hold(csv, csv->length + (at - part_end) + READ_ON_BYTES, err) != 0)
                return -1;
        }
        if (csv->bytes[at] == '"') {
            quoted = !quoted;
        } else if (csv->bytes[at] == '\n' && !quoted) {
            at++;
            break;
        }
    }
    *end = at;
    return 0;
}

static int compare_takes(const void *a, const void *b)
{
    int64_t x = ((const struct pulse_csv_take *)a)->skip;
    int64_t y = ((const struct pulse_csv_take *)b)->skip;
    return (x > y) - (x < y);
}

/* The chosen columns and the time, from the left. */
static int make_plan(const struct pulse_csv_layout *layout, const int64_t *columns, int64_t n,
                     struct pulse_csv_plan *plan, struct pulse_err *err)
{
    *plan = (struct pulse_csv_plan){.separator = layout->separator, .takes = n + 1, .slots = n};
    plan->take = pulse_calloc(n + 1, sizeof *plan->take, "columns to read", err);
    if (plan->take == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        plan->take[i] = (struct pulse_csv_take){columns[i], i};
    plan->take[n] = (struct pulse_csv_take){layout->time, PULSE_CSV_TIME};
    qsort(plan->take, (size_t)n + 1, sizeof *plan->take, compare_takes);
    /* From positions to the number of cells in between. */
    plan->skip_last = layout->n - 1 - plan->take[n].skip;
    for (int64_t i = n; i > 0; i--)
        plan->take[i].skip -= plan->take[i - 1].skip + 1;
    return 0;
}

/* No more rows than lines, nor than the separators and line feeds of a row go into the bytes: so a
 * file of line feeds alone asks for no memory. */
static int64_t most_rows(const char *p, const char *end, int64_t columns)
{
    int64_t lines = 1, fitting = (end - p) / columns + 1;
    for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines < fitting ? lines : fitting;
}

static int parse(struct pulse_csv *csv, const char *p, const char *end, const int64_t *columns,
                 int64_t n, struct pulse_block *out, struct pulse_err *err)
{
    struct pulse_csv_plan plan = {0};
    struct pulse_csv_trouble trouble = {0};
    int64_t most = most_rows(p, end, csv->layout.n), cells;
    double *tile = NULL;
    int rc = -1;
    if (make_plan(&csv->layout, columns, n, &plan, err) != 0)
        goto done;
    if (__builtin_mul_overflow(most, n, &cells))
        cells = -1;
    tile = pulse_calloc(pulse_csv_tile_rows(n) * (n + 1), sizeof *tile, "rows of a CSV file", err);
    out->time_ns = pulse_calloc(most, sizeof *out->time_ns, "times of a CSV file", err);
    out->values = pulse_alloc_aligned(cells, sizeof *out->values, "values of a CSV file", err);
    if (tile == NULL || out->time_ns == NULL || out->values == NULL)
        goto done;
    out->rows = pulse_csv_parse(&plan, p, end, out->time_ns, out->values, most, tile, &trouble);
    if (out->rows < 0) {
        rc = report(csv, &trouble, columns, end, err);
        goto done;
    }
    /* Columns were `most` apart; now they are as many rows apart as there are. */
    for (int64_t c = 1; out->rows < most && c < n; c++)
        memmove(out->values + c * out->rows, out->values + c * most,
                (size_t)out->rows * sizeof *out->values);
    rc = 0;
done:
    free(tile);
    free(plan.take);
    return rc;
}

int pulse_csv_read(struct pulse_csv *csv, bool begins_quoted, const int64_t *columns, int64_t n,
                   struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    int64_t end = 0;
    int rc = 0;
    *out = (struct pulse_block){.columns = n};
    const char *p = first_row(csv, begins_quoted);
    int64_t at = p == NULL ? 0 : p - csv->bytes; /* a place, since reading on moves the bytes */
    if (p != NULL)
        rc = find_end(csv, begins_quoted != csv->flips, &end, err);
    const char *nul = rc != 0 ? NULL : memchr(csv->bytes + at, '\0', (size_t)(end - at));
    if (nul != NULL)
        rc = fail_at(csv, nul, err, "a NUL byte; not a CSV text in UTF-8");
    if (rc == 0)
        rc = parse(csv, csv->bytes + at, csv->bytes + end, columns, n, out, err);
    *bytes_read += csv->bytes_read;
    csv->bytes_read = 0;
    if (rc != 0)
        pulse_block_clear(out);
    return rc;
}
