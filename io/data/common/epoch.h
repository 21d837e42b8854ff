/* Instants as counts of a unit from 1970 on: the units, their names, and counts → nanoseconds.
 * Pure; knows nothing of files or of columns. */
#ifndef PULSE_DATA_COMMON_EPOCH_H
#define PULSE_DATA_COMMON_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

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

/* False where no unit is declared, or beyond int64 nanoseconds. */
bool pulse_epoch_to_ns(int64_t count, enum pulse_time_unit unit, int64_t *time_ns);

#endif
