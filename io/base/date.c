#include "base/date.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Years are counted from March, so that the leap day is the last day of its year and a month's
 * first day is a linear function of the month; 400 years (146097 days) are one whole cycle. */
enum { DAYS_PER_CYCLE = 146097, CYCLE_YEARS = 400, DAYS_TO_EPOCH = 719468 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

int64_t pulse_days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = floor_div(y, CYCLE_YEARS);
    int64_t year_in_cycle = y - cycle * CYCLE_YEARS;
    int64_t month_from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_in_cycle =
        year_in_cycle * 365 + year_in_cycle / 4 - year_in_cycle / 100 + day_of_year;
    return cycle * DAYS_PER_CYCLE + day_in_cycle - DAYS_TO_EPOCH;
}

void pulse_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + DAYS_TO_EPOCH;
    int64_t cycle = floor_div(z, DAYS_PER_CYCLE);
    int64_t d = z - cycle * DAYS_PER_CYCLE;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t day_of_year = d - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = cycle * CYCLE_YEARS + y + (*month <= 2 ? 1 : 0);
}

int pulse_weekday(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t shifted = days + 4;
    return (int)(shifted - 7 * floor_div(shifted, 7));
}

int64_t pulse_day_of_ns(int64_t time_ns)
{
    return floor_div(time_ns, PULSE_NS_PER_DAY);
}

/* ---- Reading -------------------------------------------------------------------- */

struct cursor {
    const char *at;
    const char *end;
};

/* Exactly `n` digits. */
static bool take_digits(struct cursor *c, int n, int *value)
{
    if (c->end - c->at < n)
        return false;
    int v = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)(c->at[i] - '0');
        if (digit > 9)
            return false;
        v = v * 10 + (int)digit;
    }
    c->at += n;
    *value = v;
    return true;
}

static bool take_char(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t digits_ahead(const struct cursor *c)
{
    int64_t n = 0;
    while (c->at + n < c->end && c->at[n] >= '0' && c->at[n] <= '9')
        n++;
    return n;
}

/* Www or Www-D after the year, without the second dash in the basic form; the week's Monday where
 * no day follows. The first week has the year's first Thursday. */
static bool take_week(struct cursor *c, int year, bool dashes, int64_t *days)
{
    int week, day = 1;
    if (!take_digits(c, 2, &week))
        return false;
    if ((dashes && take_char(c, '-')) || (!dashes && digits_ahead(c) > 0))
        if (!take_digits(c, 1, &day))
            return false;
    const int64_t fourth = pulse_days_from_civil(year, 1, 4);
    const int64_t first = fourth - (pulse_weekday(fourth) + 6) % 7;
    const int64_t fourth_of_next = pulse_days_from_civil(year + 1, 1, 4);
    const int64_t first_of_next = fourth_of_next - (pulse_weekday(fourth_of_next) + 6) % 7;
    *days = first + 7 * (week - 1) + day - 1;
    return week >= 1 && day >= 1 && day <= 7 && *days < first_of_next;
}

/* DDD after the year and its dash. */
static bool take_day_of_year(struct cursor *c, int year, int64_t *days)
{
    int day;
    const bool leap = days_in_month(year, 2) == 29;
    if (!take_digits(c, 3, &day) || day < 1 || day > 365 + leap)
        return false;
    *days = pulse_days_from_civil(year, 1, 1) + day - 1;
    return true;
}

/* n of a quarter, or mm or m of a month, at the end; its first day. */
static bool take_quarter_or_month(struct cursor *c, int year, bool quarter, int64_t *days)
{
    int n;
    if (!take_digits(c, quarter || digits_ahead(c) == 1 ? 1 : 2, &n) || n < 1 ||
        n > (quarter ? 4 : 12) || c->at != c->end)
        return false;
    *days = pulse_days_from_civil(year, quarter ? 3 * n - 2 : n, 1);
    return true;
}

/* Qn of a quarter before its year: Q4 2016, Q4-2016, Q4/2016; its first day. */
static bool take_quarter_first(struct cursor *c, int64_t *days)
{
    int n, year;
    c->at++;
    if (!take_digits(c, 1, &n) || n < 1 || n > 4)
        return false;
    if (!take_char(c, ' ') && !take_char(c, '-') && !take_char(c, '/'))
        return false;
    if (!take_digits(c, 4, &year) || c->at != c->end)
        return false;
    *days = pulse_days_from_civil(year, 3 * n - 2, 1);
    return true;
}

/* A day; the first one of a week, a month or a quarter. */
static bool take_date(struct cursor *c, int64_t *days)
{
    int year, month, day = 1;
    if (!take_digits(c, 4, &year))
        return c->at < c->end && *c->at == 'Q' && take_quarter_first(c, days);
    if (take_char(c, ':')) /* gretl's 2016:4 and 2016:04 */
        return take_quarter_or_month(c, year, digits_ahead(c) == 1, days);
    const bool dashes = take_char(c, '-');
    if (take_char(c, 'W'))
        return take_week(c, year, dashes, days);
    if (!dashes && c->end - c->at > 1 && memcmp(c->at, " Q", 2) == 0)
        c->at++;
    /* As statistical offices, Stata and pandas write them: 2016-Q4, 2016M04, 2016M4, 2016m4. */
    if (take_char(c, 'Q') || take_char(c, 'q'))
        return take_quarter_or_month(c, year, true, days);
    if (take_char(c, 'M') || take_char(c, 'm'))
        return take_quarter_or_month(c, year, false, days);
    if (dashes && digits_ahead(c) == 3)
        return take_day_of_year(c, year, days);
    if (!take_digits(c, 2, &month))
        return false;
    const bool month_alone = dashes && c->at == c->end;
    if (!month_alone && ((dashes && !take_char(c, '-')) || !take_digits(c, 2, &day)))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = pulse_days_from_civil(year, month, day);
    return true;
}

/* The last day of a week behind its first, as pandas writes one: 2020-01-06/2020-01-12. */
static bool take_last_of_week(struct cursor *c, int64_t first)
{
    int64_t last;
    return take_date(c, &last) && last == first + 6 && c->at == c->end;
}

/* .123456789…: at least one digit, those past the ninth are cut. */
static bool take_fraction(struct cursor *c, int64_t *ns)
{
    const char *first = c->at;
    int64_t scale = PULSE_NS_PER_SECOND;
    *ns = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        scale /= 10;
        *ns += (*c->at - '0') * scale;
    }
    return c->at > first;
}

/* hh:mm[:ss[.f]], or hhmm[ss[.f]], as nanoseconds into the day; hh alone behind a T, where it is
 * nothing else. */
static bool take_clock(struct cursor *c, int64_t *ns)
{
    const bool behind_t = c->at[-1] != ' ';
    int hour, minute = 0, second = 0;
    int64_t fraction = 0;
    if (!take_digits(c, 2, &hour))
        return false;
    const bool colons = take_char(c, ':'), alone = !colons && behind_t && digits_ahead(c) == 0;
    if (!alone && !take_digits(c, 2, &minute))
        return false;
    if (colons ? take_char(c, ':') : digits_ahead(c) > 0) {
        if (!take_digits(c, 2, &second))
            return false;
        if ((take_char(c, '.') || take_char(c, ',')) && !take_fraction(c, &fraction))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ns = (hour * INT64_C(3600) + minute * 60 + second) * PULSE_NS_PER_SECOND + fraction;
    return true;
}

/* ±hh, ±hhmm or ±hh:mm. */
static bool take_hours(struct cursor *c, struct pulse_shown_offset *offset)
{
    int hours, minutes = 0;
    const int64_t sign = take_char(c, '-') ? -1 : 1;
    if ((sign > 0 && !take_char(c, '+')) || !take_digits(c, 2, &hours))
        return false;
    if (c->at < c->end) {
        (void)take_char(c, ':');
        if (!take_digits(c, 2, &minutes))
            return false;
    }
    offset->ns = sign * (hours * INT64_C(60) + minutes) * 60 * PULSE_NS_PER_SECOND;
    return hours <= 23 && minutes <= 59;
}

/* Z, UTC, ±hh, ±hhmm, ±hh:mm, behind a blank or not, or nothing: how far local time runs ahead of
 * UTC. */
static bool take_offset(struct cursor *c, struct pulse_shown_offset *offset)
{
    if (c->at == c->end)
        return true;
    offset->shown = true;
    (void)take_char(c, ' ');
    if (c->end - c->at == 3 && memcmp(c->at, "UTC", 3) == 0)
        c->at += 3;
    else if (!take_char(c, 'Z') && !take_char(c, 'z'))
        return take_hours(c, offset);
    return true;
}

enum pulse_instant_reading pulse_read_stamp(const char *text, size_t length, int64_t *time_ns,
                                            struct pulse_shown_offset *offset)
{
    struct cursor c = {text, text + length};
    int64_t days, clock_ns = 0;
    *offset = (struct pulse_shown_offset){0};
    if (!take_date(&c, &days))
        return PULSE_INSTANT_UNREADABLE;
    if (take_char(&c, '/')) {
        if (!take_last_of_week(&c, days))
            return PULSE_INSTANT_UNREADABLE;
    } else if (c.at < c.end) {
        if (!take_char(&c, 'T') && !take_char(&c, 't') && !take_char(&c, ' '))
            return PULSE_INSTANT_UNREADABLE;
        if (!take_clock(&c, &clock_ns) || !take_offset(&c, offset) || c.at != c.end)
            return PULSE_INSTANT_UNREADABLE;
    }
    /* By seconds, so that the first, partial day of int64 nanoseconds is inside as the last is. */
    const int64_t in_day = clock_ns - offset->ns;
    const int64_t seconds = days * 86400 + floor_div(in_day, PULSE_NS_PER_SECOND);
    const int64_t fraction = in_day - floor_div(in_day, PULSE_NS_PER_SECOND) * PULSE_NS_PER_SECOND;
    int64_t ns;
    /* Towards zero: the seconds of the first instant before 1970 do not fit, those after do. */
    const int64_t up = seconds < 0 ? 1 : 0;
    if (__builtin_mul_overflow(seconds + up, PULSE_NS_PER_SECOND, &ns) ||
        __builtin_add_overflow(ns, fraction - up * PULSE_NS_PER_SECOND, &ns)) {
        *time_ns = seconds < 0 ? INT64_MIN : INT64_MAX;
        return PULSE_INSTANT_OUTSIDE;
    }
    *time_ns = ns;
    return PULSE_INSTANT_READ;
}

enum pulse_instant_reading pulse_read_instant(const char *text, size_t length, int64_t *time_ns)
{
    struct pulse_shown_offset offset;
    return pulse_read_stamp(text, length, time_ns, &offset);
}

const char *pulse_date_format_want(const char *format)
{
    /* What strptime reads and does not use (%G, %V, %Z), or reads by the zone of the machine (%s),
     * would make other times of texts than they say, without a word. */
    static const char known[] = "aAbBCdDeFhHIjklmMnpRStTuUwWyYz%";
    bool seen[128] = {false};
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%')
            continue;
        if (strchr(known, *++at) == NULL || *at == '\0')
            return "the directives %Y %y %C %m %b %B %d %e %D %F %j %U %W %a %A %u %w %H %I %p %M "
                   "%S %R %T %z; weeks of ISO 8601 and counts of seconds need no form";
        seen[(unsigned char)*at] = true;
    }
    const bool weekday = seen['a'] || seen['A'] || seen['u'] || seen['w'];
    const bool whole = seen['D'] || seen['F'];
    if (!whole && !seen['Y'] && !seen['y'])
        return "a year, %Y or %y";
    if ((seen['d'] || seen['e']) && !seen['m'] && !seen['b'] && !seen['B'] && !seen['h'])
        return "a month beside its day";
    if ((seen['U'] || seen['W']) && !weekday)
        return "a day of the week beside its week, as in %Y-%W-%w";
    return NULL;
}

bool pulse_parse_formatted(const char *text, size_t length, const char *format, int64_t *time_ns,
                           struct pulse_shown_offset *offset)
{
    enum { MOST = 64 };
    char copy[MOST + 1];
    struct tm tm = {.tm_mday = 1, .tm_year = 70};
    if (length > MOST)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    const char *end = strptime(copy, format, &tm);
    if (end == NULL || *end != '\0' || tm.tm_mday < 1 || tm.tm_mon < 0 || tm.tm_mon > 11 ||
        tm.tm_mday > days_in_month(tm.tm_year + 1900, tm.tm_mon + 1))
        return false;
    const int64_t days = pulse_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    const int64_t seconds = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - tm.tm_gmtoff;
    offset->shown = strstr(format, "%z") != NULL;
    offset->ns = tm.tm_gmtoff * PULSE_NS_PER_SECOND;
    if (days < PULSE_DAY_MIN || days > PULSE_DAY_MAX)
        return false;
    *time_ns = days * PULSE_NS_PER_DAY + seconds * PULSE_NS_PER_SECOND;
    return true;
}

bool pulse_parse_instant(const char *text, size_t length, int64_t *time_ns)
{
    return pulse_read_instant(text, length, time_ns) == PULSE_INSTANT_READ;
}

/* ---- Writing -------------------------------------------------------------------- */

char *pulse_format_day(int64_t days, char out[PULSE_DATE_TEXT])
{
    int64_t year;
    int month, day;
    pulse_civil_from_days(days, &year, &month, &day);
    /* The bounds hold for every int64 of nanoseconds; they also show the compiler the width. */
    assert(year >= -9999 && year <= 9999);
    (void)snprintf(out, PULSE_DATE_TEXT, "%04d-%02d-%02d", (int)year, month, day);
    return out;
}

char *pulse_format_instant(int64_t time_ns, char out[PULSE_INSTANT_TEXT])
{
    char date[PULSE_DATE_TEXT];
    int64_t days = pulse_day_of_ns(time_ns);
    /* Not time_ns - days × day: that product overflows on the very first, partial day. */
    int64_t in_day = time_ns % PULSE_NS_PER_DAY;
    if (in_day < 0)
        in_day += PULSE_NS_PER_DAY;
    int seconds = (int)(in_day / PULSE_NS_PER_SECOND);
    int ns = (int)(in_day % PULSE_NS_PER_SECOND);
    int n = snprintf(out, PULSE_INSTANT_TEXT, "%sT%02d:%02d:%02d", pulse_format_day(days, date),
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
    size_t capacity = (size_t)(PULSE_INSTANT_TEXT - n);
    if (ns != 0 && ns % 1000000 == 0)
        (void)snprintf(out + n, capacity, ".%03d", ns / 1000000);
    else if (ns != 0 && ns % 1000 == 0)
        (void)snprintf(out + n, capacity, ".%06d", ns / 1000);
    else if (ns != 0)
        (void)snprintf(out + n, capacity, ".%09d", ns);
    return out;
}

int64_t pulse_today(void)
{
    return floor_div((int64_t)time(NULL), 86400);
}
