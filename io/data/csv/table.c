#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/table_source.h"
#include "data/csv/decimal.h"
#include "data/csv/kinds.h"
#include "data/csv/stream.h"

struct state {
    struct pulse_csv_stream *stream;
    char *uri;
    enum pulse_time_unit unit;
    char decimal; /* that was said, or 0 */
    int64_t rows;
    int64_t row; /* the next */
    int64_t n;
    struct pulse_table_column *columns; /* names borrowed from the stream */
    struct pulse_text_room *rooms;
};

static void release(void *open)
{
    struct state *s = open;
    pulse_csv_stream_free(s->stream);
    free(s->columns);
    free(s->rooms);
    free(s->uri);
    free(s);
}

static const struct pulse_table_column *columns(const void *open, int64_t *n)
{
    const struct state *s = open;
    *n = s->n;
    return s->columns;
}

static int64_t rows(const void *open)
{
    return ((const struct state *)open)->rows;
}

static double done(const void *open)
{
    const struct state *s = open;
    return s->row == s->rows ? 1 : pulse_csv_stream_done(s->stream);
}

/* ---- What the columns hold ------------------------------------------------------ */

/* A column of numbers in which one has the other decimal sign is no text: the guess from the first
 * rows was wrong, unless it was none. */
static int look_at_cell(const struct state *s, const char *name, struct pulse_text cell,
                        unsigned *seen, struct pulse_err *err)
{
    enum { SHOWN = 40, NUMBERS = PULSE_SEEN_INTEGER | PULSE_SEEN_LARGE | PULSE_SEEN_REAL };
    const char decimal = pulse_csv_stream_decimal(s->stream);
    const unsigned mark = pulse_csv_seen(cell, decimal);
    const bool guessed = s->decimal == '\0' && (*seen & NUMBERS) != 0;
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    *seen |= mark;
    if (!guessed || (mark & PULSE_SEEN_TEXT) == 0 || !pulse_csv_decimal_wrong(text, decimal))
        return 0;
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: '%.*s' in column '%s' is no number%s",
                      s->uri, (long long)pulse_csv_stream_line(s->stream),
                      (int)(text.length < SHOWN ? text.length : SHOWN), text.at, name,
                      pulse_csv_decimal_advice(decimal));
}

/* A late cell may make text of what looked like numbers, so all rows are looked at before the first
 * is given. */
static int look(struct state *s, struct pulse_err *err)
{
    const struct pulse_text *cells;
    char *const *names = pulse_csv_stream_names(s->stream, &s->n);
    unsigned *seen = pulse_calloc(s->n, sizeof *seen, "column kinds", err);
    s->columns = pulse_calloc(s->n, sizeof *s->columns, "columns", err);
    s->rooms = pulse_calloc(s->n, sizeof *s->rooms, "columns", err);
    int rc = seen == NULL || s->columns == NULL || s->rooms == NULL ? -1 : 0;
    while (rc == 0 && (rc = pulse_csv_stream_next(s->stream, &cells, err)) == 0 && cells != NULL) {
        s->rows++;
        for (int64_t c = 0; rc == 0 && c < s->n; c++)
            if ((seen[c] & PULSE_SEEN_TEXT) == 0)
                rc = look_at_cell(s, names[c], cells[c], &seen[c], err);
    }
    for (int64_t c = 0; rc == 0 && c < s->n; c++)
        s->columns[c] = (struct pulse_table_column){
            names[c], pulse_csv_kind(seen[c], pulse_is_time_name(names[c]), s->unit)};
    free(seen);
    pulse_csv_stream_rewind(s->stream);
    return rc;
}

/* ---- Rows ----------------------------------------------------------------------- */

/* "" stands for " within quotes. */
static int take_text(struct pulse_text text, struct pulse_vector *v, struct pulse_text_room *room,
                     int64_t row, struct pulse_err *err)
{
    v->missing[row] = text.length == 0;
    for (const char *at = text.at, *end = at + text.length; at < end;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        const char *stop = quote == NULL ? end : quote + 1;
        if (pulse_vector_put_text(v, room, at, stop - at, err) != 0)
            return -1;
        at = stop + (stop < end && quote != NULL && *stop == '"');
    }
    pulse_vector_end_text(v, room, row);
    return 0;
}

static int take(const struct state *s, int64_t c, struct pulse_text cell, struct pulse_vector *v,
                int64_t row, struct pulse_err *err)
{
    if (v->kind == PULSE_KIND_TEXT)
        return take_text(pulse_csv_text_of(cell), v, &s->rooms[c], row, err);
    const char decimal = pulse_csv_stream_decimal(s->stream);
    if (pulse_csv_seen(cell, decimal) == 0) {
        v->missing[row] = true;
        return 0;
    }
    if (v->kind == PULSE_KIND_DOUBLE)
        v->reals[row] = pulse_csv_real(cell, decimal);
    else if (v->kind != PULSE_KIND_TIME)
        v->integers[row] = pulse_csv_integer(cell, v->kind);
    else if (!pulse_csv_instant(cell, s->unit, &v->integers[row]))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: column '%s', row %lld: a time outside 1677 to 2262; is --time-unit "
                          "right?",
                          s->uri, s->columns[c].name, (long long)(s->row + row + 1));
    return 0;
}

static int next(void *open, struct pulse_batch *out, bool *end, struct pulse_err *err)
{
    enum { TEXT_MOST = 16 << 20 }; /* bytes of text in a batch */
    struct state *s = open;
    const struct pulse_text *cells;
    const int64_t most = pulse_batch_rows(s->n), left = s->rows - s->row;
    const int64_t room = left < most ? left : most;
    int64_t n = 0, text = 0;
    *end = left == 0;
    memset(s->rooms, 0, (size_t)s->n * sizeof *s->rooms);
    if (*end || pulse_batch_init(out, s->columns, s->n, room, err) != 0)
        return *end ? 0 : -1;
    for (; n < room && text < TEXT_MOST; n++) {
        if (pulse_csv_stream_next(s->stream, &cells, err) != 0)
            return -1;
        if (cells == NULL)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: the file has become shorter while it was read", s->uri);
        text = 0;
        for (int64_t c = 0; c < s->n; c++) {
            if (take(s, c, cells[c], &out->vectors[c], n, err) != 0)
                return -1;
            text += s->rooms[c].used;
        }
    }
    out->rows = n;
    s->row += n;
    return 0;
}

static const struct pulse_table_format format = {columns, rows, next, done, release};

int pulse_table_of_csv(const char *uri, const struct pulse_read_options *options,
                       struct pulse_table_source *out, struct pulse_err *err)
{
    struct state *s = pulse_calloc(1, sizeof *s, "an open table", err);
    if (s == NULL)
        return -1;
    s->unit = options->time_unit;
    s->decimal = options->decimal;
    s->uri = pulse_strdup(uri, err);
    if (s->uri == NULL || pulse_csv_stream_open(uri, options->decimal, &s->stream, err) != 0 ||
        look(s, err) != 0) {
        release(s);
        return -1;
    }
    *out = (struct pulse_table_source){&format, s};
    return 0;
}
