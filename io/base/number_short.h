/* Short decimal numbers, inline: what a file of numbers is full of. number.h reads all others. */
#ifndef PULSE_BASE_NUMBER_SHORT_H
#define PULSE_BASE_NUMBER_SHORT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
/* `n` (0 to 16) bytes of all bits, then zeros. */
static inline __m128i pulse_first_bytes(int64_t n)
{
    static const signed char ones_and_zeros[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                   -1, -1, -1, -1, -1, -1, -1, -1};
    __m128i v;
    memcpy(&v, ones_and_zeros + 16 - n, sizeof v);
    return v;
}

/* The 16 digits (0 to 9, a byte each) as one number. */
static inline int64_t pulse_value_of_sixteen(__m128i v)
{
    const __m128i thousands = _mm_set1_epi32(10 << 16 | 1000),
                  hundreds = _mm_set1_epi32(1 << 16 | 100);
    /* Digits at even places and at odd ones; fours; eights. */
    __m128i even = _mm_and_si128(v, _mm_set1_epi16(0xff)), odd = _mm_srli_epi16(v, 8);
    v = _mm_add_epi32(_mm_madd_epi16(even, thousands), _mm_madd_epi16(odd, hundreds));
    v = _mm_packs_epi32(v, v);
    v = _mm_madd_epi16(v, _mm_set1_epi32(1 << 16 | 10000));
    const uint64_t eights = (uint64_t)_mm_cvtsi128_si64(v);
    return (int64_t)((eights & UINT32_MAX) * 100000000 + (eights >> 32));
}
#endif

/* Reads [text, end) if it is [-]digits[point digits] of 1 to 15 digits; false for anything else.
 * The bits are strtod's. PULSE_NUMBER_PADDING bytes must be readable after `text`.
 *
 * All digits are taken at once: they become the first of 16, the rest zeros. What they spell is a
 * multiple of ten below 10^16, so half of it is below 2^53 and it is a double; the power of ten
 * that it is too large by is one as well; so one correctly rounded division gives the nearest
 * double. No branch depends on how many digits there are where. */
static inline bool pulse_number_short(const char *text, const char *end, char point, double *value)
{
#ifdef __SSE2__
    static const double pow10[17] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                     1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    const uint64_t minus = *text == '-';
    text += minus;
    const int64_t length = end - text;
    if ((uint64_t)length - 1 > 15)
        return false;
    __m128i v;
    memcpy(&v, text, sizeof v);
    v = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);
    const uint64_t past = UINT64_C(1) << length;
    const uint64_t others = ~(uint64_t)_mm_movemask_epi8(is_digit) & (past - 1);
    const int64_t count = length - (others != 0);
    const int64_t whole = __builtin_ctzll(others | past);
    if ((others & (others - 1)) != 0 || (uint64_t)count - 1 > 14 ||
        (others != 0 && text[whole] != point))
        return false;
    v = _mm_or_si128(
        _mm_and_si128(v, pulse_first_bytes(whole)),
        _mm_andnot_si128(pulse_first_bytes(whole),
                         _mm_and_si128(_mm_srli_si128(v, 1), pulse_first_bytes(count))));
    double size = (double)pulse_value_of_sixteen(v) / pow10[16 - whole];
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    bits |= minus << 63;
    memcpy(value, &bits, sizeof bits);
    return true;
#else
    (void)text, (void)end, (void)point, (void)value;
    return false;
#endif
}

#endif
