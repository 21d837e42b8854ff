/* Calendar columns: what the date of a row says of it, weekday and days since the row before
 * (DEFINITIONS §3.7). Pure; sees dates, never values. The date of the row that is predicted counts
 * as known. */
#ifndef PULSE_PLAN_CALENDAR_H
#define PULSE_PLAN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum pulse_calendar_choice { PULSE_CALENDAR_AUTO, PULSE_CALENDAR_ON, PULSE_CALENDAR_OFF };

struct pulse_calendar {
    int64_t columns;  /* 0: none are used */
    int64_t weekdays; /* n, those that count */
    bool counts[7]; /* by weekday, Monday first: makes up at least a tenth of the rows looked at */
};

/* What is decided from the first `rows` days of the calendar, ascending: those before the first
 * trained window. `auto` uses the columns where the median step between these is at most 2 days. */
void pulse_calendar_decide(struct pulse_calendar *out, enum pulse_calendar_choice choice,
                           const int64_t *day, int64_t rows);

/* The columns of a row on `day`, `gap` days after the row before it (1 for the first row), into
 * `out`: for each weekday that counts but the first 2(1{it is} − 1/n), then 2(min(gap, 5) − 1.4).
 */
void pulse_calendar_row(const struct pulse_calendar *calendar, int64_t day, int64_t gap,
                        double *out);

/* The day of the row after `last`: the next one whose weekday counts. */
int64_t pulse_calendar_next(const struct pulse_calendar *calendar, int64_t last);

/* "tue" … or "gap", of column 0 … columns − 1. */
const char *pulse_calendar_name(const struct pulse_calendar *calendar, int64_t column);

#endif
