/* Who we are to AWS: the chain of places where keys, region and endpoints are looked for. Secrets
 * are wiped when freed, and are in no message. */
#ifndef PULSE_STORE_CREDENTIALS_H
#define PULSE_STORE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_credentials {
    char *key_id;
    char *secret;
    char *token;             /* NULL: none */
    int64_t expires_seconds; /* Unix time; INT64_MAX: never */
    const char *source;      /* "the environment", "the profile 'x'" …: for messages */
};

/* Finds credentials: environment, profile (static keys, role_arn with source_profile,
 * credential_process), web identity, container, IMDSv2. Kept, and fetched anew 15 minutes before
 * they expire (again a minute later where that does not help; until the end those there are do);
 * borrowed until the next call. PULSE_E_STORAGE says which places were looked at and
 * what to do where there are none. */
int pulse_credentials_get(const struct pulse_credentials **out, struct pulse_err *err);

/* Forgets them, so that the next call looks again: S3 said that they have expired. */
void pulse_credentials_forget(void);

/* Region: `option` if not NULL, AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL where none
 * says. Heap. */
char *pulse_aws_region(const char *option, struct pulse_err *err);

/* Endpoint of a service ("s3", "batch", "logs", "sts"): `option`, AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, else AWS's own for the region; *custom tells whether it is not the last. Heap,
 * without a last slash. PULSE_E_USAGE for one that is no http(s) URL. */
char *pulse_aws_endpoint(const char *option, const char *service, const char *region, bool *custom,
                         struct pulse_err *err);

#endif
