#include "data/pickle/frame_plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/date_form.h"

enum { COLUMNS_MOST = 1 << 20 };

static bool is_sequence(const struct pulse_pickle_value *value)
{
    return pulse_pickle_is(value, PULSE_PICKLE_LIST) || pulse_pickle_is(value, PULSE_PICKLE_TUPLE);
}

/* ---- Columns without names ------------------------------------------------------ */

struct columns {
    int64_t n, cap;
    struct pulse_pickle_column *all;
};

static int add(struct pulse_pickle_finder *f, struct columns *columns,
               const struct pulse_pickle_column *column)
{
    if (columns->n == COLUMNS_MOST)
        return pulse_pickle_frame_fail(f, "more than 2^20 columns");
    if (pulse_grow(&columns->all, &columns->cap, columns->n + 1, sizeof *columns->all, "columns",
                   f->err) != 0)
        return -1;
    columns->all[columns->n++] = *column;
    return 0;
}

/* A time, or text that is one: what a column of dates begins with. */
static bool is_time_cell(const struct pulse_pickle_cell *cell)
{
    int64_t ns;
    if (cell->kind != PULSE_PICKLE_CELL_TEXT || cell->wide)
        return cell->kind == PULSE_PICKLE_CELL_TIME;
    const struct pulse_text text = {(const char *)cell->text, (size_t)cell->length};
    return pulse_read_instant(text.at, text.length, &ns) != PULSE_INSTANT_UNREADABLE ||
           pulse_date_form_fits(text);
}

static bool begins_with_time(const struct pulse_pickle_column *column)
{
    struct pulse_pickle_cell cell = {.kind = PULSE_PICKLE_CELL_MISSING};
    if (column->dtype.kind == 'U' || column->dtype.kind == 'S' || column->dtype.kind == 'M')
        return true;
    for (int64_t i = 0; i < column->rows && cell.kind == PULSE_PICKLE_CELL_MISSING; i++)
        pulse_pickle_column_cell(column, i, &cell);
    return is_time_cell(&cell);
}

/* The only column of times; where there is none the first; −1 where there are several. */
static int64_t find_time(const struct columns *columns)
{
    int64_t found = -1, times = 0;
    for (int64_t i = 0; i < columns->n; i++)
        if (begins_with_time(&columns->all[i])) {
            found = i;
            times++;
        }
    return times == 1 ? found : times == 0 ? 0 : -1;
}

/* Adds them under names that are made up. */
static int add_unnamed(struct pulse_pickle_finder *f, const struct columns *columns)
{
    const int64_t time = find_time(columns);
    int64_t others = 0;
    char name[32];
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < columns->n; i++) {
        if (i == time)
            (void)snprintf(name, sizeof name, "date");
        else if (columns->n == 2 && time >= 0)
            (void)snprintf(name, sizeof name, "value");
        else
            (void)snprintf(name, sizeof name, "c%lld", (long long)others++);
        rc = pulse_pickle_add_column(f, name, (int64_t)strlen(name), &columns->all[i], false);
    }
    return rc;
}

/* ---- What they are made of ------------------------------------------------------ */

/* The columns of a matrix, rows × columns or the other way round, of which `rows` says which: −1
 * where nobody knows. */
static int add_matrix(struct pulse_pickle_finder *f, const struct pulse_pickle_value *value,
                      int64_t rows, struct columns *columns)
{
    int64_t tall, wide;
    struct pulse_pickle_column column;
    int rc = 0;
    if (!pulse_pickle_array_sizes(value, &tall, &wide))
        return pulse_pickle_frame_fail(f, "an array of a type that is not read");
    if (rows >= 0 && tall == rows && wide == rows && rows > 1)
        return pulse_pickle_frame_fail(
            f, "a square matrix, of which rows or columns may be dates; write a DataFrame");
    const bool across = rows < 0 || tall == rows;
    if (rows >= 0 && !across && wide != rows)
        return pulse_pickle_frame_fail(f, "a matrix with neither as many rows nor as many columns "
                                          "as there are dates");
    for (int64_t i = 0; rc == 0 && i < (across ? wide : tall); i++)
        rc = (across ? pulse_pickle_array_across(value, i, &column)
                     : pulse_pickle_array_column(value, i, &column))
                 ? add(f, columns, &column)
                 : pulse_pickle_frame_fail(f, "an array of a type that is not read");
    return rc;
}

/* ([dates], [values], …), of lists and arrays; a matrix beside a vector is as many columns. */
static int take_columns(struct pulse_pickle_finder *f, const struct pulse_pickle_value *value,
                        struct columns *columns)
{
    struct pulse_pickle_column column;
    const struct pulse_pickle_value *item;
    int64_t rows = -1, length;
    int rc = 0;
    for (int64_t i = 0; rows < 0 && (item = pulse_pickle_item(value, i)) != NULL; i++)
        if (pulse_pickle_array_columns(item, &length) == 1)
            rows = length;
    for (int64_t i = 0; rc == 0 && (item = pulse_pickle_item(value, i)) != NULL; i++) {
        const int64_t n = pulse_pickle_array_columns(item, &length);
        if (pulse_pickle_is_call(item, PULSE_PICKLE_DATAFRAME))
            rc = pulse_pickle_frame_fail(f, "a list of DataFrames; write pd.concat(…) of them");
        else if (n < 0)
            rc = pulse_pickle_frame_fail(f, "a list of other things than dicts, columns or rows");
        else if (n != 1)
            rc = add_matrix(f, item, rows, columns);
        else
            rc = pulse_pickle_array_column(item, 0, &column)
                     ? add(f, columns, &column)
                     : pulse_pickle_frame_fail(f, "an array of a type that is not read");
    }
    return rc;
}

/* [(date, value, …), …]: `n` cells in each. */
static int take_rows(struct pulse_pickle_finder *f, const struct pulse_pickle_value *value,
                     int64_t n, struct columns *columns)
{
    const int64_t rows = value->as.list.n;
    int64_t size;
    if (__builtin_mul_overflow(rows, n, &size) || size > PULSE_PICKLE_CELLS_MOST)
        return pulse_pickle_frame_fail(f, "rows of more than 2^28 cells");
    struct pulse_pickle_value **cells =
        pulse_pickle_tree_keep(f->tree, size, sizeof(void *), f->err);
    int rc = cells == NULL ? -1 : 0;
    for (int64_t r = 0; rc == 0 && r < rows; r++) {
        const struct pulse_pickle_value *row = value->as.list.items[r];
        if (!is_sequence(row) || row->as.list.n != n)
            rc = pulse_pickle_frame_fail(f, "a list of rows of different lengths");
        for (int64_t c = 0; rc == 0 && c < n; c++)
            cells[c * rows + r] = row->as.list.items[c];
    }
    for (int64_t c = 0; rc == 0 && c < n; c++)
        rc = add(f, columns,
                 &(struct pulse_pickle_column){
                     .rows = rows, .dtype = {.kind = 'O'}, .step = 1, .objects = cells + c * rows});
    return rc;
}

/* Whether a list is one of rows: its first item holds a time and something else, where a column
 * would hold times or none. */
static bool holds_rows(const struct pulse_pickle_value *value)
{
    const struct pulse_pickle_value *first = pulse_pickle_item(value, 0);
    struct pulse_pickle_column column;
    struct pulse_pickle_cell cell;
    int64_t times = 0;
    if (!is_sequence(first) || first->as.list.n < 2)
        return false;
    (void)pulse_pickle_array_column(first, 0, &column);
    for (int64_t i = 0; i < column.rows; i++) {
        pulse_pickle_column_cell(&column, i, &cell);
        times += is_time_cell(&cell);
    }
    return times > 0 && times < column.rows;
}

/* ---- Dicts ---------------------------------------------------------------------- */

/* {date: value, …} */
static int take_pairs(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict,
                      struct columns *columns)
{
    const int64_t rows = dict->as.list.n / 2;
    struct pulse_pickle_value *const *items = dict->as.list.items;
    const struct pulse_pickle_column column = {.rows = rows, .dtype = {.kind = 'O'}, .step = 2};
    struct pulse_pickle_column dates = column, values = column;
    dates.objects = items;
    values.objects = items + 1;
    return add(f, columns, &dates) == 0 ? add(f, columns, &values) : -1;
}

/* {1990: 1.5, …}, years, days or what --time-unit says. */
static bool counts_time(const struct pulse_pickle_value *key,
                        const struct pulse_pickle_value *value)
{
    return pulse_pickle_is(key, PULSE_PICKLE_INT) &&
           (pulse_pickle_is(value, PULSE_PICKLE_INT) || pulse_pickle_is(value, PULSE_PICKLE_REAL));
}

/* Whether the keys are dates and what they stand for no columns. */
static bool holds_pairs(const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_column keys = {.rows = dict->as.list.n / 2,
                                             .dtype = {.kind = 'O'},
                                             .step = 2,
                                             .objects = dict->as.list.items};
    int64_t rows;
    return dict->as.list.n >= 2 &&
           (begins_with_time(&keys) ||
            counts_time(dict->as.list.items[0], dict->as.list.items[1])) &&
           pulse_pickle_array_columns(dict->as.list.items[1], &rows) < 0 &&
           dict->as.list.items[1]->kind != PULSE_PICKLE_DICT;
}

/* The one matrix of a dict, and the vector of its columns' names and of its times. */
struct matrix {
    const struct pulse_pickle_value *values, *names, *times, *time_name;
    int64_t tall, wide, matrices;
};

static struct matrix find_matrix(const struct pulse_pickle_value *dict)
{
    struct matrix m = {0};
    struct pulse_pickle_column column;
    int64_t rows;
    for (int64_t i = 0; i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        const int64_t n = pulse_pickle_array_columns(value, &rows);
        if (n == 1 && pulse_pickle_array_column(value, 0, &column)) {
            if (begins_with_time(&column) && m.times == NULL) {
                m.times = value;
                m.time_name = dict->as.list.items[i];
            } else {
                m.names = value;
            }
        } else if (pulse_pickle_array_sizes(value, &m.tall, &m.wide)) {
            m.values = value;
            m.matrices++;
        }
    }
    return m;
}

static int take_matrix(struct pulse_pickle_finder *f, const struct matrix *m,
                       struct columns *columns)
{
    struct pulse_pickle_column times, names;
    int rc = pulse_pickle_array_column(m->times, 0, &times) ? add(f, columns, &times) : -1;
    if (rc == 0)
        rc = add_matrix(f, m->values, times.rows, columns);
    const bool named = m->names != NULL && pulse_pickle_array_column(m->names, 0, &names) &&
                       names.dtype.kind == 'O';
    if (rc == 0 && named && names.rows != columns->n - 1)
        return pulse_pickle_frame_fail(f, "more or fewer names than columns");
    if (rc != 0 || !named)
        return rc != 0 ? rc : add_unnamed(f, columns);
    rc = pulse_pickle_add_named(f, m->time_name, &times, false);
    for (int64_t c = 0; rc == 0 && c < names.rows; c++)
        rc = names.objects[c] == NULL
                 ? pulse_pickle_frame_fail(f, "a column name that is no text; rename it")
                 : pulse_pickle_add_named(f, names.objects[c * names.step], &columns->all[c + 1],
                                          false);
    return rc;
}

static int find_in_dict(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict,
                        struct columns *columns, bool *found)
{
    const struct matrix m = find_matrix(dict);
    *found = true;
    if (m.matrices == 1 && m.times != NULL)
        return take_matrix(f, &m, columns);
    *found = holds_pairs(dict);
    if (!*found)
        return 0;
    return take_pairs(f, dict, columns) == 0 ? add_unnamed(f, columns) : -1;
}

int pulse_pickle_find_plain(struct pulse_pickle_finder *f, const struct pulse_pickle_value *value,
                            bool *found)
{
    const struct pulse_pickle_value *first = pulse_pickle_item(value, 0);
    struct columns columns = {0};
    int64_t rows, wide;
    int rc = 0;
    *found = is_sequence(value) && first != NULL && first->kind != PULSE_PICKLE_DICT;
    if (pulse_pickle_is(value, PULSE_PICKLE_DICT)) {
        rc = find_in_dict(f, value, &columns, found);
    } else if (*found) {
        rc = holds_rows(value) ? take_rows(f, value, first->as.list.n, &columns)
                               : take_columns(f, value, &columns);
        if (rc == 0 && columns.n < 2)
            rc = pulse_pickle_frame_fail(f, "a list of other things than dicts, columns or rows");
        if (rc == 0)
            rc = add_unnamed(f, &columns);
    } else if (pulse_pickle_array_sizes(value, &rows, &wide) && rows > 1 && wide > 1) {
        *found = true;
        rc = add_matrix(f, value, -1, &columns);
        if (rc == 0)
            rc = add_unnamed(f, &columns);
    }
    free(columns.all);
    return rc;
}

int pulse_pickle_find_tuples(struct pulse_pickle_finder *f, const struct pulse_pickle_value *names,
                             const struct pulse_pickle_value *rows)
{
    struct columns columns = {0};
    int rc = take_rows(f, rows, names->as.list.n, &columns);
    for (int64_t c = 0; rc == 0 && c < columns.n; c++)
        rc = pulse_pickle_add_named(f, names->as.list.items[c], &columns.all[c], false);
    free(columns.all);
    return rc;
}
