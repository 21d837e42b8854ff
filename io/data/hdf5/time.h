/* The time column of an HDF5 frame → nanoseconds. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_TIME_H
#define PULSE_DATA_HDF5_TIME_H

#include "data/common/stamps.h"
#include "data/hdf5/cf/unit.h"
#include "data/hdf5/dataset.h"
#include "data/pickle/zone.h"

/* Elements [first, first + rows) of a vector of integers (with a unit as attribute `units` or
 * `unit`: "days since 1970-01-01", "ms"; without one nanoseconds since 1970), of reals (with such a
 * unit) or of ISO 8601 strings; of compounds the member `member`. Packed numbers are unpacked
 * (packing.h), and one that is missing is PULSE_E_INPUT. `stamps` is that of all its pieces. */
int pulse_h5_times_read(const struct pulse_h5_location *location, const char *name,
                        const struct pulse_h5_dataset *dataset, const char *member, int64_t first,
                        int64_t rows, struct pulse_stamps *stamps, int64_t *time_ns,
                        struct pulse_err *err);

/* The zone of a dataset of instants, which its attribute `tz` names, or the offset of the origin in
 * its `units`, as "+09:00"; "" for none. */
int pulse_h5_time_zone(const struct pulse_h5_location *location, hid_t dataset,
                       char out[PULSE_PICKLE_ZONE_NAME], struct pulse_err *err);

/* How integers of a dataset count time: by its attribute, else as the location says, else
 * nanoseconds since 1970 and not `declared`. */
int pulse_h5_time_unit(const struct pulse_h5_location *location, const char *name, hid_t dataset,
                       struct pulse_cf_unit *unit, bool *declared, struct pulse_err *err);

/* Whether a dataset says "… since …" of its integers, so that they are instants whatever it is
 * called. */
int pulse_h5_counts_time(const struct pulse_h5_location *location, hid_t dataset, bool *counts,
                         struct pulse_err *err);

/* Whether an integer whose unit nobody declares is too small to be nanoseconds: microseconds,
 * seconds, days or YYYYMMDD taken for them would all lie before 1970-04-18. A column of such
 * integers alone counts in one of those; one that merely passes 1970 has others too. */
bool pulse_h5_time_is_small(int64_t count);

#endif
