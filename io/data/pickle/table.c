#include "data/pickle/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/common/batch.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/pickle/file.h"
#include "data/pickle/record_store.h"
#include "data/pickle/text.h"
#include "data/pickle/zone.h"

struct pickle_table {
    struct pulse_table head; /* the columns' names are borrowed from the frame */
    struct pulse_pickle_file file;
    const struct pulse_pickle_column **source; /* n */
    struct pulse_text_buffer *buffers;         /* n */
    struct pulse_pickle_zones zones;
    bool *zoned; /* n: its times have a zone */
};

static void close_table(struct pulse_table *table)
{
    struct pickle_table *t = (struct pickle_table *)table;
    pulse_pickle_file_clear(&t->file);
    free(t->source);
    free(t->buffers);
    free(t->zoned);
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
static bool kind_of(const struct pickle_table *t, const struct pulse_pickle_named *named,
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
        if (t->head.reading.time_unit != PULSE_TIME_UNIT_NONE && pulse_is_time_name(named->name))
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
    case PULSE_PICKLE_CELL_FAR:
        *kind = PULSE_KIND_TEXT;
        return true;
    default:
        *kind = PULSE_KIND_TEXT;
        return is_mixed(&named->column);
    }
}

/* The zone of a column of times: that of its first one. */
static int set_zone(struct pickle_table *t, int64_t c, struct pulse_err *err)
{
    const struct pulse_pickle_column *source = t->source[c];
    struct pulse_pickle_cell cell = {0};
    for (int64_t r = 0; r < source->rows && cell.kind != PULSE_PICKLE_CELL_TIME; r++)
        pulse_pickle_column_cell(source, r, &cell);
    if (cell.kind != PULSE_PICKLE_CELL_TIME)
        return 0;
    t->zoned[c] = cell.zone != NULL && !pulse_pickle_is(cell.zone, PULSE_PICKLE_NONE);
    if (t->head.reading.time_zone == NULL || cell.by_clock)
        return pulse_pickle_zone_find(&t->zones, cell.zone, &t->head.columns[c].zone, err);
    t->head.columns[c].zone = t->zoned[c] ? pulse_zone_utc() : NULL;
    return 0;
}

static int set_columns(struct pickle_table *t, struct pulse_err *err)
{
    const struct pulse_pickle_frame *frame = &t->file.frame;
    t->head.columns = pulse_calloc(frame->n, sizeof *t->head.columns, "columns", err);
    t->source = pulse_calloc(frame->n, sizeof *t->source, "columns", err);
    t->buffers = pulse_calloc(frame->n, sizeof *t->buffers, "columns", err);
    char **left_out = pulse_calloc(frame->n, sizeof *left_out, "columns", err);
    char list[PULSE_COLUMNS_TEXT];
    int64_t n_left_out = 0;
    t->zoned = pulse_calloc(frame->n, sizeof *t->zoned, "columns", err);
    if (t->head.columns == NULL || t->source == NULL || t->buffers == NULL || t->zoned == NULL ||
        left_out == NULL) {
        free(left_out);
        return -1;
    }
    for (int64_t i = 0; i < frame->n; i++) {
        enum pulse_kind_of_column kind;
        if (!kind_of(t, &frame->all[i], &kind)) {
            left_out[n_left_out++] = frame->all[i].name;
            continue;
        }
        t->head.columns[t->head.n] = (struct pulse_table_column){
            .name = frame->all[i].name, .kind = kind, .index = frame->all[i].index};
        t->source[t->head.n++] = &frame->all[i].column;
    }
    /* Records of a store say how they were got, which is no column of theirs. */
    if (t->head.n > 0 && n_left_out > 0 && !pulse_record_store_is_dataset(t->head.uri))
        pulse_warn("%s: %s: neither numbers nor text nor times, and left out", t->head.uri,
                   pulse_columns_list(left_out, n_left_out, list));
    free(left_out);
    if (t->head.n == 0 && frame->n > 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: none of its columns holds numbers, text or times", t->head.uri);
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < t->head.n; c++)
        if (t->head.columns[c].kind == PULSE_KIND_TIME)
            rc = set_zone(t, c, err);
    return rc;
}

/* ---- Rows ----------------------------------------------------------------------- */

static int fail_cell(const struct pickle_table *t, int64_t c, int64_t row, const char *what,
                     struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s', row %lld: %s", t->head.uri,
                      t->head.columns[c].name, (long long)(t->head.row + row), what);
}

static int put_text(const struct pickle_table *t, int64_t c, const struct pulse_pickle_cell *cell,
                    struct pulse_vector *v, int64_t row, struct pulse_err *err)
{
    enum { CELL_MOST = 128 << 20 };
    struct pulse_text_buffer *buffer = &t->buffers[c];
    const int64_t begin = buffer->used;
    int rc;
    if (cell->kind == PULSE_PICKLE_CELL_TEXT && cell->length > CELL_MOST)
        return fail_cell(t, c, row, "a text of more than 128 MiB", err);
    rc = pulse_pickle_text_put(cell, t->source[c]->dtype.swapped, v, buffer, err);
    pulse_vector_end_text(v, buffer, row);
    if (rc == 0 && !pulse_vector_text_valid(v, begin, buffer->used))
        rc = fail_cell(t, c, row, "text that is not UTF-8", err);
    return rc;
}

/* UTC may also be none. */
static bool is_same_zone(const struct pulse_zone *a, const struct pulse_zone *b)
{
    const bool a_utc = a == NULL || pulse_zone_is_utc(a), b_utc = b == NULL || pulse_zone_is_utc(b);
    return a_utc || b_utc ? a_utc && b_utc
                          : a == b || strcmp(pulse_zone_name(a), pulse_zone_name(b)) == 0;
}

static int put_time(struct pickle_table *t, int64_t c, const struct pulse_pickle_cell *cell,
                    struct pulse_vector *v, int64_t row, struct pulse_err *err)
{
    struct pulse_shown_offset offset;
    const struct pulse_zone *zone = t->head.columns[c].zone;
    if (pulse_pickle_zone_instant(&t->zones, cell, false, &v->integers[row], &offset, err) != 0)
        return -1;
    if (offset.shown != t->zoned[c])
        return fail_cell(t, c, row, "times with and without a zone in one column", err);
    /* In the zone of the column a time of another could be on another day. */
    if (offset.shown && t->head.reading.time_zone == NULL &&
        pulse_pickle_zone_find(&t->zones, cell->zone, &zone, err) != 0)
        return -1;
    return is_same_zone(zone, t->head.columns[c].zone)
               ? 0
               : fail_cell(t, c, row,
                           "times of several zones or offsets in one column; say --time-zone ZONE, "
                           "in which all are shown",
                           err);
}

static int put_cell(struct pickle_table *t, int64_t c, struct pulse_vector *v, int64_t row,
                    struct pulse_err *err)
{
    static const char far[] = PULSE_TIME_OUTSIDE;
    struct pulse_pickle_cell cell;
    pulse_pickle_column_cell(t->source[c], t->head.row + row, &cell);
    if (cell.kind == PULSE_PICKLE_CELL_MISSING) {
        v->missing[row] = true;
        if (v->kind == PULSE_KIND_TEXT)
            pulse_vector_end_text(v, &t->buffers[c], row);
        return 0;
    }
    if (cell.kind == PULSE_PICKLE_CELL_OTHER)
        return fail_cell(t, c, row, far, err);
    if (v->kind == PULSE_KIND_TEXT)
        return put_text(t, c, &cell, v, row, err);
    if (pulse_kind_is_real(v->kind)) {
        v->reals[row] = cell.kind == PULSE_PICKLE_CELL_INT    ? (double)cell.integer
                        : cell.kind == PULSE_PICKLE_CELL_UINT ? (double)(uint64_t)cell.integer
                                                              : cell.real;
        return 0;
    }
    v->integers[row] = cell.integer;
    if (cell.kind == PULSE_PICKLE_CELL_TIME)
        return put_time(t, c, &cell, v, row, err);
    if (v->kind != PULSE_KIND_TIME)
        return 0;
    const bool large = cell.kind == PULSE_PICKLE_CELL_UINT && cell.integer < 0;
    return !large && pulse_epoch_to_ns(cell.integer, t->head.reading.time_unit, &v->integers[row])
               ? 0
               : fail_cell(t, c, row, far, err);
}

static int read_rows(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    enum {
        TEXT_MOST = 16 << 20, /* bytes of text in a batch, but for its last row … */
        ROW_MOST = 256 << 20  /* … which many references to one long text could make endless */
    };
    struct pickle_table *t = (struct pickle_table *)table;
    const int64_t most = pulse_batch_rows(table->n), left = table->rows - table->row;
    const int64_t rows = left < most ? left : most;
    int64_t n = 0, text = 0;
    memset(t->buffers, 0, (size_t)table->n * sizeof *t->buffers);
    if (pulse_batch_init(out, table->columns, table->n, rows, err) != 0)
        return -1;
    for (; n < rows && text < TEXT_MOST; n++) {
        text = 0;
        for (int64_t c = 0; c < table->n; c++) {
            if (put_cell(t, c, &out->vectors[c], n, err) != 0)
                return -1;
            text += t->buffers[c].used;
            if (text > TEXT_MOST + ROW_MOST)
                return fail_cell(t, c, n, "a row of more than 256 MiB of text", err);
        }
    }
    out->rows = n;
    return 0;
}

static const struct pulse_open_table_face face = {read_rows, close_table};

int pulse_pickle_table_open(const struct pulse_location *location,
                            const struct pulse_read_options *options, struct pulse_table **out,
                            struct pulse_err *err)
{
    struct pickle_table *t = pulse_open_table_new(sizeof *t, &face, location, options, err);
    if (t == NULL)
        return -1;
    t->zones.file = t->head.uri;
    if (pulse_pickle_file_read(location->file, &t->file, err) != 0 || set_columns(t, err) != 0) {
        pulse_open_table_free(&t->head);
        return -1;
    }
    t->head.rows = t->file.frame.rows;
    *out = &t->head;
    return 0;
}
