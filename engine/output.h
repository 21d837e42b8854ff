/* The directory that --output names: made and looked at before the work, filled by rename at its
 * end. Local, rank 0. */
#ifndef PULSE_OUTPUT_H
#define PULSE_OUTPUT_H

#include <stdint.h>

#include "base/error.h"
#include "options.h"

/* Of summary.json and results.h5: raised when a reader of the old ones would go wrong. */
#define PULSE_SCHEMA_VERSION "1"

/* Makes the directory (and those above it). PULSE_E_STORAGE when results cannot be written there or
 * to
 * --output-file, or there is less room than `bytes`: before anything was computed in vain. */
int pulse_output_prepare(const struct pulse_options *options, int64_t bytes, struct pulse_err *err);

/* Syncs `partial` to disk and renames it to `path`. */
int pulse_output_publish(const char *partial, const char *path, struct pulse_err *err);

#endif
