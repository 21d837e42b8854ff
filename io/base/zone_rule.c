#include "base/zone_rule.h"

#include "base/date.h"

/* ---- Reading ----------------------------------------------------------------------- */

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* EST, or <+09>. */
static bool take_name(struct cursor *c)
{
    const char *first = c->at;
    if (take(c, '<')) {
        while (c->at < c->end && *c->at != '>' && *c->at != '\n')
            c->at++;
        return take(c, '>');
    }
    while (c->at < c->end && is_letter(*c->at))
        c->at++;
    return c->at > first;
}

static bool take_number(struct cursor *c, int most, int *out)
{
    const char *first = c->at;
    *out = 0;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9' && *out <= most)
        *out = *out * 10 + (*c->at++ - '0');
    return c->at > first && *out <= most;
}

/* [+-]hh[:mm[:ss]]; up to 167 hours where it says when on a day. */
static bool take_time(struct cursor *c, int64_t *seconds)
{
    enum { HOURS_MOST = 167 };
    int hours, minutes = 0, rest = 0;
    const bool negative = take(c, '-');
    if (!negative)
        (void)take(c, '+');
    if (!take_number(c, HOURS_MOST, &hours) || (take(c, ':') && !take_number(c, 59, &minutes)) ||
        (take(c, ':') && !take_number(c, 59, &rest)))
        return false;
    *seconds = hours * INT64_C(3600) + minutes * 60 + rest;
    *seconds = negative ? -*seconds : *seconds;
    return true;
}

/* M3.2.0, J60 or 59, then perhaps /2. */
static bool take_change(struct cursor *c, struct pulse_zone_change *out)
{
    enum { TWO_O_CLOCK = 7200 };
    *out = (struct pulse_zone_change){.form = 'N', .seconds = TWO_O_CLOCK};
    bool good;
    if (take(c, 'M')) {
        out->form = 'M';
        good = take_number(c, 12, &out->month) && out->month > 0 && take(c, '.') &&
               take_number(c, 5, &out->week) && out->week > 0 && take(c, '.') &&
               take_number(c, 6, &out->day);
    } else {
        out->form = take(c, 'J') ? 'J' : 'N';
        good = take_number(c, 365, &out->day) && (out->form == 'N' || out->day > 0);
    }
    return good && (!take(c, '/') || take_time(c, &out->seconds));
}

bool pulse_zone_rule_parse(const char *text, int64_t length, struct pulse_zone_rule *out)
{
    struct cursor c = {text, text + length};
    struct pulse_zone_rule rule = {0};
    int64_t west;
    if (!take(&c, '\n'))
        return false;
    if (take(&c, '\n'))
        return true;
    if (!take_name(&c) || !take_time(&c, &west))
        return false;
    rule.standard = rule.summer = -west;
    if (take(&c, '\n')) {
        *out = rule;
        return true;
    }
    rule.changes = true;
    rule.summer = rule.standard + 3600;
    if (!take_name(&c))
        return false;
    if (c.at < c.end && *c.at != ',') {
        if (!take_time(&c, &west))
            return false;
        rule.summer = -west;
    }
    if (!take(&c, ',') || !take_change(&c, &rule.begin) || !take(&c, ',') ||
        !take_change(&c, &rule.end) || !take(&c, '\n'))
        return false;
    *out = rule;
    return true;
}

/* ---- Applying ---------------------------------------------------------------------- */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t day_of(const struct pulse_zone_change *change, int64_t year)
{
    enum { LAST_OF_FEBRUARY = 59 };
    const int64_t january = pulse_days_from_civil(year, 1, 1);
    if (change->form == 'N')
        return january + change->day;
    if (change->form == 'J')
        return january + change->day - 1 + (is_leap(year) && change->day > LAST_OF_FEBRUARY);
    const int64_t first = pulse_days_from_civil(year, change->month, 1);
    const int64_t next = change->month == 12 ? pulse_days_from_civil(year + 1, 1, 1)
                                             : pulse_days_from_civil(year, change->month + 1, 1);
    int64_t day = first + (change->day - pulse_weekday(first) + 7) % 7 + 7 * (change->week - 1);
    while (day >= next) /* the fifth week is the last */
        day -= 7;
    return day;
}

int64_t pulse_zone_rule_offset(const struct pulse_zone_rule *rule, int64_t second)
{
    const int64_t a_day = 86400;
    const int64_t local = second + rule->standard;
    int64_t year;
    int month, day;
    if (!rule->changes)
        return rule->standard;
    pulse_civil_from_days(local / a_day - (local % a_day < 0), &year, &month, &day);
    const int64_t begin = day_of(&rule->begin, year) * a_day + rule->begin.seconds - rule->standard;
    const int64_t end = day_of(&rule->end, year) * a_day + rule->end.seconds - rule->summer;
    const bool summer =
        begin < end ? second >= begin && second < end : second >= begin || second < end;
    return summer ? rule->summer : rule->standard;
}
