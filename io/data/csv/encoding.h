/* Text in Windows-1252, of which Latin-1 is a part, as UTF-8. Pure; knows no file. Internal to
 * io/data. */
#ifndef PULSE_DATA_CSV_ENCODING_H
#define PULSE_DATA_CSV_ENCODING_H

#include <stddef.h>

enum { PULSE_CSV_WINDOWS_1252 = 'w', PULSE_CSV_UTF_8 = 'u' }; /* of struct pulse_read_options */

enum { PULSE_CSV_CHARACTER = 3 }; /* bytes of a character of Windows-1252 in UTF-8, at most */

/* Writes one character, and returns how many bytes it has. What Windows-1252 leaves undefined is
 * U+FFFD. */
size_t pulse_csv_put_character(unsigned char character, char out[PULSE_CSV_CHARACTER]);

#endif
