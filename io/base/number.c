#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXACT_DIGITS = 15,     /* any integer of so many digits is a double */
    MAX_DIGITS = 19,       /* 10^19 - 1 fits in 64 bits */
    EXACT_DOUBLE_POW = 22, /* 10^22 is the last power of ten that is a double */
    EXACT_LONG_POW = 27,   /* and 10^27 the last that is a long double of 64 bits */
    LONGEST_NUMBER = 1024, /* more bytes than this are no number to us */
};

static const double double_pow[EXACT_DOUBLE_POW + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* ---- From an integer and a power of ten ---------------------------------------------------- */

/* Both operands exact, so one correctly rounded operation gives the nearest double. */
static bool scale_double(uint64_t digits, int pow10, double *value)
{
    if (pow10 < -EXACT_DOUBLE_POW || pow10 > EXACT_DOUBLE_POW)
        return false;
    double x = (double)(int64_t)digits;
    *value = pow10 < 0 ? x / double_pow[-pow10] : x * double_pow[pow10];
    return true;
}

#if LDBL_MANT_DIG == 64
/* One operation on exact long doubles rounds once, to 64 bits; going on to 53 bits rounds the same
 * way as the exact value would unless the 64-bit result lies just half-way between two doubles. */
static bool scale_long(uint64_t digits, int pow10, double *value)
{
    static const long double long_pow[EXACT_LONG_POW + 1] = {
        1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
        1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
        1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
    if (pow10 < -EXACT_LONG_POW || pow10 > EXACT_LONG_POW)
        return false;
    long double x = (long double)digits;
    x = pow10 < 0 ? x / long_pow[-pow10] : x * long_pow[pow10];
    uint64_t mantissa;
    memcpy(&mantissa, &x, sizeof mantissa);
    if ((mantissa & 0x7ff) == 0x400)
        return false;
    *value = (double)x;
    return true;
}
#else
static bool scale_long(uint64_t digits, int pow10, double *value)
{
    return digits <= UINT64_C(1) << 53 && scale_double(digits, pow10, value);
}
#endif

/* ---- Digits ---------------------------------------------------------------------------------- */

static uint64_t load_eight(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* The value of eight digits (0 to 9, the first in the lowest byte): pairs, fours, all eight. */
static uint64_t value_of_eight(uint64_t v)
{
    v = (v * 10 + (v >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    v = (v * 100 + (v >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (v * 10000 + (v >> 32)) & UINT64_C(0xffffffff);
}

/* Appends the digits at `p` to `digits`, eight at a time and without a branch on how many there are
 * of the last eight: their number is what a branch predictor cannot know. */
static inline const char *take_digits(const char *p, uint64_t *digits)
{
    static const uint64_t pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    for (;; p += 8) {
        /* A byte that was a digit is now 0 to 9; adding 0x76 carries any other into its top bit, or
         * it is there already. A carry out of a byte only harms the bytes after a non-digit. */
        uint64_t v = load_eight(p) ^ zeros;
        uint64_t other = ((v + UINT64_C(0x7676767676767676)) | v) & UINT64_C(0x8080808080808080);
        if (other != 0) {
            int bits = __builtin_ctzll(other) & ~7; /* 8 × the number of digits */
            v = bits == 0 ? 0 : v << (64 - bits);
            *digits = *digits * pow10[bits / 8] + value_of_eight(v);
            return p + bits / 8;
        }
        *digits = *digits * 100000000 + value_of_eight(v);
    }
}

/* e[+-]ddd after the mantissa; NULL where it is broken or beyond what the tables reach. */
static const char *take_exponent(const char *p, int *exponent)
{
    bool minus = *++p == '-';
    if (*p == '-' || *p == '+')
        p++;
    const char *first = p;
    int e = 0;
    for (unsigned d; (d = (unsigned)(*p - '0')) <= 9; p++) {
        if (p - first == 3)
            return NULL;
        e = e * 10 + (int)d;
    }
    *exponent = minus ? -e : e;
    return p == first ? NULL : p;
}

const char *pulse_number_prefix(const char *text, double *value)
{
    const char *p = text;
    bool minus = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    const char *first = p;
    uint64_t digits = 0;
    p = take_digits(p, &digits);
    ptrdiff_t count = p - first, fraction = 0;
    if (*p == '.') {
        const char *point = p;
        p = take_digits(p + 1, &digits);
        fraction = p - point - 1;
        count += fraction;
    }
    if (count == 0)
        return NULL;
    if (fraction > LONGEST_NUMBER)
        return NULL;
    if (count > MAX_DIGITS) {
        /* Leading zeros are no digits that matter: 0.00012345678901234567 has 17. */
        for (const char *z = first; *z == '0' || *z == '.'; z++)
            count -= *z == '0';
        if (count > MAX_DIGITS)
            return NULL;
    }
    int exponent = 0;
    if ((*p | 0x20) == 'e') {
        p = take_exponent(p, &exponent);
        if (p == NULL)
            return NULL;
    }
    double v;
    int pow10 = exponent - (int)fraction;
    /* By the number of digits and not by their value, which a branch predictor cannot know. */
    if (!(count <= EXACT_DIGITS && scale_double(digits, pow10, &v)) &&
        !scale_long(digits, pow10, &v))
        return NULL;
    *value = minus ? -v : v;
    return p;
}

static locale_t c_locale(void)
{
    static locale_t locale;
    if (locale == (locale_t)0)
        locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return locale;
}

bool pulse_parse_number(const char *text, size_t length, double *value)
{
    char copy[LONGEST_NUMBER + PULSE_NUMBER_PADDING];
    if (length == 0 || length > LONGEST_NUMBER)
        return false;
    /* strtod also reads hexadecimal, "inf" and leading blanks. */
    for (size_t i = 0; i < length; i++)
        if (memchr("0123456789.eE+-", text[i], 15) == NULL)
            return false;
    memcpy(copy, text, length);
    memset(copy + length, 0, PULSE_NUMBER_PADDING);
    const char *end = pulse_number_prefix(copy, value);
    if (end == copy + length)
        return true;
    char *stop;
    *value = strtod_l(copy, &stop, c_locale());
    return stop == copy + length;
}

/* Most numbers of markets have few decimals: an integer of at most 15 digits over 10^6 that gives
 * the value back is also what %.15g prints. 0 where that is not so. */
static int format_few_decimals(double value, char out[PULSE_NUMBER_TEXT])
{
    double size = fabs(value);
    if (!(size >= 1e-4 && size < 1e9))
        return 0;
    int64_t scaled = llrint(size * 1e6);
    if ((double)scaled / 1e6 != size)
        return 0;
    char *p = out;
    if (value < 0)
        *p++ = '-';
    char digits[PULSE_NUMBER_TEXT];
    int n = 0;
    for (int64_t whole = scaled / 1000000; whole > 0 || n == 0; whole /= 10)
        digits[n++] = (char)('0' + whole % 10);
    while (n > 0)
        *p++ = digits[--n];
    int64_t fraction = scaled % 1000000;
    if (fraction != 0)
        *p++ = '.';
    for (int64_t unit = 100000; fraction != 0; unit /= 10) {
        *p++ = (char)('0' + fraction / unit);
        fraction %= unit;
    }
    *p = '\0';
    return (int)(p - out);
}

int pulse_format_number(double value, char out[PULSE_NUMBER_TEXT])
{
    int length = format_few_decimals(value, out);
    if (length > 0)
        return length;
    locale_t before = uselocale(c_locale());
    for (int digits = 15; digits <= 17; digits++) {
        double back;
        length = snprintf(out, PULSE_NUMBER_TEXT, "%.*g", digits, value);
        if (pulse_parse_number(out, (size_t)length, &back) && back == value)
            break;
    }
    (void)uselocale(before);
    return length;
}
