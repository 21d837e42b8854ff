/* Credentials of the environment, and of the chosen profile in ~/.aws: its keys, the role that it
 * names, a single sign-on, or what its credential_process prints. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_CREDENTIALS_PROFILE_H
#define PULSE_STORE_AWS_CREDENTIALS_PROFILE_H

#include <stdbool.h>

#include "base/error.h"
#include "store/aws/credentials.h"

/* Both are providers of the chain: 0 with *found, or -1 if the profile's credentials cannot be
 * used. Clear `c` in any case. Errors: PULSE_E_STORAGE, PULSE_E_MEMORY, those of
 * pulse_credentials_from_sts. */
int pulse_credentials_from_env(struct pulse_credentials *c, bool *found, struct pulse_err *err);
int pulse_credentials_from_profile(struct pulse_credentials *c, bool *found, struct pulse_err *err);

#endif
