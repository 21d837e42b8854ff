#include "data/common/text.h"

#include <string.h>
#include <strings.h>

/* Bytes of a blank with which a text begins; U+00A0, which spreadsheets and pages of the web write
 * beside dates, in UTF-8 and in Latin-1, where nothing of UTF-8 begins so. */
static size_t blank_at_begin(const char *at, const char *end)
{
    return at < end && (*at == ' ' || *at == '\t' || *at == '\xa0') ? 1
           : end - at >= 2 && at[0] == '\xc2' && at[1] == '\xa0'    ? 2
                                                                    : 0;
}

/* With which it ends: 0xA0 alone is one only where no character of UTF-8 can end with it. */
static size_t blank_at_end(const char *at, const char *end)
{
    if (at == end)
        return 0;
    if (end[-1] == '\xa0' && end - at >= 2 && end[-2] == '\xc2')
        return 2;
    return strchr(" \t\r", end[-1]) != NULL ||
           (end[-1] == '\xa0' && (end - at == 1 || (unsigned char)end[-2] < 0x80));
}

struct pulse_text pulse_text_trim(struct pulse_text text)
{
    const char *at = text.at, *end = text.at + text.length;
    for (size_t blank; (blank = blank_at_begin(at, end)) > 0;)
        at += blank;
    for (size_t blank; (blank = blank_at_end(at, end)) > 0;)
        end -= blank;
    return (struct pulse_text){at, (size_t)(end - at)};
}

bool pulse_text_is_word(struct pulse_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}
