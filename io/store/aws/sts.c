#include "store/aws/sts.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/aws/credential_request.h"
#include "store/aws/retry_policy.h"
#include "store/aws/retry_state.h"
#include "store/aws/sigv4.h"

enum { FIELD_TEXT = 8192, PATIENT_SECONDS = 20 };

/* ---- The answer ----------------------------------------------------------------- */

static int read_sts(const char *text, struct pulse_credentials *c, struct pulse_err *err)
{
    char key_id[FIELD_TEXT], secret[FIELD_TEXT], token[FIELD_TEXT], expires[FIELD_TEXT];
    const struct pulse_credential_field fields[] = {
        {"AccessKeyId", key_id, sizeof key_id},
        {"SecretAccessKey", secret, sizeof secret},
        {"SessionToken", token, sizeof token},
        {"Expiration", expires, sizeof expires},
    };
    int rc = 0;
    if (!pulse_credential_request_read_xml(text, fields, sizeof fields / sizeof *fields) ||
        key_id[0] == '\0' || secret[0] == '\0')
        rc = pulse_fail(err, PULSE_E_STORAGE, "the answer of AWS STS cannot be read");
    else
        rc = pulse_credentials_set(c, key_id, secret, token, "an assumed role", err);
    if (rc == 0)
        c->expires_seconds = pulse_credentials_read_expiry(expires);
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(token, sizeof token);
    return rc;
}

/* What to do about a refusal. */
static const char *advise_on(const char *code)
{
    if (strncmp(code, "ExpiredToken", 12) == 0)
        return "the session of the keys or the token that assume it is over: log in again";
    if (strcmp(code, "InvalidClientTokenId") == 0 || strcmp(code, "SignatureDoesNotMatch") == 0)
        return "the keys that assume it are wrong, or of another partition";
    if (strcmp(code, "RegionDisabledException") == 0)
        return "STS is not enabled in that region: enable it, or name another region";
    return "check role_arn and its trust policy, and the keys that assume it";
}

/* A refusal in the words of STS. */
static int fail_sts(const struct pulse_http *http, struct pulse_err *err)
{
    char code[PULSE_CREDENTIAL_CODE], message[PULSE_CREDENTIAL_MESSAGE];
    pulse_credential_request_read_error(http, code, message);
    if (code[0] == '\0' || pulse_credential_request_is_busy(http))
        return pulse_credential_request_fail(
            http, "AWS STS (assuming the role; check role_arn and its trust policy)", err);
    return pulse_fail(err, PULSE_E_STORAGE, "AWS STS refuses the role: %s: %s; %s", code, message,
                      advise_on(code));
}

/* ---- The request ---------------------------------------------------------------- */

/* action=…&…, percent-encoded. */
static char *make_sts_body(const char *role_arn, const char *session, const char *external_id,
                           const char *web_token, struct pulse_err *err)
{
    char *role = pulse_uri_encode(role_arn, false, err);
    char *name = pulse_uri_encode(session, false, err);
    char *external = pulse_uri_encode(external_id == NULL ? "" : external_id, false, err);
    char *web = pulse_uri_encode(web_token == NULL ? "" : web_token, false, err);
    char *body = NULL;
    if (role != NULL && name != NULL && external != NULL && web != NULL)
        body =
            pulse_print(err, "Action=%s&Version=2011-06-15&RoleArn=%s&RoleSessionName=%s%s%s%s%s",
                        web_token == NULL ? "AssumeRole" : "AssumeRoleWithWebIdentity", role, name,
                        external_id == NULL ? "" : "&ExternalId=", external,
                        web_token == NULL ? "" : "&WebIdentityToken=", web);
    free(role);
    free(name);
    free(external);
    free(web);
    return body;
}

/* The header lines that sign a body; NULL with an error. */
static char **sign_body(const char *endpoint, const char *region, const char *body,
                        const struct pulse_credentials *with, const char *const *headers,
                        struct pulse_err *err)
{
    char digest[PULSE_SHA256_HEX];
    pulse_sha256_hex(body, strlen(body), digest);
    const struct pulse_sigv4 sign = {.key_id = with->key_id,
                                     .secret = with->secret,
                                     .token = with->token,
                                     .region = region,
                                     .service = "sts",
                                     .unix_seconds = pulse_retry_state_server_time(),
                                     .method = "POST",
                                     .host = strstr(endpoint, "://") + 3,
                                     .path = "/",
                                     .headers = headers,
                                     .n_headers = 1,
                                     .payload_sha256 = digest};
    return pulse_sigv4_headers(&sign, err);
}

/* One request, signed where there are keys; the answer is in `http`. */
static int send_body(const char *endpoint, const char *region, const char *body,
                     const struct pulse_credentials *with, struct pulse_http *http,
                     struct pulse_err *err)
{
    const char *headers[16] = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"};
    int n = 1, rc = -1;
    char *url = pulse_print(err, "%s/", endpoint);
    char **lines = with == NULL ? NULL : sign_body(endpoint, region, body, with, headers, err);
    for (char **line = lines; line != NULL && *line != NULL; line++)
        headers[n++] = *line;
    *http = (struct pulse_http){.method = "POST",
                                .url = url,
                                .headers = headers,
                                .n_headers = n,
                                .body = body,
                                .body_bytes = (int64_t)strlen(body),
                                .total_seconds = PATIENT_SECONDS};
    if (url != NULL && (with == NULL || lines != NULL))
        rc = pulse_credential_request_perform(http, true, err);
    pulse_sigv4_headers_free(lines);
    free(url);
    return rc;
}

/* Whether STS takes the time of the request for a wrong one. */
static bool is_skewed(const struct pulse_http *http)
{
    char code[PULSE_CREDENTIAL_CODE], message[PULSE_CREDENTIAL_MESSAGE];
    pulse_credential_request_read_error(http, code, message);
    return pulse_retry_policy_decide(http->status, http->whole,
                                     pulse_retry_policy_code(code, message),
                                     false) == PULSE_ANSWER_SKEW;
}

static int post_sts(const char *endpoint, const char *region, const char *body,
                    const struct pulse_credentials *with, struct pulse_credentials *c,
                    struct pulse_err *err)
{
    struct pulse_http http;
    int rc = send_body(endpoint, region, body, with, &http, err);
    if (rc == 0 && with != NULL && is_skewed(&http) && pulse_retry_state_correct_clock(&http)) {
        pulse_credential_request_wipe(&http);
        rc = send_body(endpoint, region, body, with, &http, err);
    }
    if (rc == 0 && (!http.whole || http.status != 200 || http.text == NULL))
        rc = fail_sts(&http, err);
    else if (rc == 0)
        rc = read_sts(http.text, c, err);
    pulse_credential_request_wipe(&http);
    return rc;
}

int pulse_credentials_from_sts(const struct pulse_credentials *with, const char *role_arn,
                               const char *session, const char *external_id, const char *web_token,
                               struct pulse_credentials *c, struct pulse_err *err)
{
    bool custom;
    char *region = pulse_aws_region(NULL, err);
    if (region == NULL && err->kind == PULSE_OK)
        region = pulse_strdup("us-east-1", err);
    char *endpoint = region == NULL ? NULL : pulse_aws_endpoint(NULL, "sts", region, &custom, err);
    char *body =
        endpoint == NULL ? NULL : make_sts_body(role_arn, session, external_id, web_token, err);
    int rc = body == NULL ? -1 : post_sts(endpoint, region, body, with, c, err);
    if (body != NULL)
        OPENSSL_cleanse(body, strlen(body));
    free(body);
    free(endpoint);
    free(region);
    return rc;
}
