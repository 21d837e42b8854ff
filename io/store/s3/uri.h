/* The bucket and key of "s3://bucket/key". Pure; internal to io/store. */
#ifndef PULSE_STORE_S3_URI_H
#define PULSE_STORE_S3_URI_H

#include <stdbool.h>

#include "base/error.h"

struct pulse_s3_uri {
    char *bucket;
    char *key; /* UTF-8 as the user wrote it; "" for none */
};

/* Clear *out in any case. Errors: PULSE_E_USAGE if there is no bucket or no legal one, no key
 * although `with_key`, or a key that is no UTF-8 or too long; PULSE_E_MEMORY. */
int pulse_s3_uri_parse(const char *uri, bool with_key, struct pulse_s3_uri *out,
                       struct pulse_err *err);

/* Makes the key end with a slash, if it is not empty. Errors: PULSE_E_MEMORY. */
int pulse_s3_uri_as_prefix(struct pulse_s3_uri *uri, struct pulse_err *err);
void pulse_s3_uri_clear(struct pulse_s3_uri *uri);

#endif
