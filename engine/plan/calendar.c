#include "plan/calendar.h"

#include "base/date.h"

enum { WEEK = 7, LONGEST_GAP = 5, DAILY_STEP = 2 };

/* Days since the row before are about 1.4 where five days a week are traded. */
static const double usual_gap = 1.4;

static int weekday_of(int64_t day)
{
    return (pulse_weekday(day) + WEEK - 1) % WEEK; /* Monday first */
}

/* Whether the median of the steps between `rows` ascending days is at most DAILY_STEP: half of the
 * steps and, where their number is even, the two in the middle together. */
static bool steps_are_daily(const int64_t *day, int64_t rows)
{
    const int64_t steps = rows - 1, middle = (steps + 1) / 2;
    int64_t at_most = 0, next_longer = 0;
    for (int64_t t = 1; t < rows; t++) {
        const int64_t step = day[t] - day[t - 1];
        at_most += step <= DAILY_STEP;
        if (step > DAILY_STEP && (next_longer == 0 || step < next_longer))
            next_longer = step;
    }
    if (steps < 1 || at_most < middle)
        return false;
    if (steps % 2 == 1 || at_most > middle)
        return true;
    /* The lower middle step is the longest daily one, the upper one the shortest that is longer. */
    int64_t longest_daily = 0;
    for (int64_t t = 1; t < rows; t++)
        if (day[t] - day[t - 1] <= DAILY_STEP && day[t] - day[t - 1] > longest_daily)
            longest_daily = day[t] - day[t - 1];
    return longest_daily + next_longer <= 2 * DAILY_STEP;
}

void pulse_calendar_decide(struct pulse_calendar *out, enum pulse_calendar_choice choice,
                           const int64_t *day, int64_t rows)
{
    int64_t seen[WEEK] = {0};
    *out = (struct pulse_calendar){0};
    if (choice == PULSE_CALENDAR_OFF ||
        (choice == PULSE_CALENDAR_AUTO && !steps_are_daily(day, rows)))
        return;
    for (int64_t t = 0; t < rows; t++)
        seen[weekday_of(day[t])]++;
    for (int i = 0; i < WEEK; i++) {
        out->counts[i] = seen[i] > 0 && 10 * seen[i] >= rows;
        out->weekdays += out->counts[i];
    }
    out->columns = 1 + (out->weekdays > 0 ? out->weekdays - 1 : 0);
}

void pulse_calendar_row(const struct pulse_calendar *calendar, int64_t day, int64_t gap,
                        double *out)
{
    const int today = weekday_of(day);
    bool first = true;
    for (int i = 0; i < WEEK && calendar->columns > 0; i++) {
        if (!calendar->counts[i])
            continue;
        if (!first)
            *out++ = 2 * ((i == today ? 1.0 : 0.0) - 1 / (double)calendar->weekdays);
        first = false;
    }
    if (calendar->columns > 0)
        *out = 2 * ((double)(gap < LONGEST_GAP ? gap : LONGEST_GAP) - usual_gap);
}

int64_t pulse_calendar_next(const struct pulse_calendar *calendar, int64_t last)
{
    int64_t day = last + 1;
    while (calendar->weekdays > 0 && !calendar->counts[weekday_of(day)])
        day++;
    return day;
}

const char *pulse_calendar_name(const struct pulse_calendar *calendar, int64_t column)
{
    static const char *const names[WEEK] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    int64_t at = -1;
    for (int i = 0; i < WEEK; i++)
        if (calendar->counts[i] && at++ == column)
            return names[i];
    return "gap";
}
