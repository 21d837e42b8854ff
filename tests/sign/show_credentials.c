/* Prints which credentials are found: "source|key id|SHA-256 of secret and token|region". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/config.h"
#include "store/aws/credential_chain.h"
#include "store/aws/sigv4.h"
#include "store/store.h"

int main(void)
{
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_credentials *c;
    char secret[8192], digest[PULSE_SHA256_HEX];
    if (pulse_credentials_get(&c, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        pulse_store_finish();
        return pulse_exit_code(err.kind);
    }
    (void)snprintf(secret, sizeof secret, "%s|%s", c->secret, c->token == NULL ? "" : c->token);
    pulse_sha256_hex(secret, strlen(secret), digest);
    char *region = pulse_aws_region(NULL, &err);
    (void)printf("%s|%s|%s|%s\n", c->source, c->key_id, digest, region == NULL ? "" : region);
    pulse_store_finish();
    free(region);
    return 0;
}
