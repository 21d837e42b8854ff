#include "base/utf8.h"

/* Bytes of the well-formed character at `text`, 0 if there is none (RFC 3629, section 4). */
static size_t measure_character(const unsigned char *text)
{
    const unsigned char first = text[0];
    size_t n = first < 0x80                    ? 1
               : first >= 0xc2 && first < 0xe0 ? 2
               : first >= 0xe0 && first < 0xf0 ? 3
               : first >= 0xf0 && first < 0xf5 ? 4
                                               : 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    const bool overlong = (first == 0xe0 && text[1] < 0xa0) || (first == 0xf0 && text[1] < 0x90);
    const bool beyond = (first == 0xed && text[1] >= 0xa0) || (first == 0xf4 && text[1] >= 0x90);
    return overlong || beyond ? 0 : n;
}

bool pulse_utf8_valid(const char *text)
{
    while (*text != '\0') {
        size_t n = measure_character((const unsigned char *)text);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

size_t pulse_utf8_next(const char *text)
{
    size_t n = measure_character((const unsigned char *)text);
    return n == 0 ? 1 : n;
}

size_t pulse_utf8_cut(const char *text, size_t bytes)
{
    size_t at = 0;
    while (text[at] != '\0') {
        size_t n = pulse_utf8_next(text + at);
        if (at + n > bytes)
            break;
        at += n;
    }
    return at;
}

size_t pulse_utf8_length(const char *text)
{
    size_t length = 0;
    for (; *text != '\0'; length++)
        text += pulse_utf8_next(text);
    return length;
}

void pulse_utf8_repair(char *text)
{
    while (*text != '\0') {
        size_t n = measure_character((const unsigned char *)text);
        if (n == 0)
            *text = '?';
        text += n == 0 ? 1 : n;
    }
}

size_t pulse_utf8_control(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x20 || at[0] == 0x7f)
        return at[0] != 0;
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
        return 2;
    if (at[0] == 0xd8 && at[1] == 0x9c)
        return 2;
    if (at[0] != 0xe2 || at[1] < 0x80 || at[1] > 0x81)
        return 0;
    const bool marks = at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f);
    const bool lines = at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae;
    const bool isolates = at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
    return marks || lines || isolates ? 3 : 0;
}
