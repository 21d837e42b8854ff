/* Work on a file that may come from anywhere, in a process of its own: one that makes the HDF5
 * library crash ends that process, and is an error here. Knows nothing of the work. */
#ifndef PULSE_EXPORT_SUBPROCESS_H
#define PULSE_EXPORT_SUBPROCESS_H

#include <stdio.h>

#include "base/error.h"

/* What is to be done: writes to `out`, and leaves its errors to the caller. */
typedef int pulse_subprocess_work(const void *context, FILE *out, struct pulse_err *err);

/* Does it, with what is written to `out` in the file that this is. `path` is what messages name of
 * what is read, `to` of what is written.
 * What `work` fails with; PULSE_E_INPUT where it crashed, PULSE_E_MEMORY where it was killed;
 * PULSE_E_STORAGE where `out` has no space. */
int pulse_subprocess_run(pulse_subprocess_work *work, const void *context, const char *path,
                         const char *to, FILE *out, struct pulse_err *err);

#endif
