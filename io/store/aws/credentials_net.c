#include "store/aws/credentials_net.h"

#include <errno.h>
#include <expat.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/aws/http.h"
#include "store/aws/sigv4.h"

enum { QUICK_SECONDS = 2, PATIENT_SECONDS = 20, ATTEMPTS = 3 };

static void wipe_http(struct pulse_http *http)
{
    if (http->text != NULL)
        OPENSSL_cleanse(http->text, strlen(http->text));
    pulse_http_clear(http);
}

/* Up to three attempts while the server is busy; the last answer is in `http`. */
static int perform_with_retries(struct pulse_http *http, struct pulse_err *err)
{
    for (int attempt = 1;; attempt++) {
        const struct timespec pause = {0, 200 * 1000000L * attempt};
        if (pulse_http_perform(http, err) != 0)
            return -1;
        if ((http->whole && http->status < 500 && http->status != 429) || attempt == ATTEMPTS)
            return 0;
        (void)nanosleep(&pause, NULL);
    }
}

static int fail_refused(const struct pulse_http *http, const char *source, struct pulse_err *err)
{
    const bool later = !http->whole || http->status >= 500 || http->status == 429;
    const enum pulse_kind kind = later ? PULSE_E_TEMPORARY : PULSE_E_STORAGE;
    if (!http->whole)
        return pulse_fail(err, kind, "credentials from %s: %s", source, http->problem);
    return pulse_fail(err, kind, "credentials from %s: it answers %d", source, http->status);
}

/* ---- Security token service ----------------------------------------------------- */

enum { FIELD_TEXT = 8192 };

/* The elements of an answer that are needed, wherever they stand. */
struct sts {
    char field[6][FIELD_TEXT];
    int current; /* index of the open element; -1: none of them */
    size_t n;
};

static const char *const sts_names[] = {
    "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Code", "Message"};

static void XMLCALL start_sts_element(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct sts *sts = user;
    (void)attributes;
    sts->current = -1;
    for (int i = 0; i < 6; i++)
        if (strcmp(name, sts_names[i]) == 0)
            sts->current = i;
    sts->n = 0;
}

static void XMLCALL add_sts_text(void *user, const XML_Char *text, int n)
{
    struct sts *sts = user;
    if (sts->current < 0 || sts->n + (size_t)n >= FIELD_TEXT)
        return;
    memcpy(sts->field[sts->current] + sts->n, text, (size_t)n);
    sts->n += (size_t)n;
}

static void XMLCALL end_sts_element(void *user, const XML_Char *name)
{
    (void)name;
    ((struct sts *)user)->current = -1;
}

/* The elements of an answer; heap, wiped and freed by the caller. NULL with PULSE_E_MEMORY. */
static struct sts *parse_sts(const char *text, struct pulse_err *err)
{
    struct sts *sts = pulse_calloc(1, sizeof *sts, "credentials", err);
    XML_Parser parser = sts == NULL ? NULL : XML_ParserCreate(NULL);
    if (parser == NULL) {
        free(sts);
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for credentials");
        return NULL;
    }
    sts->current = -1;
    XML_SetUserData(parser, sts);
    XML_SetElementHandler(parser, start_sts_element, end_sts_element);
    XML_SetCharacterDataHandler(parser, add_sts_text);
    if (XML_Parse(parser, text, (int)strlen(text), 1) != XML_STATUS_OK)
        sts->field[0][0] = sts->field[4][0] = '\0';
    XML_ParserFree(parser);
    return sts;
}

static void wipe_sts(struct sts *sts)
{
    if (sts != NULL)
        OPENSSL_cleanse(sts, sizeof *sts);
    free(sts);
}

static int read_sts(const char *text, struct pulse_credentials *c, struct pulse_err *err)
{
    struct sts *sts = parse_sts(text, err);
    int rc = sts == NULL ? -1 : 0;
    if (rc == 0 && sts->field[0][0] != '\0' && sts->field[1][0] != '\0')
        rc = pulse_credentials_set(c, sts->field[0], sts->field[1], sts->field[2],
                                   "an assumed role", err);
    else if (rc == 0)
        rc = pulse_fail(err, PULSE_E_STORAGE, "the answer of AWS STS cannot be read");
    if (rc == 0)
        c->expires_seconds = pulse_credentials_read_expiry(sts->field[3]);
    wipe_sts(sts);
    return rc;
}

/* A refusal in the words of STS. */
static int fail_sts(const struct pulse_http *http, struct pulse_err *err)
{
    const bool refused = http->whole && http->status / 100 == 4 && http->status != 429;
    struct sts *sts = refused && http->text != NULL ? parse_sts(http->text, err) : NULL;
    if (err->kind == PULSE_OK && sts != NULL && sts->field[4][0] != '\0')
        (void)pulse_fail(err, PULSE_E_STORAGE,
                         "AWS STS refuses the role: %.80s: %.300s; check role_arn and its trust "
                         "policy, and the keys that assume it",
                         sts->field[4], sts->field[5]);
    else if (err->kind == PULSE_OK)
        (void)fail_refused(http, "AWS STS (assuming the role; check role_arn and its trust policy)",
                           err);
    wipe_sts(sts);
    return -1;
}

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

static int post_sts(const char *endpoint, const char *region, const char *body,
                    const struct pulse_credentials *with, struct pulse_credentials *c,
                    struct pulse_err *err)
{
    const char *headers[16] = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"};
    char digest[PULSE_SHA256_HEX];
    int n = 1, rc;
    char **lines = NULL, *url = pulse_print(err, "%s/", endpoint);
    pulse_sha256_hex(body, strlen(body), digest);
    const struct pulse_sigv4 sign = {.key_id = with == NULL ? "" : with->key_id,
                                     .secret = with == NULL ? "" : with->secret,
                                     .token = with == NULL ? NULL : with->token,
                                     .region = region,
                                     .service = "sts",
                                     .unix_seconds = (int64_t)time(NULL),
                                     .method = "POST",
                                     .host = strstr(endpoint, "://") + 3,
                                     .path = "/",
                                     .headers = headers,
                                     .n_headers = 1,
                                     .payload_sha256 = digest};
    if (url != NULL && with != NULL) {
        lines = pulse_sigv4_headers(&sign, err);
        for (char **line = lines; line != NULL && *line != NULL; line++)
            headers[n++] = *line;
    }
    struct pulse_http http = {.method = "POST",
                              .url = url,
                              .headers = headers,
                              .n_headers = n,
                              .body = body,
                              .body_bytes = (int64_t)strlen(body),
                              .total_seconds = PATIENT_SECONDS};
    rc = url == NULL || (with != NULL && lines == NULL) ? -1 : perform_with_retries(&http, err);
    if (rc == 0 && (!http.whole || http.status != 200 || http.text == NULL))
        rc = fail_sts(&http, err);
    else if (rc == 0)
        rc = read_sts(http.text, c, err);
    wipe_http(&http);
    pulse_sigv4_headers_free(lines);
    free(url);
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

/* A file's text without what ends its line. */
static char *read_token_file(const char *path, struct pulse_err *err)
{
    char *token = pulse_aws_read_file(path);
    if (token == NULL)
        (void)pulse_fail_errno(err, errno, "reading the token %s", path);
    else
        token[strcspn(token, "\r\n")] = '\0';
    return token;
}

int pulse_credentials_from_web_identity(struct pulse_credentials *c, bool *found,
                                        struct pulse_err *err)
{
    const char *path = pulse_aws_env("AWS_WEB_IDENTITY_TOKEN_FILE"),
               *role = pulse_aws_env("AWS_ROLE_ARN");
    const char *session = pulse_aws_env("AWS_ROLE_SESSION_NAME");
    *found = path != NULL && role != NULL;
    if (!*found)
        return 0;
    char *token = read_token_file(path, err);
    if (token == NULL)
        return -1;
    int rc = pulse_credentials_from_sts(NULL, role, session == NULL ? "pulse" : session, NULL,
                                        token, c, err);
    OPENSSL_cleanse(token, strlen(token));
    free(token);
    return rc;
}

/* ---- Container ------------------------------------------------------------------ */

/* Plain HTTP may go to this machine and to the link-local addresses of container agents only. */
static bool is_trusted_uri(const char *uri)
{
    static const char *const hosts[] = {"127.0.0.1",     "localhost",      "[::1]",
                                        "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    if (strncmp(uri, "https://", 8) == 0)
        return true;
    if (strncmp(uri, "http://", 7) != 0)
        return false;
    /* host[:port] and nothing else: "127.0.0.1:x@elsewhere" is a user at another machine. */
    const char *authority = uri + 7;
    const size_t length = strcspn(authority, "/?#");
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const size_t n = strlen(hosts[i]);
        if (n <= length && strncmp(authority, hosts[i], n) == 0 &&
            (n == length ||
             (authority[n] == ':' && strspn(authority + n + 1, "0123456789") == length - n - 1)))
            return true;
    }
    return false;
}

/* "Authorization: …", heap; "" if there is no token; NULL with an error. */
static char *make_container_header(struct pulse_err *err)
{
    const char *path = pulse_aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *plain = pulse_aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    char *from_file = path == NULL ? NULL : pulse_aws_read_file(path);
    if (path != NULL && from_file == NULL) {
        (void)pulse_fail_errno(err, errno, "reading the token %s", path);
        return NULL;
    }
    const char *token = from_file != NULL ? from_file : plain;
    char *line = NULL;
    if (token != NULL && strpbrk(token, "\r\n") != NULL)
        (void)pulse_fail(err, PULSE_E_STORAGE,
                         "the container's authorization token has a line's end in it");
    else
        line = token == NULL ? pulse_strdup("", err) : pulse_print(err, "Authorization: %s", token);
    if (from_file != NULL)
        OPENSSL_cleanse(from_file, strlen(from_file));
    free(from_file);
    return line;
}

int pulse_credentials_from_container(struct pulse_credentials *c, bool *found,
                                     struct pulse_err *err)
{
    const char *relative = pulse_aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = pulse_aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    *found = relative != NULL || full != NULL;
    if (!*found)
        return 0;
    char *uri = relative != NULL ? pulse_print(err, "http://169.254.170.2%s%s",
                                               relative[0] == '/' ? "" : "/", relative)
                                 : pulse_strdup(full, err);
    char *token = uri == NULL ? NULL : make_container_header(err);
    int rc = token == NULL ? -1 : 0;
    if (rc == 0 && !is_trusted_uri(uri))
        rc =
            pulse_fail(err, PULSE_E_STORAGE,
                       "AWS_CONTAINER_CREDENTIALS_FULL_URI is plain http to another machine, where "
                       "secrets must not go; use https");
    const char *const headers[] = {token};
    struct pulse_http http = {.method = "GET",
                              .url = uri,
                              .headers = headers,
                              .n_headers = token != NULL && token[0] != '\0',
                              .direct = true, /* a proxy would see the keys */
                              .connect_seconds = QUICK_SECONDS,
                              .total_seconds = PATIENT_SECONDS};
    if (rc == 0)
        rc = perform_with_retries(&http, err);
    if (rc == 0 && (!http.whole || http.status != 200 || http.text == NULL))
        rc = fail_refused(&http, "the container's agent", err);
    else if (rc == 0)
        rc = pulse_credentials_from_json(http.text, "Token", "the container's agent", c, err);
    wipe_http(&http);
    if (token != NULL)
        OPENSSL_cleanse(token, strlen(token));
    free(token);
    free(uri);
    return rc;
}

/* ---- Instance (IMDSv2) ---------------------------------------------------------- */

/* The text at a path of the metadata service; heap. NULL if it does not answer with one. */
static char *fetch_metadata(const char *endpoint, const char *method, const char *path,
                            const char *header, struct pulse_err *err)
{
    const char *const headers[] = {header};
    char *url = pulse_print(err, "%s%s", endpoint, path), *text = NULL;
    struct pulse_http http = {.method = method,
                              .url = url,
                              .headers = headers,
                              .n_headers = 1,
                              .direct = true, /* a proxy would see the keys */
                              .connect_seconds = 1,
                              .total_seconds = QUICK_SECONDS};
    struct pulse_http *one = &http;
    if (url != NULL && pulse_http_perform(one, err) == 0 && http.status == 200 && http.whole &&
        http.text != NULL && strpbrk(http.text, "\r") == NULL) {
        text = http.text;
        http.text = NULL;
    }
    wipe_http(&http);
    free(url);
    return text;
}

int pulse_credentials_from_instance(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    static const char root[] = "/latest/meta-data/iam/security-credentials/";
    const char *disabled = pulse_aws_env("AWS_EC2_METADATA_DISABLED");
    const char *endpoint = pulse_aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    char *role = NULL, *path = NULL, *text = NULL, *header = NULL;
    int rc = 0;
    *found = false;
    if (disabled != NULL && strcasecmp(disabled, "true") == 0)
        return 0;
    if (endpoint == NULL)
        endpoint = "http://169.254.169.254";
    char *token = fetch_metadata(endpoint, "PUT", "/latest/api/token",
                                 "X-aws-ec2-metadata-token-ttl-seconds: 21600", err);
    if (token != NULL && strchr(token, '\n') == NULL)
        header = pulse_print(err, "X-aws-ec2-metadata-token: %s", token);
    if (header != NULL)
        role = fetch_metadata(endpoint, "GET", root, header, err);
    if (role != NULL) {
        role[strcspn(role, "\n")] = '\0';
        path = pulse_print(err, "%s%s", root, role);
    }
    if (path != NULL)
        text = fetch_metadata(endpoint, "GET", path, header, err);
    if (text != NULL) {
        rc = pulse_credentials_from_json(text, "Token", "the instance's role", c, err);
        *found = rc == 0;
    } else if (err->kind != PULSE_OK)
        rc = -1;
    char *const secrets[] = {token, header, text, role, path};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (secrets[i] != NULL)
            OPENSSL_cleanse(secrets[i], strlen(secrets[i]));
        free(secrets[i]);
    }
    return rc;
}
