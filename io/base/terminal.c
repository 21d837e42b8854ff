#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* The character at `text`, which is not empty, escaped if need be and not one of `keep`; *length:
 * its bytes. */
static void escape_character(const char *text, const char *keep,
                             char out[PULSE_TERMINAL_ESCAPE + 2], size_t *length)
{
    static const char named[] = "\n\r\t", letters[] = "nrt";
    const unsigned char first = (unsigned char)text[0];
    const char *name = strchr(named, first);
    const size_t control = pulse_utf8_control(text);
    *length = pulse_utf8_next(text);
    if (strchr(keep, first) != NULL) {
        out[0] = *text;
        out[1] = '\0';
    } else if (name != NULL)
        (void)snprintf(out, PULSE_TERMINAL_ESCAPE + 2, "\\%c", letters[name - named]);
    else if (control == 3) /* of three bytes: 1110xxxx 10xxxxxx 10xxxxxx */
        (void)snprintf(out, PULSE_TERMINAL_ESCAPE + 2, "\\u%04x",
                       (unsigned)((first & 0x0f) << 12 | (text[1] & 0x3f) << 6 | (text[2] & 0x3f)));
    else if (control == 2)
        (void)snprintf(out, PULSE_TERMINAL_ESCAPE + 2, "\\u%04x",
                       (unsigned)((first & 0x1f) << 6 | (text[1] & 0x3f)));
    else if (control == 1 || (*length == 1 && first >= 0x80))
        (void)snprintf(out, PULSE_TERMINAL_ESCAPE + 2, "\\x%02x", first);
    else {
        memcpy(out, text, *length);
        out[*length] = '\0';
    }
}

char *pulse_terminal_escape(const char *text, char *out, size_t capacity)
{
    char one[PULSE_TERMINAL_ESCAPE + 2];
    size_t used = 0, length;
    for (; *text != '\0'; text += length) {
        escape_character(text, "", one, &length);
        if (used + strlen(one) >= capacity)
            break;
        memcpy(out + used, one, strlen(one));
        used += strlen(one);
    }
    out[used] = '\0';
    return out;
}

char *pulse_terminal_copy(const char *text, const char *keep)
{
    char *copy = calloc(strlen(text) + 1, PULSE_TERMINAL_ESCAPE);
    char *to = copy;
    size_t length;
    for (; copy != NULL && *text != '\0'; text += length) {
        escape_character(text, keep, to, &length);
        to += strlen(to);
    }
    return copy;
}

size_t pulse_terminal_columns(const char *text)
{
    char one[PULSE_TERMINAL_ESCAPE + 2];
    size_t columns = 0, length;
    for (; *text != '\0'; text += length) {
        escape_character(text, "", one, &length);
        columns += pulse_utf8_length(one);
    }
    return columns;
}

void pulse_terminal_write(FILE *to, const char *text, int columns)
{
    char one[PULSE_TERMINAL_ESCAPE + 2];
    size_t length;
    for (; *text != '\0'; text += length) {
        escape_character(text, "", one, &length);
        (void)fputs(one, to);
        columns -= (int)pulse_utf8_length(one);
    }
    if (columns > 0)
        (void)fprintf(to, "%*s", columns, "");
}
