#include "data/common/levels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/number.h"

static bool is_id_level(const char *name)
{
    static const char *const names[] = {"ticker",  "tickers",    "symbol",
                                        "symbols", "unique_id",  "id",
                                        "asset",   "instrument", "instrument_id"};
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static void add_label(char *out, const char *label)
{
    if (label[0] != '\0' && out[0] != '\0')
        (void)strcat(out, ".");
    (void)strcat(out, label);
}

char *pulse_levels_join(const char *const *levels, const char *const *labels, int64_t n,
                        struct pulse_err *err)
{
    int64_t first = -1, length = 1;
    for (int64_t i = 0; i < n; i++) {
        length += (int64_t)strlen(labels[i]) + 1;
        if (first < 0 && is_id_level(levels[i]))
            first = i;
    }
    char *out = pulse_calloc(length, 1, "a column name", err);
    if (out == NULL)
        return NULL;
    if (first >= 0)
        add_label(out, labels[first]);
    for (int64_t i = 0; i < n; i++)
        if (i != first)
            add_label(out, labels[i]);
    return out;
}

char *pulse_level_of_real(double value, struct pulse_err *err)
{
    char digits[PULSE_NUMBER_TEXT];
    if (!isfinite(value))
        return pulse_strdup(isnan(value) ? "nan" : value < 0 ? "-inf" : "inf", err);
    (void)pulse_format_number(value, digits);
    return pulse_print(err, "%s%s", digits, strpbrk(digits, ".e") == NULL ? ".0" : "");
}
