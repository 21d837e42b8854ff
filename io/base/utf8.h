/* UTF-8 that comes from outside: names, paths. Pure. */
#ifndef PULSE_BASE_UTF8_H
#define PULSE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all of `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool pulse_utf8_valid(const char *text);

/* Bytes of the first character of `text`, which is not empty; 1 where it is not well-formed. */
size_t pulse_utf8_next(const char *text);

/* Bytes of the longest start of `text` that has at most `bytes` bytes and cuts no character. */
size_t pulse_utf8_cut(const char *text, size_t bytes);

/* Characters of `text`; what is not well-formed counts a character a byte. */
size_t pulse_utf8_length(const char *text);

/* Replaces every byte that belongs to no well-formed character by '?'. */
void pulse_utf8_repair(char *text);

/* Bytes of the character at `text` if it drives a terminal: a control character (U+0001 to U+001F,
 * U+007F to U+009F), or one that ends a line or turns the direction of writing (U+061C, U+200E,
 * U+200F, U+2028 to U+202E, U+2066 to U+2069); else 0. */
size_t pulse_utf8_control(const char *text);

#endif
