/* The file space.yaml of a study. Knows the options of pulse-train by their table alone; no data,
 * no MPI. */
#ifndef PULSE_TUNE_SPACE_FILE_H
#define PULSE_TUNE_SPACE_FILE_H

#include "base/error.h"
#include "tune/space/space.h"

/* What a study's directory has of its own. */
#define PULSE_STUDY_SPACE "space.yaml"
#define PULSE_STUDY_TRIALS "trials"
#define PULSE_STUDY_HOLDOUT "holdout"
#define PULSE_STUDY_LEASES "leases"

/* Reads `bytes` (n of them), which messages call `name`. Every value of a list, and both ends of a
 * range, have been taken by pulse-train's own parser. PULSE_E_USAGE names the line; PULSE_E_MEMORY.
 * Clear in every case. */
int pulse_space_read(const char *name, const char *bytes, int64_t n, struct pulse_space *space,
                     struct pulse_err *err);

#endif
