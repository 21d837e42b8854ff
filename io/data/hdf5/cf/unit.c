#include "data/hdf5/cf/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "data/common/epoch.h"

enum { UNITS_MOST = 96, ORIGIN_MOST = 48, ORIGIN_TEXT = 2 * ORIGIN_MOST, YEAR_DIGITS = 4 };

/* ---- The text -------------------------------------------------------------------- */

static bool unit_of_word(const char *word, size_t length, int64_t *ns)
{
    static const struct {
        const char *word;
        int64_t ns;
    } units[] = {{"ns", 1},
                 {"nanosecond", 1},
                 {"us", 1000},
                 {"microsecond", 1000},
                 {"microsec", 1000},
                 {"ms", 1000000},
                 {"msec", 1000000},
                 {"millisecond", 1000000},
                 {"millisec", 1000000},
                 {"s", PULSE_NS_PER_SECOND},
                 {"sec", PULSE_NS_PER_SECOND},
                 {"second", PULSE_NS_PER_SECOND},
                 {"min", 60 * PULSE_NS_PER_SECOND},
                 {"minute", 60 * PULSE_NS_PER_SECOND},
                 {"h", 3600 * PULSE_NS_PER_SECOND},
                 {"hour", 3600 * PULSE_NS_PER_SECOND},
                 {"hr", 3600 * PULSE_NS_PER_SECOND},
                 {"hrs", 3600 * PULSE_NS_PER_SECOND},
                 {"d", PULSE_NS_PER_DAY},
                 {"day", PULSE_NS_PER_DAY}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i].word);
        bool plural = n > 2 && length == n + 1 && (word[n] | 0x20) == 's';
        if ((length == n || plural) && strncasecmp(word, units[i].word, n) == 0) {
            *ns = units[i].ns;
            return true;
        }
    }
    return false;
}

static size_t count_digits(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* At most two digits to two; false where there is none. */
static bool widen(const char **at, const char *end, char **to)
{
    const size_t left = (size_t)(end - *at), n = count_digits(*at, left < 2 ? left : 2);
    if (n == 1)
        *(*to)++ = '0';
    for (size_t i = 0; i < n; i++)
        *(*to)++ = *(*at)++;
    return n > 0;
}

/* 1800-1-1 00:00:0.0, as observatories write the origin of their times, to 1800-01-01 00:00:00.0,
 * and 1-1-1 to 0001-01-01;
 * what does not have that form stays as it is. */
static void widen_origin(const char *text, size_t length, char out[ORIGIN_TEXT])
{
    const char *at = text, *end = text + length;
    char *to = out;
    const size_t year = count_digits(text, length);
    if (year > 0 && year <= YEAR_DIGITS && length > year && length <= ORIGIN_MOST) {
        memset(to, '0', YEAR_DIGITS - year);
        memcpy(to + YEAR_DIGITS - year, at, year);
        at += year;
        to += YEAR_DIGITS;
        while (at < end && strchr("- T:", *at) != NULL && *at != '\0') {
            *to++ = *at++;
            if (!widen(&at, end, &to))
                break;
        }
    }
    (void)snprintf(to, (size_t)(out + ORIGIN_TEXT - to), "%.*s", (int)(end - at), at);
}

/* Without blanks at its ends, and one blank where several are; false where it is too long. */
static bool tidy(const char *text, size_t length, char out[UNITS_MOST])
{
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; n < UNITS_MOST && i < length; i++) {
        const bool is_blank = text[i] == ' ' || text[i] == '\t';
        if (!is_blank && blank && n > 0)
            out[n++] = ' ';
        if (!is_blank && n < UNITS_MOST)
            out[n++] = text[i];
        blank = is_blank;
    }
    const bool fits = n < UNITS_MOST;
    out[fits ? n : 0] = '\0';
    return fits;
}

/* The sign of the offset behind a clock; NULL where there is none. */
static char *find_sign(char *text)
{
    char *clock = strchr(text, ':');
    char *sign = clock == NULL ? NULL : clock + strcspn(clock, "+-");
    return sign == NULL || *sign == '\0' ? NULL : sign;
}

/* +9, +09, +0930 and +9:30 as +09:30; false where it is none of these. */
static bool read_offset(const char *sign, char out[PULSE_CF_OFFSET])
{
    size_t hours = strspn(sign + 1, "0123456789");
    const char *end = sign + 1 + hours, *minutes = "00";
    if (hours == 4) {
        hours = 2;
        minutes = sign + 3;
    } else if (*end == ':' && strspn(end + 1, "0123456789") == 2) {
        minutes = end + 1;
        end += 3;
    }
    const bool good = (hours == 1 || hours == 2) && *end == '\0';
    if (good)
        (void)snprintf(out, PULSE_CF_OFFSET, "%c%s%.*s:%.2s", *sign, hours == 1 ? "0" : "",
                       (int)hours, sign + 1, minutes);
    return good;
}

/* Of what stands behind a clock: UTC by its names goes, offsets get two digits of hours. */
static void tidy_offset(char *origin, size_t size)
{
    static const char *const utc[] = {"UTC", "GMT"};
    char offset[PULSE_CF_OFFSET], *sign = find_sign(origin);
    char *clock = strchr(origin, ':'), *last = strrchr(origin, ' ');
    bool none =
        last != NULL && clock != NULL && clock < last && strspn(last + 1, "0:") == strlen(last + 1);
    for (size_t i = 0; last != NULL && i < sizeof utc / sizeof *utc; i++)
        none = none || strcasecmp(last + 1, utc[i]) == 0;
    if (none)
        *last = '\0';
    else if (sign != NULL && read_offset(sign, offset))
        (void)snprintf(sign, size - (size_t)(sign - origin), "%s", offset);
}

/* How many days a date of the Julian calendar lies after the date of the Gregorian one that is
 * written like it. */
static int64_t julian_days(int64_t year, int month)
{
    const int64_t centuries = (month <= 2 ? year - 1 : year) / 100;
    return centuries - centuries / 4 - 2;
}

/* A number of `n` digits; -1 where they are none. */
static int number_at(const char *text, int n)
{
    int number = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + text[i] - '0';
    }
    return number;
}

/* An origin in any year from 1 on: as `days` after an instant of a year whose calendar is the same,
 * 400 years, or so many times 400, later. */
static bool parse_origin(char text[ORIGIN_TEXT], bool proleptic, int64_t *days, int64_t *ns)
{
    enum { CYCLE_YEARS = 400, CYCLE_DAYS = 146097, LEAST = 1700, REFORM = 15821015 };
    const bool date = strlen(text) >= strlen("0001-01-01");
    const int year = date ? number_at(text, YEAR_DIGITS) : -1;
    char digits[12];
    *days = 0;
    if (year > 0) {
        const int cycles = year < LEAST ? (LEAST - year + CYCLE_YEARS - 1) / CYCLE_YEARS : 0;
        (void)snprintf(digits, sizeof digits, "%04d", year + cycles * CYCLE_YEARS);
        memcpy(text, digits, YEAR_DIGITS);
        *days = -(int64_t)cycles * CYCLE_DAYS;
        const int month = number_at(text + 5, 2), day = number_at(text + 8, 2);
        if (!proleptic && (year * 100 + month) * 100 + day < REFORM)
            *days += julian_days(year, month);
    }
    return date && pulse_parse_instant(text, strlen(text), ns);
}

/* The count that means 1970-01-01 or the clock of the origin on that day, where counts from the
 * origin itself may leave int64 nanoseconds. */
static bool move_origin(struct pulse_cf_unit *unit, int64_t days, int64_t ns)
{
    const int64_t year_1900 = pulse_days_from_civil(1900, 1, 1);
    unit->epoch_ns = ns;
    days += pulse_day_of_ns(ns);
    if (days >= year_1900)
        return true;
    unit->epoch_ns = ns - pulse_day_of_ns(ns) * PULSE_NS_PER_DAY;
    return !__builtin_mul_overflow(-days, PULSE_NS_PER_DAY / unit->ns, &unit->first);
}

bool pulse_cf_unit_parse(const char *text, size_t length, bool proleptic, struct pulse_cf_unit *out)
{
    static const char since[] = " since ";
    char units[UNITS_MOST], origin[ORIGIN_TEXT];
    *out = (struct pulse_cf_unit){.ns = 1};
    if (!tidy(text, length, units))
        return false;
    const size_t word = strcspn(units, " ");
    if (!unit_of_word(units, word, &out->ns))
        return false;
    if (units[word] == '\0')
        return true;
    if (strncasecmp(units + word, since, sizeof since - 1) != 0)
        return false;
    const char *at = units + word + sizeof since - 1;
    int64_t days, ns;
    widen_origin(at, strlen(at), origin);
    tidy_offset(origin, sizeof origin);
    return parse_origin(origin, proleptic, &days, &ns) && move_origin(out, days, ns);
}

void pulse_cf_offset_find(const char *text, char out[PULSE_CF_OFFSET])
{
    char units[UNITS_MOST];
    const char *sign = tidy(text, strlen(text), units) ? find_sign(units) : NULL;
    *out = '\0';
    if (sign != NULL && read_offset(sign, out) && strspn(out + 1, "0:") == strlen(out + 1))
        *out = '\0';
}

/* ---- Counts ---------------------------------------------------------------------- */

bool pulse_cf_count_to_ns(const struct pulse_cf_unit *unit, int64_t count, int64_t *time_ns)
{
    if (unit->first != 0 && __builtin_sub_overflow(count, unit->first, &count))
        return false;
    return pulse_count_to_ns(count, unit->ns, time_ns) &&
           (*time_ns == PULSE_NO_TIME ||
            !__builtin_add_overflow(*time_ns, unit->epoch_ns, time_ns));
}

bool pulse_cf_real_to_ns(const struct pulse_cf_unit *unit, double count, int64_t *time_ns)
{
    return pulse_real_to_ns(count - (double)unit->first, unit->ns, unit->epoch_ns, time_ns);
}
