#include "data/csv/decimal.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

/* Digits with marks between them. */
struct shape {
    int points, commas;
    char last;         /* of the two */
    int before, after; /* digits before the first mark, and after the last */
    bool zero;         /* it begins with 0 */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* False for anything but a sign, digits, marks and perhaps an exponent. */
static bool shape_of(struct pulse_text text, struct shape *out)
{
    size_t i = text.length > 0 && (text.at[0] == '-' || text.at[0] == '+');
    *out = (struct shape){.zero = i < text.length && text.at[i] == '0'};
    for (; i < text.length && (is_digit(text.at[i]) || text.at[i] == '.' || text.at[i] == ',');
         i++) {
        const char c = text.at[i];
        if (is_digit(c)) {
            *(out->last == '\0' ? &out->before : &out->after) += 1;
            continue;
        }
        *(c == '.' ? &out->points : &out->commas) += 1;
        out->last = c;
        out->after = 0;
    }
    if (i == text.length)
        return true;
    if (text.at[i] != 'e' && text.at[i] != 'E')
        return false;
    for (i++; i < text.length; i++)
        if (!is_digit(text.at[i]) && text.at[i] != '-' && text.at[i] != '+')
            return false;
    return true;
}

static void keep_cell(struct pulse_text *first, struct pulse_text cell)
{
    if (first->at == NULL)
        *first = cell;
}

void pulse_csv_decimal_see(struct pulse_csv_decimal *seen, struct pulse_text cell)
{
    struct shape s;
    if (!shape_of(cell, &s) || s.points + s.commas == 0 || s.before + s.after == 0)
        return;
    const bool thousands = s.after == 3 && s.before >= 1 && s.before <= 3 && !s.zero;
    if (s.points > 0 && s.commas > 0)
        keep_cell(s.last == ',' ? &seen->comma : &seen->point, cell);
    else if (s.commas == 1)
        keep_cell(thousands ? &seen->either : &seen->comma, cell);
    else if (s.commas > 1 || (s.points == 1 && !thousands)) /* 30.12.2016 is no number */
        keep_cell(&seen->point, cell);
}

char pulse_csv_decimal_of(const struct pulse_csv_decimal *seen)
{
    if (seen->comma.at != NULL)
        return seen->point.at == NULL ? ',' : '\0';
    return seen->either.at == NULL || seen->point.at != NULL ? '.' : '\0';
}

bool pulse_csv_decimal_wrong(struct pulse_text cell, char decimal)
{
    struct shape s;
    return shape_of(cell, &s) && s.before + s.after > 0 &&
           (decimal == '.' ? s.commas > 0 : s.points == 1 || (s.points > 1 && s.commas == 1));
}

const char *pulse_csv_decimal_advice(char decimal)
{
    return decimal == '.' ? ": say --decimal comma if 1,5 is one and a half, and write 1234.5 for "
                            "1,234.5"
                          : ": say --decimal point if 1.5 is one and a half, and write 1234,5 for "
                            "1.234,5";
}

bool pulse_csv_decimal_number(struct pulse_text cell, char decimal, double *value)
{
    enum { MOST = 128 }; /* characters; longer ones do not mean more digits */
    char copy[MOST + PULSE_NUMBER_PADDING] = {0};
    if (decimal == '.' || pulse_text_is_missing(cell))
        return pulse_text_number(cell, value);
    if (cell.length > MOST || memchr(cell.at, '.', cell.length) != NULL)
        return false;
    for (size_t i = 0; i < cell.length; i++)
        copy[i] = (char)(cell.at[i] == ',' ? '.' : cell.at[i]);
    if (!pulse_number_quick(copy, copy + cell.length, value) &&
        !pulse_parse_number(copy, cell.length, value))
        return false;
    if (!isfinite(*value))
        *value = NAN;
    return true;
}
