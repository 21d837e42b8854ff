/* "s3://bucket/key" taken apart. Pure; internal to io/store. */
#ifndef PULSE_STORE_S3_URI_H
#define PULSE_STORE_S3_URI_H

#include <stdbool.h>

#include "base/error.h"

struct pulse_s3_uri {
    char *bucket;
    char *key; /* UTF-8 as the user wrote it; "" for none */
};

/* PULSE_E_USAGE for no bucket, a bucket's name that none has, or `with_key` and no key. Clear in
 * any case. */
int pulse_s3_uri_parse(const char *uri, bool with_key, struct pulse_s3_uri *out,
                       struct pulse_err *err);

/* Makes the key end with a slash, if it is not empty. */
int pulse_s3_uri_as_prefix(struct pulse_s3_uri *uri, struct pulse_err *err);
void pulse_s3_uri_clear(struct pulse_s3_uri *uri);

#endif
