/* The credentials of this process, found by a chain of providers and renewed before they expire.
 * Knows no service that is asked with them. */
#ifndef PULSE_STORE_AWS_CREDENTIAL_CHAIN_H
#define PULSE_STORE_AWS_CREDENTIAL_CHAIN_H

#include "base/error.h"
#include "store/aws/credentials.h"

/* Finds credentials: environment, profile (role_arn with source_profile or
 * credential_source, single sign-on, static keys, credential_process), web identity, container,
 * IMDSv2. They are kept, and looked for again from 15 minutes before they expire, once a minute; if
 * that fails, the present ones are used to their end. *out is borrowed until the next call. Errors:
 * PULSE_E_STORAGE if there are none, or those of a provider cannot be used (the message says where
 * they were looked for and what to do); PULSE_E_TEMPORARY if a server that has them does not
 * answer; PULSE_E_INPUT if a token file cannot be read; PULSE_E_USAGE for a malformed region or
 * endpoint; PULSE_E_MEMORY; PULSE_E_SIGINT and PULSE_E_SIGTERM. */
int pulse_credentials_get(const struct pulse_credentials **out, struct pulse_err *err);

/* Forgets them, so that the next call looks again: a server said that they have expired. No
 * errors. */
void pulse_credentials_forget(void);

#endif
