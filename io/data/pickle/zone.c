#include "data/pickle/zone.h"

#include <stdio.h>
#include <string.h>

#include "data/common/epoch.h"

static bool is_integer(const struct pulse_pickle_value *value)
{
    return pulse_pickle_is(value, PULSE_PICKLE_INT);
}

/* timedelta(days, seconds, microseconds) of whole minutes, as ±hh:mm. */
static bool write_delta(const struct pulse_pickle_value *delta, char out[PULSE_PICKLE_ZONE_NAME])
{
    const struct pulse_pickle_value *days = pulse_pickle_argument(delta, 0);
    const struct pulse_pickle_value *seconds = pulse_pickle_argument(delta, 1);
    enum { DAY = 86400 };
    if (!pulse_pickle_is_call(delta, PULSE_PICKLE_TIMEDELTA) || !is_integer(days) ||
        !is_integer(seconds) || days->as.integer < -1 || days->as.integer > 0 ||
        seconds->as.integer < 0 || seconds->as.integer >= DAY)
        return false;
    const int64_t ahead = days->as.integer * DAY + seconds->as.integer;
    const long long minutes = (ahead < 0 ? -ahead : ahead) / 60;
    (void)snprintf(out, PULSE_PICKLE_ZONE_NAME, "%c%02lld:%02lld", ahead < 0 ? '-' : '+',
                   minutes / 60, minutes % 60);
    return ahead % 60 == 0;
}

static bool write_minutes(int64_t minutes, char out[PULSE_PICKLE_ZONE_NAME])
{
    enum { DAY = 24 * 60 };
    const long long size = minutes < 0 ? -minutes : minutes;
    if (minutes <= -DAY || minutes >= DAY)
        return false;
    (void)snprintf(out, PULSE_PICKLE_ZONE_NAME, "%c%02lld:%02lld", minutes < 0 ? '-' : '+',
                   size / 60, size % 60);
    return true;
}

static bool write_name(const struct pulse_pickle_value *name, char out[PULSE_PICKLE_ZONE_NAME])
{
    if (!pulse_pickle_is(name, PULSE_PICKLE_TEXT) ||
        name->as.text.length >= PULSE_PICKLE_ZONE_NAME ||
        memchr(name->as.text.at, '\0', (size_t)name->as.text.length) != NULL)
        return false;
    (void)snprintf(out, PULSE_PICKLE_ZONE_NAME, "%.*s", (int)name->as.text.length,
                   name->as.text.at);
    return true;
}

bool pulse_pickle_zone_name(const struct pulse_pickle_value *zone, char out[PULSE_PICKLE_ZONE_NAME])
{
    out[0] = '\0';
    if (zone == NULL || pulse_pickle_is(zone, PULSE_PICKLE_NONE))
        return true;
    if (pulse_pickle_is(zone, PULSE_PICKLE_TEXT)) /* as pandas writes it into HDF5 */
        return write_name(zone, out);
    if (!pulse_pickle_is_call(zone, PULSE_PICKLE_ZONE))
        return false;
    const struct pulse_pickle_value *state = zone->as.call.state;
    const struct pulse_pickle_value *first = pulse_pickle_argument(zone, 0);
    const struct pulse_pickle_value *offset = pulse_pickle_find(state, "_offset");
    const struct pulse_pickle_value *file = pulse_pickle_find(state, "_filename");
    if (offset != NULL) /* dateutil's tzoffset */
        return write_delta(offset, out);
    if (file != NULL) /* dateutil's tzfile */
        return write_name(file, out);
    if (is_integer(first)) /* pytz's FixedOffset */
        return write_minutes(first->as.integer, out);
    if (pulse_pickle_is(first, PULSE_PICKLE_TEXT)) /* pytz's _p, zoneinfo */
        return write_name(first, out);
    if (pulse_pickle_is_call(first, PULSE_PICKLE_TIMEDELTA))
        return write_delta(first, out); /* datetime's timezone */
    (void)snprintf(out, PULSE_PICKLE_ZONE_NAME, "UTC");
    return first == NULL || pulse_pickle_is(first, PULSE_PICKLE_GLOBAL); /* pytz's _UTC, dateutil's
                                                                            tzutc */
}

int pulse_pickle_zone_find(struct pulse_pickle_zones *zones, const struct pulse_pickle_value *value,
                           const struct pulse_zone **out, struct pulse_err *err)
{
    char name[PULSE_PICKLE_ZONE_NAME];
    *out = zones->zone;
    if (value == zones->value)
        return 0;
    *out = NULL;
    if (!pulse_pickle_zone_name(value, name))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: its times are of a zone of a kind that is not read; convert them "
                          "with tz_convert('UTC'), or to a zone of zoneinfo",
                          zones->file);
    if (name[0] != '\0' && pulse_zone_of_file(zones->file, name, out, err) != 0)
        return -1;
    zones->value = value;
    zones->zone = *out;
    return 0;
}

int pulse_pickle_zone_instant(struct pulse_pickle_zones *zones,
                              const struct pulse_pickle_cell *cell, bool resolve, int64_t *time_ns,
                              struct pulse_shown_offset *offset, struct pulse_err *err)
{
    const struct pulse_zone *zone = NULL;
    const bool none = cell->zone == NULL || pulse_pickle_is(cell->zone, PULSE_PICKLE_NONE);
    *time_ns = cell->integer;
    *offset = (struct pulse_shown_offset){.shown = !none};
    if (none || (!resolve && !cell->by_clock) || cell->integer == PULSE_NO_TIME)
        return 0;
    if (pulse_pickle_zone_find(zones, cell->zone, &zone, err) != 0)
        return -1;
    if (zone != NULL && cell->by_clock)
        *time_ns = pulse_zone_instant(zone, cell->integer);
    if (zone != NULL)
        offset->ns = pulse_zone_clock(zone, *time_ns) - *time_ns;
    return 0;
}
