#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

int pulse_text_buffer_reserve(struct pulse_text_buffer *text, int64_t more)
{
    if (!text->failed && pulse_grow(&text->bytes, &text->capacity, text->n + more + 1, 1,
                                    text->what, text->err) != 0)
        text->failed = true;
    return text->failed ? -1 : 0;
}

void pulse_text_buffer_add(struct pulse_text_buffer *text, const char *string)
{
    (void)pulse_text_buffer_add_bytes(text, string, (int64_t)strlen(string));
}

void pulse_text_buffer_print(struct pulse_text_buffer *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int n = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (n < 0 || pulse_text_buffer_reserve(text, n) != 0)
        return;
    va_start(values, format);
    (void)vsnprintf(text->bytes + text->n, (size_t)n + 1, format, values);
    va_end(values);
    text->n += n;
}

char *pulse_text_buffer_finish(struct pulse_text_buffer *text)
{
    char *bytes = NULL;
    if (pulse_text_buffer_add_bytes(text, "", 0) == 0) {
        bytes = text->bytes;
        text->bytes = NULL;
    }
    pulse_text_buffer_clear(text);
    return bytes;
}

void pulse_text_buffer_clear(struct pulse_text_buffer *text)
{
    free(text->bytes);
    text->bytes = NULL;
    text->n = text->capacity = 0;
}

void pulse_text_buffer_add_word(struct pulse_text_buffer *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=.,:/+@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        pulse_text_buffer_add(text, word);
        return;
    }
    pulse_text_buffer_add(text, "'");
    for (; *word != '\0'; word++)
        if (*word == '\'')
            pulse_text_buffer_add(text, "'\\''");
        else
            (void)pulse_text_buffer_add_bytes(text, word, 1);
    pulse_text_buffer_add(text, "'");
}
