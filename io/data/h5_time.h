/* The time column of an HDF5 frame → nanoseconds. Internal to io/data. */
#ifndef PULSE_DATA_H5_TIME_H
#define PULSE_DATA_H5_TIME_H

#include "data/h5_dataset.h"

/* Elements [first, first + rows) of a vector of integers (with a unit as attribute `units` or
 * `unit`: "days since 1970-01-01", "ms"; without one nanoseconds since 1970) or of ISO 8601
 * strings; of compounds the member `member`. */
int pulse_h5_times_read(const struct pulse_h5_place *place, const char *name,
                        const struct pulse_h5_dataset *dataset, const char *member, int64_t first,
                        int64_t rows, int64_t *time_ns, struct pulse_err *err);

#endif
