/* The rule that a zone follows after the last change its database lists: a POSIX TZ string such as
 * "EST5EDT,M3.2.0,M11.1.0". Pure. */
#ifndef PULSE_BASE_ZONE_RULE_H
#define PULSE_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* A day of any year, and when on it by the clocks before the change. */
struct pulse_zone_change {
    char form; /* 'J': 1 … 365 without 29 February; 'N': 0 … 365; 'M': weekday of a week */
    int day, week, month;
    int64_t seconds;
};

/* Offsets are seconds ahead of UTC. */
struct pulse_zone_rule {
    int64_t standard, summer;
    bool changes; /* or it is always standard */
    struct pulse_zone_change begin, end;
};

/* Reads "\nSTRING\n", of at most `length` bytes. An empty string leaves `out` as it is. False where
 * it is none. */
bool pulse_zone_rule_parse(const char *text, int64_t length, struct pulse_zone_rule *out);

int64_t pulse_zone_rule_offset(const struct pulse_zone_rule *rule, int64_t second);

#endif
