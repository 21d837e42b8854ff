#include "data/common/text.h"

#include <string.h>
#include <strings.h>

struct pulse_text pulse_text_trim(struct pulse_text text)
{
    while (text.length > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text.at++, text.length--;
    while (text.length > 0 && strchr(" \t\r", text.at[text.length - 1]) != NULL)
        text.length--;
    return text;
}

bool pulse_text_is_word(struct pulse_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}
