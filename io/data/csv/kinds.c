#include "data/csv/kinds.h"

#include <math.h>

#include "base/date.h"
#include "base/number.h"
#include "data/common/epoch.h"

static struct pulse_text without_sign(struct pulse_text text)
{
    if (text.length > 0 && (text.at[0] == '-' || text.at[0] == '+'))
        return (struct pulse_text){text.at + 1, text.length - 1};
    return text;
}

static bool is_infinite(struct pulse_text text)
{
    const struct pulse_text size = without_sign(text);
    return pulse_text_is_word(size, "inf") || pulse_text_is_word(size, "infinity");
}

static bool is_negative(struct pulse_text text)
{
    return text.length > 0 && text.at[0] == '-';
}

/* Digits after perhaps a sign, as an unsigned number; false for anything else and beyond uint64. */
static bool parse_digits(struct pulse_text text, uint64_t *value)
{
    const struct pulse_text digits = without_sign(text);
    *value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        const char c = digits.at[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(c - '0'), value))
            return false;
    }
    return digits.length > 0;
}

static unsigned seen_number(struct pulse_text text)
{
    int64_t instant;
    uint64_t size;
    const unsigned no_day =
        pulse_parse_instant(text.at, text.length, &instant) ? 0 : PULSE_SEEN_NO_DAY;
    if (!parse_digits(text, &size))
        return PULSE_SEEN_REAL | no_day;
    if (text.length > 1 && text.at[0] == '0')
        return PULSE_SEEN_INTEGER | PULSE_SEEN_CODE | no_day;
    if (is_negative(text))
        return size <= (uint64_t)INT64_MAX + 1 ? PULSE_SEEN_INTEGER | PULSE_SEEN_NEGATIVE | no_day
                                               : PULSE_SEEN_REAL | no_day;
    return size <= INT64_MAX ? PULSE_SEEN_INTEGER | no_day : PULSE_SEEN_LARGE | no_day;
}

unsigned pulse_csv_seen(struct pulse_text cell, const struct pulse_text_numbers *numbers,
                        struct pulse_text_unit *unit)
{
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    struct pulse_text_pieces pieces;
    double number;
    int64_t instant;
    if (is_infinite(text))
        return PULSE_SEEN_REAL | PULSE_SEEN_NO_DAY;
    if (pulse_text_missing(text, numbers))
        return 0;
    if (numbers->decimal == '.' && (pulse_number_quick(text.at, text.at + text.length, &number) ||
                                    pulse_parse_number(text.at, text.length, &number))) {
        *unit = (struct pulse_text_unit){.text = ""};
        return seen_number(text);
    }
    if (pulse_text_number(text, numbers, &number, unit)) {
        pulse_text_split(text, &pieces);
        return seen_number(text) | (pieces.thousands_power > 0 ? PULSE_SEEN_LETTER : 0);
    }
    if (pulse_text_is_word(text, "true") || pulse_text_is_word(text, "false"))
        return PULSE_SEEN_BOOL;
    return pulse_parse_instant(text.at, text.length, &instant) ? PULSE_SEEN_INSTANT
                                                               : PULSE_SEEN_TEXT;
}

enum pulse_kind_of_column pulse_csv_kind(unsigned seen, bool time, enum pulse_time_unit unit)
{
    const bool integers = (seen & PULSE_SEEN_INTEGER) != 0, large = (seen & PULSE_SEEN_LARGE) != 0;
    const bool reals = (seen & PULSE_SEEN_REAL) != 0, instants = (seen & PULSE_SEEN_INSTANT) != 0;
    const bool numbers = integers || large || reals;
    const bool counts_time = time && integers && !large && !reals &&
                             (unit != PULSE_TIME_UNIT_NONE || (seen & PULSE_SEEN_NO_DAY) == 0);
    if ((seen & PULSE_SEEN_TEXT) != 0)
        return PULSE_KIND_TEXT;
    if ((seen & PULSE_SEEN_BOOL) != 0)
        return numbers || instants ? PULSE_KIND_TEXT : PULSE_KIND_BOOL;
    if (instants)
        return numbers && !counts_time ? PULSE_KIND_TEXT : PULSE_KIND_TIME;
    if (counts_time)
        return PULSE_KIND_TIME;
    if ((seen & PULSE_SEEN_CODE) != 0 && !reals)
        return PULSE_KIND_TEXT;
    if (reals || !numbers || (large && (seen & PULSE_SEEN_NEGATIVE) != 0))
        return PULSE_KIND_DOUBLE;
    return large ? PULSE_KIND_UINT : PULSE_KIND_INT;
}

int64_t pulse_csv_integer(struct pulse_text cell, enum pulse_kind_of_column kind)
{
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    uint64_t size;
    if (kind == PULSE_KIND_BOOL)
        return pulse_text_is_word(text, "true");
    (void)parse_digits(text, &size);
    return (int64_t)(is_negative(text) ? 0 - size : size);
}

double pulse_csv_real(struct pulse_text cell, const struct pulse_text_numbers *numbers)
{
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    struct pulse_text_unit unit;
    double value = NAN;
    if (is_infinite(text))
        return is_negative(text) ? -INFINITY : INFINITY;
    if (numbers->decimal != '.' || (!pulse_number_quick(text.at, text.at + text.length, &value) &&
                                    !pulse_parse_number(text.at, text.length, &value)))
        (void)pulse_text_number(text, numbers, &value, &unit);
    return value;
}

bool pulse_csv_instant(struct pulse_text cell, enum pulse_time_unit unit, int64_t *time_ns)
{
    const struct pulse_text text = pulse_csv_cell_text(cell.at, cell.at + cell.length);
    uint64_t size;
    double count;
    if (unit == PULSE_TIME_UNIT_NONE || !parse_digits(text, &size))
        return pulse_parse_time(text.at, text.length, time_ns) ||
               (pulse_parse_number(text.at, text.length, &count) && floor(count) == count &&
                pulse_epoch_of_real(count, unit, time_ns)); /* 1577923200.0, as pandas writes */
    return pulse_epoch_to_ns((int64_t)(is_negative(text) ? 0 - size : size), unit, time_ns);
}

struct pulse_text pulse_csv_text_of(struct pulse_text cell)
{
    if (cell.length > 0 && cell.at[cell.length - 1] == '\r') /* of the line's end */
        cell.length--;
    struct pulse_text trimmed = cell;
    while (trimmed.length > 0 && (trimmed.at[0] == ' ' || trimmed.at[0] == '\t'))
        trimmed.at++, trimmed.length--;
    while (trimmed.length > 0 &&
           (trimmed.at[trimmed.length - 1] == ' ' || trimmed.at[trimmed.length - 1] == '\t'))
        trimmed.length--;
    if (pulse_csv_take_formula(&trimmed))
        return trimmed;
    if (trimmed.length >= 2 && trimmed.at[0] == '"' && trimmed.at[trimmed.length - 1] == '"')
        return (struct pulse_text){trimmed.at + 1, trimmed.length - 2};
    return cell;
}
