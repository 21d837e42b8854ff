#include "data/hdf5/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "data/common/epoch.h"
#include "data/hdf5/cf/stored_time.h"
#include "data/hdf5/packing.h"

enum { UNITS_MOST = 96 };

/* Of CF's calendars the ones that today's is, in one of them also before 1582; in others the same
 * count is another day. */
static int read_calendar(const struct pulse_h5_location *location, const char *name, hid_t dataset,
                         bool *proleptic, struct pulse_err *err)
{
    static const char *const ours[] = {"", "standard", "gregorian", "proleptic_gregorian"};
    char calendar[40], what[200];
    bool good = false;
    if (pulse_h5_attribute_text(location, dataset, "calendar", sizeof calendar, calendar, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        good = good || strcasecmp(calendar, ours[i]) == 0;
    *proleptic = strcasecmp(calendar, "proleptic_gregorian") == 0;
    (void)snprintf(what, sizeof what,
                   "times of the calendar '%s', whose days are not those of the Gregorian one; "
                   "convert them, as with xarray's convert_calendar",
                   calendar);
    return good ? 0 : pulse_h5_fail(location, name, what, err);
}

static int parse_unit(const struct pulse_h5_location *location, const char *name, hid_t dataset,
                      const char *text, size_t length, struct pulse_cf_unit *unit,
                      struct pulse_err *err)
{
    char what[256];
    bool proleptic;
    if (read_calendar(location, name, dataset, &proleptic, err) != 0)
        return -1;
    (void)snprintf(what, sizeof what,
                   "unit '%.*s' is not understood; write days, hours, minutes or seconds since a "
                   "date, as 'seconds since 1970-01-01'",
                   (int)(length < 60 ? length : 60), text);
    return pulse_cf_unit_parse(text, length, proleptic, unit)
               ? 0
               : pulse_h5_fail(location, name, what, err);
}

int pulse_h5_time_unit(const struct pulse_h5_location *location, const char *name, hid_t dataset,
                       struct pulse_cf_unit *unit, bool *declared, struct pulse_err *err)
{
    static const char *const attributes[] = {"units", "unit"};
    struct pulse_h5_strings strings = {.type = -1, .space = -1};
    const char *at = "";
    int rc = 0;
    /* h5py has no datetime64: its users write the integers behind it, and pandas' are nanoseconds.
     * So that is what integers mean that nothing is said of. */
    *unit = (struct pulse_cf_unit){.ns = 1};
    for (size_t i = 0; rc == 0 && strings.n == 0 && i < 2; i++) {
        pulse_h5_strings_clear(&strings);
        rc = pulse_h5_attribute_read(location, dataset, attributes[i], &strings, err);
    }
    *declared = rc == 0 && strings.n > 0;
    if (*declared) {
        const size_t length = pulse_h5_string(&strings, 0, &at);
        rc = parse_unit(location, name, dataset, at, length, unit, err);
    } else if (rc == 0 && location->time_unit != PULSE_TIME_UNIT_NONE) {
        *declared = pulse_epoch_to_ns(1, location->time_unit, &unit->ns);
    }
    pulse_h5_strings_clear(&strings);
    return rc;
}

int pulse_h5_counts_time(const struct pulse_h5_location *location, hid_t dataset, bool *counts,
                         struct pulse_err *err)
{
    struct pulse_h5_strings strings;
    const char *at = "";
    size_t length = 0;
    int rc = pulse_h5_attribute_read(location, dataset, "units", &strings, err);
    if (rc == 0 && strings.n > 0)
        length = pulse_h5_string(&strings, 0, &at);
    *counts = memmem(at, length, " since ", 7) != NULL;
    pulse_h5_strings_clear(&strings);
    return rc;
}

int pulse_h5_time_zone(const struct pulse_h5_location *location, hid_t dataset,
                       char out[PULSE_PICKLE_ZONE_NAME], struct pulse_err *err)
{
    char units[2 * UNITS_MOST];
    if (pulse_h5_attribute_text(location, dataset, "tz", PULSE_PICKLE_ZONE_NAME, out, err) != 0)
        return -1;
    if (*out != '\0')
        return 0;
    if (pulse_h5_attribute_text(location, dataset, "units", sizeof units, units, err) != 0)
        return -1;
    pulse_cf_offset_find(units, out);
    return 0;
}

/* What is read: elements [first, first + rows) of dataset `d`, into time_ns (rows). */
struct times {
    const struct pulse_h5_location *location;
    const char *name;
    const struct pulse_h5_dataset *d;
    int64_t first, rows;
    int64_t *time_ns; /* stored counts at first, those of reals as their bits */
    struct pulse_err *err;
};

static int fail_column(const struct times *t, const char *what)
{
    return pulse_h5_fail(t->location, t->name, what, t->err);
}

/* `i`: among those that are read. */
static int fail_row(const struct times *t, int64_t i, const char *what)
{
    char text[320];
    (void)snprintf(text, sizeof text, "row %lld: %s", (long long)(t->first + i), what);
    return fail_column(t, text);
}

bool pulse_h5_time_is_small(int64_t count)
{
    const int64_t smallest = INT64_MAX / 1000;
    return count > -smallest && count < smallest;
}

/* In place: 20161230 of no unit is that day, where all are days. */
static bool digits_to_days(int64_t rows, int64_t *time_ns)
{
    int64_t ns, days = 0;
    while (days < rows && pulse_epoch_to_ns(time_ns[days], PULSE_TIME_UNIT_NONE, &ns))
        days++;
    for (int64_t i = 0; days == rows && i < rows; i++)
        (void)pulse_epoch_to_ns(time_ns[i], PULSE_TIME_UNIT_NONE, &time_ns[i]);
    return days == rows;
}

/* In place: integers → nanoseconds. `small`: nobody declares their unit, and all are too small. */
static int integers_to_ns(const struct times *t, const struct pulse_cf_unit *unit, bool declared,
                          bool *small)
{
    *small = false;
    if (!declared && digits_to_days(t->rows, t->time_ns))
        return 0;
    *small = !declared;
    for (int64_t i = 0; i < t->rows; i++) {
        if (t->time_ns[i] == INT64_MIN) /* NaT */
            return fail_row(t, i, "no time");
        *small = *small && pulse_h5_time_is_small(t->time_ns[i]);
        if (!pulse_cf_count_to_ns(unit, t->time_ns[i], &t->time_ns[i]))
            return fail_row(t, i, PULSE_TIME_OUTSIDE);
    }
    return 0;
}

/* The same of reals, which programs keep whole numbers in too. */
static bool reals_to_days(int64_t rows, int64_t *time_ns)
{
    enum { LATEST = 99991231 };
    double count;
    for (int64_t i = 0; i < rows; i++) {
        int64_t ns;
        memcpy(&count, &time_ns[i], sizeof count);
        if (!(count >= 1 && count <= LATEST) || count != floor(count) ||
            !pulse_epoch_to_ns((int64_t)count, PULSE_TIME_UNIT_NONE, &ns))
            return false;
    }
    for (int64_t i = 0; i < rows; i++) {
        memcpy(&count, &time_ns[i], sizeof count);
        (void)pulse_epoch_to_ns((int64_t)count, PULSE_TIME_UNIT_NONE, &time_ns[i]);
    }
    return true;
}

/* Counts as double, put where the times go. */
static int reals_to_ns(const struct times *t, const struct pulse_cf_unit *unit, bool declared)
{
    if (!declared)
        return reals_to_days(t->rows, t->time_ns)
                   ? 0
                   : fail_column(t, "real numbers, and no attribute 'units' says what they count; "
                                    "add one, such as 'seconds since 1970-01-01', or give "
                                    "--time-unit (of MATLAB's datenum: "
                                    "posixtime(datetime(x,'ConvertFrom','datenum')) and "
                                    "--time-unit s)");
    for (int64_t i = 0; i < t->rows; i++) {
        double count;
        memcpy(&count, &t->time_ns[i], sizeof count);
        if (isnan(count))
            return fail_row(t, i, "no time");
        if (!pulse_cf_real_to_ns(unit, count, &t->time_ns[i]))
            return fail_row(t, i, PULSE_TIME_OUTSIDE);
    }
    return 0;
}

/* Stored counts become what they mean; one that is missing NaN, or the least int64. */
static void unpack_counts(const struct pulse_h5_packing *packing, bool real, int64_t rows,
                          int64_t *counts)
{
    for (int64_t i = 0; packing->any && i < rows; i++) {
        double count;
        if (!real) {
            counts[i] = pulse_h5_unpack_whole(packing, counts[i]);
            continue;
        }
        memcpy(&count, &counts[i], sizeof count);
        count = pulse_h5_unpack(packing, count);
        memcpy(&counts[i], &count, sizeof count);
    }
}

static int read_stored(const struct times *t, hid_t memory_type, int64_t first, int64_t rows,
                       int64_t *to)
{
    const hsize_t count = (hsize_t)rows;
    hid_t space = pulse_h5_vector_select(t->d, first, rows);
    hid_t memory = H5Screate_simple(1, &count, NULL);
    int rc = 0;
    if (space < 0 || memory < 0 ||
        H5Dread(t->d->id, memory_type, memory, space, H5P_DEFAULT, to) < 0)
        rc = fail_column(t, "cannot be read; the file is truncated or corrupted");
    if (memory >= 0)
        (void)H5Sclose(memory);
    if (space >= 0)
        (void)H5Sclose(space);
    return rc;
}

/* Rows that were read are all small: whether the column is, its other rows say. */
static int check_others(const struct times *t, hid_t memory_type,
                        const struct pulse_h5_packing *packing)
{
    enum { ROWS = 1 << 12 };
    int64_t counts[ROWS] = {0};
    for (int64_t row = 0, n; row < t->d->dims[0]; row += n) {
        n = t->d->dims[0] - row < ROWS ? t->d->dims[0] - row : ROWS;
        if (read_stored(t, memory_type, row, n, counts) != 0)
            return -1;
        unpack_counts(packing, false, n, counts);
        for (int64_t i = 0; i < n; i++)
            if (counts[i] != INT64_MIN && !pulse_h5_time_is_small(counts[i]))
                return 0;
    }
    return fail_column(t, "integers too small to be nanoseconds, and no attribute 'units' says "
                          "what they are; add one, such as 'days since 1970-01-01', or give "
                          "--time-unit");
}

/* Integers or reals, as `memory_type` says; integers that are scaled become reals. */
static int read_counts(const struct times *t, hid_t memory_type, bool real)
{
    struct pulse_cf_unit unit;
    struct pulse_h5_packing packing;
    bool declared, small;
    if (pulse_h5_time_unit(t->location, t->name, t->d->id, &unit, &declared, t->err) != 0 ||
        pulse_h5_packing_read(t->location, t->name, t->d, &packing, t->err) != 0)
        return -1;
    if (t->rows == 0)
        return 0;
    packing.narrow = false; /* four bytes would move times by minutes */
    if (packing.scaled) {
        real = true;
        memory_type = H5T_NATIVE_DOUBLE;
    }
    if (read_stored(t, memory_type, t->first, t->rows, t->time_ns) != 0)
        return -1;
    unpack_counts(&packing, real, t->rows, t->time_ns);
    if (real)
        return reals_to_ns(t, &unit, declared);
    if (integers_to_ns(t, &unit, declared, &small) != 0)
        return -1;
    return small ? check_others(t, memory_type, &packing) : 0;
}

/* Of HDF5's own type of times, each of which says by itself what it counts. */
static int read_stored_times(const struct times *t, hid_t stored, hid_t memory_type)
{
    const struct pulse_cf_unit unit = {.ns = pulse_h5_stored_time_unit(stored)};
    bool small;
    if (unit.ns == 0)
        return fail_column(t, "times of a type that is not read");
    if (t->rows > 0 && read_stored(t, memory_type, t->first, t->rows, t->time_ns) != 0)
        return -1;
    return integers_to_ns(t, &unit, true, &small);
}

/* Strings of the rows from the `from`-th on. */
static int parse_times(const struct times *t, int64_t from, const struct pulse_h5_strings *strings,
                       struct pulse_stamps *stamps)
{
    for (int64_t i = 0; i < strings->n; i++) {
        const char *at;
        size_t length = pulse_h5_string(strings, i, &at);
        const char *fault = pulse_stamps_read(stamps, at, length, &t->time_ns[from + i]);
        if (fault != NULL)
            return fail_row(t, from + i, fault);
    }
    return 0;
}

/* A few rows at a time: many rows of a broken file may name one huge string. */
static int read_strings(const struct times *t, const char *member, struct pulse_stamps *stamps)
{
    enum { ROWS = 512 };
    int rc = 0;
    for (int64_t at = 0; rc == 0 && at < t->rows; at += ROWS) {
        struct pulse_h5_strings strings;
        int64_t n = t->rows - at < ROWS ? t->rows - at : ROWS;
        rc = pulse_h5_strings_read(t->location, t->name, t->d, member, t->first + at, n, &strings,
                                   t->err);
        if (rc == 0)
            rc = parse_times(t, at, &strings, stamps);
        pulse_h5_strings_clear(&strings);
    }
    return rc;
}

static int read_member(const struct times *t, const char *member, struct pulse_stamps *stamps)
{
    int rc = -1;
    hid_t alone = -1, stored = pulse_h5_member_type(t->d->type, member);
    H5T_class_t kind = stored < 0 ? H5T_NO_CLASS : H5Tget_class(stored);
    if (kind == H5T_STRING) {
        rc = read_strings(t, member, stamps);
    } else if (stored >= 0 && pulse_h5_stored_time_unit(stored) > 0) {
        alone = pulse_h5_compound_of(member, H5T_NATIVE_INT64);
        rc = alone < 0 ? fail_column(t, "broken data type") : read_stored_times(t, stored, alone);
    } else if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
        const bool real = kind == H5T_FLOAT;
        alone = pulse_h5_compound_of(member, real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64);
        rc = alone < 0 ? fail_column(t, "broken data type") : read_counts(t, alone, real);
    } else {
        (void)fail_column(t, "its time member is neither numbers nor strings");
    }
    if (alone >= 0)
        (void)H5Tclose(alone);
    if (stored >= 0)
        (void)H5Tclose(stored);
    return rc;
}

int pulse_h5_times_read(const struct pulse_h5_location *location, const char *name,
                        const struct pulse_h5_dataset *dataset, const char *member, int64_t first,
                        int64_t rows, struct pulse_stamps *stamps, int64_t *time_ns,
                        struct pulse_err *err)
{
    const struct times t = {location, name, dataset, first, rows, time_ns, err};
    if (member != NULL)
        return read_member(&t, member, stamps);
    if (dataset->kind == H5T_INTEGER)
        return read_counts(&t, H5T_NATIVE_INT64, false);
    if (dataset->kind == H5T_FLOAT)
        return read_counts(&t, H5T_NATIVE_DOUBLE, true);
    if (dataset->kind == H5T_TIME)
        return read_stored_times(&t, dataset->type, H5T_NATIVE_INT64);
    if (dataset->kind == H5T_STRING)
        return read_strings(&t, NULL, stamps);
    return fail_column(&t, "times are neither numbers nor strings; write ISO 8601 or "
                           "int64 nanoseconds since 1970-01-01");
}
