#include "data/pickle/array.h"

#include <string.h>

#include "base/date.h"

/* ---- Data types ----------------------------------------------------------------- */

/* (b"ns", 1, 1, 1): the unit, how many of it, and parts of it */
static bool read_unit(const struct pulse_pickle_value *meta, struct pulse_pickle_dtype *out)
{
    static const struct {
        const char *unit;
        int64_t multiply;
        int64_t divide;
    } units[] = {{"W", 7 * PULSE_NS_PER_DAY, 1},
                 {"D", PULSE_NS_PER_DAY, 1},
                 {"h", 3600 * PULSE_NS_PER_SECOND, 1},
                 {"m", 60 * PULSE_NS_PER_SECOND, 1},
                 {"s", PULSE_NS_PER_SECOND, 1},
                 {"ms", 1000000, 1},
                 {"us", 1000, 1},
                 {"ns", 1, 1},
                 {"ps", 1, 1000},
                 {"fs", 1, 1000000},
                 {"as", 1, 1000000000},
                 {"Y", 1, 1},
                 {"M", 1, 1}};
    const struct pulse_pickle_value *unit = pulse_pickle_item(meta, 0);
    int64_t number = 0, parts = 0;
    if (!pulse_pickle_is(unit, PULSE_PICKLE_BYTES) ||
        !pulse_pickle_get_integer(pulse_pickle_item(meta, 1), &number) ||
        !pulse_pickle_get_integer(pulse_pickle_item(meta, 2), &parts) || parts != 1 || number < 1)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if ((size_t)unit->as.text.length == strlen(units[i].unit) &&
            memcmp(unit->as.text.at, units[i].unit, strlen(units[i].unit)) == 0) {
            out->unit = units[i].unit[1] == '\0' ? units[i].unit[0] : 0;
            out->divide = units[i].divide;
            return !__builtin_mul_overflow(units[i].multiply, number, &out->multiply);
        }
    return false;
}

/* What the state of a dtype of fields says of them. */
static bool take_fields(const struct pulse_pickle_value *state, struct pulse_pickle_dtype *out)
{
    out->names = pulse_pickle_item(state, 3);
    out->fields = pulse_pickle_item(state, 4);
    return pulse_pickle_is(out->names, PULSE_PICKLE_TUPLE) &&
           pulse_pickle_is(out->fields, PULSE_PICKLE_DICT);
}

/* dtype("f8", …), or of NumPy's records dtype(record, …), with the state (version, byte order,
 * subarray, names, fields, size, …, unit) */
bool pulse_pickle_dtype_read(const struct pulse_pickle_value *value, struct pulse_pickle_dtype *out)
{
    *out = (struct pulse_pickle_dtype){.divide = 1};
    if (!pulse_pickle_is_call(value, PULSE_PICKLE_DTYPE))
        return false;
    const struct pulse_pickle_value *code = pulse_pickle_argument(value, 0),
                                    *state = value->as.call.state;
    if (pulse_pickle_is(code, PULSE_PICKLE_GLOBAL) && code->name == PULSE_PICKLE_RECORD) {
        out->kind = 'V';
        return pulse_pickle_get_integer(pulse_pickle_item(state, 5), &out->size) && out->size > 0 &&
               take_fields(state, out);
    }
    if (!pulse_pickle_is(code, PULSE_PICKLE_TEXT) || code->as.text.length < 1 ||
        code->as.text.length > 12)
        return false;
    out->kind = code->as.text.at[0];
    for (int64_t i = 1; i < code->as.text.length; i++) {
        if (code->as.text.at[i] < '0' || code->as.text.at[i] > '9')
            return false;
        out->size = 10 * out->size + (code->as.text.at[i] - '0');
    }
    out->swapped = pulse_pickle_is_text(pulse_pickle_item(state, 1), ">");
    if (out->kind == 'U')
        out->size *= 4;
    if (out->kind == 'V')
        return take_fields(state, out);
    const bool integer = out->kind == 'i' || out->kind == 'u', number = integer || out->kind == 'f';
    const bool power = out->size == 1 || out->size == 2 || out->size == 4 || out->size == 8;
    if (out->kind == 'M')
        return out->size == 8 && read_unit(pulse_pickle_item(pulse_pickle_item(state, 8), 1), out);
    if ((number && (!power || (out->kind == 'f' && out->size == 1))) ||
        (out->kind == 'b' && out->size != 1) || strchr("biufUSO", out->kind) == NULL)
        out->kind = 0;
    return true;
}

enum pulse_pickle_cell_kind pulse_pickle_dtype_cells(const struct pulse_pickle_dtype *dtype)
{
    switch (dtype->kind) {
    case 'b':
        return PULSE_PICKLE_CELL_BOOL;
    case 'i':
        return PULSE_PICKLE_CELL_INT;
    case 'u':
        return PULSE_PICKLE_CELL_UINT;
    case 'f':
        return PULSE_PICKLE_CELL_REAL;
    case 'M':
        return PULSE_PICKLE_CELL_TIME;
    case 'U':
    case 'S':
        return PULSE_PICKLE_CELL_TEXT;
    default:
        return PULSE_PICKLE_CELL_OTHER;
    }
}

/* ---- Arrays --------------------------------------------------------------------- */

/* An array as stored: rows × columns elements, one dimension being one row of them. */
struct array {
    struct pulse_pickle_dtype dtype;
    int64_t rows;
    int64_t columns;
    bool fortran;                          /* the elements of a column lie together */
    const struct pulse_pickle_value *data; /* bytes, or a list of values */
};

/* The parts: _reconstruct with the state (version, shape, dtype, fortran, data), or
 * _frombuffer(data, dtype, shape, "C") */
static bool read_parts(const struct pulse_pickle_value *value, struct array *out)
{
    const struct pulse_pickle_value *shape, *dtype;
    if (pulse_pickle_is_call(value, PULSE_PICKLE_FROMBUFFER)) {
        out->data = pulse_pickle_argument(value, 0);
        dtype = pulse_pickle_argument(value, 1);
        shape = pulse_pickle_argument(value, 2);
        out->fortran = pulse_pickle_is_text(pulse_pickle_argument(value, 3), "F");
    } else if (pulse_pickle_is_call(value, PULSE_PICKLE_RECONSTRUCT)) {
        const struct pulse_pickle_value *state = value->as.call.state;
        const struct pulse_pickle_value *fortran = pulse_pickle_item(state, 3);
        shape = pulse_pickle_item(state, 1);
        dtype = pulse_pickle_item(state, 2);
        out->fortran = pulse_pickle_is(fortran, PULSE_PICKLE_BOOL) && fortran->as.integer;
        out->data = pulse_pickle_item(state, 4);
    } else {
        return false;
    }
    const int64_t rank = pulse_pickle_is(shape, PULSE_PICKLE_TUPLE) ? shape->as.list.n : -1;
    out->rows = out->columns = 1;
    return (rank == 1 || rank == 2) &&
           pulse_pickle_get_integer(pulse_pickle_item(shape, rank - 1), &out->columns) &&
           (rank == 1 || pulse_pickle_get_integer(pulse_pickle_item(shape, 0), &out->rows)) &&
           pulse_pickle_dtype_read(dtype, &out->dtype);
}

/* Its parts, with data that is as long as shape and type say. */
static bool read_array(const struct pulse_pickle_value *value, struct array *out)
{
    int64_t elements, bytes;
    *out = (struct array){0};
    if (!read_parts(value, out) || out->rows < 0 || out->columns < 0 ||
        __builtin_mul_overflow(out->rows, out->columns, &elements) ||
        __builtin_mul_overflow(elements, out->dtype.size, &bytes))
        return false;
    if (out->dtype.kind == 'O')
        out->fortran = false; /* values are listed row by row however they lay in memory */
    if (out->dtype.kind == 'O')
        return pulse_pickle_is(out->data, PULSE_PICKLE_LIST) && out->data->as.list.n == elements;
    return pulse_pickle_is(out->data, PULSE_PICKLE_BYTES) && out->data->as.text.length == bytes &&
           out->dtype.size > 0;
}

/* The values that codes stand for: CategoricalDtype with the state {"categories": an index, …} */
static const struct pulse_pickle_value *categories_of(const struct pulse_pickle_value *dtype)
{
    if (!pulse_pickle_is_call(dtype, PULSE_PICKLE_EXTENSION_DTYPE))
        return NULL;
    const struct pulse_pickle_value *index = pulse_pickle_find(dtype->as.call.state, "categories");
    if (!pulse_pickle_is_call(index, PULSE_PICKLE_NEW_INDEX) &&
        !pulse_pickle_is_call(index, PULSE_PICKLE_NEW_DATETIME_INDEX))
        return NULL;
    return pulse_pickle_find(pulse_pickle_argument(index, 1), "data");
}

/* What one of pandas' arrays is beside the array inside it: the mask, what its elements are codes
 * of, what its elements number. NULL where there is none. */
struct wrapping {
    const struct pulse_pickle_value *mask, *categories, *period;
};

/* The first item of a state that is a call of `name`. */
static const struct pulse_pickle_value *find_call(const struct pulse_pickle_value *state,
                                                  enum pulse_pickle_name name)
{
    const struct pulse_pickle_value *item;
    for (int64_t i = 0; i < 2 && (item = pulse_pickle_item(state, i)) != NULL; i++)
        if (pulse_pickle_is_call(item, name))
            return item;
    return NULL;
}

/* The array inside one of pandas' arrays. */
static const struct pulse_pickle_value *unwrap(const struct pulse_pickle_value *value,
                                               struct wrapping *wrapping)
{
    static const char *const names[] = {"_ndarray", "_data"};
    const struct pulse_pickle_value *inner = NULL;
    *wrapping = (struct wrapping){NULL, NULL, NULL};
    if (!pulse_pickle_is(value, PULSE_PICKLE_CALL))
        return value;
    const struct pulse_pickle_value *state = value->as.call.state;
    enum pulse_pickle_name class = value->name;
    if (class == PULSE_PICKLE_NDARRAY_BACKED) { /* of a class, state (dtype, array, {}) */
        const struct pulse_pickle_value *what = pulse_pickle_argument(value, 0);
        class = pulse_pickle_is(what, PULSE_PICKLE_GLOBAL) ? what->name : PULSE_PICKLE_UNKNOWN;
        inner = find_call(state, PULSE_PICKLE_RECONSTRUCT);
        if (inner == NULL)
            inner = find_call(state, PULSE_PICKLE_FROMBUFFER);
    }
    if (class == PULSE_PICKLE_CATEGORICAL)
        wrapping->categories = categories_of(pulse_pickle_item(state, 0));
    if (class == PULSE_PICKLE_CATEGORICAL && wrapping->categories == NULL)
        return value;
    if (class == PULSE_PICKLE_PERIOD_ARRAY) {
        wrapping->period = find_call(state, PULSE_PICKLE_EXTENSION_DTYPE);
        if (wrapping->period == NULL)
            wrapping->period = pulse_pickle_find(state, "_dtype");
    }
    if (class != PULSE_PICKLE_PERIOD_ARRAY && class != PULSE_PICKLE_CATEGORICAL &&
        class != PULSE_PICKLE_DATETIME_ARRAY && class != PULSE_PICKLE_OBJECT_ARRAY &&
        class != PULSE_PICKLE_MASKED_ARRAY)
        return value;
    for (size_t i = 0; inner == NULL && i < 2; i++)
        inner = pulse_pickle_find(state, names[i]);
    if (class == PULSE_PICKLE_MASKED_ARRAY)
        wrapping->mask = pulse_pickle_find(state, "_mask");
    return inner;
}

/* The zone of pandas' array of instants: DatetimeTZDtype with the state {"tz": …, "unit": …}. */
static const struct pulse_pickle_value *zone_of(const struct pulse_pickle_value *value)
{
    const struct pulse_pickle_value *state =
        pulse_pickle_is(value, PULSE_PICKLE_CALL) ? value->as.call.state : NULL;
    const struct pulse_pickle_value *dtype = pulse_pickle_find(state, "_dtype");
    for (int64_t i = 0; dtype == NULL && i < 2; i++) {
        const struct pulse_pickle_value *item = pulse_pickle_item(state, i);
        if (pulse_pickle_is_call(item, PULSE_PICKLE_EXTENSION_DTYPE))
            dtype = item;
    }
    if (dtype == NULL || !pulse_pickle_is_call(dtype, PULSE_PICKLE_EXTENSION_DTYPE))
        return NULL;
    const struct pulse_pickle_value *zone = pulse_pickle_find(dtype->as.call.state, "tz");
    return zone != NULL ? zone : pulse_pickle_argument(dtype, 1);
}

int64_t pulse_pickle_array_columns(const struct pulse_pickle_value *value, int64_t *rows)
{
    struct wrapping wrapping;
    struct array array;
    if (pulse_pickle_is(value, PULSE_PICKLE_LIST) || pulse_pickle_is(value, PULSE_PICKLE_TUPLE)) {
        *rows = value->as.list.n;
        return 1;
    }
    if (!read_array(unwrap(value, &wrapping), &array))
        return -1;
    *rows = array.columns;
    return array.rows;
}

bool pulse_pickle_period_of(const struct pulse_pickle_value *freq, struct pulse_period *out)
{
    static const struct {
        enum pulse_pickle_name name;
        const char *word;
    } offsets[] = {{PULSE_PICKLE_DAY, "D"},          {PULSE_PICKLE_HOUR, "h"},
                   {PULSE_PICKLE_MINUTE, "min"},     {PULSE_PICKLE_SECOND, "s"},
                   {PULSE_PICKLE_BUSINESS_DAY, "B"}, {PULSE_PICKLE_WEEK, "W"},
                   {PULSE_PICKLE_MONTH_END, "M"},    {PULSE_PICKLE_QUARTER_END, "Q"},
                   {PULSE_PICKLE_YEAR_END, "Y"}};
    int64_t anchor = 0;
    bool known = pulse_pickle_is(freq, PULSE_PICKLE_TEXT) &&
                 pulse_period_read(freq->as.text.at, (size_t)freq->as.text.length, out);
    for (size_t i = 0; !known && i < sizeof offsets / sizeof *offsets; i++)
        if (pulse_pickle_is_call(freq, offsets[i].name)) {
            known = pulse_period_read(offsets[i].word, strlen(offsets[i].word), out);
            if (pulse_pickle_get_integer(pulse_pickle_argument(freq, 2), &anchor))
                out->anchor = (int)anchor;
        }
    return known && anchor >= 0 && anchor <= 12;
}

/* What a PeriodDtype says of ordinals makes instants of them. */
static bool read_period(const struct pulse_pickle_value *dtype, struct pulse_pickle_dtype *out)
{
    const bool good = out->kind == 'i' && out->size == 8 &&
                      pulse_pickle_period_of(pulse_pickle_argument(dtype, 0), &out->period);
    out->kind = 'M';
    return good;
}

/* A mask is an array itself, and has none. */
static bool take_mask(const struct pulse_pickle_value *mask, struct pulse_pickle_column *out)
{
    struct array array;
    if (pulse_pickle_is_call(mask, PULSE_PICKLE_MASKED_ARRAY) || !read_array(mask, &array) ||
        array.rows != 1 || array.columns != out->rows || array.dtype.kind != 'b')
        return false;
    out->mask = (const uint8_t *)array.data->as.text.at;
    out->mask_step = 1;
    return true;
}

bool pulse_pickle_array_column(const struct pulse_pickle_value *value, int64_t i,
                               struct pulse_pickle_column *out)
{
    struct wrapping wrapping;
    struct array array;
    *out = (struct pulse_pickle_column){.step = 1};
    if (pulse_pickle_is(value, PULSE_PICKLE_LIST) || pulse_pickle_is(value, PULSE_PICKLE_TUPLE)) {
        out->dtype.kind = 'O';
        out->rows = value->as.list.n;
        out->objects = value->as.list.items;
        return i == 0;
    }
    if (!read_array(unwrap(value, &wrapping), &array) || i < 0 || i >= array.rows)
        return false;
    if (wrapping.period != NULL && !read_period(wrapping.period, &array.dtype))
        return false;
    const int64_t size = array.dtype.kind == 'O' ? 1 : array.dtype.size;
    const int64_t first = array.fortran ? i : i * array.columns;
    out->dtype = array.dtype;
    out->zone = array.dtype.kind == 'M' ? zone_of(value) : NULL;
    out->categories = wrapping.categories;
    out->rows = array.columns;
    out->step = (array.fortran ? array.rows : 1) * size;
    if (array.columns == 0)
        return true;
    if (array.dtype.kind == 'O')
        out->objects = array.data->as.list.items + first;
    else
        out->data = (const uint8_t *)array.data->as.text.at + first * size;
    return wrapping.mask == NULL || take_mask(wrapping.mask, out);
}

bool pulse_pickle_array_sizes(const struct pulse_pickle_value *value, int64_t *rows,
                              int64_t *columns)
{
    struct array array;
    const bool read = read_array(value, &array);
    *rows = array.rows;
    *columns = array.columns;
    return read && array.dtype.kind != 'V';
}

bool pulse_pickle_array_across(const struct pulse_pickle_value *value, int64_t i,
                               struct pulse_pickle_column *out)
{
    struct array array;
    *out = (struct pulse_pickle_column){.step = 1};
    if (!read_array(value, &array) || i < 0 || i >= array.columns)
        return false;
    const int64_t size = array.dtype.kind == 'O' ? 1 : array.dtype.size;
    const int64_t first = array.fortran ? i * array.rows : i;
    out->dtype = array.dtype;
    out->rows = array.rows;
    out->step = (array.fortran ? 1 : array.columns) * size;
    if (array.rows > 0 && array.dtype.kind == 'O')
        out->objects = array.data->as.list.items + first;
    else if (array.rows > 0)
        out->data = (const uint8_t *)array.data->as.text.at + first * size;
    return true;
}

bool pulse_pickle_array_field(const struct pulse_pickle_column *structured,
                              const struct pulse_pickle_value *name,
                              struct pulse_pickle_column *out)
{
    const struct pulse_pickle_value *field = NULL, *fields = structured->dtype.fields;
    int64_t offset;
    *out = *structured;
    for (int64_t i = 0; i + 1 < fields->as.list.n; i += 2) {
        const struct pulse_pickle_value *key = fields->as.list.items[i];
        if (pulse_pickle_is(key, PULSE_PICKLE_TEXT) &&
            key->as.text.length == name->as.text.length &&
            memcmp(key->as.text.at, name->as.text.at, (size_t)key->as.text.length) == 0)
            field = fields->as.list.items[i + 1];
    }
    if (!pulse_pickle_dtype_read(pulse_pickle_item(field, 0), &out->dtype) ||
        !pulse_pickle_get_integer(pulse_pickle_item(field, 1), &offset) || out->dtype.kind == 'O' ||
        offset < 0 || out->dtype.size < 1 || offset > structured->dtype.size - out->dtype.size)
        return false;
    if (out->data != NULL)
        out->data += offset;
    return true;
}

bool pulse_pickle_array_tuples(const struct pulse_pickle_value *value,
                               const struct pulse_pickle_value **names,
                               const struct pulse_pickle_value **rows)
{
    struct array array = {0};
    const bool read = pulse_pickle_is(value, PULSE_PICKLE_CALL) && read_parts(value, &array) &&
                      array.dtype.kind == 'V' && array.rows == 1 &&
                      pulse_pickle_is(array.data, PULSE_PICKLE_LIST) &&
                      array.data->as.list.n == array.columns;
    *names = array.dtype.names;
    *rows = array.data;
    return read;
}
