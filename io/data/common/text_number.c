#include "data/common/text_number.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

static bool is_missing(const char *text, size_t length)
{
    static const char *const words[] = {
        "",          ".",         "..",       "-",       "--",      ":",       "n/a",
        "na",        "#n/a",      "#n/a n/a", "#na",     "<na>",    "nan",     "-nan",
        "null",      "none",      "nat",      "inf",     "-inf",    "+inf",    "infinity",
        "-infinity", "+infinity", "1.#ind",   "-1.#ind", "1.#qnan", "-1.#qnan"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
            return true;
    return false;
}

enum pulse_text_number pulse_read_text_number(const char *text, size_t length, double *value)
{
    *value = NAN;
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (is_missing(text, length))
        return PULSE_TEXT_MISSING;
    if (!pulse_parse_number(text, length, value))
        return PULSE_TEXT_OTHER;
    if (isfinite(*value))
        return PULSE_TEXT_NUMBER;
    *value = NAN;
    return PULSE_TEXT_MISSING;
}
