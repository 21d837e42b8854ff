#include "data/pickle/frame_dict.h"

#include <string.h>

#include "data/pickle/frame_pandas.h"
#include "data/pickle/labels.h"

/* ---- What the rows are ----------------------------------------------------------- */

static bool same_cell(const struct pulse_pickle_cell *a, const struct pulse_pickle_cell *b)
{
    if (a->kind != b->kind || a->length != b->length || a->wide != b->wide)
        return false;
    if (a->kind == PULSE_PICKLE_CELL_TEXT)
        return a->length == 0 || memcmp(a->text, b->text, (size_t)a->length) == 0;
    return a->kind == PULSE_PICKLE_CELL_REAL ? a->real == b->real : a->integer == b->integer;
}

static bool same_cells(const struct pulse_pickle_column *a, const struct pulse_pickle_column *b)
{
    struct pulse_pickle_cell x, y;
    bool same = a->rows == b->rows;
    for (int64_t i = 0; same && i < a->rows; i++) {
        pulse_pickle_column_cell(a, i, &x);
        pulse_pickle_column_cell(b, i, &y);
        same = same_cell(&x, &y) && x.kind != PULSE_PICKLE_CELL_OTHER;
    }
    return same;
}

/* Whether two indexes label the same rows. */
static bool same_index(const struct pulse_pickle_value *a, const struct pulse_pickle_value *b)
{
    struct pulse_pickle_labels x, y;
    if (a == b)
        return true;
    if (!pulse_pickle_labels_read(a, &x) || !pulse_pickle_labels_read(b, &y) || x.levels != NULL ||
        y.levels != NULL || x.n != y.n)
        return false;
    return x.array.rows == 0 ? x.start == y.start && x.step == y.step
                             : same_cells(&x.array, &y.array);
}

/* ---- Columns --------------------------------------------------------------------- */

/* {name: Series, …} */
static int take_series(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_value *first = NULL, *index = NULL;
    struct pulse_pickle_column column;
    int64_t rows;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        if (!pulse_pickle_is_call(value, PULSE_PICKLE_SERIES))
            return pulse_pickle_frame_fail(
                f, "a dict of series and other things; write pd.DataFrame(d)");
        rc = pulse_pickle_series_values(f, value, &index, &column);
        if (rc == 0 && first == NULL)
            rc = pulse_pickle_add_index(f, index, &rows);
        if (rc == 0 && first != NULL && !same_index(first, index))
            rc = pulse_pickle_frame_fail(
                f, "a dict of series of different rows; write pd.DataFrame(d)");
        if (rc == 0)
            rc = pulse_pickle_add_named(f, dict->as.list.items[i], &column, false);
        first = index;
    }
    return rc;
}

/* The keys of a dict, or with `values` what they stand for. */
static struct pulse_pickle_column column_of(const struct pulse_pickle_value *dict, bool values)
{
    return (struct pulse_pickle_column){
        .rows = dict->as.list.n / 2,
        .dtype = {.kind = 'O'},
        .step = 2,
        .objects = dict->as.list.n == 0 ? NULL : dict->as.list.items + (values ? 1 : 0)};
}

/* {name: {date: value, …}, …}, as to_dict() makes it */
static int take_dicts(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_column first = column_of(dict->as.list.items[1], false);
    int rc = pulse_pickle_add_column(f, "index", 5, &first, true);
    for (int64_t i = 0; rc == 0 && i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        if (!pulse_pickle_is(value, PULSE_PICKLE_DICT))
            return pulse_pickle_frame_fail(f, "a dict of dicts and other things");
        const struct pulse_pickle_column keys = column_of(value, false),
                                         cells = column_of(value, true);
        if (!same_cells(&first, &keys))
            return pulse_pickle_frame_fail(
                f, "a dict of dicts of different keys; write pd.DataFrame(d), or "
                   "pd.DataFrame.from_dict(d, orient=\"index\") where its keys are the dates");
        rc = pulse_pickle_add_named(f, dict->as.list.items[i], &cells, false);
    }
    return rc;
}

/* {name: [value, …], …} */
static int take_lists(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict)
{
    struct pulse_pickle_column column;
    int64_t rows;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i + 1 < dict->as.list.n; i += 2) {
        const struct pulse_pickle_value *value = dict->as.list.items[i + 1];
        if (pulse_pickle_array_columns(value, &rows) != 1 ||
            !pulse_pickle_array_column(value, 0, &column))
            return pulse_pickle_frame_fail(f, "a dict whose values are not all lists or arrays; "
                                              "write those that are columns as pd.DataFrame(…)");
        rc = pulse_pickle_add_named(f, dict->as.list.items[i], &column, false);
    }
    return rc;
}

/* Whether it is what to_dict("split") and to_dict("tight") make. */
static bool is_split(const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_value *data = pulse_pickle_find(dict, "data");
    return pulse_pickle_find(dict, "index") != NULL && pulse_pickle_find(dict, "columns") != NULL &&
           pulse_pickle_is(data, PULSE_PICKLE_LIST) &&
           (data->as.list.n == 0 || pulse_pickle_is(data->as.list.items[0], PULSE_PICKLE_LIST));
}

/* Whether the keys are times, which name no columns. */
static bool has_time_keys(const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_column keys = column_of(dict, false);
    struct pulse_pickle_cell cell;
    pulse_pickle_column_cell(&keys, 0, &cell);
    return cell.kind == PULSE_PICKLE_CELL_TIME;
}

int pulse_pickle_find_dict(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict)
{
    const struct pulse_pickle_value *first = dict->as.list.items[1];
    if (is_split(dict))
        return pulse_pickle_frame_fail(
            f, "a dict of index, columns and data; write pd.DataFrame(d[\"data\"], d[\"index\"], "
               "d[\"columns\"])");
    if (pulse_pickle_is_call(first, PULSE_PICKLE_DATAFRAME))
        return pulse_pickle_frame_fail(f, "a dict of DataFrames; write one of them, as "
                                          "d[KEY].to_pickle(…), or all as a long panel, "
                                          "pd.concat(d, names=[\"id\"])");
    if (pulse_pickle_is_call(first, PULSE_PICKLE_SERIES))
        return take_series(f, dict);
    if (pulse_pickle_is(first, PULSE_PICKLE_DICT) && has_time_keys(dict))
        return pulse_pickle_frame_fail(f, "a dict of dicts by date; write "
                                          "pd.DataFrame.from_dict(d, orient=\"index\")");
    return pulse_pickle_is(first, PULSE_PICKLE_DICT) ? take_dicts(f, dict) : take_lists(f, dict);
}
