#include "data/common/epoch.h"

#include <stddef.h>
#include <string.h>

bool pulse_epoch_to_ns(int64_t count, enum pulse_time_unit unit, int64_t *time_ns)
{
    static const int64_t unit_ns[] = {[PULSE_TIME_UNIT_NONE] = 0,
                                      [PULSE_TIME_UNIT_S] = 1000000000,
                                      [PULSE_TIME_UNIT_MS] = 1000000,
                                      [PULSE_TIME_UNIT_US] = 1000,
                                      [PULSE_TIME_UNIT_NS] = 1};
    return unit != PULSE_TIME_UNIT_NONE && !__builtin_mul_overflow(count, unit_ns[unit], time_ns);
}

static const char *const names[] = {
    [PULSE_TIME_UNIT_NONE] = NULL, [PULSE_TIME_UNIT_S] = "s",   [PULSE_TIME_UNIT_MS] = "ms",
    [PULSE_TIME_UNIT_US] = "us",   [PULSE_TIME_UNIT_NS] = "ns",
};

const char *pulse_time_unit_name(enum pulse_time_unit unit)
{
    return names[unit];
}
