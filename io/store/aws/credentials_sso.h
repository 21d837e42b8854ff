/* Credentials of a single sign-on (IAM Identity Center): with the token that "aws sso login" has
 * left in ~/.aws/sso/cache. Signs nobody on. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_CREDENTIALS_SSO_H
#define PULSE_STORE_AWS_CREDENTIALS_SSO_H

#include <stdbool.h>

#include "base/error.h"
#include "store/aws/credentials.h"

/* Of a profile with sso_account_id and sso_role_name, and an sso_session or an sso_start_url: 0
 * with *found, false for another profile. Clear `c` in any case. Errors: PULSE_E_STORAGE where
 * there is no valid token (the message says how to sign on), PULSE_E_TEMPORARY where the server
 * does not answer, PULSE_E_USAGE, PULSE_E_MEMORY, a signal. */
int pulse_credentials_from_sso(const char *profile, struct pulse_credentials *c, bool *found,
                               struct pulse_err *err);

#endif
