/* Times as counts from 1970 on → nanoseconds. Pure; internal to io/data. */
#ifndef PULSE_DATA_COMMON_EPOCH_H
#define PULSE_DATA_COMMON_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset.h"

/* False where no unit is declared, or beyond int64 nanoseconds. */
bool pulse_epoch_to_ns(int64_t count, enum pulse_time_unit unit, int64_t *time_ns);

#endif
