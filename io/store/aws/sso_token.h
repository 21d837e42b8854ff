/* The token of a single sign-on, as the AWS CLI keeps it: read from ~/.aws/sso/cache, renewed there
 * before it ends where that is allowed. Signs nobody on. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_SSO_TOKEN_H
#define PULSE_STORE_AWS_SSO_TOKEN_H

#include "base/error.h"

/* Borrowed strings. */
struct pulse_sso_session {
    const char *profile;            /* whose it is, for messages */
    const char *name;               /* of its [sso-session]; NULL: the older kind, without */
    const char *start_url, *region; /* of the sign-on */
};

/* The token, heap; wipe it. One of a session that ends within 15 minutes is renewed first, by
 * whichever process comes first, and written back to the same file and nowhere else; where it
 * cannot be renewed it serves to its end. NULL with an error: PULSE_E_STORAGE where there is none
 * that is valid (the message says how to sign on), PULSE_E_TEMPORARY where the server of an expired
 * one does not answer, PULSE_E_USAGE, PULSE_E_MEMORY, a signal. */
char *pulse_sso_token_get(const struct pulse_sso_session *session, struct pulse_err *err);

/* "the single sign-on of profile ... WHAT: run aws sso login ...". PULSE_E_STORAGE. */
int pulse_sso_token_fail(const struct pulse_sso_session *session, const char *what,
                         struct pulse_err *err);

#endif
