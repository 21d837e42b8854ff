/* A stretch of text that others own. Pure. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TEXT_H
#define PULSE_DATA_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct pulse_text {
    const char *at;
    size_t length;
};

/* Without the blanks around it, those that do not break (U+00A0) too, and the carriage return
 * before a line's end. */
struct pulse_text pulse_text_trim(struct pulse_text text);

/* The word, in any case. */
bool pulse_text_is_word(struct pulse_text text, const char *word);

#endif
