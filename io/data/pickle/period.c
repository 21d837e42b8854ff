#include "data/pickle/period.h"

#include <string.h>
#include <strings.h>

#include "base/date.h"

/* "JUN" of "A-JUN" → 6; "WED" of "W-WED" → 2. −1 for none. */
static int find_word(const char *const *words, int n, const char *at, size_t length)
{
    for (int i = 0; i < n; i++)
        if (length == strlen(words[i]) && strncasecmp(at, words[i], length) == 0)
            return i;
    return -1;
}

static bool read_anchor(const char *at, size_t length, struct pulse_period *out)
{
    static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    static const char *const days[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    const bool week = out->unit == 'W';
    if (length == 0) {
        out->anchor = week ? 6 : 12;
        return true;
    }
    const int found = at[0] != '-' ? -1
                      : week       ? find_word(days, 7, at + 1, length - 1)
                                   : find_word(months, 12, at + 1, length - 1);
    out->anchor = week ? found : found + 1;
    return found >= 0;
}

bool pulse_period_read(const char *name, size_t length, struct pulse_period *out)
{
    static const char wrapper[] = "period[";
    static const struct {
        const char *word;
        int64_t ns;
    } units[] = {{"h", 3600 * PULSE_NS_PER_SECOND},
                 {"T", 60 * PULSE_NS_PER_SECOND},
                 {"min", 60 * PULSE_NS_PER_SECOND},
                 {"s", PULSE_NS_PER_SECOND},
                 {"L", 1000000},
                 {"ms", 1000000},
                 {"U", 1000},
                 {"us", 1000},
                 {"N", 1},
                 {"ns", 1},
                 {"D", PULSE_NS_PER_DAY}};
    *out = (struct pulse_period){0};
    if (length > sizeof wrapper && strncasecmp(name, wrapper, sizeof wrapper - 1) == 0 &&
        name[length - 1] == ']') {
        name += sizeof wrapper - 1;
        length -= sizeof wrapper;
    }
    while (length > 0 && *name >= '0' && *name <= '9') /* how many make one step of an index */
        name++, length--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (length == strlen(units[i].word) && strncasecmp(name, units[i].word, length) == 0) {
            *out = (struct pulse_period){.unit = units[i].word[0], .ns = units[i].ns};
            return true;
        }
    if (length == 0 || strchr("AYQMWB", name[0]) == NULL)
        return false;
    out->unit = (char)(name[0] == 'A' ? 'Y' : name[0]);
    const size_t skip = length > 1 && name[1] == 'E' ? 2 : 1; /* YE, QE, ME of pandas 2.2 */
    if (out->unit == 'M' || out->unit == 'B')
        return length == skip;
    return read_anchor(name + skip, length - skip, out);
}

static int64_t floor_of(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool pulse_period_start(const struct pulse_period *period, int64_t ordinal, int64_t *time_ns)
{
    enum { ORDINALS = 400000 }; /* of days or longer, which reach beyond the nanoseconds */
    int64_t months, days;
    if (period->ns > 0)
        return !__builtin_sub_overflow(ordinal, period->first, &ordinal) &&
               !__builtin_mul_overflow(ordinal, period->ns, time_ns);
    if (ordinal > ORDINALS || ordinal < -ORDINALS)
        return false;
    switch (period->unit) {
    case 'W':
        days = 7 * ordinal + (period->anchor + 1) % 7 - 10;
        break;
    case 'B':
        days = floor_of(ordinal + 3, 5) * 7 + (ordinal + 3 - 5 * floor_of(ordinal + 3, 5)) - 3;
        break;
    case 'Y':
    case 'Q':
    case 'M':
        months = period->unit == 'M'   ? ordinal
                 : period->unit == 'Q' ? 3 * ordinal + period->anchor - 12
                                       : 12 * ordinal + period->anchor - 12;
        days = pulse_days_from_civil(1970 + floor_of(months, 12),
                                     (int)(months - 12 * floor_of(months, 12)) + 1, 1);
        break;
    default:
        return false;
    }
    return days >= PULSE_DAY_MIN && days <= PULSE_DAY_MAX &&
           !__builtin_mul_overflow(days, PULSE_NS_PER_DAY, time_ns);
}
