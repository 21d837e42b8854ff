/* Credentials from servers: of a web identity, a container's agent, an instance's metadata. Knows
 * no profiles. Each function clears nothing: clear `c` in any case. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_CREDENTIALS_NET_H
#define PULSE_STORE_AWS_CREDENTIALS_NET_H

#include <stdbool.h>

#include "base/error.h"
#include "store/aws/credentials.h"

/* Providers of the chain: 0 with *found, or -1 if there is such a provider and its credentials
 * cannot be used. Errors as above; a token file that cannot be read is PULSE_E_STORAGE: of what was
 * to be read with it that says nothing. */
int pulse_credentials_from_web_identity(struct pulse_credentials *c, bool *found,
                                        struct pulse_err *err);
int pulse_credentials_from_container(struct pulse_credentials *c, bool *found,
                                     struct pulse_err *err);
int pulse_credentials_from_instance(struct pulse_credentials *c, bool *found,
                                    struct pulse_err *err);

/* Those of a role, for the token in a file; `session` NULL: "pulse". The same errors. */
int pulse_credentials_from_token(const char *path, const char *role, const char *session,
                                 struct pulse_credentials *c, struct pulse_err *err);

#endif
