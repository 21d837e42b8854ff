/* From instants to what clocks show: the day of a stamp is the one that it shows in its own offset
 * or zone, or in the zone that --time-zone names. Works on blocks; knows no file. */
#ifndef PULSE_DATA_COMMON_CLOCK_H
#define PULSE_DATA_COMMON_CLOCK_H

#include <stdint.h>

#include "base/zone.h"
#include "data/common/types.h"

/* What the clocks of the block's zone show, or of `wanted` where that is not NULL. A stamp of no
 * zone that stands at midnight is a day already, and stays; others of none are taken for UTC's.
 * Sets `local`, and `midnights` of times that are UTC's or of no zone. */
void pulse_block_show_clocks(struct pulse_block *block, const struct pulse_zone *wanted);

/* The instant of a stamp of no zone, which that leaves at midnight where it stands there. */
int64_t pulse_instant_of_unzoned(const struct pulse_zone *wanted, int64_t time_ns);

#endif
