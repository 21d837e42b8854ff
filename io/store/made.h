/* Objects of which the whole is made in TMPDIR before any of it is sent. */
#ifndef PULSE_STORE_MADE_H
#define PULSE_STORE_MADE_H

#include "base/error.h"

/* Makes the file `path`; a temporary name beside it may begin with '.' and its name. -1 with an
 * error. */
typedef int pulse_store_make(const void *context, const char *path, struct pulse_err *err);

/* Makes a file in a directory STEM-PID-XXXXXX of TMPDIR, puts it whole as the object `uri`, and
 * removes both; what a process that was killed has left there goes with the next call of that stem.
 * PULSE_E_STORAGE where TMPDIR takes no directory, and errors of `make` and of the store. */
int pulse_store_put_made(const char *stem, pulse_store_make *make, const void *context,
                         const char *uri, struct pulse_err *err);

#endif
