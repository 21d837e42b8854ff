#include "base/terminal.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <threads.h>
#include <unistd.h>
#include <wchar.h>

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

void pulse_terminal_size(int *rows, int *columns)
{
    struct winsize size = {0};
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *rows = size.ws_row > 0 ? size.ws_row : 24;
    *columns = size.ws_col > 0 ? size.ws_col : 80;
}

/* Programs stay in the locale of C, where only ASCII has a width: this one is for widths alone, and
 * lives as long as the process. */
static locale_t widths;

static void make_widths(void)
{
    widths = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

int pulse_terminal_width(const char *text)
{
    static once_flag made = ONCE_FLAG_INIT;
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07}; /* of first bytes */
    const size_t length = pulse_utf8_next(text);
    wchar_t character = (unsigned char)text[0] & mask[length];
    if (length == 1)
        return 1;
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)text[i] & 0x3f);
    call_once(&made, make_widths);
    if (widths == (locale_t)0)
        return 1;
    const locale_t before = uselocale(widths);
    const int width = wcwidth(character);
    (void)uselocale(before);
    return width < 0 ? 1 : width;
}

/* Of what escape_character has made of the character at `text`: itself, or ASCII. */
static int measure_columns(const char *text, size_t length, const char *one)
{
    return strlen(one) == length ? pulse_terminal_width(text) : (int)strlen(one);
}

size_t pulse_terminal_columns(const char *text)
{
    char one[PULSE_TERMINAL_ESCAPE + 2];
    size_t columns = 0, length;
    for (; *text != '\0'; text += length) {
        escape_character(text, "", one, &length);
        columns += (size_t)measure_columns(text, length, one);
    }
    return columns;
}

int pulse_terminal_widen(int width, const char *name)
{
    const size_t columns = pulse_terminal_columns(name);
    return columns > (size_t)width && columns < 60 ? (int)columns : width;
}

void pulse_terminal_write(FILE *to, const char *text, int columns)
{
    char one[PULSE_TERMINAL_ESCAPE + 2];
    size_t length;
    for (; *text != '\0'; text += length) {
        escape_character(text, "", one, &length);
        (void)fputs(one, to);
        columns -= measure_columns(text, length, one);
    }
    if (columns > 0)
        (void)fprintf(to, "%*s", columns, "");
}
