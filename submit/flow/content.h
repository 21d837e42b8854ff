/* What a file, an object or all that lies in a directory holds, as a digest. Reads; writes nothing.
 */
#ifndef PULSE_FLOW_CONTENT_H
#define PULSE_FLOW_CONTENT_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"

/* Of an object its ETag, of a file its bytes, of a directory or prefix the names and digests of
 * what lies right in it, hidden files left out. "FILE#/FRAME" is the whole file. The store's
 * errors; PULSE_E_INPUT if it is not there. */
int pulse_flow_content_digest(const char *uri, char out[PULSE_DIGEST_TEXT], struct pulse_err *err);

/* *there: whether there is such a file or object, or something in such a directory or prefix. */
int pulse_flow_content_exists(const char *uri, bool *there, struct pulse_err *err);

#endif
