#include "data/parquet/vector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/utf8.h"
#include "data/common/epoch.h"

int pulse_parquet_filling_init(struct pulse_parquet_filling *filling, struct pulse_vector *vector,
                               enum pulse_kind_of_column kind, bool optional, int64_t rows,
                               int64_t bytes, struct pulse_err *err)
{
    static const char what[] = "a Parquet column";
    const bool text = kind == PULSE_KIND_TEXT;
    const bool real = pulse_kind_is_real(kind);
    *filling = (struct pulse_parquet_filling){.vector = vector, .rows = rows, .bytes = bytes};
    *vector = (struct pulse_vector){.kind = kind};
    if (optional)
        vector->missing = pulse_calloc(rows, sizeof *vector->missing, what, err);
    if (optional && vector->missing == NULL)
        return -1;
    if (text) {
        vector->text_end = pulse_calloc(rows, sizeof *vector->text_end, what, err);
        return vector->text_end == NULL ||
                       pulse_grow(&vector->text, &filling->cap_text, 1, 1, what, err) != 0
                   ? -1
                   : 0;
    }
    if (real) /* every row of them is written: to clear them first would be the longest part */
        vector->reals = pulse_alloc_aligned(rows, sizeof *vector->reals, what, err);
    else
        vector->integers = pulse_alloc_aligned(rows, sizeof *vector->integers, what, err);
    return vector->reals == NULL && vector->integers == NULL ? -1 : 0;
}

/* ---- Single values -------------------------------------------------------------- */

/* 4 or 8 bytes, as a signed integer. */
static int64_t integer_at(const uint8_t *at, int width)
{
    int32_t narrow;
    int64_t wide;
    if (width == 4) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

/* nnnnnnnn → nanoseconds of the day, dddd → Julian day (2440588 is 1970-01-01) */
static bool instant_of_int96(const uint8_t *at, int64_t *time_ns)
{
    int64_t days = integer_at(at + 8, 4) - 2440588;
    return !__builtin_mul_overflow(days, PULSE_NS_PER_DAY, time_ns) &&
           !__builtin_add_overflow(*time_ns, integer_at(at, 8), time_ns);
}

static bool integer_of(const struct pulse_parquet_leaf *leaf, const uint8_t *at, int64_t *value)
{
    uint32_t natural;
    if (leaf->type == PULSE_PARQUET_INT96)
        return instant_of_int96(at, value);
    if (leaf->type == PULSE_PARQUET_BOOLEAN) {
        *value = *at;
        return true;
    }
    if (leaf->meaning == PULSE_PARQUET_UNSIGNED && leaf->width == 4) {
        memcpy(&natural, at, sizeof natural);
        *value = natural;
        return true;
    }
    *value = integer_at(at, leaf->width);
    if (leaf->meaning == PULSE_PARQUET_DATE)
        return pulse_count_to_ns(*value, PULSE_NS_PER_DAY, value);
    if (leaf->meaning == PULSE_PARQUET_PERIOD)
        return pulse_period_start(&leaf->period, *value, value);
    if (leaf->meaning == PULSE_PARQUET_INSTANT)
        return pulse_count_to_ns(*value, leaf->unit_ns, value);
    return true;
}

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_bits;

/* Two's complement, the highest byte first; false where it is too long. */
static bool unscaled(struct pulse_parquet_piece piece, wide_int *digits)
{
    *digits = piece.length > 0 && piece.at[0] >= 0x80 ? -1 : 0;
    for (int64_t i = 0; i < piece.length && piece.length <= (int64_t)sizeof *digits; i++)
        *digits = (wide_int)((wide_bits)*digits << 8 | piece.at[i]);
    return piece.length <= (int64_t)sizeof *digits;
}

/* digits / 10^scale, rounded once. */
static double decimal_of(wide_int digits, int scale)
{
    static const wide_int exact = INT64_C(1) << 53; /* up to here a double is digits itself */
    enum { MOST_DIGITS = 40, EXACT_POWER = 22 };
    static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char text[MOST_DIGITS + 8];
    if (digits >= -exact && digits <= exact && scale <= EXACT_POWER)
        return (double)digits / powers[scale];
    char *end = text + MOST_DIGITS, *at = end;
    for (wide_int rest = digits; rest != 0; rest /= 10)
        *--at = (char)('0' + (int)(rest < 0 ? -(rest % 10) : rest % 10));
    if (digits < 0)
        *--at = '-';
    int exponent = snprintf(end, sizeof text - MOST_DIGITS, "e-%d", scale);
    double value = NAN;
    (void)pulse_parse_number(at, (size_t)(end - at + exponent), &value);
    return value;
}

/* Sign, five bits of exponent, ten of fraction; the lowest byte first. */
static double half_of(const uint8_t *at)
{
    const int bits = at[0] | at[1] << 8, exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * (double)INFINITY : (double)NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25));
}

static double real_of(const struct pulse_parquet_leaf *leaf, const uint8_t *at)
{
    float narrow;
    double wide;
    if (leaf->meaning == PULSE_PARQUET_HALF)
        return half_of(at);
    if (leaf->type == PULSE_PARQUET_FLOAT) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

/* ---- Rows ----------------------------------------------------------------------- */

/* Whether bytes are text that a cell of CSV can hold. */
static bool is_text(const char *at, int64_t length)
{
    for (int64_t i = 0; i < length; i++)
        if (at[i] == '\0' || ((unsigned char)at[i] < ' ' && strchr("\t\n\r", at[i]) == NULL))
            return false;
    return pulse_utf8_valid(at);
}

/* Bytes as hexadecimal digits, of a UUID in its five groups; `to` takes 2 × length + 4. */
static int64_t put_digits(struct pulse_parquet_piece piece, bool grouped, char *to)
{
    static const char digits[] = "0123456789abcdef";
    int64_t n = 0;
    for (int64_t i = 0; i < piece.length; i++) {
        if (grouped && (i == 4 || i == 6 || i == 8 || i == 10))
            to[n++] = '-';
        to[n++] = digits[piece.at[i] >> 4];
        to[n++] = digits[piece.at[i] & 15];
    }
    return n;
}

/* The bytes of a row, which follow `used` bytes of text; text where they are, else digits. */
static int add_bytes(struct pulse_parquet_filling *f, const struct pulse_parquet_where *where,
                     const struct pulse_parquet_leaf *leaf, int64_t row,
                     struct pulse_parquet_piece piece)
{
    struct pulse_vector *v = f->vector;
    const int64_t used = row == 0 ? 0 : v->text_end[row - 1];
    const bool uuid = leaf->meaning == PULSE_PARQUET_UUID;
    if (!pulse_parquet_is_plausible((used + 2 * piece.length + 5) / 32, f->bytes))
        return pulse_parquet_fail(where, "more text than its bytes can hold; corrupted");
    if (pulse_grow(&v->text, &f->cap_text, used + 2 * piece.length + 5, 1, "a Parquet column",
                   where->err) != 0)
        return -1;
    char *to = v->text + used;
    if (piece.length > 0)
        memcpy(to, piece.at, (size_t)piece.length);
    to[piece.length] = '\0';
    const bool plain = !uuid && is_text(to, piece.length);
    v->text_end[row] = used + (plain ? piece.length : put_digits(piece, uuid, to));
    return 0;
}

enum { CLOCK_TEXT = 48 };

/* 16:00:00, or 16:00:00.25: what a clock shows after so many units. */
static struct pulse_parquet_piece show_clock(const struct pulse_parquet_leaf *leaf,
                                             const uint8_t *at, char out[CLOCK_TEXT])
{
    const int64_t each = PULSE_NS_PER_SECOND / leaf->unit_ns;
    const int64_t count = integer_at(at, leaf->width), second = count / each, rest = count % each;
    int n = snprintf(out, CLOCK_TEXT, "%02lld:%02lld:%02lld", (long long)(second / 3600),
                     (long long)(second / 60 % 60), (long long)(second % 60));
    if (rest > 0) {
        n += snprintf(out + n, (size_t)(CLOCK_TEXT - n), ".%09lld",
                      (long long)(rest * leaf->unit_ns));
        while (out[n - 1] == '0')
            n--;
    }
    return (struct pulse_parquet_piece){(const uint8_t *)out, n};
}

static int add_text(struct pulse_parquet_filling *f, const struct pulse_parquet_where *where,
                    const struct pulse_parquet_leaf *leaf, int64_t row,
                    struct pulse_parquet_piece piece)
{
    struct pulse_vector *v = f->vector;
    char clock[CLOCK_TEXT];
    if (leaf->meaning == PULSE_PARQUET_CLOCK)
        piece = show_clock(leaf, piece.at, clock);
    int64_t used = row == 0 ? 0 : v->text_end[row - 1], end = used + piece.length;
    if (leaf->meaning == PULSE_PARQUET_UUID || leaf->meaning == PULSE_PARQUET_BYTES)
        return add_bytes(f, where, leaf, row, piece);
    if (!pulse_parquet_is_plausible(end / 16, f->bytes)) /* a long text may stand in many rows */
        return pulse_parquet_fail(where, "more text than its bytes can hold; corrupted");
    if (pulse_grow(&v->text, &f->cap_text, end, 1, "a Parquet column", where->err) != 0)
        return -1;
    if (piece.length > 0)
        memcpy(v->text + used, piece.at, (size_t)piece.length);
    v->text_end[row] = end;
    return 0;
}

static int add_real(struct pulse_parquet_filling *f, const struct pulse_parquet_where *where,
                    const struct pulse_parquet_leaf *leaf, int64_t row,
                    struct pulse_parquet_piece piece)
{
    wide_int digits;
    if (leaf->meaning != PULSE_PARQUET_DECIMAL)
        f->vector->reals[row] = real_of(leaf, piece.at);
    else if (leaf->type == PULSE_PARQUET_INT32 || leaf->type == PULSE_PARQUET_INT64)
        f->vector->reals[row] = decimal_of(integer_at(piece.at, leaf->width), leaf->scale);
    else if (unscaled(piece, &digits))
        f->vector->reals[row] = decimal_of(digits, leaf->scale);
    else
        return pulse_parquet_fail(where, "a decimal number of more than 16 bytes");
    return 0;
}

static int add_value(struct pulse_parquet_filling *f, const struct pulse_parquet_where *where,
                     const struct pulse_parquet_leaf *leaf, int64_t row,
                     const struct pulse_parquet_values *values, int64_t i)
{
    struct pulse_parquet_piece piece = {0};
    if (leaf->type == PULSE_PARQUET_BYTE_ARRAY)
        piece = values->pieces[i];
    else
        piece = (struct pulse_parquet_piece){values->plain + i * leaf->width, leaf->width};
    if (f->vector->text_end != NULL)
        return add_text(f, where, leaf, row, piece);
    if (f->vector->reals != NULL)
        return add_real(f, where, leaf, row, piece);
    if (integer_of(leaf, piece.at, &f->vector->integers[row]))
        return 0;
    char what[96];
    (void)snprintf(what, sizeof what, "row %lld of it: %s", (long long)row, PULSE_TIME_OUTSIDE);
    return pulse_parquet_fail(where, what);
}

static void add_missing(struct pulse_parquet_filling *f, int64_t row)
{
    f->vector->missing[row] = true;
    if (f->vector->text_end != NULL)
        f->vector->text_end[row] = row == 0 ? 0 : f->vector->text_end[row - 1];
    else if (f->vector->reals != NULL)
        f->vector->reals[row] = NAN;
}

/* What most columns are: doubles, that mean just what they are. */
static void add_doubles(struct pulse_parquet_filling *f, const uint32_t *present, int64_t rows,
                        const uint8_t *values)
{
    double *reals = f->vector->reals + f->done;
    if (present == NULL) {
        if (rows > 0)
            memcpy(reals, values, (size_t)rows * sizeof *reals);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        if (present[i] == 0) {
            add_missing(f, f->done + i);
            continue;
        }
        memcpy(&reals[i], values, sizeof *reals);
        values += sizeof *reals;
    }
}

int pulse_parquet_filling_add(struct pulse_parquet_filling *filling,
                              const struct pulse_parquet_where *where,
                              const struct pulse_parquet_leaf *leaf, const uint32_t *present,
                              int64_t rows, const struct pulse_parquet_values *values)
{
    int rc = 0;
    if (leaf->type == PULSE_PARQUET_DOUBLE && filling->vector->reals != NULL) {
        add_doubles(filling, present, rows, values->plain);
        filling->done += rows;
        return 0;
    }
    for (int64_t row = filling->done, i = 0, k = 0; rc == 0 && i < rows; i++, row++) {
        if (present == NULL || present[i] != 0)
            rc = add_value(filling, where, leaf, row, values, k++);
        else
            add_missing(filling, row);
    }
    filling->done += rows;
    return rc;
}
