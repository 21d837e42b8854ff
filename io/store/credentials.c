#include "store/credentials.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/credentials_from.h"

enum { EARLY_SECONDS = 15 * 60, PAUSE_SECONDS = 60 };

static struct {
    struct pulse_credentials found;
    bool have;
    int64_t asked; /* Unix time of the last renewal */
} state;

static void wipe(char *text)
{
    if (text == NULL)
        return;
    OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void pulse_credentials_clear(struct pulse_credentials *c)
{
    wipe(c->key_id);
    wipe(c->secret);
    wipe(c->token);
    *c = (struct pulse_credentials){NULL, NULL, NULL, 0, NULL};
}

void pulse_credentials_forget(void)
{
    pulse_credentials_clear(&state.found);
    state.have = false;
}

const char *pulse_env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
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

/* ---- The chain ------------------------------------------------------------------ */

static int from_environment(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    const char *key_id = pulse_env("AWS_ACCESS_KEY_ID"),
               *secret = pulse_env("AWS_SECRET_ACCESS_KEY");
    *found = key_id != NULL && secret != NULL;
    return *found ? pulse_credentials_set(c, key_id, secret, pulse_env("AWS_SESSION_TOKEN"),
                                          "the environment", err)
                  : 0;
}

static int find(struct pulse_credentials *c, struct pulse_err *err)
{
    static int (*const places[])(struct pulse_credentials *, bool *, struct pulse_err *) = {
        from_environment, pulse_credentials_from_profile, pulse_credentials_from_web_identity,
        pulse_credentials_from_container, pulse_credentials_from_instance};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bool found = false;
        if (places[i](c, &found, err) != 0)
            return -1;
        if (found)
            return 0;
    }
    return pulse_fail(err, PULSE_E_STORAGE,
                      "no AWS credentials: none in the environment (AWS_ACCESS_KEY_ID, "
                      "AWS_SECRET_ACCESS_KEY), in ~/.aws, of a web identity, a container or an "
                      "instance; set them or run aws configure");
}

/* Their end is near: looks for others. Some places hand out the same until shortly before the end,
 * so that this is done once a minute only. */
static bool due(int64_t now)
{
    return state.found.expires_seconds != INT64_MAX &&
           state.found.expires_seconds - now < EARLY_SECONDS &&
           (state.found.expires_seconds <= now || now - state.asked >= PAUSE_SECONDS);
}

int pulse_credentials_get(const struct pulse_credentials **out, struct pulse_err *err)
{
    const int64_t now = (int64_t)time(NULL);
    if (!state.have || due(now)) {
        struct pulse_credentials fresh = {NULL, NULL, NULL, 0, NULL};
        state.asked = now;
        if (find(&fresh, err) == 0) {
            pulse_credentials_clear(&state.found);
            state.found = fresh;
            state.have = true;
        } else {
            pulse_credentials_clear(&fresh);
            if (!state.have || state.found.expires_seconds <= now || err->kind == PULSE_E_SIGINT ||
                err->kind == PULSE_E_SIGTERM)
                return -1;
            pulse_warn("%s; those there are last a while yet", err->text);
            *err = (struct pulse_err){.kind = PULSE_OK};
        }
    }
    *out = &state.found;
    return 0;
}

/* ---- Region and endpoint -------------------------------------------------------- */

char *pulse_aws_region(const char *option, struct pulse_err *err)
{
    const char *region = option != NULL ? option : pulse_env("AWS_REGION");
    if (region == NULL)
        region = pulse_env("AWS_DEFAULT_REGION");
    if (region == NULL)
        return pulse_profile_value("region", err);
    return pulse_strdup(region, err);
}

/* Letters, digits and '-': it becomes part of a host name. */
static bool is_region(const char *region)
{
    return region[0] != '\0' && strlen(region) < 64 &&
           strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region);
}

static const char *endpoint_in_environment(const char *service)
{
    char name[64] = "AWS_ENDPOINT_URL_";
    size_t n = strlen(name);
    for (; *service != '\0' && n < sizeof name - 1; service++)
        name[n++] = (char)(*service >= 'a' && *service <= 'z' ? *service - 'a' + 'A' : *service);
    name[n] = '\0';
    const char *url = pulse_env(name);
    return url != NULL ? url : pulse_env("AWS_ENDPOINT_URL");
}

char *pulse_aws_endpoint(const char *option, const char *service, const char *region, bool *custom,
                         struct pulse_err *err)
{
    const char *url = option != NULL ? option : endpoint_in_environment(service);
    char *out = NULL;
    *custom = url != NULL;
    if (url == NULL && !is_region(region)) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "'%s' is no AWS region; expected one like eu-central-1", region);
        return NULL;
    }
    if (url == NULL) {
        const bool china = strncmp(region, "cn-", 3) == 0;
        if (asprintf(&out, "https://%s.%s.amazonaws.com%s", service, region, china ? ".cn" : "") <
            0)
            out = NULL;
        if (out == NULL)
            (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for an endpoint");
        return out;
    }
    const size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                          : strncasecmp(url, "http://", 7) == 0 ? 7
                                                                : 0;
    if (scheme == 0 || strpbrk(url, " \t\r\n?#@") != NULL || url[scheme] == '\0') {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "endpoint %s: expected http://HOST[:PORT] or https://HOST[:PORT]", url);
        return NULL;
    }
    out = pulse_strdup(url, err);
    for (size_t n = out == NULL ? 0 : strlen(out); n > scheme && out[n - 1] == '/'; n--)
        out[n - 1] = '\0';
    if (out != NULL && strchr(out + scheme, '/') != NULL) {
        (void)pulse_fail(err, PULSE_E_USAGE, "endpoint %s: a path behind the host is not supported",
                         url);
        free(out);
        out = NULL;
    }
    return out;
}
