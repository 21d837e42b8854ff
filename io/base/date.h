/* Civil dates and instants: days and nanoseconds since 1970-01-01 UTC. Pure; knows no time zone
 * but UTC and the offsets an ISO 8601 string carries. */
#ifndef PULSE_BASE_DATE_H
#define PULSE_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PULSE_NS_PER_SECOND INT64_C(1000000000)
#define PULSE_NS_PER_DAY (INT64_C(86400) * PULSE_NS_PER_SECOND)

/* An int64 of nanoseconds reaches from 1677-09-22 to 2262-04-10 in whole days. */
#define PULSE_DAY_MIN (-106751)
#define PULSE_DAY_MAX 106750
#define PULSE_DAYS (PULSE_DAY_MAX - PULSE_DAY_MIN + 1)
#define PULSE_TIME_RANGE "1677-09-22 to 2262-04-10"
#define PULSE_TIME_OUTSIDE "a time outside " PULSE_TIME_RANGE

/* Days since 1970-01-01 of a proleptic Gregorian date. */
int64_t pulse_days_from_civil(int64_t year, int month, int day);
void pulse_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

/* 0 is Sunday. */
int pulse_weekday(int64_t days);

/* The UTC day an instant lies in (floor, right for instants before 1970 too). */
int64_t pulse_day_of_ns(int64_t time_ns);

/* What a text is as an instant. */
enum pulse_instant_reading {
    PULSE_INSTANT_READ,
    PULSE_INSTANT_UNREADABLE, /* of no such form, or no real date */
    PULSE_INSTANT_OUTSIDE     /* a date, but outside int64 nanoseconds */
};

/* Reads exactly `length` bytes: YYYY-MM-DD or YYYYMMDD, YYYY-MM, YYYY-Www[-D], YYYYWww[D] or
 * YYYY-DDD (a month and a week are their first day), YYYYQn, YYYY Qn, Qn YYYY, YYYYMm, YYYY:Q or
 * YYYY:MM, or the first and the last day of a week with a slash between. Days, months and weeks may
 * be followed by [T or space]hh:mm[:ss[.f…]] or hhmm[ss[.f…]] and Z or ±hh[:mm]; a comma may stand
 * for the point. A fraction beyond nanoseconds is cut. An instant outside is given as the first or
 * last int64. */
enum pulse_instant_reading pulse_read_instant(const char *text, size_t length, int64_t *time_ns);

/* The same: whether it was read. */
bool pulse_parse_instant(const char *text, size_t length, int64_t *time_ns);

/* How far ahead of UTC a text says its clock is (Z, +01:00). */
struct pulse_shown_offset {
    bool shown;
    int64_t ns;
};

/* pulse_read_instant, and the offset. */
enum pulse_instant_reading pulse_read_stamp(const char *text, size_t length, int64_t *time_ns,
                                            struct pulse_shown_offset *offset);

/* What a form for pulse_parse_formatted is to have; NULL where it has all that a date needs, and
 * nothing that would not be honoured. */
const char *pulse_date_format_want(const char *format);

/* Reads exactly `length` bytes (64 at most) as strptime reads `format`; in UTC where that has no
 * %z. False where it does not, or outside int64 nanoseconds. */
bool pulse_parse_formatted(const char *text, size_t length, const char *format, int64_t *time_ns,
                           struct pulse_shown_offset *offset);

enum { PULSE_DATE_TEXT = 24, PULSE_INSTANT_TEXT = 48 };

/* "2016-12-30"; returns `out`. */
char *pulse_format_day(int64_t days, char out[PULSE_DATE_TEXT]);

/* "2016-12-30T00:00:00", with a fraction of 3, 6 or 9 digits where there is one; returns `out`. */
char *pulse_format_instant(int64_t time_ns, char out[PULSE_INSTANT_TEXT]);

/* The current UTC day. */
int64_t pulse_today(void);

#endif
