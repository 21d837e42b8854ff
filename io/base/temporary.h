/* Directories of one's own among the temporary files, those that processes which were killed have
 * left there, and files without a name. Knows nothing of what is in them. */
#ifndef PULSE_BASE_TEMPORARY_H
#define PULSE_BASE_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Makes a private directory STEM-PID-XXXXXX in TMPDIR, whose name goes into `path`, a buffer of `n`
 * bytes, and returns the descriptor by which it is locked: until that is closed or the process
 * ends, however it does, nobody takes the directory for one of the dead. Those of the same stem and
 * user whose processes are dead are removed first, with the files in them for which `is_ours` says
 * so; a directory that holds others stays. -1 with PULSE_E_STORAGE, and `path` is "". */
int pulse_temporary_make(const char *stem, bool (*is_ours)(const char *name), char *path, size_t n,
                         struct pulse_err *err);

/* A file without a name in TMPDIR, to read and write: nothing is left of it however the process
 * ends. Its descriptor; -1 with PULSE_E_STORAGE. */
int pulse_temporary_open_nameless(struct pulse_err *err);

#endif
