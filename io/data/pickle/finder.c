#include "data/pickle/finder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "data/pickle/labels.h"

int pulse_pickle_frame_fail(const struct pulse_pickle_finder *f, const char *what)
{
    return pulse_fail(f->err, PULSE_E_INPUT, "%s: pickle: %s", f->where, what);
}

/* ---- Adding columns ------------------------------------------------------------- */

static enum pulse_pickle_cell_kind join_kinds(enum pulse_pickle_cell_kind a,
                                              enum pulse_pickle_cell_kind b)
{
    const bool integers =
        (a == PULSE_PICKLE_CELL_INT || a == PULSE_PICKLE_CELL_UINT ||
         a == PULSE_PICKLE_CELL_REAL) &&
        (b == PULSE_PICKLE_CELL_INT || b == PULSE_PICKLE_CELL_UINT || b == PULSE_PICKLE_CELL_REAL);
    if (a == b || b == PULSE_PICKLE_CELL_MISSING)
        return a;
    if (a == PULSE_PICKLE_CELL_MISSING)
        return b;
    if ((a == PULSE_PICKLE_CELL_TIME && b == PULSE_PICKLE_CELL_FAR) ||
        (a == PULSE_PICKLE_CELL_FAR && b == PULSE_PICKLE_CELL_TIME))
        return PULSE_PICKLE_CELL_FAR;
    return integers ? PULSE_PICKLE_CELL_REAL : PULSE_PICKLE_CELL_OTHER;
}

static enum pulse_pickle_cell_kind kind_of_cells(const struct pulse_pickle_column *column)
{
    enum pulse_pickle_cell_kind kind = PULSE_PICKLE_CELL_MISSING;
    struct pulse_pickle_cell cell;
    if (column->dtype.kind != 'O')
        return pulse_pickle_dtype_cells(&column->dtype);
    for (int64_t i = 0; i < column->rows; i++) {
        pulse_pickle_column_cell(column, i, &cell);
        kind = join_kinds(kind, cell.kind);
    }
    return kind;
}

static enum pulse_pickle_cell_kind kind_of(const struct pulse_pickle_column *column)
{
    struct pulse_pickle_column categories;
    if (column->categories == NULL)
        return kind_of_cells(column);
    if (!pulse_pickle_array_column(column->categories, 0, &categories) ||
        categories.categories != NULL)
        return PULSE_PICKLE_CELL_OTHER;
    return kind_of_cells(&categories);
}

/* A reference to an array costs next to nothing, so a small file could stand for any number of
 * cells.
 */
static bool is_too_much(struct pulse_pickle_finder *f, const struct pulse_pickle_column *column)
{
    int64_t bytes, categories = 0;
    if (column->categories != NULL)
        (void)pulse_pickle_array_columns(column->categories, &categories);
    if (column->dtype.kind == 'O' || categories > 0) {
        f->cells_left -=
            column->rows < PULSE_PICKLE_CELLS_MOST ? column->rows : PULSE_PICKLE_CELLS_MOST;
        f->cells_left -=
            categories < PULSE_PICKLE_CELLS_MOST ? categories : PULSE_PICKLE_CELLS_MOST;
        if (column->dtype.kind == 'O' || f->cells_left < 0)
            return f->cells_left < 0;
    }
    if (__builtin_mul_overflow(column->rows, column->dtype.size, &bytes) || bytes > f->bytes_left)
        return true;
    f->bytes_left -= bytes;
    return false;
}

int pulse_pickle_add_column(struct pulse_pickle_finder *f, const char *name, int64_t length,
                            const struct pulse_pickle_column *column, bool index)
{
    struct pulse_pickle_frame *frame = f->frame;
    const bool unread = column->rows == 0 && column->step == 0;
    if (!unread && frame->n > frame->n_unread && column->rows != frame->rows)
        return pulse_pickle_frame_fail(f, "its columns differ in length");
    if (is_too_much(f, column))
        return pulse_pickle_frame_fail(
            f, "its columns refer to more data than it holds; the file is corrupted");
    if (pulse_grow(&frame->all, &frame->cap, frame->n + 1, sizeof *frame->all, "columns", f->err) !=
        0)
        return -1;
    char *copy = pulse_calloc(length + 1, 1, "a column name", f->err);
    if (copy == NULL)
        return -1;
    memcpy(copy, name, (size_t)length);
    frame->n_unread += unread;
    if (!unread)
        frame->rows = column->rows;
    frame->all[frame->n++] = (struct pulse_pickle_named){copy, kind_of(column), *column, index};
    return (int64_t)strlen(copy) == length && pulse_utf8_valid(copy)
               ? 0
               : pulse_pickle_frame_fail(f, "a column name that is no UTF-8 text");
}

int pulse_pickle_add_named(struct pulse_pickle_finder *f, const struct pulse_pickle_value *name,
                           const struct pulse_pickle_column *column, bool index)
{
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return pulse_pickle_add_column(f, name->as.text.at, name->as.text.length, column, index);
    char *text = name == NULL ? NULL : pulse_pickle_name(name, f->where, f->err);
    int rc = name == NULL ? pulse_pickle_frame_fail(f, "a column without a name")
             : text == NULL
                 ? -1
                 : pulse_pickle_add_column(f, text, (int64_t)strlen(text), column, index);
    free(text);
    return rc;
}
