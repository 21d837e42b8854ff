#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/common/table_source.h"
#include "data/pickle/file.h"
#include "data/pickle/text.h"

struct state {
    char *uri;
    enum pulse_time_unit unit;
    struct pulse_pickle_file file;
    int64_t row; /* the next */
    int64_t n;
    struct pulse_table_column *columns;        /* names borrowed from the frame */
    const struct pulse_pickle_column **source; /* n */
    struct pulse_text_room *rooms;             /* n */
};

static void release(void *open)
{
    struct state *s = open;
    pulse_pickle_file_clear(&s->file);
    free(s->columns);
    free(s->source);
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
    return ((const struct state *)open)->file.frame.rows;
}

static double done(const void *open)
{
    const struct state *s = open;
    return rows(s) == 0 ? 1 : (double)s->row / (double)rows(s);
}

/* ---- What the columns hold ------------------------------------------------------ */

/* Text beside numbers, say: what every cell of a column of objects can be written as. */
static bool is_mixed(const struct pulse_pickle_column *column)
{
    struct pulse_pickle_cell cell;
    const bool any = column->dtype.kind == 'O' || column->categories != NULL;
    for (int64_t r = 0; any && r < column->rows; r++) {
        pulse_pickle_column_cell(column, r, &cell);
        if (cell.kind == PULSE_PICKLE_CELL_OTHER)
            return false;
    }
    return any;
}

/* False where it holds what is no cell of a table: lists, spans of time, complex numbers. */
static bool kind_of(const struct state *s, const struct pulse_pickle_named *named,
                    enum pulse_kind_of_column *kind)
{
    const struct pulse_pickle_dtype *dtype = &named->column.dtype;
    switch (named->kind) {
    case PULSE_PICKLE_CELL_BOOL:
        *kind = PULSE_KIND_BOOL;
        return true;
    case PULSE_PICKLE_CELL_INT:
    case PULSE_PICKLE_CELL_UINT:
        *kind = named->kind == PULSE_PICKLE_CELL_INT ? PULSE_KIND_INT : PULSE_KIND_UINT;
        if (s->unit != PULSE_TIME_UNIT_NONE && pulse_is_time_name(named->name))
            *kind = PULSE_KIND_TIME;
        return true;
    case PULSE_PICKLE_CELL_REAL:
    case PULSE_PICKLE_CELL_MISSING:
        *kind = dtype->kind == 'f' && dtype->size <= 4 ? PULSE_KIND_FLOAT : PULSE_KIND_DOUBLE;
        return true;
    case PULSE_PICKLE_CELL_TIME:
        *kind = PULSE_KIND_TIME;
        return true;
    case PULSE_PICKLE_CELL_TEXT:
        *kind = PULSE_KIND_TEXT;
        return true;
    default:
        *kind = PULSE_KIND_TEXT;
        return is_mixed(&named->column);
    }
}

static int set_columns(struct state *s, struct pulse_err *err)
{
    const struct pulse_pickle_frame *frame = &s->file.frame;
    s->columns = pulse_calloc(frame->n, sizeof *s->columns, "columns", err);
    s->source = pulse_calloc(frame->n, sizeof *s->source, "columns", err);
    s->rooms = pulse_calloc(frame->n, sizeof *s->rooms, "columns", err);
    if (s->columns == NULL || s->source == NULL || s->rooms == NULL)
        return -1;
    for (int64_t i = 0; i < frame->n; i++) {
        enum pulse_kind_of_column kind;
        if (!kind_of(s, &frame->all[i], &kind))
            continue;
        s->columns[s->n] = (struct pulse_table_column){frame->all[i].name, kind};
        s->source[s->n++] = &frame->all[i].column;
    }
    if (s->n == 0 && frame->n > 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: none of its columns holds numbers, text or times", s->uri);
    return 0;
}

/* ---- Rows ----------------------------------------------------------------------- */

static int fail_cell(const struct state *s, int64_t c, int64_t row, const char *what,
                     struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s', row %lld: %s", s->uri,
                      s->columns[c].name, (long long)(s->row + row), what);
}

static int take_text(const struct state *s, int64_t c, const struct pulse_pickle_cell *cell,
                     struct pulse_vector *v, int64_t row, struct pulse_err *err)
{
    enum { CELL_MOST = 128 << 20 };
    struct pulse_text_room *room = &s->rooms[c];
    const int64_t begin = room->used;
    int rc;
    if (cell->kind == PULSE_PICKLE_CELL_TEXT && cell->length > CELL_MOST)
        return fail_cell(s, c, row, "a text of more than 128 MiB", err);
    rc = pulse_pickle_text_put(cell, s->source[c]->dtype.swapped, v, room, err);
    pulse_vector_end_text(v, room, row);
    if (rc == 0 && !pulse_vector_text_valid(v, begin, room->used))
        rc = fail_cell(s, c, row, "text that is not UTF-8", err);
    return rc;
}

static int take(const struct state *s, int64_t c, struct pulse_vector *v, int64_t row,
                struct pulse_err *err)
{
    static const char far[] = "a time outside 1677 to 2262";
    struct pulse_pickle_cell cell;
    pulse_pickle_column_cell(s->source[c], s->row + row, &cell);
    if (cell.kind == PULSE_PICKLE_CELL_MISSING) {
        v->missing[row] = true;
        if (v->kind == PULSE_KIND_TEXT)
            pulse_vector_end_text(v, &s->rooms[c], row);
        return 0;
    }
    if (cell.kind == PULSE_PICKLE_CELL_OTHER)
        return fail_cell(s, c, row, far, err);
    if (v->kind == PULSE_KIND_TEXT)
        return take_text(s, c, &cell, v, row, err);
    if (v->kind == PULSE_KIND_DOUBLE || v->kind == PULSE_KIND_FLOAT) {
        v->reals[row] = cell.kind == PULSE_PICKLE_CELL_INT    ? (double)cell.integer
                        : cell.kind == PULSE_PICKLE_CELL_UINT ? (double)(uint64_t)cell.integer
                                                              : cell.real;
        return 0;
    }
    v->integers[row] = cell.integer;
    if (v->kind != PULSE_KIND_TIME || cell.kind == PULSE_PICKLE_CELL_TIME)
        return 0;
    const bool large = cell.kind == PULSE_PICKLE_CELL_UINT && cell.integer < 0;
    return !large && pulse_epoch_to_ns(cell.integer, s->unit, &v->integers[row])
               ? 0
               : fail_cell(s, c, row, far, err);
}

static int next(void *open, struct pulse_batch *out, bool *end, struct pulse_err *err)
{
    enum {
        TEXT_MOST = 16 << 20, /* bytes of text in a batch, but for its last row … */
        ROW_MOST = 256 << 20  /* … which many references to one long text could make endless */
    };
    struct state *s = open;
    const int64_t most = pulse_batch_rows(s->n), left = rows(s) - s->row;
    const int64_t room = left < most ? left : most;
    int64_t n = 0, text = 0;
    *end = left == 0;
    memset(s->rooms, 0, (size_t)s->n * sizeof *s->rooms);
    if (*end || pulse_batch_init(out, s->columns, s->n, room, err) != 0)
        return *end ? 0 : -1;
    for (; n < room && text < TEXT_MOST; n++) {
        text = 0;
        for (int64_t c = 0; c < s->n; c++) {
            if (take(s, c, &out->vectors[c], n, err) != 0)
                return -1;
            text += s->rooms[c].used;
            if (text > TEXT_MOST + ROW_MOST)
                return fail_cell(s, c, n, "a row of more than 256 MiB of text", err);
        }
    }
    out->rows = n;
    s->row += n;
    return 0;
}

static const struct pulse_table_format format = {columns, rows, next, done, release};

int pulse_table_of_pickle(const char *uri, const struct pulse_read_options *options,
                          struct pulse_table_source *out, struct pulse_err *err)
{
    struct state *s = pulse_calloc(1, sizeof *s, "an open table", err);
    if (s == NULL)
        return -1;
    s->unit = options->time_unit;
    s->uri = pulse_strdup(uri, err);
    if (s->uri == NULL || pulse_pickle_file_read(uri, &s->file, err) != 0 ||
        set_columns(s, err) != 0) {
        release(s);
        return -1;
    }
    *out = (struct pulse_table_source){&format, s};
    return 0;
}
