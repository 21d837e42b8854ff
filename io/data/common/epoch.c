#include "data/common/epoch.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"

static const int64_t ns_of_unit[] = {[PULSE_TIME_UNIT_NONE] = 0,
                                     [PULSE_TIME_UNIT_S] = 1000000000,
                                     [PULSE_TIME_UNIT_MS] = 1000000,
                                     [PULSE_TIME_UNIT_US] = 1000,
                                     [PULSE_TIME_UNIT_NS] = 1};

bool pulse_real_to_ns(double count, int64_t each_ns, int64_t epoch_ns, int64_t *time_ns)
{
    const double step = each_ns > 1000 ? 1000 : 1;
    const double whole = floor(count);
    const double rest = round((count - whole) * (double)each_ns / step) * step;
    if (!(fabs(whole) < 9e18) || !pulse_count_to_ns((int64_t)whole, each_ns, time_ns))
        return false;
    return *time_ns == PULSE_NO_TIME ||
           (!__builtin_add_overflow(*time_ns, (int64_t)rest, time_ns) &&
            !__builtin_add_overflow(*time_ns, epoch_ns, time_ns));
}

bool pulse_epoch_of_real(double count, enum pulse_time_unit unit, int64_t *time_ns)
{
    return unit != PULSE_TIME_UNIT_NONE && pulse_real_to_ns(count, ns_of_unit[unit], 0, time_ns);
}

static bool parse_digits(int64_t count, int64_t *time_ns)
{
    char digits[24];
    return pulse_parse_time(
        digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)count), time_ns);
}

bool pulse_epoch_of_digits(int64_t count, int64_t *time_ns)
{
    return count >= 10000101 && count <= 99991231 && parse_digits(count, time_ns);
}

bool pulse_epoch_to_ns(int64_t count, enum pulse_time_unit unit, int64_t *time_ns)
{
    enum { FIRST_YEAR = 1678, LAST_YEAR = 2261 };
    if (unit != PULSE_TIME_UNIT_NONE)
        return pulse_count_to_ns(count, ns_of_unit[unit], time_ns);
    return count >= FIRST_YEAR && count <= LAST_YEAR ? parse_digits(count, time_ns)
                                                     : pulse_epoch_of_digits(count, time_ns);
}

/* Index of the next day; -1 where that is not so. */
static int64_t find_mixed(const int64_t *days, int64_t n)
{
    enum { WEEKS = 60, YEARS = 3650 }; /* in days */
    int64_t found = -1;
    for (int64_t i = 1; i < n && found < 0 && days[i - 1] < WEEKS; i++)
        if (days[i - 1] >= 0 && days[i] - days[i - 1] > YEARS)
            found = i;
    return found;
}

int pulse_epoch_check_mixed(const char *where, enum pulse_time_unit unit, const int64_t *days,
                            int64_t n, struct pulse_err *err)
{
    char next[PULSE_DATE_TEXT];
    const int64_t mixed = unit == PULSE_TIME_UNIT_NONE ? -1 : find_mixed(days, n);
    return mixed < 0 ? 0
                     : pulse_fail(err, PULSE_E_INPUT,
                                  "%s: times in the first weeks of 1970 and then none before %s: "
                                  "they count in another unit than --time-unit says; write all in "
                                  "one",
                                  where, pulse_format_day(days[mixed], next));
}

/* The days of datetime.min and datetime.max, which databases and programs write for "never"; and
 * the ends of int32, an infinite date of DuckDB and Postgres. */
static bool is_sentinel_day(int64_t day)
{
    enum { FIRST_DAY = -719162, LAST_DAY = 2932896 };
    return day == FIRST_DAY || day == LAST_DAY || day == INT32_MAX || day == -INT32_MAX;
}

bool pulse_count_to_ns(int64_t count, int64_t unit_ns, int64_t *time_ns)
{
    if (!__builtin_mul_overflow(count, unit_ns, time_ns))
        return true;
    const int64_t a_day = PULSE_NS_PER_DAY / unit_ns;
    const bool sentinel = count == INT64_MIN || count == INT64_MAX ||
                          (a_day > 0 && is_sentinel_day(count / a_day - (count % a_day < 0)));
    *time_ns = PULSE_NO_TIME;
    return sentinel;
}

enum { YEAR_DIGITS = 4 };

bool pulse_parse_time(const char *text, size_t length, int64_t *time_ns)
{
    struct pulse_shown_offset offset;
    return pulse_parse_stamp(text, length, time_ns, &offset);
}

bool pulse_parse_stamp(const char *text, size_t length, int64_t *time_ns,
                       struct pulse_shown_offset *offset)
{
    static const char *const sentinels[] = {"0001-01-01", "00010101", "9999-12-31", "99991231"};
    char first_day[] = "2016-01-01";
    bool sentinel = false;
    if (length == YEAR_DIGITS && memchr(text, '-', length) == NULL) { /* 2016: its first day */
        memcpy(first_day, text, YEAR_DIGITS);
        text = first_day;
        length = sizeof first_day - 1;
    }
    const enum pulse_instant_reading reading = pulse_read_stamp(text, length, time_ns, offset);
    if (reading != PULSE_INSTANT_OUTSIDE)
        return reading == PULSE_INSTANT_READ;
    for (size_t i = 0; i < sizeof sentinels / sizeof *sentinels; i++)
        sentinel = sentinel || (length >= strlen(sentinels[i]) &&
                                memcmp(text, sentinels[i], strlen(sentinels[i])) == 0);
    *time_ns = PULSE_NO_TIME;
    return sentinel;
}

const char *pulse_time_fault(const char *text, size_t length)
{
    int64_t ns;
    return pulse_read_instant(text, length, &ns) == PULSE_INSTANT_OUTSIDE
               ? PULSE_TIME_OUTSIDE
               : "no ISO 8601 time (2016-12-30 or 2016-12-30T16:00:00Z)";
}

bool pulse_is_time(int64_t time_ns)
{
    return time_ns >= PULSE_DAY_MIN * PULSE_NS_PER_DAY &&
           time_ns <= PULSE_DAY_MAX * PULSE_NS_PER_DAY + (PULSE_NS_PER_DAY - 1);
}

static const char *const names[] = {
    [PULSE_TIME_UNIT_NONE] = NULL, [PULSE_TIME_UNIT_S] = "s",   [PULSE_TIME_UNIT_MS] = "ms",
    [PULSE_TIME_UNIT_US] = "us",   [PULSE_TIME_UNIT_NS] = "ns",
};

const char *pulse_time_unit_name(enum pulse_time_unit unit)
{
    return names[unit];
}
