/* Objects of S3, opened and read: each function does what its namesake in store.h says, for an open
 * object. Knows blocks, ranges and read-ahead; not how requests are signed or repeated. Internal to
 * io/store. */
#ifndef PULSE_STORE_S3_READ_H
#define PULSE_STORE_S3_READ_H

#include <stdint.h>

#include "base/error.h"
#include "store/common/types.h"

struct pulse_object;

int pulse_s3_open(const char *uri, struct pulse_object **out, struct pulse_err *err);
void pulse_s3_close(struct pulse_object *object);
void pulse_s3_will_read(struct pulse_object *object, int64_t offset, int64_t bytes);
int pulse_s3_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                  struct pulse_err *err);
int pulse_s3_read_ranges(struct pulse_object *object, const struct pulse_range *ranges, int64_t n,
                         struct pulse_err *err);

#endif
