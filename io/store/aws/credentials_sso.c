#include "store/aws/credentials_sso.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/aws/credential_request.h"
#include "store/aws/sigv4.h"
#include "store/aws/sso_token.h"

enum { SECONDS = 20 };

/* What a profile says of its sign-on; all heap. */
struct sign_on {
    char *session; /* NULL: the older kind, without */
    char *start_url, *region, *account, *role;
};

static void clear_sign_on(struct sign_on *s)
{
    free(s->session);
    free(s->start_url);
    free(s->region);
    free(s->account);
    free(s->role);
}

/* ---- The profile ------------------------------------------------------------------- */

static int read_session(const char *profile, struct sign_on *s, struct pulse_err *err)
{
    char *section = pulse_print(err, "sso-session %s", s->session);
    if (section != NULL) {
        s->start_url = pulse_aws_section_value(section, "sso_start_url", err);
        s->region = pulse_aws_section_value(section, "sso_region", err);
    }
    int rc = err->kind == PULSE_OK ? 0 : -1;
    if (rc == 0 && (s->start_url == NULL || s->region == NULL))
        rc = pulse_fail(err, PULSE_E_STORAGE,
                        "profile '%s' names the SSO session '%s', and ~/.aws/config has no "
                        "[sso-session %s] with sso_start_url and sso_region; aws configure sso "
                        "makes one",
                        profile, s->session, s->session);
    free(section);
    return rc;
}

/* Whether a profile without account and role, whose sign-on is not for keys, has some. */
static bool has_other_keys(const char *profile, struct pulse_err *err)
{
    char *key = pulse_aws_profile_value(profile, "aws_access_key_id", err);
    char *process = pulse_aws_profile_value(profile, "credential_process", err);
    const bool has = key != NULL || process != NULL;
    free(key);
    free(process);
    return has;
}

/* *found: the profile has a sign-on. */
static int read_sign_on(const char *profile, struct sign_on *s, bool *found, struct pulse_err *err)
{
    *found = false;
    s->session = pulse_aws_profile_value(profile, "sso_session", err);
    if (s->session == NULL)
        s->start_url = pulse_aws_profile_value(profile, "sso_start_url", err);
    if (err->kind != PULSE_OK)
        return -1;
    if (s->session == NULL && s->start_url == NULL)
        return 0;
    s->account = pulse_aws_profile_value(profile, "sso_account_id", err);
    s->role = pulse_aws_profile_value(profile, "sso_role_name", err);
    if (s->session == NULL)
        s->region = pulse_aws_profile_value(profile, "sso_region", err);
    else if (read_session(profile, s, err) != 0)
        return -1;
    if (err->kind != PULSE_OK)
        return -1;
    if (s->account == NULL && s->role == NULL && has_other_keys(profile, err))
        return 0;
    if (s->account == NULL || s->role == NULL || s->region == NULL)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "the single sign-on (SSO) of profile '%s' lacks sso_account_id, "
                          "sso_role_name or sso_region; aws configure sso --profile %s sets them",
                          profile, profile);
    *found = true;
    return 0;
}

/* ---- The server -------------------------------------------------------------------- */

static int read_answer(const char *text, struct pulse_credentials *c, struct pulse_err *err)
{
    json_t *answer = json_loads(text, 0, NULL);
    const json_t *keys = json_object_get(answer, "roleCredentials");
    const char *key_id = json_string_value(json_object_get(keys, "accessKeyId"));
    const char *secret = json_string_value(json_object_get(keys, "secretAccessKey"));
    const char *token = json_string_value(json_object_get(keys, "sessionToken"));
    const json_int_t expires_ms = json_integer_value(json_object_get(keys, "expiration"));
    int rc = key_id == NULL || secret == NULL
                 ? pulse_fail(err, PULSE_E_STORAGE, "the answer of AWS SSO cannot be read")
                 : pulse_credentials_set(c, key_id, secret, token, "a single sign-on", err);
    if (rc == 0 && expires_ms > 0)
        c->expires_seconds = expires_ms / 1000;
    json_decref(answer);
    return rc;
}

static int judge_answer(const struct pulse_sso_session *session, const struct pulse_http *http,
                        struct pulse_credentials *c, struct pulse_err *err)
{
    if (http->whole && http->status == 200 && http->text != NULL)
        return read_answer(http->text, c, err);
    if (http->whole && http->status == 401)
        return pulse_sso_token_fail(session, "is no longer valid", err);
    struct pulse_err refused = {.kind = PULSE_OK};
    (void)pulse_credential_request_fail(http, "AWS SSO", &refused);
    return pulse_fail(err, refused.kind, "%.400s%s%s%s", refused.text,
                      refused.kind == PULSE_E_STORAGE
                          ? "; check sso_account_id and sso_role_name of profile '"
                          : "",
                      refused.kind == PULSE_E_STORAGE ? session->profile : "",
                      refused.kind == PULSE_E_STORAGE ? "'" : "");
}

static char *make_url(const struct sign_on *s, struct pulse_err *err)
{
    bool custom;
    char *endpoint = pulse_aws_endpoint(NULL, "portal.sso", s->region, &custom, err), *url = NULL;
    char *account = pulse_uri_encode(s->account, false, err);
    char *role = pulse_uri_encode(s->role, false, err);
    if (endpoint != NULL && account != NULL && role != NULL)
        url = pulse_print(err, "%s/federation/credentials?role_name=%s&account_id=%s", endpoint,
                          role, account);
    free(endpoint);
    free(account);
    free(role);
    return url;
}

static int fetch_keys(const struct pulse_sso_session *session, const struct sign_on *s,
                      const char *token, struct pulse_credentials *c, struct pulse_err *err)
{
    char *url = make_url(s, err);
    char *header = url == NULL ? NULL : pulse_print(err, "x-amz-sso_bearer_token: %s", token);
    const char *const headers[] = {header};
    struct pulse_http http = {
        .method = "GET", .url = url, .headers = headers, .n_headers = 1, .total_seconds = SECONDS};
    int rc = header == NULL ? -1 : pulse_credential_request_perform(&http, true, err);
    if (rc == 0)
        rc = judge_answer(session, &http, c, err);
    pulse_credential_request_wipe(&http);
    pulse_credentials_wipe(header);
    free(url);
    return rc;
}

int pulse_credentials_from_sso(const char *profile, struct pulse_credentials *c, bool *found,
                               struct pulse_err *err)
{
    struct sign_on s = {.session = NULL};
    char *token = NULL;
    int rc = read_sign_on(profile, &s, found, err);
    if (rc == 0 && *found) {
        const struct pulse_sso_session session = {
            .profile = profile, .name = s.session, .start_url = s.start_url, .region = s.region};
        token = pulse_sso_token_get(&session, err);
        rc = token == NULL ? -1 : fetch_keys(&session, &s, token, c, err);
    }
    pulse_credentials_wipe(token);
    clear_sign_on(&s);
    return rc;
}
