/* The zones that Python's programs pickle beside times (pytz, zoneinfo, dateutil, datetime), and
 * times in them. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_ZONE_H
#define PULSE_DATA_PICKLE_ZONE_H

#include "base/date.h"
#include "base/zone.h"
#include "data/pickle/array.h"

enum { PULSE_PICKLE_ZONE_NAME = 64 };

/* Its name or offset ("Asia/Tokyo", "+09:00"); "" for None. False for what is no zone that is read.
 */
bool pulse_pickle_zone_name(const struct pulse_pickle_value *zone,
                            char out[PULSE_PICKLE_ZONE_NAME]);

/* The zone that was found last, since that of all times of a column is mostly one. Zero it, and set
 * the file, for messages. */
struct pulse_pickle_zones {
    const char *file;
    const struct pulse_pickle_value *value;
    const struct pulse_zone *zone;
};

/* NULL for None. PULSE_E_INPUT for a zone that is not read, or that this machine does not know. */
int pulse_pickle_zone_find(struct pulse_pickle_zones *zones, const struct pulse_pickle_value *value,
                           const struct pulse_zone **out, struct pulse_err *err);

/* The instant of a time, and how far ahead of UTC its zone's clock is then. `resolve` false: where
 * the instant is known without its zone, that is not looked for, and said to be 0 ahead. */
int pulse_pickle_zone_instant(struct pulse_pickle_zones *zones,
                              const struct pulse_pickle_cell *cell, bool resolve, int64_t *time_ns,
                              struct pulse_shown_offset *offset, struct pulse_err *err);

#endif
