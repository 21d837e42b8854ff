/* Names of files and objects: local paths and "s3://bucket/key". Pure; looks at no file and asks no
 * server. */
#ifndef PULSE_STORE_COMMON_URI_H
#define PULSE_STORE_COMMON_URI_H

#include <stdbool.h>

#include "base/error.h"

/* Whether `uri` begins with "s3://". No errors. */
bool pulse_store_is_s3(const char *uri);

/* directory + "/" + name, without doubling the slash; heap, the caller frees. NULL with
 * PULSE_E_MEMORY. */
char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err);

#endif
