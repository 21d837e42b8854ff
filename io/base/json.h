/* Values that JSON has no type for, all in one form: numbers that may be none, days, instants, text
 * from outside. Knows nothing of what they are of. New references; NULL where memory is short. */
#ifndef PULSE_BASE_JSON_H
#define PULSE_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

/* null where it is not finite. */
json_t *pulse_json_number(double x);

/* "2016-12-30", of a day since 1970. */
json_t *pulse_json_day(int64_t day);

/* The current second, "2016-12-30T18:05:00Z". */
json_t *pulse_json_now(void);

/* A string from outside, made UTF-8 where it is not: JSON knows nothing else. Of one that is longer
 * than 4 KiB the beginning. */
json_t *pulse_json_text(const char *text);

#endif
