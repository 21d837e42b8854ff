/* Numbers that are written as text in columns of formats that have types: the same words stand for
 * missing ones as in CSV. Works on bytes in memory. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TEXT_NUMBER_H
#define PULSE_DATA_COMMON_TEXT_NUMBER_H

#include <stddef.h>

enum pulse_text_number { PULSE_TEXT_NUMBER, PULSE_TEXT_MISSING, PULSE_TEXT_OTHER };

/* What a text is, blanks around it left out; `value` is NaN where it is no finite number. */
enum pulse_text_number pulse_read_text_number(const char *text, size_t length, double *value);

#endif
