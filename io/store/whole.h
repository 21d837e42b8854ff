/* The whole content of a file or object at once, to be read and not changed: of a local file the
 * pages that the system holds of it, without a copy; of an object of S3 what was fetched. For files
 * that are replaced and never rewritten. */
#ifndef PULSE_STORE_WHOLE_H
#define PULSE_STORE_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Owned: clear it. `bytes` begins at a multiple of 64. */
struct pulse_whole {
    const char *bytes;
    int64_t n;
    void *memory; /* that holds them; nobody else's business */
    bool mapped;
};

/* Errors as of pulse_store_read; PULSE_E_INPUT also for more than `most` bytes. Empty on failure.
 */
int pulse_whole_read(const char *uri, int64_t most, struct pulse_whole *out, struct pulse_err *err);

/* No errors. */
void pulse_whole_clear(struct pulse_whole *whole);

#endif
