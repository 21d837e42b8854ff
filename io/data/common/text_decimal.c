#include "data/common/text_decimal.h"

#include <string.h>

#include "data/common/text_number.h"

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

/* Bytes of a blank or an apostrophe between digits, 0 for anything else. */
static size_t gap_length(const char *at, size_t left)
{
    static const char *const gaps[] = {
        " ", "'", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89", "\xe2\x80\x99"};
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++)
        if (strlen(gaps[i]) < left && memcmp(at, gaps[i], strlen(gaps[i])) == 0)
            return strlen(gaps[i]);
    return 0;
}

/* False for anything but a sign, digits, marks, blanks among them and perhaps an exponent. */
static bool shape_of(struct pulse_text text, struct shape *out)
{
    size_t i = text.length > 0 && (text.at[0] == '-' || text.at[0] == '+');
    *out = (struct shape){.zero = i < text.length && text.at[i] == '0'};
    while (i < text.length) {
        const char c = text.at[i];
        const size_t gap = out->before > 0 ? gap_length(text.at + i, text.length - i) : 0;
        if (gap == 0 && !is_digit(c) && c != '.' && c != ',')
            break;
        if (is_digit(c))
            *(out->last == '\0' ? &out->before : &out->after) += 1;
        if (c == '.' || c == ',') {
            *(c == '.' ? &out->points : &out->commas) += 1;
            out->last = c;
            out->after = 0;
        }
        i += gap > 0 ? gap : 1;
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

void pulse_text_decimal_see(struct pulse_text_decimal *seen, struct pulse_text cell)
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
    else if (s.points == 1)
        keep_cell(&seen->either_point, cell);
}

bool pulse_text_point_unclear(struct pulse_text cell)
{
    struct pulse_text_decimal seen = {0};
    struct pulse_text_pieces pieces;
    pulse_text_split(cell, &pieces);
    pulse_text_decimal_see(&seen, pieces.digits);
    return seen.either_point.at != NULL;
}

char pulse_text_decimal_of(const struct pulse_text_decimal *seen)
{
    if (seen->comma.at != NULL)
        return seen->point.at == NULL ? ',' : '\0';
    return seen->point.at != NULL || (seen->either.at == NULL && seen->either_point.at == NULL)
               ? '.'
               : '\0';
}

bool pulse_text_decimal_wrong(struct pulse_text cell, char decimal)
{
    struct shape s;
    return shape_of(cell, &s) && s.before + s.after > 0 &&
           (decimal == '.' ? s.commas > 0
                           : s.points == 1 || (s.points > 1 && (s.commas == 1 || s.after == 3)));
}

const char *pulse_text_decimal_advice(struct pulse_text cell, char decimal)
{
    struct shape s;
    if (shape_of(cell, &s) && s.points > 0 && s.commas > 0 && s.last != decimal)
        return decimal == '.' ? ": say --decimal comma --thousands point"
                              : ": say --decimal point --thousands comma";
    return decimal == '.' ? ": say --decimal comma if 1,5 is one and a half, --thousands comma (or "
                            "write 1234.5 for 1,234.5) if commas stand between thousands"
                          : ": say --decimal point if 1.5 is one and a half, --thousands point (or "
                            "write 1234,5 for 1.234,5) if points stand between thousands";
}
