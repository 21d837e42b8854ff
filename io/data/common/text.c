#include "data/common/text.h"

#include <string.h>
#include <strings.h>

/* U+00A0, which spreadsheets and pages of the web write beside dates. */
static bool is_no_break(const char *at)
{
    return at[0] == '\xc2' && at[1] == '\xa0';
}

struct pulse_text pulse_text_trim(struct pulse_text text)
{
    const char *at = text.at, *end = text.at + text.length;
    for (bool blank = true; blank && at < end;) {
        blank = *at == ' ' || *at == '\t' || (end - at >= 2 && is_no_break(at));
        at += blank ? 1 + (*at == '\xc2') : 0;
    }
    for (bool blank = true; blank && at < end;) {
        const bool wide = end - at >= 2 && is_no_break(end - 2);
        blank = wide || strchr(" \t\r", end[-1]) != NULL;
        end -= blank ? 1 + wide : 0;
    }
    return (struct pulse_text){at, (size_t)(end - at)};
}

bool pulse_text_is_word(struct pulse_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}
