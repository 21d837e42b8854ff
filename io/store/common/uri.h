/* Names of files and objects: local paths and "s3://bucket/key". Pure; looks at no file and asks no
 * server. */
#ifndef PULSE_STORE_COMMON_URI_H
#define PULSE_STORE_COMMON_URI_H

#include <stdbool.h>

#include "base/error.h"

/* Whether `uri` begins with "s3://". No errors. */
bool pulse_store_is_s3(const char *uri);

/* Whether it looks like an address that is neither s3://BUCKET/KEY nor a file: "s3a://b/k",
 * "S3://b/k", "s3:/b/k", "s3//b/k", "gs://b/k", "https://host/". Taken for a path it would be a
 * directory of that name. "./s3a:/x" is a file. No errors. */
bool pulse_store_is_foreign(const char *uri);

/* directory + "/" + name, without doubling the slash; heap, the caller frees. NULL with
 * PULSE_E_MEMORY. */
char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err);

#endif
