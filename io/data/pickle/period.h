/* Periods of pandas (a month, a week, a quarter of a year that ends in June): their ordinals → the
 * instants at which they begin. Pure. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_PERIOD_H
#define PULSE_DATA_PICKLE_PERIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of no unit: no periods. */
struct pulse_period {
    char unit;     /* Y, Q, M, W, B (weekdays), D; or with `ns` set another */
    int anchor;    /* of Y and Q the month, 1 to 12, that a year ends with; of W the weekday, 0 for
                      Monday, that a week does */
    int64_t ns;    /* in one, of those of a fixed length */
    int64_t first; /* the number of the one that begins with 1970, which pandas calls 0 */
};

/* Reads a frequency as pandas writes it: "M", "Q-DEC", "A-JUN", "W-SUN", "3h", "period[D]". False
 * for others, as those of business months. */
bool pulse_period_read(const char *name, size_t length, struct pulse_period *out);

/* The instant at which period number `ordinal` begins; false outside int64 nanoseconds. */
bool pulse_period_start(const struct pulse_period *period, int64_t ordinal, int64_t *time_ns);

#endif
