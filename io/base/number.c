#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/number_short.h"

enum {
    EXACT_DIGITS = 15,     /* any integer of so many digits is a double */
    MAX_DIGITS = 19,       /* 10^19 - 1 fits in 64 bits */
    EXACT_DOUBLE_POW = 22, /* 10^22 is the last power of ten that is a double */
    EXACT_LONG_POW = 27,   /* as far as reciprocals are at hand */
    LONGEST_NUMBER = 1024, /* more bytes than this are no number to us */
};

static const double double_pow[EXACT_DOUBLE_POW + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* ---- From an integer and a power of ten ----------------------------------------- */

/* Both operands exact, so one correctly rounded operation gives the nearest double. */
static bool scale_double(uint64_t digits, int pow10, double *value)
{
    if (pow10 < -EXACT_DOUBLE_POW || pow10 > EXACT_DOUBLE_POW)
        return false;
    double x = (double)(int64_t)digits;
    *value = pow10 < 0 ? x / double_pow[-pow10] : x * double_pow[pow10];
    return true;
}

/* digits × 10^pow10 for 0 ≥ pow10 ≥ -27, by the reciprocals of powers of ten cut to 64 bits: 10^-k
 * is (reciprocal + something below 1) × 2^-(63 + bits of 10^k). So the upper half of the product is
 * that of the exact one or 1 less, and only where this leaves the rounding open is it not used. */
static inline __attribute__((always_inline)) bool scale_long(uint64_t digits, int pow10,
                                                             double *value)
{
    static const uint64_t reciprocal[EXACT_LONG_POW + 1] = {
        UINT64_C(0x8000000000000000), UINT64_C(0xcccccccccccccccc), UINT64_C(0xa3d70a3d70a3d70a),
        UINT64_C(0x83126e978d4fdf3b), UINT64_C(0xd1b71758e219652b), UINT64_C(0xa7c5ac471b478423),
        UINT64_C(0x8637bd05af6c69b5), UINT64_C(0xd6bf94d5e57a42bc), UINT64_C(0xabcc77118461cefc),
        UINT64_C(0x89705f4136b4a597), UINT64_C(0xdbe6fecebdedd5be), UINT64_C(0xafebff0bcb24aafe),
        UINT64_C(0x8cbccc096f5088cb), UINT64_C(0xe12e13424bb40e13), UINT64_C(0xb424dc35095cd80f),
        UINT64_C(0x901d7cf73ab0acd9), UINT64_C(0xe69594bec44de15b), UINT64_C(0xb877aa3236a4b449),
        UINT64_C(0x9392ee8e921d5d07), UINT64_C(0xec1e4a7db69561a5), UINT64_C(0xbce5086492111aea),
        UINT64_C(0x971da05074da7bee), UINT64_C(0xf1c90080baf72cb1), UINT64_C(0xc16d9a0095928a27),
        UINT64_C(0x9abe14cd44753b52), UINT64_C(0xf79687aed3eec551), UINT64_C(0xc612062576589dda),
        UINT64_C(0x9e74d1b791e07e48)};
    if (pow10 < -EXACT_LONG_POW || pow10 > 0 || digits == 0)
        return false;
    int zeros = __builtin_clzll(digits);
    int bits = pow10 == 0 ? 0 : ((-pow10 * 217706) >> 16) + 1; /* of 10^-pow10 */
    __extension__ typedef unsigned __int128 uint128;
    uint64_t product = (uint64_t)((uint128)(digits << zeros) * reciprocal[-pow10] >> 64);
    /* 64 or 63 bits, of which a double takes 53. */
    int surplus = 10 + (int)(product >> 63);
    uint64_t rest = product & ((UINT64_C(1) << surplus) - 1), half = UINT64_C(1) << (surplus - 1);
    if (rest == half || rest == half - 1)
        return false;
    double mantissa = (double)(int64_t)((product >> surplus) + (rest > half));
    uint64_t power = (uint64_t)(1023 + surplus + 1 - zeros - bits) << 52; /* of two, as a double */
    double two_to;
    memcpy(&two_to, &power, sizeof two_to);
    *value = mantissa * two_to;
    return true;
}

static inline bool scale_by_power(uint64_t digits, ptrdiff_t count, int pow10, double *value)
{
    /* By the number of digits and not by their value, which a branch predictor cannot know. */
    if (count <= EXACT_DIGITS && scale_double(digits, pow10, value))
        return true;
    return scale_long(digits, pow10, value);
}

/* ---- Digits --------------------------------------------------------------------- */

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

/* Reads [+-]digits[.digits][e[+-]digits] at `text` and returns the first byte after it, NULL where
 * it cannot compute the value quickly and exactly. */
static const char *read_prefix(const char *text, double *value)
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
    if (!scale_by_power(digits, count, exponent - (int)fraction, &v))
        return NULL;
    *value = minus ? -v : v;
    return p;
}

#ifdef __SSE2__
/* Bit i: byte i of `v` is a digit once '0' was taken from it. */
static inline uint32_t find_digits(__m128i v)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
}

static inline __m128i load_digits(const char *p)
{
    __m128i v;
    memcpy(&v, p, sizeof v);
    return _mm_sub_epi8(v, _mm_set1_epi8('0'));
}

/* [-]digits.digits of 17 to 31 characters, at most 8 digits before the point and 16 after it: what
 * a file of all digits is full of. False for anything else. */
static inline bool read_plain(const char *p, const char *end, double *value)
{
    static const uint64_t pow10[] = {UINT64_C(1),
                                     UINT64_C(10),
                                     UINT64_C(100),
                                     UINT64_C(1000),
                                     UINT64_C(10000),
                                     UINT64_C(100000),
                                     UINT64_C(1000000),
                                     UINT64_C(10000000),
                                     UINT64_C(100000000),
                                     UINT64_C(1000000000),
                                     UINT64_C(10000000000),
                                     UINT64_C(100000000000),
                                     UINT64_C(1000000000000),
                                     UINT64_C(10000000000000),
                                     UINT64_C(100000000000000),
                                     UINT64_C(1000000000000000),
                                     UINT64_C(10000000000000000)};
    const bool minus = *p == '-';
    p += minus;
    const int64_t length = end - p;
    const int64_t whole = __builtin_ctz(~find_digits(load_digits(p)));
    const int64_t fraction = length - whole - 1;
    if (length < 17 || fraction > 16 || whole < 1 || whole > 8 || p[whole] != '.')
        return false;
    /* The last 16 characters, of which the last are the fraction. */
    const __m128i last = load_digits(end - 16);
    if ((~find_digits(last) & 0xffff) >> (16 - fraction) != 0)
        return false;
    const int64_t after =
        pulse_value_of_sixteen(_mm_andnot_si128(pulse_first_bytes(16 - fraction), last));
    const uint64_t before =
        value_of_eight((load_eight(p) ^ UINT64_C(0x3030303030303030)) << (64 - 8 * whole));
    double v;
    if (whole + fraction > MAX_DIGITS ||
        !scale_long(before * pow10[fraction] + (uint64_t)after, (int)-fraction, &v))
        return false;
    *value = minus ? -v : v;
    return true;
}
#endif

bool pulse_number_long(const char *text, const char *end, double *value)
{
#ifdef __SSE2__
    if (end - text >= 17 && end - text <= 32 && read_plain(text, end, value))
        return true;
#endif
    return end > text && read_prefix(text, value) == end;
}

bool pulse_number_quick(const char *text, const char *end, double *value)
{
    return pulse_number_short(text, end, '.', value) || pulse_number_long(text, end, value);
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
    if (pulse_number_quick(copy, copy + length, value))
        return true;
    char *stop;
    *value = strtod_l(copy, &stop, c_locale());
    return stop == copy + length;
}

bool pulse_parse_real(const char *text, double least, double most, double *value)
{
    double read;
    if (text == NULL || !pulse_parse_number(text, strlen(text), &read) ||
        !(read >= least && read <= most))
        return false;
    *value = read;
    return true;
}

const char *pulse_parse_digits(const char *text, int64_t *value)
{
    const char *p = text;
    int64_t read = 0;
    for (unsigned digit; (digit = (unsigned)*p - '0') <= 9; p++)
        if (__builtin_mul_overflow(read, 10, &read) ||
            __builtin_add_overflow(read, (int64_t)digit, &read))
            return NULL;
    if (p == text)
        return NULL;
    *value = read;
    return p;
}

bool pulse_parse_int(const char *text, int64_t least, int64_t most, int64_t *value)
{
    int64_t read;
    if (text == NULL)
        return false;
    const bool minus = *text == '-';
    const char *end = pulse_parse_digits(text + (*text == '-' || *text == '+'), &read);
    if (end == NULL || *end != '\0')
        return false;
    read = minus ? -read : read;
    if (read < least || read > most)
        return false;
    *value = read;
    return true;
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
