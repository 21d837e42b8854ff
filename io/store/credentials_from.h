/* The places of the credential chain; each says whether it holds any. Internal to io/store. */
#ifndef PULSE_STORE_CREDENTIALS_FROM_H
#define PULSE_STORE_CREDENTIALS_FROM_H

#include <stdbool.h>

#include "base/error.h"
#include "store/credentials.h"

/* 0 with *found, or -1 when the place is there but what it holds cannot be used. */
int pulse_credentials_from_profile(struct pulse_credentials *c, bool *found, struct pulse_err *err);
int pulse_credentials_from_web_identity(struct pulse_credentials *c, bool *found,
                                        struct pulse_err *err);
int pulse_credentials_from_container(struct pulse_credentials *c, bool *found,
                                     struct pulse_err *err);
int pulse_credentials_from_instance(struct pulse_credentials *c, bool *found,
                                    struct pulse_err *err);

/* Fills `c` with copies; PULSE_E_STORAGE when they would break header lines. */
int pulse_credentials_set(struct pulse_credentials *c, const char *key_id, const char *secret,
                          const char *token, const char *source, struct pulse_err *err);
void pulse_credentials_clear(struct pulse_credentials *c);

/* An environment variable; NULL for one that is empty, too. */
const char *pulse_env(const char *name);

/* Reads the JSON that credential processes, containers and instances give: AccessKeyId,
 * SecretAccessKey, and `token_name` and Expiration where there are. */
int pulse_credentials_from_json(const char *text, const char *token_name, const char *source,
                                struct pulse_credentials *c, struct pulse_err *err);

/* AssumeRole, signed by `with`, or AssumeRoleWithWebIdentity with a `web_token` (one of the two).
 */
int pulse_credentials_from_sts(const struct pulse_credentials *with, const char *role_arn,
                               const char *session, const char *external_id, const char *web_token,
                               struct pulse_credentials *c, struct pulse_err *err);

/* A setting of the chosen profile: heap; NULL where there is none, or with an error in `err`. */
char *pulse_profile_value(const char *key, struct pulse_err *err);

/* The whole of a small file as text, heap; NULL with errno where it cannot be read, or with EFBIG.
 */
char *pulse_small_file(const char *path);

#endif
