/* Whether the numbers of a file have a decimal point or a decimal comma. Pure: knows cells, no
 * file and no message. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TEXT_DECIMAL_H
#define PULSE_DATA_COMMON_TEXT_DECIMAL_H

#include <stdbool.h>

#include "data/common/text.h"

/* Cells that say something, each the first of its sort; `at` NULL for none. */
struct pulse_text_decimal {
    struct pulse_text point;  /* can only be read with a point: 1.5, 0.125, 1,234.5, 1,234,567 */
    struct pulse_text comma;  /* can only be read with a comma: 1,5, 0,125, 1.234,5 */
    struct pulse_text either; /* 1,234: a comma before a fraction, or one between thousands */
    struct pulse_text either_point; /* 1.234, the same of a point */
};

/* Looks at one more cell, without its quotes and the signs around its digits (text_number.h); one
 * that is no number says nothing. */
void pulse_text_decimal_see(struct pulse_text_decimal *seen, struct pulse_text cell);

/* '.' or ',', or 0 where the cells do not say: there are such as could be either and nothing else,
 * or both signs. */
char pulse_text_decimal_of(const struct pulse_text_decimal *seen);

/* Whether the point of a cell, which may have signs around its digits, is one of 1.324 or 12.500:
 * before a fraction or between thousands. */
bool pulse_text_point_unclear(struct pulse_text cell);

/* What is said then of a cell (%.*s) and its column. */
#define PULSE_TEXT_POINT_UNCLEAR                                                                   \
    "the point of '%.*s' in column '%.64s' may stand before a fraction or between thousands; say " \
    "--decimal point or --thousands point"

/* What to do about a cell that is wrong: ": say --decimal comma …". */
const char *pulse_text_decimal_advice(struct pulse_text cell, char decimal);

/* Whether a cell that is no number with this decimal sign would be one with the other, or holds
 * separators between thousands. */
bool pulse_text_decimal_wrong(struct pulse_text cell, char decimal);

#endif
