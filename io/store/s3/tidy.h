/* Objects copied by the server, and uploads that nobody completes: each function does what its
 * namesake in store.h says. Internal to io/store. */
#ifndef PULSE_STORE_S3_TIDY_H
#define PULSE_STORE_S3_TIDY_H

#include <stdbool.h>

#include "base/error.h"

int pulse_s3_copy(const char *from, const char *uri, struct pulse_err *err);
int pulse_s3_abort_uploads(const char *prefix, bool (*goes)(const char *name),
                           struct pulse_err *err);

#endif
