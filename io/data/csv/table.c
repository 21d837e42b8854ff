#include "data/csv/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/zone.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/stamps.h"
#include "data/common/text_decimal.h"
#include "data/csv/kinds.h"
#include "data/csv/stream.h"

struct csv_table {
    struct pulse_table head; /* the columns' names are borrowed from the stream */
    struct pulse_csv_stream *stream;
    struct pulse_text_buffer *buffers; /* n */
};

static void close_table(struct pulse_table *table)
{
    struct csv_table *t = (struct csv_table *)table;
    pulse_csv_stream_free(t->stream);
    free(t->buffers);
}

/* ---- What the columns hold ------------------------------------------------------ */

/* What was seen of a column. */
struct seen {
    unsigned marks;
    struct pulse_text_unit unit;      /* of its first number */
    struct pulse_shown_offset offset; /* of its first instant … */
    bool offsets_differ;              /* … and others have another */
    unsigned spans;                   /* of its times and whole numbers */
};

enum { NUMBERS = PULSE_SEEN_INTEGER | PULSE_SEEN_LARGE | PULSE_SEEN_REAL };

/* Numbers of two units make text. */
static unsigned marks_of_cell(const struct csv_table *t, struct pulse_text cell, struct seen *seen)
{
    struct pulse_text_unit unit = {.text = ""};
    const unsigned marks = pulse_csv_seen(cell, pulse_csv_stream_numbers(t->stream), &unit);
    if ((marks & NUMBERS) == 0)
        return marks;
    if ((seen->marks & NUMBERS) == 0)
        seen->unit = unit;
    return pulse_text_same_unit(&unit, &seen->unit) ? marks : marks | PULSE_SEEN_TEXT;
}

/* The form of the times in a column; NULL: ISO 8601. */
static const char *form_of(const struct csv_table *t, int64_t c)
{
    const struct pulse_csv_layout *layout = pulse_csv_stream_layout(t->stream);
    return c == layout->time ? layout->date_format : NULL;
}

/* Marks of a cell in a column of times of another form. */
static unsigned marks_of_time(const struct csv_table *t, struct pulse_text text, const char *form,
                              struct pulse_shown_offset *offset)
{
    int64_t ns;
    if (pulse_text_missing(text, pulse_csv_stream_numbers(t->stream)))
        return 0;
    return pulse_parse_formatted(text.at, text.length, form, &ns, offset) ? PULSE_SEEN_INSTANT
                                                                          : PULSE_SEEN_TEXT;
}

/* Stamps with and without an offset make text, as they stand. */
static void look_at_offset(struct seen *seen, struct pulse_shown_offset offset)
{
    if ((seen->marks & PULSE_SEEN_INSTANT) == 0)
        seen->offset = offset;
    if (offset.shown != seen->offset.shown)
        seen->marks |= PULSE_SEEN_TEXT;
    seen->offsets_differ = seen->offsets_differ || offset.ns != seen->offset.ns;
}

/* --id names the column, alone or among several. */
static bool is_said_id(const char *ids, char *name)
{
    const char *said;
    size_t length;
    bool found = false;
    while (!found && ids != NULL)
        found = pulse_columns_take_said(&name, 1, &ids, &said, &length) == 0;
    return found;
}

/* A column holds times of one zone; stamps of several offsets stay text, with their days, unless a
 * zone is said for them. */
static int set_column(struct csv_table *t, int64_t c, char *name, const struct seen *seen,
                      struct pulse_err *err)
{
    char offset[32];
    struct pulse_table_column *column = &t->head.columns[c];
    const long long minutes = (long long)(seen->offset.ns / PULSE_NS_PER_SECOND / 60);
    const long long size = minutes < 0 ? -minutes : minutes;
    column->name = name;
    const char *said = t->head.reading.time;
    const bool time = pulse_is_time_name_of_any(name) || (said != NULL && strcmp(name, said) == 0);
    column->kind = pulse_csv_kind(seen->marks, time, t->head.reading.time_unit);
    if (column->kind == PULSE_KIND_TIME && (seen->marks & PULSE_SEEN_INSTANT) != 0 &&
        t->head.reading.time_unit == PULSE_TIME_UNIT_NONE &&
        pulse_stamp_spans_differ(seen->spans)) {
        column->kind = PULSE_KIND_TEXT; /* years among months stand as they do */
        return 0;
    }
    column->lettered = (seen->marks & PULSE_SEEN_LETTER) != 0;
    if (column->kind == PULSE_KIND_DOUBLE && is_said_id(t->head.reading.id, name))
        column->kind = PULSE_KIND_TEXT; /* 1M is no million, and 12e3 not 12000 */
    if (column->kind != PULSE_KIND_TIME || !seen->offset.shown)
        return 0;
    column->zone = pulse_zone_utc();
    if (t->head.reading.time_zone != NULL)
        return 0;
    if (seen->offsets_differ) {
        column->zone = NULL;
        column->kind = PULSE_KIND_TEXT;
        if (!t->head.reading.as_panel)
            pulse_warn(
                "%s: column '%s' has times of several offsets, which stay text; say --time-zone "
                "ZONE to make times of them",
                t->head.uri, name);
        return 0;
    }
    (void)snprintf(offset, sizeof offset, "%c%02lld:%02lld", minutes < 0 ? '-' : '+', size / 60,
                   size % 60);
    return pulse_zone_find(offset, &column->zone, err);
}

/* A column of numbers in which one has the other decimal sign is no text: the guess from the first
 * rows was wrong, unless it was none. */
static int look_at_cell(const struct csv_table *t, int64_t c, const char *name,
                        struct pulse_text cell, struct seen *seen, struct pulse_err *err)
{
    enum { SHOWN = 40 };
    const char *form = form_of(t, c);
    const char decimal = pulse_csv_stream_numbers(t->stream)->decimal;
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    struct pulse_shown_offset offset = {0};
    int64_t ns;
    const unsigned mark =
        form == NULL ? marks_of_cell(t, cell, seen) : marks_of_time(t, text, form, &offset);
    const bool guessed = t->head.reading.decimal == '\0' && (seen->marks & NUMBERS) != 0;
    if (form == NULL && (mark & PULSE_SEEN_INSTANT) != 0)
        (void)pulse_read_stamp(text.at, text.length, &ns, &offset);
    if ((mark & PULSE_SEEN_INSTANT) != 0)
        look_at_offset(seen, offset);
    if (form == NULL && (mark & (PULSE_SEEN_INSTANT | PULSE_SEEN_INTEGER)) != 0)
        seen->spans |= pulse_stamp_span(text.at, text.length);
    seen->marks |= mark;
    if ((mark & NUMBERS) != 0 && pulse_csv_stream_layout(t->stream)->point_unclear &&
        pulse_text_point_unclear(text))
        return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: " PULSE_TEXT_POINT_UNCLEAR,
                          t->head.uri, (long long)pulse_csv_stream_line(t->stream),
                          pulse_text_shown(text), text.at, name);
    if (!guessed || (mark & PULSE_SEEN_TEXT) == 0 || !pulse_text_decimal_wrong(text, decimal))
        return 0;
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: '%.*s' in column '%s' is no number%s",
                      t->head.uri, (long long)pulse_csv_stream_line(t->stream),
                      (int)(text.length < SHOWN ? text.length : SHOWN), text.at, name,
                      pulse_text_decimal_advice(text, decimal));
}

/* A late cell may make text of what looked like numbers, so all rows are looked at before the first
 * is given. */
static int look_at_rows(struct csv_table *t, struct pulse_err *err)
{
    const struct pulse_text *cells;
    char *const *names = pulse_csv_stream_names(t->stream, &t->head.n);
    struct seen *seen = pulse_calloc(t->head.n, sizeof *seen, "column kinds", err);
    t->head.columns = pulse_calloc(t->head.n, sizeof *t->head.columns, "columns", err);
    t->buffers = pulse_calloc(t->head.n, sizeof *t->buffers, "columns", err);
    int rc = seen == NULL || t->head.columns == NULL || t->buffers == NULL ? -1 : 0;
    while (rc == 0 && (rc = pulse_csv_stream_next(t->stream, &cells, err)) == 0 && cells != NULL) {
        t->head.rows++;
        for (int64_t c = 0; rc == 0 && c < t->head.n; c++)
            if ((seen[c].marks & PULSE_SEEN_TEXT) == 0)
                rc = look_at_cell(t, c, names[c], cells[c], &seen[c], err);
    }
    for (int64_t c = 0; rc == 0 && c < t->head.n; c++)
        rc = set_column(t, c, names[c], &seen[c], err);
    free(seen);
    pulse_csv_stream_rewind(t->stream);
    return rc;
}

/* ---- Rows ----------------------------------------------------------------------- */

/* "" stands for " within quotes. */
static int put_text(struct pulse_text text, struct pulse_vector *v,
                    struct pulse_text_buffer *buffer, int64_t row, struct pulse_err *err)
{
    v->missing[row] = text.length == 0;
    for (const char *at = text.at, *end = at + text.length; at < end;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        const char *stop = quote == NULL ? end : quote + 1;
        if (pulse_vector_put_text(v, buffer, at, stop - at, err) != 0)
            return -1;
        at = stop + (stop < end && quote != NULL && *stop == '"');
    }
    pulse_vector_end_text(v, buffer, row);
    return 0;
}

/* A time of another form, which was looked at; false where it is missing. */
static bool take_time(struct pulse_text cell, const char *form, int64_t *time_ns)
{
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    struct pulse_shown_offset offset;
    return pulse_parse_formatted(text.at, text.length, form, time_ns, &offset);
}

static int put_cell(const struct csv_table *t, int64_t c, struct pulse_text cell,
                    struct pulse_vector *v, int64_t row, struct pulse_err *err)
{
    if (v->kind == PULSE_KIND_TEXT)
        return put_text(pulse_csv_text_of(cell), v, &t->buffers[c], row, err);
    const struct pulse_text_numbers *numbers = pulse_csv_stream_numbers(t->stream);
    struct pulse_text_unit unit;
    if (v->kind == PULSE_KIND_TIME && form_of(t, c) != NULL) {
        v->missing[row] = !take_time(cell, form_of(t, c), &v->integers[row]);
        return 0;
    }
    if (pulse_csv_seen(cell, numbers, &unit) == 0) {
        v->missing[row] = true;
        return 0;
    }
    if (v->kind == PULSE_KIND_DOUBLE)
        v->reals[row] = pulse_csv_real(cell, numbers);
    else if (v->kind != PULSE_KIND_TIME)
        v->integers[row] = pulse_csv_integer(cell, v->kind);
    else if (!pulse_csv_instant(cell, t->head.reading.time_unit, &v->integers[row]))
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s, line %lld, column '%s': " PULSE_TIME_OUTSIDE "; is --time-unit right?",
            t->head.uri, (long long)pulse_csv_stream_line(t->stream), t->head.columns[c].name);
    return 0;
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    enum { TEXT_MOST = 16 << 20 }; /* bytes of text in a batch */
    struct csv_table *t = (struct csv_table *)table;
    const struct pulse_text *cells;
    const int64_t most = pulse_batch_rows(table->n), left = table->rows - table->row;
    const int64_t rows = left < most ? left : most;
    int64_t n = 0, text = 0;
    memset(t->buffers, 0, (size_t)table->n * sizeof *t->buffers);
    if (pulse_batch_init(out, table->columns, table->n, rows, err) != 0)
        return -1;
    out->line = pulse_calloc(rows, sizeof *out->line, "rows of a CSV file", err);
    if (out->line == NULL)
        return -1;
    for (; n < rows && text < TEXT_MOST; n++) {
        if (pulse_csv_stream_next(t->stream, &cells, err) != 0)
            return -1;
        if (cells == NULL)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: the file has become shorter while it was read", table->uri);
        text = 0;
        out->line[n] = pulse_csv_stream_line(t->stream);
        for (int64_t c = 0; c < table->n; c++) {
            if (put_cell(t, c, cells[c], &out->vectors[c], n, err) != 0)
                return -1;
            text += t->buffers[c].used;
        }
    }
    out->rows = n;
    return 0;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

int pulse_csv_table_open(const struct pulse_location *location,
                         const struct pulse_read_options *options, struct pulse_table **out,
                         struct pulse_err *err)
{
    struct csv_table *t = pulse_open_table_new(sizeof *t, &face, location, options, err);
    if (t == NULL)
        return -1;
    if (pulse_csv_stream_open(location, options, &t->stream, err) != 0 ||
        look_at_rows(t, err) != 0) {
        pulse_open_table_free(&t->head);
        return -1;
    }
    t->head.note = pulse_csv_stream_layout(t->stream)->note;
    *out = &t->head;
    return 0;
}
