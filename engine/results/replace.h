/* How the results in a directory are replaced as one: all names show the old files until one
 * rename, and the new ones after it. A process may be killed at any instant. Local; knows nothing
 * of what the files hold. */
#ifndef PULSE_RESULTS_REPLACE_H
#define PULSE_RESULTS_REPLACE_H

#include <stddef.h>

#include "base/error.h"

/* Makes a private directory in `directory`, whose name goes into `path`, a buffer of `n` bytes.
 * PULSE_E_STORAGE. */
int pulse_replace_make_private(const char *directory, char *path, size_t n, struct pulse_err *err);

/* Replaces the results in `directory` by those files of `stage`, a private directory in it,
 * which is gone afterwards; those that `stage` lacks are removed. For the one who has the directory
 * locked. Between, the names are symbolic links that go through one link,
 * ".results": renaming that is what replaces them. Where a file system has no links, the files are
 * renamed one after the other, summary.json last. PULSE_E_STORAGE: then the old ones are there. */
int pulse_replace_results(const char *directory, const char *stage, struct pulse_err *err);

/* Ends what a process that was killed has begun: names are files again, those they showed, and
 * private directories are gone. For the one who has the directory locked. No errors: what cannot be
 * done stays, and shows the same. */
void pulse_replace_settle(const char *directory);

#endif
