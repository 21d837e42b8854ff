/* Where the services of AWS are: the hosts of all partitions, of FIPS and of dual stack. Pure. */
#ifndef PULSE_STORE_AWS_HOSTS_H
#define PULSE_STORE_AWS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* "batch.eu-central-1.amazonaws.com" for a service ("s3", "batch", "logs", "sts", "portal.sso",
 * "oidc"); heap, the caller frees. NULL with PULSE_E_MEMORY. */
char *pulse_aws_host(const char *service, const char *region, bool fips, bool dual_stack,
                     struct pulse_err *err);

/* The region in the name of a host of S3, with or without the bucket before it:
 * "b.s3.eu-west-1.amazonaws.com", "s3-eu-west-1.amazonaws.com". False, with "" in `region`, for
 * every other host. */
bool pulse_aws_region_of_s3(const char *host, const char *bucket, char *region, size_t capacity);

#endif
