#include "cli/frequency.h"

#include <stdbool.h>
#include <stdio.h>

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int64_t day)
{
    const int64_t from_monday = ((day + 3) % 7 + 7) % 7;
    return from_monday >= 5;
}

enum { LONGEST = 400 }; /* days: up to here steps are counted by their length */

/* Days so many that half of the steps are no longer, LONGEST at most. */
static int64_t median_step(const int64_t *days, int64_t n)
{
    int64_t counts[LONGEST + 1] = {0}, seen = 0, step = 0;
    for (int64_t i = 1; i < n; i++) {
        const int64_t gap = days[i] - days[i - 1];
        counts[gap < LONGEST ? gap : LONGEST]++;
    }
    while (step < LONGEST && 2 * (seen += counts[step]) < n - 1)
        step++;
    return step;
}

char *pulse_frequency_name(const int64_t *days, int64_t n, char out[PULSE_FREQUENCY_TEXT])
{
    static const struct {
        int64_t least, most;
        const char *name;
    } names[] = {{1, 1, "daily"},       {7, 7, "weekly"},          {28, 31, "monthly"},
                 {89, 92, "quarterly"}, {181, 184, "half-yearly"}, {364, 366, "yearly"}};
    bool weekend = false;
    out[0] = '\0';
    if (n < 3)
        return out;
    for (int64_t i = 0; i < n; i++)
        weekend |= is_weekend(days[i]);
    const int64_t step = median_step(days, n);
    if (step < LONGEST)
        (void)snprintf(out, PULSE_FREQUENCY_TEXT, "every %lld days", (long long)step);
    else
        (void)snprintf(out, PULSE_FREQUENCY_TEXT, "more than a year apart");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (step >= names[i].least && step <= names[i].most)
            (void)snprintf(out, PULSE_FREQUENCY_TEXT, "%s",
                           step == 1 && !weekend ? "weekdays" : names[i].name);
    return out;
}
