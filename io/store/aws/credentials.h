/* One set of AWS credentials. Secrets are wiped when they are freed, and appear in no message.
 * Knows nothing of where they come from: credential_chain.h finds them. */
#ifndef PULSE_STORE_AWS_CREDENTIALS_H
#define PULSE_STORE_AWS_CREDENTIALS_H

#include <stdint.h>

#include "base/error.h"

/* Zeroed is empty. Owns its strings but `source`. */
struct pulse_credentials {
    char *key_id;
    char *secret;
    char *token;             /* NULL: none */
    int64_t expires_seconds; /* Unix time; INT64_MAX: never */
    const char *source;      /* "the environment", "the profile" …, static: for messages */
};

/* Fills zeroed credentials with copies; token "" or NULL: none. Clear them in any case. Errors:
 * PULSE_E_STORAGE if they would break header lines, PULSE_E_MEMORY. */
int pulse_credentials_set(struct pulse_credentials *c, const char *key_id, const char *secret,
                          const char *token, const char *source, struct pulse_err *err);

/* Wipes and frees; legal on zeroed ones. */
void pulse_credentials_clear(struct pulse_credentials *c);

/* Overwrites a heap string before it frees it; NULL is legal. */
void pulse_credentials_wipe(char *text);

/* "2026-11-24T10:00:00Z" as Unix time; INT64_MAX for NULL and what is no instant. */
int64_t pulse_credentials_read_expiry(const char *text);

/* Reads the JSON of credential processes, containers and instances: AccessKeyId, SecretAccessKey,
 * `token_name` and Expiration if there are any. Errors: PULSE_E_STORAGE if the first two are not
 * there, those of pulse_credentials_set. */
int pulse_credentials_from_json(const char *text, const char *token_name, const char *source,
                                struct pulse_credentials *c, struct pulse_err *err);

#endif
