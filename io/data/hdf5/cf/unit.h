/* What counts of time mean, as the climate and forecast conventions (CF) and others say it in the
 * attribute `units`: "days since 1800-01-01", "ms". Pure; knows no file. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_CF_UNIT_H
#define PULSE_DATA_HDF5_CF_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A count c is the instant (c − first)·ns + epoch_ns. `first` is not 0 where the origin lies before
 * 1900, so that nothing leaves int64 that does not lie outside 1677 to 2262. */
struct pulse_cf_unit {
    int64_t ns; /* in one of it; divides a day */
    int64_t first;
    int64_t epoch_ns;
};

/* "days", "ns since 1970-01-01", "seconds since 1800-1-1 00:00:0.0 UTC", "hours since 1990-1-1
 * 00:00 -6:00". The origin's years begin with 1; before 1582-10-15 its day is one of the Julian
 * calendar unless `proleptic`. False where the text says nothing of that kind. */
bool pulse_cf_unit_parse(const char *text, size_t length, bool proleptic,
                         struct pulse_cf_unit *out);

/* The offset behind the origin's clock as "+09:00", from +9, +09, +0900, +9:00 or +09:00: days
 * since 1970-01-01 00:00 +09:00 are days of such clocks. "" where there is none, or 0. */
enum { PULSE_CF_OFFSET = sizeof "+09:00" };
void pulse_cf_offset_find(const char *units, char out[PULSE_CF_OFFSET]);

/* A count → nanoseconds since 1970. What programs write for no time becomes PULSE_NO_TIME
 * (epoch.h); false outside. A real one's fraction counts to the microsecond. */
bool pulse_cf_count_to_ns(const struct pulse_cf_unit *unit, int64_t count, int64_t *time_ns);
bool pulse_cf_real_to_ns(const struct pulse_cf_unit *unit, double count, int64_t *time_ns);

#endif
