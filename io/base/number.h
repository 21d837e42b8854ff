/* Decimal text ↔ double, the same bits as strtod and printf give in the C locale, whatever the
 * process's locale is. Knows nothing of files. */
#ifndef PULSE_BASE_NUMBER_H
#define PULSE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that must be readable after the text given to pulse_number_prefix: it loads 8 at a time. */
enum { PULSE_NUMBER_PADDING = 8 };

/* Reads [+-]digits[.digits][e[+-]digits] at `text` and returns the first byte after it, or NULL
 * where it cannot tell the value quickly and exactly (no number, too many digits, a tie in the
 * rounding): pulse_parse_number decides then. Stops at any other byte, so the text needs no end
 * but one that is no digit. */
const char *pulse_number_prefix(const char *text, double *value);

/* Reads exactly `length` bytes; false if they are no decimal number. Too large a number becomes
 * infinite, as with strtod. */
bool pulse_parse_number(const char *text, size_t length, double *value);

enum { PULSE_NUMBER_TEXT = 32 };

/* The shortest of 15, 16 or 17 significant digits that reads back as the same finite double;
 * returns the length. */
int pulse_format_number(double value, char out[PULSE_NUMBER_TEXT]);

#endif
