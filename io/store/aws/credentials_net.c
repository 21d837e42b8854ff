#include "store/aws/credentials_net.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/aws/credential_request.h"
#include "store/aws/sts.h"

enum { QUICK_SECONDS = 2, PATIENT_SECONDS = 20 };

/* ---- Web identity --------------------------------------------------------------- */

/* A file's text. */
static char *read_token(const char *path, struct pulse_err *err)
{
    char *token = pulse_aws_read_file(path);
    if (token == NULL)
        (void)pulse_fail(err, PULSE_E_STORAGE, "reading the token %s: %s", path, strerror(errno));
    return token;
}

int pulse_credentials_from_token(const char *path, const char *role, const char *session,
                                 struct pulse_credentials *c, struct pulse_err *err)
{
    char *token = read_token(path, err);
    if (token == NULL)
        return -1;
    token[strcspn(token, "\r\n")] = '\0';
    const int rc = pulse_credentials_from_sts(NULL, role, session == NULL ? "pulse" : session, NULL,
                                              token, c, err);
    pulse_credentials_wipe(token);
    return rc;
}

int pulse_credentials_from_web_identity(struct pulse_credentials *c, bool *found,
                                        struct pulse_err *err)
{
    const char *path = pulse_aws_env("AWS_WEB_IDENTITY_TOKEN_FILE"),
               *role = pulse_aws_env("AWS_ROLE_ARN");
    const char *session = pulse_aws_env("AWS_ROLE_SESSION_NAME");
    *found = path != NULL && role != NULL;
    if (path != NULL && role == NULL)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not; set both, or "
            "neither");
    return *found ? pulse_credentials_from_token(path, role, session, c, err) : 0;
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
    char *from_file = path == NULL ? NULL : read_token(path, err);
    if (path != NULL && from_file == NULL)
        return NULL;
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
        rc = pulse_credential_request_perform(&http, true, err);
    if (rc == 0 && (!http.whole || http.status != 200 || http.text == NULL))
        rc = pulse_credential_request_fail(&http, "the container's agent", err);
    else if (rc == 0)
        rc = pulse_credentials_from_json(http.text, "Token", "the container's agent", c, err);
    pulse_credential_request_wipe(&http);
    if (token != NULL)
        OPENSSL_cleanse(token, strlen(token));
    free(token);
    free(uri);
    return rc;
}

/* ---- Instance (IMDSv2) ---------------------------------------------------------- */

/* Where the metadata service is: of an instance that has IPv6 alone at an address of its own. */
static const char *find_metadata(void)
{
    const char *named = pulse_aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = pulse_aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    const char *usual = mode != NULL && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
                                                                      : "http://169.254.169.254";
    return named != NULL ? named : usual;
}

/* The text at a path of the metadata service; heap. NULL if it does not answer with one, as where
 * there is no such service; with an error where it answers, and has none for now. */
static char *fetch_metadata(const char *endpoint, const char *method, const char *path,
                            const char *header, struct pulse_err *err)
{
    const char *const headers[] = {header};
    size_t n = strlen(endpoint);
    while (n > 0 && endpoint[n - 1] == '/')
        n--;
    char *url = pulse_print(err, "%.*s%s", (int)n, endpoint, path), *text = NULL;
    struct pulse_http http = {.method = method,
                              .url = url,
                              .headers = headers,
                              .n_headers = 1,
                              .direct = true, /* a proxy would see the keys */
                              .connect_seconds = 1,
                              .total_seconds = QUICK_SECONDS};
    const int rc = url == NULL ? -1 : pulse_credential_request_perform(&http, false, err);
    if (rc == 0 && http.status != 0 && pulse_credential_request_is_busy(&http))
        (void)pulse_credential_request_fail(&http, "the instance's metadata service", err);
    else if (rc == 0 && http.status == 200 && http.whole && http.text != NULL &&
             strpbrk(http.text, "\r") == NULL) {
        text = http.text;
        http.text = NULL;
    }
    pulse_credential_request_wipe(&http);
    free(url);
    return text;
}

int pulse_credentials_from_instance(struct pulse_credentials *c, bool *found, struct pulse_err *err)
{
    static const char root[] = "/latest/meta-data/iam/security-credentials/";
    const char *disabled = pulse_aws_env("AWS_EC2_METADATA_DISABLED");
    const char *endpoint = find_metadata();
    char *role = NULL, *path = NULL, *text = NULL, *header = NULL;
    int rc = 0;
    *found = false;
    if (disabled != NULL && strcasecmp(disabled, "true") == 0)
        return 0;
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
