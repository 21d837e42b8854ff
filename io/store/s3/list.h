/* Prefixes of S3 as directories: each function does what its namesake in store.h says. Internal to
 * io/store. */
#ifndef PULSE_STORE_S3_LIST_H
#define PULSE_STORE_S3_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "store/common/listing.h"

int pulse_s3_is_directory(const char *uri, bool *is_directory, struct pulse_err *err);
int pulse_s3_list(const char *uri, bool with_directories, struct pulse_listing *out,
                  struct pulse_err *err);

#endif
