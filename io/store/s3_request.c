#include "store/s3_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "store/credentials.h"
#include "store/retry_policy.h"
#include "store/retry_state.h"
#include "store/sigv4.h"

enum { CONCURRENCY = 8, MOST_HEADERS = 10, REGIONS = 16 };

static struct {
    const char *region_option, *endpoint_option;
    int concurrency;
    char *region, *endpoint;
    bool custom; /* endpoint: path style */
    struct {
        char bucket[PULSE_S3_WORD], region[PULSE_S3_WORD];
    } moved[REGIONS]; /* buckets that were found in other regions */
    int n_moved;
    int token; /* counts session tokens that had expired */
} s3;

void pulse_s3_request_configure(const char *region, const char *endpoint_url, int concurrency)
{
    s3.region_option = region;
    s3.endpoint_option = endpoint_url;
    s3.concurrency = concurrency;
}

int pulse_s3_request_concurrency(void)
{
    return s3.concurrency > 0 ? s3.concurrency : CONCURRENCY;
}

void pulse_s3_request_finish(void)
{
    free(s3.region);
    free(s3.endpoint);
    memset(&s3, 0, sizeof s3);
    pulse_retry_state_finish();
    pulse_credentials_forget();
}

static int settle(struct pulse_err *err)
{
    if (s3.endpoint != NULL)
        return 0;
    if (s3.region == NULL)
        s3.region = pulse_aws_region(s3.region_option, err);
    if (s3.region == NULL && err->kind == PULSE_OK)
        s3.region = pulse_strdup("us-east-1", err); /* another one is told by the first answer */
    if (s3.region == NULL)
        return -1;
    s3.endpoint = pulse_aws_endpoint(s3.endpoint_option, "s3", s3.region, &s3.custom, err);
    return s3.endpoint == NULL ? -1 : 0;
}

int pulse_s3_request_endpoint(const char **endpoint, struct pulse_err *err)
{
    *endpoint = settle(err) == 0 ? s3.endpoint : NULL;
    return *endpoint == NULL ? -1 : 0;
}

/* ---- Where to ------------------------------------------------------------------- */

static const char *region_of(const char *bucket)
{
    for (int i = 0; i < s3.n_moved; i++)
        if (strcmp(s3.moved[i].bucket, bucket) == 0)
            return s3.moved[i].region;
    return s3.region;
}

static bool remember_region(const char *bucket, const char *region)
{
    int at = 0;
    while (at < s3.n_moved && strcmp(s3.moved[at].bucket, bucket) != 0)
        at++;
    if (at == REGIONS || strlen(bucket) >= PULSE_S3_WORD || strlen(region) >= PULSE_S3_WORD)
        return false;
    (void)strcpy(s3.moved[at].bucket, bucket);
    (void)strcpy(s3.moved[at].region, region);
    s3.n_moved += at == s3.n_moved;
    return true;
}

static bool path_style(const char *bucket)
{
    const char *style = getenv("AWS_S3_ADDRESSING_STYLE");
    if (style != NULL && strcmp(style, "path") == 0)
        return true;
    if (style != NULL && strcmp(style, "virtual") == 0)
        return false;
    return s3.custom || strchr(bucket, '.') != NULL; /* no certificate covers a dotted name */
}

/* What a signature and a URL are made of. */
struct place {
    char *url;
    char *host; /* with the port */
    char *path; /* encoded */
};

static void place_clear(struct place *place)
{
    free(place->url);
    free(place->host);
    free(place->path);
    *place = (struct place){0};
}

/* Endpoint of AWS itself in the region of the bucket; a custom one whatever that is. */
static char *base_of(const struct pulse_s3_request *r, struct pulse_err *err)
{
    bool custom;
    if (s3.custom || region_of(r->bucket) == s3.region)
        return pulse_strdup(s3.endpoint, err);
    return pulse_aws_endpoint(s3.endpoint_option, "s3", region_of(r->bucket), &custom, err);
}

static int place_init(struct place *place, const struct pulse_s3_request *r, struct pulse_err *err)
{
    char *base = base_of(r, err), *key = pulse_uri_encode(r->key, true, err);
    const char *scheme_end = base == NULL ? NULL : strstr(base, "://");
    const bool by_path = path_style(r->bucket);
    *place = (struct place){0};
    if (scheme_end != NULL && key != NULL) {
        const char *host = scheme_end + 3;
        place->host =
            by_path ? pulse_strdup(host, err) : pulse_print(err, "%s.%s", r->bucket, host);
        place->path =
            by_path ? pulse_print(err, "/%s%s%s", r->bucket, r->key[0] == '\0' ? "" : "/", key)
                    : pulse_print(err, "/%s", key);
        if (place->host != NULL && place->path != NULL)
            place->url =
                pulse_print(err, "%.*s%s%s%s%s", (int)(host - base), base, place->host, place->path,
                            r->query == NULL ? "" : "?", r->query == NULL ? "" : r->query);
    }
    free(base);
    free(key);
    if (place->url != NULL)
        return 0;
    place_clear(place);
    return -1;
}

/* ---- One attempt ---------------------------------------------------------------- */

struct attempt {
    struct pulse_s3_request *request;
    struct place place;
    char **signed_lines;
    const char *headers[MOST_HEADERS + 6];
    char range[64], match[PULSE_S3_WORD + 16];
};

static void attempt_clear(struct attempt *a)
{
    place_clear(&a->place);
    pulse_sigv4_headers_free(a->signed_lines);
    *a = (struct attempt){0};
}

static int own_headers(struct attempt *a)
{
    struct pulse_s3_request *r = a->request;
    int n = 0;
    for (int i = 0; i < r->n_headers; i++)
        a->headers[n++] = r->headers[i];
    if (r->range_bytes > 0) {
        (void)snprintf(a->range, sizeof a->range, "Range: bytes=%lld-%lld",
                       (long long)(r->range_from + r->got),
                       (long long)(r->range_from + r->range_bytes - 1));
        a->headers[n++] = a->range;
    }
    if (r->etag != NULL) {
        (void)snprintf(a->match, sizeof a->match, "If-Match: %s", r->etag);
        a->headers[n++] = a->match;
    }
    return n;
}

static int attempt_init(struct attempt *a, struct pulse_s3_request *r, struct pulse_err *err)
{
    const struct pulse_credentials *who;
    char digest[PULSE_SHA256_HEX];
    *a = (struct attempt){.request = r};
    if (settle(err) != 0 || place_init(&a->place, r, err) != 0 ||
        pulse_credentials_get(&who, err) != 0)
        return -1;
    int n = own_headers(a);
    r->token = s3.token;
    (void)snprintf(r->region, sizeof r->region, "%s", region_of(r->bucket));
    pulse_sha256_hex(r->body == NULL ? "" : r->body, (size_t)r->body_bytes, digest);
    const struct pulse_sigv4 sign = {.key_id = who->key_id,
                                     .secret = who->secret,
                                     .token = who->token,
                                     .region = r->region,
                                     .service = "s3",
                                     .unix_seconds = pulse_retry_state_now(),
                                     .method = r->method,
                                     .host = a->place.host,
                                     .path = a->place.path,
                                     .query = r->query,
                                     .headers = a->headers,
                                     .n_headers = n,
                                     .payload_sha256 = digest};
    a->signed_lines = pulse_sigv4_headers(&sign, err);
    for (char **line = a->signed_lines; line != NULL && *line != NULL; line++)
        a->headers[n++] = *line;
    r->http.method = r->method;
    r->http.url = a->place.url;
    r->http.headers = a->headers;
    r->http.n_headers = n;
    r->http.body = r->body;
    r->http.body_bytes = r->body_bytes;
    r->http.into = r->into == NULL ? NULL : (char *)r->into + r->got;
    r->http.into_bytes = r->range_bytes - r->got;
    return a->signed_lines == NULL ? -1 : 0;
}

/* ---- What came of it ------------------------------------------------------------ */

/* In a shell's spelling, for messages. */
static char *name_of(const struct pulse_s3_request *r, char out[256])
{
    (void)snprintf(out, 256, "s3://%s%s%.150s", r->bucket, r->key[0] == '\0' ? "" : "/", r->key);
    return out;
}

static const char *advice(const struct pulse_s3_request *r)
{
    const char *code = r->xml.code;
    if (strcmp(code, "NoSuchBucket") == 0)
        return "there is no such bucket; check its name, the region and --endpoint-url";
    if (strcmp(code, "InvalidAccessKeyId") == 0)
        return "the access key is not known there; check the credentials and --endpoint-url";
    if (strcmp(code, "SignatureDoesNotMatch") == 0)
        return "the secret key is wrong (or a proxy changed the request); check the credentials";
    if (strcmp(code, "AccessDenied") == 0 || r->http.status == 403)
        return "these credentials may not do that; ask for the permission or use others";
    if (strncmp(code, "ExpiredToken", 12) == 0 || strcmp(code, "InvalidToken") == 0)
        return "the session token is no longer good; log in again";
    return "see the S3 documentation for this error";
}

static int fail(const struct pulse_s3_request *r, struct pulse_err *err)
{
    char name[256];
    const int status = r->http.status;
    (void)name_of(r, name);
    if (status == 412)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s changed while it was being read; run the same command again", name);
    if (status == 404 && strcmp(r->xml.code, "NoSuchBucket") != 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: there is no such object; pulse-data ls lists what there is", name);
    return pulse_fail(err, PULSE_E_STORAGE, "%s %s: S3 answers %d%s%s%s%.200s: %s", r->method, name,
                      status, r->xml.code[0] == '\0' ? "" : " ", r->xml.code,
                      r->xml.message[0] == '\0' ? "" : ", ", r->xml.message, advice(r));
}

static int give_up(const struct pulse_s3_request *r, struct pulse_err *err)
{
    char name[256], why[PULSE_HTTP_PROBLEM + 64];
    if (r->http.refused)
        return pulse_fail(err, PULSE_E_STORAGE, "%s %s: %s; check --endpoint-url and AWS_CA_BUNDLE",
                          r->method, name_of(r, name), r->http.problem);
    if (r->http.problem[0] != '\0')
        (void)snprintf(why, sizeof why, "%s", r->http.problem);
    else
        (void)snprintf(why, sizeof why, "S3 answers %d %s", r->http.status, r->xml.code);
    return pulse_fail(err, PULSE_E_TEMPORARY, "%s %s: %s, %d times; try again later", r->method,
                      name_of(r, name), why, r->attempts);
}

/* Sets when to ask again, or fails when there were attempts enough. */
static int again(struct pulse_s3_request *r, bool at_once, struct pulse_err *err)
{
    return pulse_retry_state_again(&r->http, r->attempts, at_once, &r->wait_until)
               ? 0
               : give_up(r, err);
}

/* Reads the error of an answer, and of a 200 that holds one. */
static void read_error(struct pulse_s3_request *r)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const char *text = r->http.text;
    pulse_s3_xml_clear(&r->xml);
    if (text != NULL && text[strspn(text, " \t\r\n")] == '<')
        (void)pulse_s3_xml_read(text, r->http.received, "", &r->xml, &ignored);
}

/* Whether the bytes are those that were asked for: a server that does not know ranges sends all. */
static bool right_length(const struct pulse_s3_request *r)
{
    return r->range_bytes == 0 || r->http.status != 206 || r->got == r->range_bytes;
}

/* Whether they are those that S3 was given, where that can be told; else all are asked for anew. */
static bool right_bytes(struct pulse_s3_request *r)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_sum sum;
    if (r->whole == NULL || r->http.status != 206)
        return true;
    if (pulse_sum_init(&sum, r->whole, &err) == 0) {
        pulse_sum_add(&sum, r->into, r->got);
        (void)pulse_sum_check(&sum, &err);
    }
    pulse_sum_clear(&sum);
    if (err.kind == PULSE_OK)
        return true;
    r->got = 0;
    (void)snprintf(r->http.problem, sizeof r->http.problem, "%.200s", err.text);
    return false;
}

static int judge(struct pulse_s3_request *r, struct pulse_err *err)
{
    char region[PULSE_S3_WORD] = "";
    struct pulse_http *http = &r->http;
    r->attempts++;
    if (http->into != NULL && http->status == 206)
        r->got += http->received;
    read_error(r);
    if (!pulse_http_header(http, "x-amz-bucket-region", region, sizeof region))
        (void)snprintf(region, sizeof region, "%s", r->xml.region);
    const bool moved =
        region[0] != '\0' && http->status / 100 != 2 && strcmp(region, r->region) != 0;
    const bool whole =
        http->whole && (http->status / 100 != 2 || (right_length(r) && right_bytes(r)));
    switch (pulse_retry_policy_decide(http->status, whole, r->xml.code, moved)) {
    case PULSE_ANSWER_DONE:
        if (r->range_bytes > 0 && http->status != 206) {
            char name[256];
            return pulse_fail(err, PULSE_E_STORAGE,
                              "GET %s: the server does not send ranges of bytes (status %d)",
                              name_of(r, name), http->status);
        }
        pulse_retry_state_succeeded();
        r->ended = true;
        return 0;
    case PULSE_ANSWER_REGION:
        return remember_region(r->bucket, region) ? again(r, true, err) : fail(r, err);
    case PULSE_ANSWER_SKEW:
        if (r->dated || !pulse_retry_state_correct_clock(http))
            return fail(r, err);
        r->dated = true;
        return again(r, true, err);
    case PULSE_ANSWER_EXPIRED:
        if (r->renewed)
            return fail(r, err);
        if (r->token == s3.token) { /* else another request has seen to it meanwhile */
            r->renewed = true;
            s3.token++;
            pulse_credentials_forget();
        }
        return again(r, true, err);
    case PULSE_ANSWER_RETRY:
        return again(r, r->got > 0 && http->received > 0, err);
    case PULSE_ANSWER_FAIL:
    default:
        r->ended =
            r->may_be_absent && http->status == 404 && strcmp(r->xml.code, "NoSuchBucket") != 0;
        return r->ended ? 0 : fail(r, err);
    }
}

/* ---- Many ----------------------------------------------------------------------- */

/* Sleeps until the first of those that wait may be asked again. */
static int wait_for_first(const struct pulse_s3_request *requests, int64_t n, struct pulse_err *err)
{
    double first = -1;
    for (int64_t i = 0; i < n; i++)
        if (!requests[i].ended && (first < 0 || requests[i].wait_until < first))
            first = requests[i].wait_until;
    return pulse_retry_state_sleep(first, err);
}

/* Requests, and the attempts of those that are under way. */
struct pulse_s3_many {
    struct pulse_s3_request *requests;
    int64_t n;
    struct attempt *attempts;
    struct pulse_http_many *http;
    int running;
    int (*ended)(void *context, struct pulse_err *err);
    void *context;
};

/* The first that is due and not under way. */
static int next_due(void *context, struct pulse_http **out, struct pulse_err *err)
{
    struct pulse_s3_many *many = context;
    const double t = pulse_seconds();
    *out = NULL;
    for (int64_t i = 0; *out == NULL && i < many->n; i++) {
        struct pulse_s3_request *r = &many->requests[i];
        if (r->ended || many->attempts[i].request != NULL || r->wait_until > t)
            continue;
        if (attempt_init(&many->attempts[i], r, err) != 0)
            return -1;
        *out = &r->http;
    }
    return 0;
}

static int attempt_ended(void *context, struct pulse_http *http, struct pulse_err *err)
{
    struct pulse_s3_many *many = context;
    int64_t i = 0;
    while (&many->requests[i].http != http)
        i++;
    attempt_clear(&many->attempts[i]);
    if (judge(&many->requests[i], err) != 0)
        return -1;
    return many->requests[i].ended && many->ended != NULL ? many->ended(many->context, err) : 0;
}

static bool all_ended(const struct pulse_s3_request *requests, int64_t n)
{
    bool all = true;
    for (int64_t i = 0; i < n; i++)
        all = all && requests[i].ended;
    return all;
}

int pulse_s3_many_new(struct pulse_s3_request *requests, int64_t n,
                      int (*ended)(void *context, struct pulse_err *err), void *context,
                      struct pulse_s3_many **out, struct pulse_err *err)
{
    const int64_t most = pulse_s3_request_concurrency();
    struct pulse_s3_many *many = pulse_calloc(1, sizeof *many, "requests to S3", err);
    const struct pulse_http_feed feed = {next_due, attempt_ended, many};
    *out = many;
    if (many == NULL)
        return -1;
    many->requests = requests;
    many->ended = ended;
    many->context = context;
    many->attempts = pulse_calloc(n, sizeof *many->attempts, "requests to S3", err);
    if (many->attempts == NULL)
        return -1;
    many->n = n;
    return pulse_http_many_new(&feed, (int)(n < most ? n : most), &many->http, err);
}

int pulse_s3_many_turn(struct pulse_s3_many *many, bool wait, struct pulse_err *err)
{
    if (wait && many->running == 0 && wait_for_first(many->requests, many->n, err) != 0)
        return -1;
    return pulse_http_many_turn(many->http, wait, &many->running, err);
}

void pulse_s3_many_free(struct pulse_s3_many *many)
{
    if (many == NULL)
        return;
    pulse_http_many_free(many->http);
    for (int64_t i = 0; i < many->n; i++)
        attempt_clear(&many->attempts[i]);
    free(many->attempts);
    free(many);
}

int pulse_s3_perform(struct pulse_s3_request *requests, int64_t n, struct pulse_err *err)
{
    struct pulse_s3_many *many;
    int rc = pulse_s3_many_new(requests, n, NULL, NULL, &many, err);
    while (rc == 0 && !all_ended(requests, n))
        rc = pulse_s3_many_turn(many, true, err);
    pulse_s3_many_free(many);
    return rc;
}

void pulse_s3_request_clear(struct pulse_s3_request *request)
{
    pulse_http_clear(&request->http);
    pulse_s3_xml_clear(&request->xml);
}
