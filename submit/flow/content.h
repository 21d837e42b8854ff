/* What a file, an object or all that lies in a directory holds, as a digest. Reads; writes nothing.
 */
#ifndef PULSE_FLOW_CONTENT_H
#define PULSE_FLOW_CONTENT_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"

/* What in a directory does not count, file or directory, by its path. */
struct pulse_flow_content_filter {
    bool (*leaves_out)(const void *context, const char *path);
    const void *context;
};

/* Of an object its ETag, of a file its bytes, of a directory or prefix the names and digests of
 * what lies in it, in its directories too, hidden ones left out.
 * "FILE#/FRAME" is the whole file. `filter`: NULL, all counts. The store's errors; PULSE_E_INPUT if
 * it is not there. */
int pulse_flow_content_digest(const char *uri, const struct pulse_flow_content_filter *filter,
                              char out[PULSE_DIGEST_TEXT], struct pulse_err *err);

/* *there: whether there is such a file or object, or something in such a directory or prefix. */
int pulse_flow_content_exists(const char *uri, bool *there, struct pulse_err *err);

#endif
