#include "data/csv/cell.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

const char *pulse_csv_cell_end(const char *p, const char *end, char separator)
{
    for (; p < end && *p != separator && *p != '\n'; p++)
        if (*p == '"') {
            p = memchr(p + 1, '"', (size_t)(end - p - 1));
            if (p == NULL)
                return NULL;
        }
    return p;
}

static struct pulse_text trim(struct pulse_text t)
{
    while (t.length > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
        t.at++, t.length--;
    while (t.length > 0 && strchr(" \t\r", t.at[t.length - 1]) != NULL)
        t.length--;
    return t;
}

struct pulse_text pulse_csv_cell_text(const char *first, const char *end)
{
    struct pulse_text t = trim((struct pulse_text){first, (size_t)(end - first)});
    if (t.length >= 2 && t.at[0] == '"' && t.at[t.length - 1] == '"')
        t = trim((struct pulse_text){t.at + 1, t.length - 2});
    return t;
}

bool pulse_text_is_word(struct pulse_text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

bool pulse_text_is_missing(struct pulse_text text)
{
    static const char *const words[] = {".",    "..",     "-",        "--",      ":",        "NA",
                                        "N/A",  "#N/A",   "#N/A N/A", "#NA",     "<NA>",     "NaN",
                                        "-NaN", "1.#IND", "-1.#IND",  "1.#QNAN", "-1.#QNAN", "null",
                                        "None", "inf",    "infinity"};
    if (text.length == 0)
        return true;
    struct pulse_text unsigned_text = text;
    if (text.length > 3 && (text.at[0] == '-' || text.at[0] == '+'))
        unsigned_text = (struct pulse_text){text.at + 1, text.length - 1};
    if (text.length > 8) /* no word is longer; -infinity is */
        return pulse_text_is_word(unsigned_text, "infinity");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pulse_text_is_word(text, words[i]))
            return true;
    return pulse_text_is_word(unsigned_text, "inf") ||
           pulse_text_is_word(unsigned_text, "infinity");
}

bool pulse_text_number(struct pulse_text text, double *value)
{
    if (!pulse_text_is_missing(text)) {
        if (!pulse_parse_number(text.at, text.length, value))
            return false;
        if (isfinite(*value))
            return true;
    }
    *value = NAN;
    return true;
}
