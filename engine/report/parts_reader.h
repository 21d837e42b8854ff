/* The parts beside a results.h5 of nodes that shared no disk, found by what its datasets
 * point to and read by ourselves: HDF5 would follow them to any file of the machine. Internal to
 * the files of this folder; local; knows nothing of what is shown. */
#ifndef PULSE_REPORT_PARTS_READER_H
#define PULSE_REPORT_PARTS_READER_H

#include <hdf5.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_report_parts;

/* Which part has which of the V variables of the results.h5 at `path` (borrowed, as is the
 * fingerprint of its summary: NULL: none), out of one dataset that points there, since pulse-train
 * cuts all of them alike. PULSE_E_INPUT when it points to anything but regular files beside
 * results.h5 that are named as parts are, or one of those is missing or of another run. Close it in
 * every case. */
int pulse_report_parts_open(const char *path, int64_t V, const char *fingerprint, hid_t set,
                            const char *dataset, struct pulse_report_parts **out,
                            struct pulse_err *err);
void pulse_report_parts_close(struct pulse_report_parts *parts);

/* The n numbers of a variable's column of a dataset. PULSE_E_INPUT. */
int pulse_report_parts_read(const struct pulse_report_parts *parts, const char *dataset,
                            int64_t variable, int64_t n, double *out, struct pulse_err *err);

#endif
