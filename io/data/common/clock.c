#include "data/common/clock.h"

#include <stddef.h>

#include "base/date.h"
#include "data/common/epoch.h"

/* UTC, and zones whose midnights daily data are often written at. */
static const char *const names[] = {"UTC",
                                    "America/New_York",
                                    "America/Chicago",
                                    "America/Denver",
                                    "America/Los_Angeles",
                                    "Asia/Tokyo",
                                    "Asia/Shanghai",
                                    "Asia/Kolkata",
                                    "Europe/London",
                                    "Europe/Paris",
                                    "Europe/Athens",
                                    "Europe/Moscow",
                                    "Asia/Dubai",
                                    "Asia/Bangkok",
                                    "Asia/Karachi",
                                    "Asia/Dhaka",
                                    "Australia/Sydney",
                                    "Pacific/Auckland",
                                    "America/Sao_Paulo",
                                    "Pacific/Honolulu",
                                    "Africa/Johannesburg",
                                    "America/Halifax"};
enum { NAMES = sizeof names / sizeof *names };

static bool is_midnight(int64_t time_ns)
{
    return time_ns % PULSE_NS_PER_DAY == 0;
}

/* Those of the zones in `among` at whose midnights the times lie. */
static uint32_t find_midnights(const struct pulse_block *block, uint32_t among)
{
    const struct pulse_zone *zones[NAMES] = {0};
    struct pulse_err ignored = {0};
    for (uint32_t z = 1; z < NAMES; z++)
        if (pulse_zone_find(names[z], &zones[z], &ignored) != 0)
            among &= ~(UINT32_C(1) << z); /* not on this machine */
    for (int64_t i = 0; i < block->rows && among != 0; i++) {
        const int64_t time = block->time_ns[i];
        if (!pulse_is_time(time))
            continue;
        for (uint32_t z = 0, left = among; left != 0; z++, left >>= 1)
            if ((left & 1) != 0 && !is_midnight(z == 0 ? time : pulse_zone_clock(zones[z], time)))
                among &= ~(UINT32_C(1) << z);
    }
    return among;
}

int64_t pulse_instant_of_unzoned(const struct pulse_zone *wanted, int64_t time_ns)
{
    return is_midnight(time_ns) ? pulse_zone_instant(wanted, time_ns) : time_ns;
}

void pulse_block_show_clocks(struct pulse_block *block, const struct pulse_zone *wanted)
{
    const struct pulse_zone *zone = wanted != NULL ? wanted : block->zone;
    const bool unzoned = block->zone == NULL;
    block->midnights = PULSE_MIDNIGHTS_ANY;
    block->clock = zone != NULL ? zone : block->clock;
    if (zone != NULL && !pulse_zone_is_utc(zone)) {
        for (int64_t i = 0; i < block->rows; i++)
            if (block->time_ns[i] != PULSE_NO_TIME && !(unzoned && is_midnight(block->time_ns[i])))
                block->time_ns[i] = pulse_zone_clock(zone, block->time_ns[i]);
        block->local = true;
    }
    if (block->rows > 0)
        block->midnights =
            block->local || wanted != NULL ? 0 : find_midnights(block, (UINT32_C(1) << NAMES) - 1);
    block->zone = NULL;
}

const char *pulse_midnights_zone(uint32_t midnights)
{
    if (midnights == 0 || (midnights & 1) != 0)
        return NULL;
    return names[__builtin_ctz(midnights)];
}
