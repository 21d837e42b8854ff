#include "data/pickle/scalars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

enum { DIGITS_MOST = 64 /* of a number written as text */ };

/* ---- Numbers and constants ------------------------------------------------------ */

static int push_integer(struct pulse_unpickler *m, enum pulse_pickle_kind kind, int64_t integer)
{
    struct pulse_pickle_value *value = pulse_pickle_add(m, kind);
    if (value != NULL)
        value->as.integer = integer;
    return pulse_pickle_push(m, value);
}

static int push_real(struct pulse_unpickler *m, double real)
{
    struct pulse_pickle_value *value = pulse_pickle_add(m, PULSE_PICKLE_REAL);
    if (value != NULL)
        value->as.real = real;
    return pulse_pickle_push(m, value);
}

/* N, \x88 and \x89 */
int pulse_pickle_do_constant(struct pulse_unpickler *m, uint8_t op)
{
    return push_integer(m, op == 'N' ? PULSE_PICKLE_NONE : PULSE_PICKLE_BOOL, op == 0x88);
}

/* K: 1 byte, M: 2 bytes, J: 4 bytes signed */
int pulse_pickle_do_small_integer(struct pulse_unpickler *m, uint8_t op)
{
    uint64_t number;
    if (pulse_pickle_take_number(m, op == 'K' ? 1 : op == 'M' ? 2 : 4, &number) != 0)
        return -1;
    return push_integer(m, PULSE_PICKLE_INT,
                        op == 'J' ? (int64_t)(int32_t)(uint32_t)number : (int64_t)number);
}

/* \x8a, \x8b: a length of 1 or 4 bytes, then two's complement of so many bytes. */
int pulse_pickle_do_long(struct pulse_unpickler *m, uint8_t op)
{
    uint64_t length, number = 0;
    if (pulse_pickle_take_number(m, op == 0x8a ? 1 : 4, &length) != 0)
        return -1;
    const uint8_t *at = pulse_pickle_take(m, length);
    if (at == NULL)
        return -1;
    for (uint64_t i = 0; i < length && i < 8; i++)
        number |= (uint64_t)at[i] << (8 * i);
    if (length > 0 && length < 8 && at[length - 1] >= 0x80)
        number |= UINT64_MAX << (8 * length);
    if (length == 9 && at[8] == 0) /* a uint64 beyond int64 */
        return push_real(m, (double)number);
    if (length > 8)
        return pulse_pickle_fail(m, "an integer of more than 64 bits");
    return push_integer(m, PULSE_PICKLE_INT, (int64_t)number);
}

/* I and L: a line "12", "12L", or for I "00" and "01", which are False and True. */
int pulse_pickle_do_integer_line(struct pulse_unpickler *m, uint8_t op)
{
    char digits[DIGITS_MOST + 1], *end;
    size_t length;
    const char *line = pulse_pickle_take_line(m, &length);
    if (line == NULL)
        return -1;
    if (op == 'I' && length == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
        return push_integer(m, PULSE_PICKLE_BOOL, line[1] == '1');
    length -= length > 0 && line[length - 1] == 'L';
    if (length == 0 || length > DIGITS_MOST || memchr(line, '\0', length) != NULL)
        return pulse_pickle_fail(m, "no integer where one should be; the file is corrupted");
    memcpy(digits, line, length);
    digits[length] = '\0';
    size_t sign = digits[0] == '-';
    if (strspn(digits + sign, "0123456789") + sign != length || sign == length)
        return pulse_pickle_fail(m, "no integer where one should be; the file is corrupted");
    if (length - sign > 20)
        return pulse_pickle_fail(m, "an integer of more than 64 bits");
    long long number = strtoll(digits, &end, 10);
    if (number == INT64_MAX || number == INT64_MIN) /* perhaps only because it is larger */
        return push_real(m, strtod(digits, &end));
    return push_integer(m, PULSE_PICKLE_INT, number);
}

/* F: a line "1.5", "nan", "-inf" */
int pulse_pickle_do_real_line(struct pulse_unpickler *m, uint8_t op)
{
    double real;
    size_t length;
    const char *line = pulse_pickle_take_line(m, &length);
    (void)op;
    if (line == NULL)
        return -1;
    if (length == 3 && memcmp(line, "nan", 3) == 0)
        return push_real(m, (double)NAN);
    if (length >= 3 && length <= 4 && memcmp(line + length - 3, "inf", 3) == 0)
        return push_real(m, line[0] == '-' ? -(double)INFINITY : (double)INFINITY);
    if (!pulse_parse_number(line, length, &real))
        return pulse_pickle_fail(m, "no number where one should be; the file is corrupted");
    return push_real(m, real);
}

/* G: a double, most significant byte first */
int pulse_pickle_do_real(struct pulse_unpickler *m, uint8_t op)
{
    uint64_t number;
    double real;
    (void)op;
    if (pulse_pickle_take_number(m, 8, &number) != 0)
        return -1;
    number = __builtin_bswap64(number);
    memcpy(&real, &number, sizeof real);
    return push_real(m, real);
}

/* ---- Text and bytes ------------------------------------------------------------- */

int pulse_pickle_push_text(struct pulse_unpickler *m, enum pulse_pickle_kind kind, const char *at,
                           uint64_t n)
{
    for (uint64_t i = 0, step; kind == PULSE_PICKLE_TEXT && i < n; i += step) {
        step = (unsigned char)at[i] < 0x80 ? 1 : pulse_utf8_next(at + i);
        if (step > n - i || (step == 1 && (unsigned char)at[i] >= 0x80))
            return pulse_pickle_fail(m, "text that is not UTF-8");
    }
    struct pulse_pickle_value *value = pulse_pickle_add(m, kind);
    if (value != NULL) {
        value->as.text.at = at;
        value->as.text.length = (int64_t)n;
    }
    return pulse_pickle_push(m, value);
}

/* X, \x8c, \x8d: text with a length of 4, 1, 8 bytes; B, C, \x8e, \x96: bytes with 4, 1, 8, 8 */
int pulse_pickle_do_text(struct pulse_unpickler *m, uint8_t op)
{
    const bool text = op == 'X' || op == 0x8c || op == 0x8d;
    uint64_t length;
    if (pulse_pickle_take_number(m,
                                 op == 0x8c || op == 'C'  ? 1
                                 : op == 'X' || op == 'B' ? 4
                                                          : 8,
                                 &length) != 0)
        return -1;
    const uint8_t *at = pulse_pickle_take(m, length);
    return at == NULL ? -1
                      : pulse_pickle_push_text(m, text ? PULSE_PICKLE_TEXT : PULSE_PICKLE_BYTES,
                                               (const char *)at, length);
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xff) | c);
    return n;
}

/* "\u20ac" or "\U0001f600" → the character; 0 where it is neither. Returns the bytes used. */
static size_t read_escape(const char *at, size_t length, uint32_t *c)
{
    size_t digits = length > 1 && at[1] == 'u' ? 4 : length > 1 && at[1] == 'U' ? 8 : 0;
    *c = 0;
    if (digits == 0 || length < 2 + digits)
        return 0;
    for (size_t i = 2; i < 2 + digits; i++) {
        char lower = (char)(at[i] | 0x20);
        bool digit = at[i] >= '0' && at[i] <= '9', letter = lower >= 'a' && lower <= 'f';
        if (!digit && !letter)
            return 0;
        *c = *c << 4 | (uint32_t)(digit ? at[i] - '0' : lower - 'a' + 10);
    }
    return *c > 0x10ffff ? 0 : 2 + digits;
}

/* V: a line of Latin-1 with escapes */
int pulse_pickle_do_text_line(struct pulse_unpickler *m, uint8_t op)
{
    size_t length, used = 0;
    const char *line = pulse_pickle_take_line(m, &length);
    (void)op;
    if (line == NULL)
        return -1;
    char *text =
        pulse_pickle_tree_keep(m->tree, 2 * (int64_t)length + PULSE_PICKLE_PADDING, 1, m->err);
    if (text == NULL)
        return -1;
    for (size_t i = 0; i < length;) {
        uint32_t c = (unsigned char)line[i];
        size_t step = 1;
        if (c == '\\') {
            size_t escape = read_escape(line + i, length - i, &c);
            step = escape == 0 ? 1 : escape;
            c = escape == 0 ? '\\' : c;
        }
        used += put_utf8(c, text + used);
        i += step;
    }
    return pulse_pickle_push_text(m, PULSE_PICKLE_TEXT, text, used);
}
