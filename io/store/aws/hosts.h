/* Where the services of AWS are: the hosts of all partitions, of FIPS and of dual stack. Pure. */
#ifndef PULSE_STORE_AWS_HOSTS_H
#define PULSE_STORE_AWS_HOSTS_H

#include <stdbool.h>

#include "base/error.h"

/* "batch.eu-central-1.amazonaws.com" for a service ("s3", "batch", "logs", "sts", "portal.sso");
 * heap, the caller frees. NULL with PULSE_E_MEMORY. */
char *pulse_aws_host(const char *service, const char *region, bool fips, bool dual_stack,
                     struct pulse_err *err);

#endif
