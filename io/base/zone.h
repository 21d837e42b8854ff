/* Time zones: what a zone's clocks show at an instant, by the system's time zone database, which is
 * read here (RFC 8536) so that neither TZ nor the C library's one zone a process are touched. A
 * zone is found once and lives as long as the process. */
#ifndef PULSE_BASE_ZONE_H
#define PULSE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"

struct pulse_zone;

/* The zone of a name ("Asia/Tokyo", "UTC"), of a path below a folder zoneinfo/, or of a fixed
 * offset ("+09:00", "UTC-05:30"). PULSE_E_INPUT where the database has no such zone. */
int pulse_zone_find(const char *name, const struct pulse_zone **out, struct pulse_err *err);

/* The same of a zone that a file names. */
int pulse_zone_of_file(const char *file, const char *name, const struct pulse_zone **out,
                       struct pulse_err *err);

/* UTC, which needs no database. */
const struct pulse_zone *pulse_zone_utc(void);

/* The name; "+09:00" for a fixed offset. */
const char *pulse_zone_name(const struct pulse_zone *zone);

/* Whether it is UTC, or never off it. */
bool pulse_zone_is_utc(const struct pulse_zone *zone);

/* Seconds that its clocks are ahead of UTC at an instant, given in seconds since 1970 UTC. */
int64_t pulse_zone_offset(const struct pulse_zone *zone, int64_t second);

/* What its clocks show at an instant: as nanoseconds since 1970 by those clocks. The first and last
 * int64 stay within their range. */
int64_t pulse_zone_clock(const struct pulse_zone *zone, int64_t time_ns);

/* The instant at which its clocks show that; of two the first, of none the one that would be it
 * without the change of clocks. */
int64_t pulse_zone_instant(const struct pulse_zone *zone, int64_t clock_ns);

/* What the zone's clocks show, and the offset: "2016-12-30T09:00:00+09:00"; of an offset of odd
 * seconds, as there were before 1930, the whole minutes, and the clock that fits them. NULL: as
 * pulse_format_instant has it. Returns `out`. */
char *pulse_zone_format(const struct pulse_zone *zone, int64_t time_ns,
                        char out[PULSE_INSTANT_TEXT]);

#endif
