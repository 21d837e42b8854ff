/* A text, or any bytes, that grows as it is appended to. Errors are kept until the end, so that a
 * long text can be made without a test after each part. Knows nothing of what is written. */
#ifndef PULSE_BASE_TEXT_H
#define PULSE_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* Set `what` (it names the text in an error) and `err`, both borrowed; the rest zeroed. */
struct pulse_text_buffer {
    const char *what;
    struct pulse_err *err;
    char *bytes; /* heap; followed by a 0 as soon as anything was appended */
    int64_t n;
    int64_t capacity;
    bool failed; /* PULSE_E_MEMORY is in `err`; what is appended from then on is dropped */
};

/* Makes the capacity more than n + `more` bytes; -1 with PULSE_E_MEMORY. */
int pulse_text_buffer_reserve(struct pulse_text_buffer *text, int64_t more);

/* Appends `n` bytes; -1 if the text has failed. Inline: files of numbers are written with it, a
 * value at a time. */
static inline int pulse_text_buffer_add_bytes(struct pulse_text_buffer *text, const void *bytes,
                                              int64_t n)
{
    if ((text->failed || text->capacity - text->n <= n) && pulse_text_buffer_reserve(text, n) != 0)
        return -1;
    if (n > 0)
        memcpy(text->bytes + text->n, bytes, (size_t)n);
    text->n += n;
    text->bytes[text->n] = '\0';
    return 0;
}

/* Appends a string. */
void pulse_text_buffer_add(struct pulse_text_buffer *text, const char *string);

/* A word of a command line, in quotes where a shell would take it apart. */
void pulse_text_buffer_add_word(struct pulse_text_buffer *text, const char *word);

/* Appends what printf makes of the arguments. */
void pulse_text_buffer_print(struct pulse_text_buffer *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole text, the caller's to free; "" if nothing was appended. NULL if it has failed: then it
 * is freed and `err` says why. */
char *pulse_text_buffer_finish(struct pulse_text_buffer *text);

/* Frees the bytes; legal on one that is empty or finished. */
void pulse_text_buffer_clear(struct pulse_text_buffer *text);

#endif
