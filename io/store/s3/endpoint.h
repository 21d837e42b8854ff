/* Where requests to S3 go, who asks and who pays: endpoint, the region of each bucket, and the URL
 * of an object. Sends nothing; learns regions from those who read answers. Internal to io/store. */
#ifndef PULSE_STORE_S3_ENDPOINT_H
#define PULSE_STORE_S3_ENDPOINT_H

#include <stdbool.h>

#include "base/error.h"

/* What options say of it, borrowed. Before the first use. */
struct pulse_store_options;
void pulse_s3_endpoint_configure(const struct pulse_store_options *options);
void pulse_s3_endpoint_finish(void);

/* The endpoint, borrowed until finish. Errors as of pulse_aws_region and pulse_aws_endpoint. */
int pulse_s3_endpoint_get(const char **endpoint, struct pulse_err *err);

/* *line: the header line that says that the requester pays, as options or AWS_REQUEST_PAYER want
 * it; NULL: the owner does. PULSE_E_USAGE if the variable says anything else. */
int pulse_s3_endpoint_payer(const char **line, struct pulse_err *err);

/* Whether requests are signed; else nobody asks, and public data alone are there. */
bool pulse_s3_endpoint_signs(void);

/* The region of a bucket, as far as it is known; borrowed. After pulse_s3_endpoint_get. */
const char *pulse_s3_endpoint_region(const char *bucket);

/* Notes the region that an answer names; false if it cannot be kept. */
bool pulse_s3_endpoint_set_region(const char *bucket, const char *region);

/* What a signature and a URL are made of. Owns its strings. */
struct pulse_s3_location {
    char *url;
    char *host; /* with the port */
    char *path; /* percent-encoded */
};

/* The location of a key ("": the bucket); `query` is percent-encoded, NULL: none. Clear it on
 * success. Errors as of pulse_s3_endpoint_get, PULSE_E_MEMORY. */
int pulse_s3_location_init(struct pulse_s3_location *location, const char *bucket, const char *key,
                           const char *query, struct pulse_err *err);
void pulse_s3_location_clear(struct pulse_s3_location *location);

#endif
