/* Instants as counts of a unit from 1970 on: the units, their names, and counts and texts →
 * nanoseconds, and which of them stand for no time. Pure; knows nothing of files or of columns. */
#ifndef PULSE_DATA_COMMON_EPOCH_H
#define PULSE_DATA_COMMON_EPOCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What integers in a time column count, from 1970 on. */
enum pulse_time_unit {
    PULSE_TIME_UNIT_NONE, /* not declared: such a column is PULSE_E_INPUT */
    PULSE_TIME_UNIT_S,
    PULSE_TIME_UNIT_MS,
    PULSE_TIME_UNIT_US,
    PULSE_TIME_UNIT_NS
};

/* Its name; NULL for none. */
const char *pulse_time_unit_name(enum pulse_time_unit unit);

/* No time: what stands for one that is missing where instants are int64 nanoseconds. */
#define PULSE_NO_TIME INT64_MIN

/* A count of `unit_ns` nanoseconds each. The stamps that programs write for no time (the first and
 * the last int64, the days 0001-01-01 and 9999-12-31) become PULSE_NO_TIME; false for others beyond
 * int64 nanoseconds. */
bool pulse_count_to_ns(int64_t count, int64_t unit_ns, int64_t *time_ns);

/* ISO 8601 as pulse_read_instant reads it, and a year of four digits as its first day; the days
 * 0001-01-01 and 9999-12-31 are PULSE_NO_TIME. */
bool pulse_parse_time(const char *text, size_t length, int64_t *time_ns);

/* pulse_parse_time, and the offset from UTC that the text shows. */
struct pulse_shown_offset; /* base/date.h */
bool pulse_parse_stamp(const char *text, size_t length, int64_t *time_ns,
                       struct pulse_shown_offset *offset);

/* What is wrong with a text that pulse_parse_time does not read: "no ISO 8601 time (…)" or "a time
 * outside 1677-09-22 to 2262-04-10". */
const char *pulse_time_fault(const char *text, size_t length);

/* Whether an instant lies on a whole day of int64 nanoseconds. The first and the last day are no
 * whole ones: there only sentinels lie (pandas' Timestamp.min and max). */
bool pulse_is_time(int64_t time_ns);

/* A real count from `epoch_ns` on → nanoseconds, its fraction to the microsecond where the unit is
 * longer, PULSE_NO_TIME as above; false where it is no number, or outside. */
bool pulse_real_to_ns(double count, int64_t unit_ns, int64_t epoch_ns, int64_t *time_ns);

/* The same of a declared unit, from 1970 on. False where there is none. */
bool pulse_epoch_of_real(double count, enum pulse_time_unit unit, int64_t *time_ns);

/* pulse_count_to_ns of a declared unit. Where there is none eight digits that are a day are that
 * day (20161230) and four of a year its first one (2016), as in text; false for others. */
bool pulse_epoch_to_ns(int64_t count, enum pulse_time_unit unit, int64_t *time_ns);

/* Eight digits that are a day: 20161230; false for others. */
bool pulse_epoch_of_digits(int64_t count, int64_t *time_ns);

/* PULSE_E_INPUT, which names `where`, if counts of two units were read as if they were of the
 * declared one: some of these days, ascending since 1970, lie in its first weeks, where a count of
 * the next longer unit leads, and then none for ten years. */
int pulse_epoch_check_mixed(const char *where, enum pulse_time_unit unit, const int64_t *days,
                            int64_t n, struct pulse_err *err);

#endif
