#include "store/aws/credentials.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"

void pulse_credentials_wipe(char *text)
{
    if (text == NULL)
        return;
    OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void pulse_credentials_clear(struct pulse_credentials *c)
{
    pulse_credentials_wipe(c->key_id);
    pulse_credentials_wipe(c->secret);
    pulse_credentials_wipe(c->token);
    *c = (struct pulse_credentials){0};
}

int pulse_credentials_set(struct pulse_credentials *c, const char *key_id, const char *secret,
                          const char *token, const char *source, struct pulse_err *err)
{
    c->key_id = pulse_strdup(key_id, err);
    c->secret = pulse_strdup(secret, err);
    c->token = token == NULL || token[0] == '\0' ? NULL : pulse_strdup(token, err);
    c->expires_seconds = INT64_MAX;
    c->source = source;
    if (c->key_id == NULL || c->secret == NULL || (c->token == NULL && err->kind != PULSE_OK))
        return -1;
    /* They become parts of header lines: a line's end in them would add headers. */
    if (strpbrk(key_id, "\r\n") != NULL || (token != NULL && strpbrk(token, "\r\n") != NULL))
        return pulse_fail(err, PULSE_E_STORAGE, "credentials from %s: a line's end in them",
                          source);
    return 0;
}

int64_t pulse_credentials_read_expiry(const char *text)
{
    int64_t ns;
    return text != NULL && pulse_parse_instant(text, strlen(text), &ns) ? ns / PULSE_NS_PER_SECOND
                                                                        : INT64_MAX;
}

int pulse_credentials_from_json(const char *text, const char *token_name, const char *source,
                                struct pulse_credentials *c, struct pulse_err *err)
{
    json_t *root = json_loads(text, 0, NULL);
    const char *key_id = json_string_value(json_object_get(root, "AccessKeyId"));
    const char *secret = json_string_value(json_object_get(root, "SecretAccessKey"));
    const char *token = json_string_value(json_object_get(root, token_name));
    const json_t *version = json_object_get(root, "Version");
    int rc;
    const char *said = json_string_value(json_object_get(root, "Message")); /* an instance's */
    if (key_id == NULL || secret == NULL || (version != NULL && json_integer_value(version) != 1))
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "credentials from %s: no JSON with AccessKeyId and SecretAccessKey%s%.300s",
                        source, said == NULL ? "" : ", but: ", said == NULL ? "" : said);
    else
        rc = pulse_credentials_set(c, key_id, secret, token, source, err);
    c->expires_seconds =
        pulse_credentials_read_expiry(json_string_value(json_object_get(root, "Expiration")));
    json_decref(root);
    return rc;
}
