#include "store/aws/sso_token.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "store/aws/config.h"
#include "store/aws/credential_request.h"
#include "store/aws/credentials.h"
#include "store/aws/retry_state.h"
#include "store/aws/sigv4.h"

/* Before its end a token is renewed so early; a server has so long; another process that renews it
 * is waited for so long. */
enum { EARLY_SECONDS = 15 * 60, REQUEST_SECONDS = 20, LOCK_SECONDS = 60 };

int pulse_sso_token_fail(const struct pulse_sso_session *session, const char *what,
                         struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_STORAGE,
                      "the single sign-on (SSO) of profile '%s' %s: run aws sso login %s %s",
                      session->profile, what, session->name != NULL ? "--sso-session" : "--profile",
                      session->name != NULL ? session->name : session->profile);
}

/* ---- The file ---------------------------------------------------------------------- */

/* The cache names its files by SHA-1 of the session's name, or of the start URL. */
static char *cache_path(const struct pulse_sso_session *session, struct pulse_err *err)
{
    const char *name = session->name != NULL ? session->name : session->start_url;
    const char *home = pulse_aws_env("HOME");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    (void)EVP_Digest(name, strlen(name), digest, &n, EVP_sha1(), NULL);
    pulse_hex_format(digest, n, hex);
    return pulse_print(err, "%s/.aws/sso/cache/%s.json", home == NULL ? "" : home, hex);
}

static json_t *read_cache(const char *path)
{
    char *text = pulse_aws_read_file(path);
    json_t *cached = text == NULL ? NULL : json_loads(text, 0, NULL);
    pulse_credentials_wipe(text);
    return cached;
}

static const char *member(const json_t *cached, const char *name)
{
    return json_string_value(json_object_get(cached, name));
}

static int64_t seconds_left(const json_t *cached, const char *name)
{
    const int64_t expires = pulse_credentials_read_expiry(member(cached, name));
    return expires == INT64_MAX ? expires : expires - pulse_retry_state_server_time();
}

/* Of the kind with sessions, whose client is still known to the server. */
static bool is_renewable(const struct pulse_sso_session *session, const json_t *cached)
{
    return session->name != NULL && member(cached, "refreshToken") != NULL &&
           member(cached, "clientId") != NULL && member(cached, "clientSecret") != NULL &&
           member(cached, "registrationExpiresAt") != NULL &&
           seconds_left(cached, "registrationExpiresAt") > 0;
}

/* ---- The server -------------------------------------------------------------------- */

static char *make_body(const json_t *cached, struct pulse_err *err)
{
    json_t *body =
        json_pack("{ss, ss, ss, ss}", "grantType", "refresh_token", "clientId",
                  member(cached, "clientId"), "clientSecret", member(cached, "clientSecret"),
                  "refreshToken", member(cached, "refreshToken"));
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory: a request to AWS SSO");
    return text;
}

/* What the answer says replaces that of `cached`; the client's registration stays. */
static int take_answer(const char *text, json_t *cached, struct pulse_err *err)
{
    json_t *answer = json_loads(text, 0, NULL);
    const char *token = member(answer, "accessToken"), *next = member(answer, "refreshToken");
    const json_int_t seconds = json_integer_value(json_object_get(answer, "expiresIn"));
    char until[PULSE_INSTANT_TEXT + 1];
    int rc = 0;
    if (token == NULL || seconds <= 0 || seconds > INT32_MAX)
        rc = pulse_fail(err, PULSE_E_STORAGE, "the answer of AWS SSO cannot be read");
    else {
        const int64_t expires = pulse_retry_state_server_time() + seconds;
        (void)strcat(pulse_format_instant(expires * PULSE_NS_PER_SECOND, until), "Z");
        if (json_object_set_new(cached, "accessToken", json_string(token)) != 0 ||
            json_object_set_new(cached, "expiresAt", json_string(until)) != 0 ||
            (next != NULL && json_object_set_new(cached, "refreshToken", json_string(next)) != 0))
            rc = pulse_fail(err, PULSE_E_MEMORY, "out of memory: a token of AWS SSO");
    }
    json_decref(answer);
    return rc;
}

/* CreateToken of AWS SSO OIDC, which wants no signature. */
static int request_token(const struct pulse_sso_session *session, json_t *cached,
                         struct pulse_err *err)
{
    static const char *const headers[] = {"Content-Type: application/json"};
    bool custom;
    char *endpoint = pulse_aws_endpoint(NULL, "oidc", session->region, &custom, err);
    char *url = endpoint == NULL ? NULL : pulse_print(err, "%s/token", endpoint);
    char *body = url == NULL ? NULL : make_body(cached, err);
    struct pulse_http http = {.method = "POST",
                              .url = url,
                              .headers = headers,
                              .n_headers = 1,
                              .body = body,
                              .body_bytes = body == NULL ? 0 : (int64_t)strlen(body),
                              .total_seconds = REQUEST_SECONDS};
    int rc = body == NULL ? -1 : pulse_credential_request_perform(&http, true, err);
    if (rc == 0 && http.whole && http.status == 200 && http.text != NULL)
        rc = take_answer(http.text, cached, err);
    else if (rc == 0 && http.whole && !pulse_credential_request_is_busy(&http))
        rc = pulse_sso_token_fail(session, "has expired, and is not renewed any more", err);
    else if (rc == 0)
        rc = pulse_credential_request_fail(&http, "AWS SSO", err);
    pulse_credential_request_wipe(&http);
    pulse_credentials_wipe(body);
    free(url);
    free(endpoint);
    return rc;
}

/* ---- Renewing ---------------------------------------------------------------------- */

/* Holds the cache's directory, so that of all ranks one renews and the others read what it got: a
 * token to renew with may serve once. -1 where it cannot be held, which is no error; *ended: a
 * signal came, which is one. */
static int lock_cache(const char *path, bool *ended, struct pulse_err *err)
{
    const double until = pulse_seconds() + LOCK_SECONDS;
    char *directory = pulse_print(err, "%.*s", (int)(pulse_base_name(path) - path), path);
    int fd = directory == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = -1;
    *ended = directory == NULL;
    while (fd >= 0 && !*ended && (status = flock(fd, LOCK_EX | LOCK_NB)) != 0 &&
           errno == EWOULDBLOCK && pulse_seconds() < until)
        *ended = pulse_retry_state_sleep(pulse_seconds() + 0.1, err) != 0;
    if (fd >= 0 && status != 0) {
        (void)close(fd);
        fd = -1;
    }
    free(directory);
    return fd;
}

static int write_cache(struct pulse_writer *writer, const json_t *cached, struct pulse_err *err)
{
    if (json_dumpf(cached, writer->stream, 0) == 0)
        return pulse_writer_commit(writer, err);
    return pulse_fail(err, PULSE_E_STORAGE, "writing %s", writer->path);
}

/* Replaces *cached by the renewed one. Where that could not be kept nothing is asked for: the AWS
 * CLI would be left with one that is used up. */
static int renew(const struct pulse_sso_session *session, const char *path, json_t *cached,
                 struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    struct pulse_err unkept = {.kind = PULSE_OK};
    if (pulse_writer_open(&writer, path, &unkept) != 0 ||
        fchmod(fileno(writer.stream), S_IRUSR | S_IWUSR) != 0) {
        pulse_writer_discard(&writer);
        return pulse_sso_token_fail(
            session, "has expired, and a renewed one cannot be kept in ~/.aws/sso/cache", err);
    }
    const int rc = request_token(session, cached, err);
    if (rc == 0 && write_cache(&writer, cached, &unkept) != 0)
        pulse_warn("a renewed single sign-on cannot be kept: %s", unkept.text);
    pulse_writer_discard(&writer);
    return rc;
}

static bool is_due(const struct pulse_sso_session *session, const json_t *cached)
{
    return seconds_left(cached, "expiresAt") < EARLY_SECONDS && is_renewable(session, cached);
}

/* *cached is the one to use from now on. */
static int renew_alone(const struct pulse_sso_session *session, const char *path, json_t **cached,
                       struct pulse_err *err)
{
    bool ended;
    const int held = lock_cache(path, &ended, err);
    int rc = ended ? -1 : 0;
    if (rc == 0) {
        json_t *now = read_cache(path); /* another process may have renewed it meanwhile */
        json_decref(*cached);
        *cached = now;
        if (is_due(session, now))
            rc = renew(session, path, now, err);
    }
    if (held >= 0)
        (void)close(held);
    const bool signalled = err->kind == PULSE_E_SIGINT || err->kind == PULSE_E_SIGTERM;
    if (rc != 0 && !signalled && seconds_left(*cached, "expiresAt") > 0) {
        *err = (struct pulse_err){.kind = PULSE_OK}; /* it serves to its end */
        rc = 0;
    }
    return rc;
}

char *pulse_sso_token_get(const struct pulse_sso_session *session, struct pulse_err *err)
{
    char *path = cache_path(session, err), *out = NULL;
    json_t *cached = path == NULL ? NULL : read_cache(path);
    const bool asked = is_due(session, cached);
    int rc = path == NULL ? -1 : asked ? renew_alone(session, path, &cached, err) : 0;
    const char *token = member(cached, "accessToken");
    if (rc == 0 && token == NULL)
        (void)pulse_sso_token_fail(session, "is missing", err);
    else if (rc == 0 && seconds_left(cached, "expiresAt") <= 0)
        (void)pulse_sso_token_fail(session, "has expired", err);
    else if (rc == 0 && strpbrk(token, "\r\n") != NULL)
        (void)pulse_sso_token_fail(session, "is damaged", err);
    else if (rc == 0)
        out = pulse_strdup(token, err);
    json_decref(cached);
    free(path);
    return out;
}
