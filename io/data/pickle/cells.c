#include <math.h>
#include <string.h>

#include "base/date.h"
#include "data/common/epoch.h"
#include "data/pickle/array.h"

static uint64_t load_cell(const uint8_t *at, int64_t size, bool swapped)
{
    uint64_t bits = 0;
    for (int64_t i = 0; i < size; i++)
        bits |= (uint64_t)at[swapped ? size - 1 - i : i] << (8 * i);
    return bits;
}

static double half(uint64_t bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023), sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * (double)INFINITY : (double)NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25));
}

static double load_real(const uint8_t *at, const struct pulse_pickle_dtype *dtype)
{
    uint64_t bits = load_cell(at, dtype->size, dtype->swapped);
    double wide;
    float narrow;
    uint32_t low = (uint32_t)bits;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &low, sizeof narrow);
    return dtype->size == 8 ? wide : dtype->size == 4 ? (double)narrow : half(bits);
}

/* Units since 1970 → nanoseconds; false where they do not fit. */
static bool to_ns(const struct pulse_pickle_dtype *dtype, int64_t count, int64_t *ns)
{
    int64_t months;
    if (dtype->period.unit != '\0')
        return pulse_period_start(&dtype->period, count, ns);
    if (dtype->unit != 'Y' && dtype->unit != 'M') {
        bool fits = pulse_count_to_ns(count, dtype->multiply, ns);
        if (fits && dtype->divide > 1) /* towards the past */
            *ns = *ns / dtype->divide - (*ns % dtype->divide < 0);
        return fits;
    }
    if (__builtin_mul_overflow(count, dtype->multiply, &months) || months > 12 * 1000 ||
        months < -12 * 1000)
        return false;
    if (dtype->unit == 'Y')
        months *= 12;
    int64_t year = 1970 + months / 12 - (months % 12 < 0), month = (months % 12 + 12) % 12;
    int64_t days = pulse_days_from_civil(year, (int)month + 1, 1);
    *ns = 0;
    return days >= PULSE_DAY_MIN && days <= PULSE_DAY_MAX &&
           !__builtin_mul_overflow(days, PULSE_NS_PER_DAY, ns);
}

/* An instant outside int64 nanoseconds, of `unit_ns` each. */
static void set_far(struct pulse_pickle_cell *out, int64_t count, int64_t unit_ns)
{
    int64_t seconds = 0;
    const bool fits = unit_ns >= PULSE_NS_PER_SECOND
                          ? !__builtin_mul_overflow(count, unit_ns / PULSE_NS_PER_SECOND, &seconds)
                          : unit_ns > 0;
    if (unit_ns > 0 && unit_ns < PULSE_NS_PER_SECOND)
        seconds = count / (PULSE_NS_PER_SECOND / unit_ns);
    const bool far = fits && seconds / 86400 > -719163 && seconds / 86400 < 2932897;
    out->kind = far ? PULSE_PICKLE_CELL_FAR : PULSE_PICKLE_CELL_OTHER; /* of years 1 to 9999 */
    out->integer = seconds;
}

static void set_integer(struct pulse_pickle_cell *out, enum pulse_pickle_cell_kind kind,
                        int64_t integer)
{
    out->kind = kind;
    out->integer = integer;
}

static void set_real(struct pulse_pickle_cell *out, double real)
{
    out->kind = isnan(real) ? PULSE_PICKLE_CELL_MISSING : PULSE_PICKLE_CELL_REAL;
    out->real = real;
}

/* Text in an array is padded with zeros. */
static void set_padded(struct pulse_pickle_cell *out, const uint8_t *at,
                       const struct pulse_pickle_dtype *dtype)
{
    const int64_t unit = dtype->kind == 'U' ? 4 : 1;
    out->kind = PULSE_PICKLE_CELL_TEXT;
    out->text = at;
    out->wide = dtype->kind == 'U';
    out->length = dtype->size;
    while (out->length > 0 && load_cell(at + out->length - unit, unit, false) == 0)
        out->length -= unit;
}

static void element(const struct pulse_pickle_dtype *dtype, const uint8_t *at,
                    struct pulse_pickle_cell *out)
{
    out->kind = pulse_pickle_dtype_cells(dtype);
    if (dtype->kind == 'f') {
        set_real(out, load_real(at, dtype));
    } else if (dtype->kind == 'U' || dtype->kind == 'S') {
        set_padded(out, at, dtype);
    } else if (out->kind != PULSE_PICKLE_CELL_OTHER) {
        uint64_t bits = load_cell(at, dtype->size, dtype->swapped);
        if (dtype->kind == 'i' && dtype->size < 8 && bits >> (8 * dtype->size - 1) != 0)
            bits |= UINT64_MAX << (8 * dtype->size);
        out->integer = dtype->kind == 'b' ? bits != 0 : (int64_t)bits;
        if (dtype->kind == 'M' && (int64_t)bits == INT64_MIN) /* NaT */
            out->kind = PULSE_PICKLE_CELL_MISSING;
        else if (dtype->kind == 'M' && !to_ns(dtype, (int64_t)bits, &out->integer))
            set_far(out, (int64_t)bits,
                    dtype->period.unit == '\0' && dtype->unit != 'Y' && dtype->unit != 'M'
                        ? dtype->multiply
                        : 0);
    }
}

/* datetime(b"year year month day hour minute second µs µs µs", zone), date of the first 4 bytes */
static bool civil(const struct pulse_pickle_value *value, struct pulse_pickle_cell *out)
{
    int64_t *ns = &out->integer;
    const struct pulse_pickle_value *bytes = pulse_pickle_argument(value, 0);
    const bool date = value->name == PULSE_PICKLE_DATE;
    int64_t seconds = 0, micro = 0;
    if (!pulse_pickle_is(bytes, PULSE_PICKLE_BYTES) || bytes->as.text.length != (date ? 4 : 10))
        return false;
    out->zone = date ? NULL : pulse_pickle_argument(value, 1);
    out->by_clock = true;
    const uint8_t *b = (const uint8_t *)bytes->as.text.at;
    const int month = b[2] & 0x7f; /* the top bit says which of two equal hours it is */
    if (month < 1 || month > 12 || b[3] < 1 || b[3] > 31)
        return false;
    int64_t days = pulse_days_from_civil(b[0] << 8 | b[1], month, b[3]);
    if (!date && (b[4] > 23 || b[5] > 59 || b[6] > 59))
        return false;
    if (!date) {
        seconds = b[4] * 3600 + b[5] * 60 + b[6];
        micro = b[7] << 16 | b[8] << 8 | b[9];
    }
    if (days <= PULSE_DAY_MIN || days >= PULSE_DAY_MAX) {
        if (pulse_count_to_ns(days, PULSE_NS_PER_DAY, ns) && *ns == PULSE_NO_TIME)
            return true;
        set_far(out, days * 86400 + seconds, PULSE_NS_PER_SECOND);
        return false;
    }
    *ns = days * PULSE_NS_PER_DAY + seconds * PULSE_NS_PER_SECOND + micro * 1000;
    return true;
}

/* _unpickle_timestamp(count, freq, zone, unit): 7 … 10 are s, ms, us, ns; the count is UTC's */
static bool timestamp(const struct pulse_pickle_value *value, struct pulse_pickle_cell *out)
{
    static const int64_t units[] = {PULSE_NS_PER_SECOND, 1000000, 1000, 1};
    int64_t count, unit = 10;
    if (!pulse_pickle_get_integer(pulse_pickle_argument(value, 0), &count))
        return false;
    (void)pulse_pickle_get_integer(pulse_pickle_argument(value, 3), &unit);
    if (unit < 7 || unit > 10)
        return false;
    if (pulse_count_to_ns(count, units[unit - 7], &out->integer))
        return true;
    set_far(out, count, units[unit - 7]);
    return false;
}

static void called(const struct pulse_pickle_value *value, struct pulse_pickle_cell *out)
{
    struct pulse_pickle_dtype dtype;
    const struct pulse_pickle_value *bytes;
    out->kind = PULSE_PICKLE_CELL_OTHER;
    switch (value->name) {
    case PULSE_PICKLE_NAT:
        out->kind = PULSE_PICKLE_CELL_MISSING;
        break;
    case PULSE_PICKLE_DATETIME:
    case PULSE_PICKLE_DATE:
        if (civil(value, out))
            out->kind = PULSE_PICKLE_CELL_TIME;
        break;
    case PULSE_PICKLE_TIMESTAMP:
        if (timestamp(value, out))
            out->kind = PULSE_PICKLE_CELL_TIME;
        out->zone = pulse_pickle_argument(value, 2);
        break;
    case PULSE_PICKLE_DECIMAL: /* of its digits as text */
        bytes = pulse_pickle_argument(value, 0);
        if (pulse_pickle_is(bytes, PULSE_PICKLE_TEXT)) {
            out->kind = PULSE_PICKLE_CELL_TEXT;
            out->text = (const uint8_t *)bytes->as.text.at;
            out->length = bytes->as.text.length;
        }
        break;
    case PULSE_PICKLE_SCALAR: /* (dtype, bytes) */
        bytes = pulse_pickle_argument(value, 1);
        if (pulse_pickle_dtype_read(pulse_pickle_argument(value, 0), &dtype) && dtype.kind != 'O' &&
            dtype.kind != 'V' && dtype.size > 0 && pulse_pickle_is(bytes, PULSE_PICKLE_BYTES) &&
            bytes->as.text.length == dtype.size)
            element(&dtype, (const uint8_t *)bytes->as.text.at, out);
        break;
    default:
        break;
    }
}

static void object(const struct pulse_pickle_value *value, struct pulse_pickle_cell *out)
{
    if (value == NULL) {
        out->kind = PULSE_PICKLE_CELL_MISSING;
        return;
    }
    switch (value->kind) {
    case PULSE_PICKLE_NONE:
        out->kind = PULSE_PICKLE_CELL_MISSING;
        break;
    case PULSE_PICKLE_BOOL:
        set_integer(out, PULSE_PICKLE_CELL_BOOL, value->as.integer);
        break;
    case PULSE_PICKLE_INT:
        set_integer(out, PULSE_PICKLE_CELL_INT, value->as.integer);
        break;
    case PULSE_PICKLE_REAL:
        set_real(out, value->as.real);
        break;
    case PULSE_PICKLE_TEXT:
        out->kind = PULSE_PICKLE_CELL_TEXT;
        out->text = (const uint8_t *)value->as.text.at;
        out->length = value->as.text.length;
        break;
    case PULSE_PICKLE_GLOBAL: /* pandas.NA is pickled by its name */
        out->kind =
            value->name == PULSE_PICKLE_NA ? PULSE_PICKLE_CELL_MISSING : PULSE_PICKLE_CELL_OTHER;
        break;
    case PULSE_PICKLE_CALL:
        called(value, out);
        break;
    default:
        out->kind = PULSE_PICKLE_CELL_OTHER;
    }
}

/* The category that a code stands for; below 0 it is missing. */
static void category(const struct pulse_pickle_column *column, int64_t i,
                     struct pulse_pickle_cell *out)
{
    struct pulse_pickle_column categories;
    struct pulse_pickle_cell code = {0};
    element(&column->dtype, column->data + i * column->step, &code);
    if (code.kind == PULSE_PICKLE_CELL_INT && code.integer < 0)
        return;
    out->kind = PULSE_PICKLE_CELL_OTHER;
    if (code.kind == PULSE_PICKLE_CELL_INT &&
        pulse_pickle_array_column(column->categories, 0, &categories) &&
        categories.categories == NULL && code.integer < categories.rows)
        pulse_pickle_column_cell(&categories, code.integer, out);
}

void pulse_pickle_column_cell(const struct pulse_pickle_column *column, int64_t i,
                              struct pulse_pickle_cell *out)
{
    *out = (struct pulse_pickle_cell){0};
    if (column->categories != NULL) {
        category(column, i, out);
        return;
    }
    if (column->mask != NULL && column->mask[i * column->mask_step] != 0)
        out->kind = PULSE_PICKLE_CELL_MISSING;
    else if (column->counted)
        set_integer(out, PULSE_PICKLE_CELL_INT, column->start + i * column->step);
    else if (column->dtype.kind == 'O')
        object(column->objects[i * column->step], out);
    else
        element(&column->dtype, column->data + i * column->step, out);
    if (column->zone != NULL)
        out->zone = column->zone;
}
