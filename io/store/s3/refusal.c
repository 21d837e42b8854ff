#include "store/s3/refusal.h"

#include <stdio.h>
#include <string.h>

#include "store/s3/endpoint.h"

char *pulse_s3_refusal_name(const struct pulse_s3_request *r, char out[PULSE_S3_NAME])
{
    (void)snprintf(out, PULSE_S3_NAME, "s3://%s%s%.150s", r->bucket, r->key[0] == '\0' ? "" : "/",
                   r->key);
    return out;
}

/* Of codes that say what is wrong. */
static const struct {
    const char *code, *advice; /* a code that ends in '*' stands for all that begin so */
} advices[] = {
    {"NoSuchBucket", "there is no such bucket; check its name, the region and --endpoint-url"},
    {"InvalidAccessKeyId", "the access key is not known there; check the credentials and "
                           "--endpoint-url"},
    {"SignatureDoesNotMatch",
     "the secret key is wrong (or a proxy changed the request); check the credentials"},
    {"ExpiredToken*", "the session token is no longer good; log in again"},
    {"InvalidToken", "the session token is no longer good; log in again"},
    {"InvalidObjectState", "it is in an archive (Glacier): restore it (aws s3api restore-object), "
                           "wait, and try again"},
    {"KMS.*", "the key of KMS that encrypts it cannot be used; ask for it, or enable it"},
    {"PermanentRedirect",
     "the bucket is in another region; name that with AWS_REGION, and in an --endpoint-url"},
    {"TemporaryRedirect",
     "the bucket is in another region; name that with AWS_REGION, and in an --endpoint-url"},
    {"AuthorizationHeaderMalformed", "the region is wrong; name that of the bucket with "
                                     "AWS_REGION, and in an --endpoint-url"},
    {"IllegalLocationConstraintException", "the bucket is in another region; name that with "
                                           "AWS_REGION, and in an --endpoint-url"},
    {"RequestTimeTooSkewed", "the clock of this machine is off; set it"},
    {"EntityTooLarge", "it is larger than the server takes"},
    {"QuotaExceeded*", "the server has no space left for it; delete something, or ask for more"}};

#define DENIED "these credentials may not do that; ask for the permission or use others"
#define UNPAID " (a Requester Pays bucket wants --request-payer requester)"
#define ABSENT "; without s3:ListBucket an object that is not there is refused so too"

static const char *advise_denied(const struct pulse_s3_request *r)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const char *payer;
    const bool paid = pulse_s3_endpoint_payer(&payer, &ignored) == 0 && payer != NULL;
    const bool reads = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    if (!pulse_s3_endpoint_signs())
        return "it is not public: leave out --no-sign-request";
    if (reads && r->key[0] != '\0')
        return paid ? DENIED ABSENT : DENIED UNPAID ABSENT;
    return paid ? DENIED : DENIED UNPAID;
}

static const char *get_advice(const struct pulse_s3_request *r)
{
    const char *code = r->xml.code;
    const int status = r->http.status;
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        const size_t n = strcspn(advices[i].code, "*");
        if (strncmp(code, advices[i].code, n) == 0 &&
            (advices[i].code[n] == '*' || code[n] == '\0'))
            return advices[i].advice;
    }
    if (strcmp(code, "AccessDenied") == 0 || (code[0] == '\0' && status == 403))
        return advise_denied(r);
    if (status / 100 == 3)
        return "another server was asked than the one that has it; check --endpoint-url";
    if (status == 407)
        return "the proxy wants a user and a password; see https_proxy and no_proxy";
    return code[0] == '\0' ? "S3 does not answer so; check --endpoint-url, and proxies"
                           : "change what it names";
}

/* " (it sends to https://HOST)" of a redirect that is none to another region; else "". */
static const char *tell_redirect(const struct pulse_s3_request *r, char out[PULSE_HTTP_SERVER + 32])
{
    char location[PULSE_S3_LONG], server[PULSE_HTTP_SERVER];
    out[0] = '\0';
    if (r->http.status / 100 == 3 && r->xml.code[0] == '\0' &&
        pulse_http_header(&r->http, "location", location, sizeof location) &&
        pulse_http_show_server(location, server))
        (void)snprintf(out, PULSE_HTTP_SERVER + 32, " (it sends to %s)", server);
    return out;
}

bool pulse_s3_refusal_is_of_another(const struct pulse_s3_request *r)
{
    char etag[PULSE_S3_WORD];
    const char *asked = r->etag;
    if (asked == NULL || r->http.status / 100 != 2 ||
        !pulse_http_header(&r->http, "etag", etag, sizeof etag))
        return false;
    const bool weak = strncmp(etag, "W/", 2) == 0; /* packed on the way, perhaps */
    return strcmp(etag + (weak ? 2 : 0), asked + (strncmp(asked, "W/", 2) == 0 ? 2 : 0)) != 0;
}

int pulse_s3_refusal_fail(const struct pulse_s3_request *r, struct pulse_err *err)
{
    char name[PULSE_S3_NAME], elsewhere[PULSE_HTTP_SERVER + 32];
    const int status = r->http.status;
    (void)pulse_s3_refusal_name(r, name);
    /* Nothing is wrong with the command or with what is there now: it may be tried again. */
    if ((status == 412 && r->etag != NULL) || pulse_s3_refusal_is_of_another(r))
        return pulse_fail(err, PULSE_E_CHANGED,
                          "%s changed while it was being read; run the same command again", name);
    if (strcmp(r->xml.code, "NoSuchUpload") == 0)
        return pulse_fail(
            err, PULSE_E_TEMPORARY,
            "PUT %s: the upload was given up by somebody else before its end; try again", name);
    if (status == 404 && r->key[0] != '\0' && strcmp(r->xml.code, "NoSuchBucket") != 0 &&
        (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: there is no such object; pulse-data ls lists what there is", name);
    return pulse_fail(err, PULSE_E_STORAGE, "%s %s: S3 answers %d%s%s%s%.200s%s: %s", r->method,
                      name, status, r->xml.code[0] == '\0' ? "" : " ", r->xml.code,
                      r->xml.message[0] == '\0' ? "" : ", ", r->xml.message,
                      tell_redirect(r, elsewhere), get_advice(r));
}

int pulse_s3_refusal_give_up(const struct pulse_s3_request *r, struct pulse_err *err)
{
    char name[PULSE_S3_NAME], why[PULSE_HTTP_PROBLEM + 64];
    if (r->http.check != NULL)
        return pulse_fail(err, PULSE_E_STORAGE, "%s %s: %s; check %s", r->method,
                          pulse_s3_refusal_name(r, name), r->http.problem, r->http.check);
    if (r->http.problem[0] != '\0')
        (void)snprintf(why, sizeof why, "%s", r->http.problem);
    else
        (void)snprintf(why, sizeof why, "S3 answers %d%s%s", r->http.status,
                       r->xml.code[0] == '\0' ? "" : " ", r->xml.code);
    return pulse_fail(err, PULSE_E_TEMPORARY, "%s %s: %s, %d time%s; try again later", r->method,
                      pulse_s3_refusal_name(r, name), why, r->attempts,
                      r->attempts == 1 ? "" : "s");
}
