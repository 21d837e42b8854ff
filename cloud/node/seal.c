#include "node/seal.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/aws/sigv4.h"

enum { DIGEST = 32 };

int pulse_seal_take(struct pulse_seal *seal, const struct pulse_node_job *job,
                    struct pulse_err *err)
{
    char *text = getenv(PULSE_SECRET_VARIABLE);
    *seal = (struct pulse_seal){.job = job};
    if (text == NULL)
        return 0;
    const size_t length = strlen(text);
    const bool good = length >= PULSE_SECRET_LEAST && length <= PULSE_SECRET_MOST;
    if (good)
        memcpy(seal->secret, text, length);
    OPENSSL_cleanse(text, length); /* this is the memory that /proc/self/environ shows */
    (void)unsetenv(PULSE_SECRET_VARIABLE);
    return good ? 0
                : pulse_fail(err, PULSE_E_USAGE,
                             "%s has %zu characters: give all nodes of the job the same %d to %d, "
                             "chosen at random",
                             PULSE_SECRET_VARIABLE, length, PULSE_SECRET_LEAST, PULSE_SECRET_MOST);
}

int pulse_seal_check(const struct pulse_seal *seal, struct pulse_err *err)
{
    return seal->secret[0] != '\0'
               ? 0
               : pulse_fail(err, PULSE_E_USAGE,
                            "%s is missing: without it nodes would believe strangers; "
                            "let the job definition pass it from Secrets Manager, as that of "
                            "cloud/aws/batch does",
                            PULSE_SECRET_VARIABLE);
}

static int digest_text(const struct pulse_seal *seal, const char *name, const char *text,
                       char hex[2 * DIGEST + 1], struct pulse_err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    /* Neither a job's id nor a name holds a newline. */
    char *all = pulse_print(err, "%s\n%d\n%s\n%s", seal->job->id, seal->job->attempt, name, text);
    if (all == NULL)
        return -1;
    const bool good = HMAC(EVP_sha256(), seal->secret, (int)strlen(seal->secret),
                           (const unsigned char *)all, strlen(all), digest, &length) != NULL;
    free(all);
    if (!good || length != DIGEST)
        return pulse_fail(err, PULSE_E_MEMORY, "OpenSSL cannot sign what a node announces");
    pulse_hex_format(digest, DIGEST, hex);
    return 0;
}

char *pulse_seal_close(const struct pulse_seal *seal, const char *name, const char *text,
                       struct pulse_err *err)
{
    char hex[2 * DIGEST + 1];
    if (digest_text(seal, name, text, hex, err) != 0)
        return NULL;
    json_t *object = json_pack("{s:s, s:s}", "text", text, "hmac", hex);
    char *sealed = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (sealed == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY,
                         "no memory for what a node announces; use more memory");
    return sealed;
}

char *pulse_seal_open(struct pulse_seal *seal, const char *name, const char *sealed,
                      struct pulse_err *err)
{
    char hex[2 * DIGEST + 1];
    const char *text, *hmac;
    char *own = NULL;
    json_t *object = json_loads(sealed, JSON_REJECT_DUPLICATES, NULL);
    if (object != NULL && json_unpack(object, "{s:s, s:s}", "text", &text, "hmac", &hmac) == 0 &&
        strlen(hmac) == 2 * DIGEST && digest_text(seal, name, text, hex, err) == 0 &&
        CRYPTO_memcmp(hex, hmac, 2 * DIGEST) == 0)
        own = pulse_strdup(text, err);
    else if (err->kind == PULSE_OK && !seal->warned) {
        seal->warned = true;
        pulse_warn("%s is not signed with this job's %s, and is not believed; see who else writes "
                   "there, and whether all nodes have the same secret",
                   name, PULSE_SECRET_VARIABLE);
    }
    json_decref(object);
    return own;
}

void pulse_seal_clear(struct pulse_seal *seal)
{
    OPENSSL_cleanse(seal->secret, sizeof seal->secret);
}
