/* Whether files are of one run: each carries its fingerprint (DEFINITIONS §7.5). Internal to the
 * files of this folder; local. */
#ifndef PULSE_REPORT_FINGERPRINT_H
#define PULSE_REPORT_FINGERPRINT_H

#include <hdf5.h>

#include "base/error.h"

/* Compares that of the open file `path` with that of its summary.json, NULL: it has none, as those
 * of 0.1.0. PULSE_E_INPUT with both when they differ. */
int pulse_report_check_fingerprint(hid_t file, const char *path, const char *of_summary,
                                   struct pulse_err *err);

#endif
