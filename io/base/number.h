/* Decimal text ↔ double, the same bits as strtod and printf give in the C locale, whatever the
 * process's locale is. Knows nothing of files. */
#ifndef PULSE_BASE_NUMBER_H
#define PULSE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must be readable after the text given to pulse_number_quick: it loads many at a time.
 */
enum { PULSE_NUMBER_PADDING = 32 };

/* Reads the whole of [text, end) if it is a decimal number whose value it can compute quickly and
 * exactly. False where it cannot (no number, too many digits, a tie in the rounding):
 * pulse_parse_number decides then. */
bool pulse_number_quick(const char *text, const char *end, double *value);

/* The same for what pulse_number_short (number_short.h) has refused. */
bool pulse_number_long(const char *text, const char *end, double *value);

/* Reads exactly `length` bytes; false if they are no decimal number. Too large a number becomes
 * infinite, as with strtod. */
bool pulse_parse_number(const char *text, size_t length, double *value);

/* The same for the whole of a string, and only from `least` to `most`; no NaN. False, and *value as
 * it was, for anything else and for NULL: what getenv returns may be handed over as it is. */
bool pulse_parse_real(const char *text, double least, double most, double *value);

/* A whole number: an optional sign and decimal digits, nothing before or after them. */
bool pulse_parse_int(const char *text, int64_t least, int64_t most, int64_t *value);

/* Reads the decimal digits that `text` begins with, and returns what follows them. NULL where there
 * are none, or more than 64 bits hold. */
const char *pulse_parse_digits(const char *text, int64_t *value);

enum { PULSE_NUMBER_TEXT = 32 };

/* The shortest of 15, 16 or 17 significant digits that reads back as the same finite double;
 * returns the length. */
int pulse_format_number(double value, char out[PULSE_NUMBER_TEXT]);

#endif
