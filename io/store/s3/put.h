/* Objects written, in one PUT or in parts, and deleted: each function does what its namesake in
 * store.h says. Internal to io/store. */
#ifndef PULSE_STORE_S3_PUT_H
#define PULSE_STORE_S3_PUT_H

#include <stdint.h>

#include "base/error.h"
#include "store/common/types.h"

int pulse_s3_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err);
int pulse_s3_put_source(const struct pulse_store_source *source, const char *uri,
                        struct pulse_err *err);
void pulse_s3_watch_puts(void (*at)(void *context, double share), void *context);
int pulse_s3_delete(const char *uri, struct pulse_err *err);

#endif
