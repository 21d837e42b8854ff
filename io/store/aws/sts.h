/* The security token service: credentials of a role. Clears nothing: clear `c` in any case.
 * Internal to store/aws. */
#ifndef PULSE_STORE_AWS_STS_H
#define PULSE_STORE_AWS_STS_H

#include "base/error.h"
#include "store/aws/credentials.h"

/* AssumeRole, signed `with` credentials, or AssumeRoleWithWebIdentity with a `web_token`: one of
 * the two is NULL. Errors: PULSE_E_STORAGE if it refuses, PULSE_E_TEMPORARY if it does not answer,
 * those of pulse_aws_endpoint, PULSE_E_MEMORY, a signal. */
int pulse_credentials_from_sts(const struct pulse_credentials *with, const char *role_arn,
                               const char *session, const char *external_id, const char *web_token,
                               struct pulse_credentials *c, struct pulse_err *err);

#endif
