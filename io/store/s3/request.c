#include "store/s3/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "store/aws/credential_chain.h"
#include "store/aws/hosts.h"
#include "store/aws/retry_policy.h"
#include "store/aws/retry_state.h"
#include "store/aws/sigv4.h"
#include "store/common/counts.h"
#include "store/s3/endpoint.h"
#include "store/s3/refusal.h"

enum { CONCURRENCY = 8, MAX_HEADERS = 10, MAX_MOVES = 3, WORKING_SECONDS = 300 };

static struct {
    int concurrency;
    int token; /* counts session tokens that had expired */
} state;

void pulse_s3_request_configure(int concurrency)
{
    state.concurrency = concurrency;
}

int pulse_s3_request_concurrency(void)
{
    return state.concurrency > 0 ? state.concurrency : CONCURRENCY;
}

void pulse_s3_request_finish(void)
{
    memset(&state, 0, sizeof state);
    pulse_s3_endpoint_finish();
    pulse_retry_state_finish();
    pulse_credentials_forget();
}

/* ---- One attempt ---------------------------------------------------------------- */

struct attempt {
    struct pulse_s3_request *request;
    struct pulse_s3_location location;
    char **signed_lines;
    const char *headers[MAX_HEADERS + 6];
    char range[64], match[PULSE_S3_WORD + 16];
};

static void attempt_clear(struct attempt *a)
{
    pulse_s3_location_clear(&a->location);
    pulse_sigv4_headers_free(a->signed_lines);
    *a = (struct attempt){0};
}

/* Their number; -1 with an error. */
static int add_own_headers(struct attempt *a, struct pulse_err *err)
{
    struct pulse_s3_request *r = a->request;
    const char *payer;
    int n = 0;
    if (pulse_s3_endpoint_payer(&payer, err) != 0)
        return -1;
    if (payer != NULL)
        a->headers[n++] = payer;
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

/* Behind n headers those that sign them. Their number; -1 with an error. */
static int add_signature(struct attempt *a, int n, struct pulse_err *err)
{
    const struct pulse_s3_request *r = a->request;
    const struct pulse_credentials *who;
    char digest[PULSE_SHA256_HEX];
    if (pulse_credentials_get(&who, err) != 0)
        return -1;
    pulse_sha256_hex(r->body == NULL ? "" : r->body, (size_t)r->body_bytes, digest);
    const struct pulse_sigv4 sign = {.key_id = who->key_id,
                                     .secret = who->secret,
                                     .token = who->token,
                                     .region = r->region,
                                     .service = "s3",
                                     .unix_seconds = pulse_retry_state_server_time(),
                                     .method = r->method,
                                     .host = a->location.host,
                                     .path = a->location.path,
                                     .query = r->query,
                                     .headers = a->headers,
                                     .n_headers = n,
                                     .payload_sha256 = digest};
    a->signed_lines = pulse_sigv4_headers(&sign, err);
    for (char **line = a->signed_lines; line != NULL && *line != NULL; line++)
        a->headers[n++] = *line;
    return a->signed_lines == NULL ? -1 : n;
}

static int attempt_init(struct attempt *a, struct pulse_s3_request *r, struct pulse_err *err)
{
    *a = (struct attempt){.request = r};
    if (pulse_s3_location_init(&a->location, r->bucket, r->key, r->query, err) != 0)
        return -1;
    (void)snprintf(r->region, sizeof r->region, "%s", pulse_s3_endpoint_region(r->bucket));
    int n = add_own_headers(a, err);
    if (n >= 0 && pulse_s3_endpoint_signs())
        n = add_signature(a, n, err);
    if (n < 0)
        return -1;
    r->token = state.token;
    r->http.method = r->method;
    r->http.url = a->location.url;
    r->http.headers = a->headers;
    r->http.n_headers = n;
    r->http.body = r->body;
    r->http.body_bytes = r->body_bytes;
    r->http.slow_seconds = r->works_long ? WORKING_SECONDS : 0;
    r->http.into = r->into == NULL ? NULL : (char *)r->into + r->got;
    r->http.into_bytes = r->range_bytes - r->got;
    return 0;
}

/* ---- The answer ------------------------------------------------------------ */

/* Schedules another attempt, or fails if there may be none. */
static int schedule_again(struct pulse_s3_request *r, bool at_once, struct pulse_err *err)
{
    return pulse_retry_state_schedule(&r->http, r->attempts, at_once, &r->wait_until)
               ? 0
               : pulse_s3_refusal_give_up(r, err);
}

/* The answer said what was wrong with the request, and now it is right: that is no attempt that
 * failed. Whoever calls this does so a few times only. */
static int repeat_corrected(struct pulse_s3_request *r)
{
    r->attempts--;
    r->wait_until = 0;
    pulse_store_count(&(struct pulse_store_counts){.retries = 1});
    return 0;
}

/* The answer is no good though all of it arrived: it counts as none. */
static void set_problem(struct pulse_s3_request *r, const char *why)
{
    if (r->http.problem[0] == '\0')
        (void)snprintf(r->http.problem, sizeof r->http.problem, "%.200s", why);
    r->http.whole = false;
}

/* Reads the error in an answer; a 200 may contain one too. */
static void read_error(struct pulse_s3_request *r)
{
    struct pulse_err why = {.kind = PULSE_OK};
    const char *text = r->http.text;
    pulse_s3_xml_clear(&r->xml);
    if (text != NULL && text[strspn(text, " \t\r\n")] == '<')
        (void)pulse_s3_xml_read(text, r->http.received, "S3", &r->xml, &why);
    if (r->root != NULL && r->http.status / 100 == 2 && r->xml.code[0] == '\0' &&
        strcmp(r->xml.root, r->root) != 0)
        set_problem(r, why.kind == PULSE_OK ? "the answer is not what S3 says" : why.text);
}

/* "bytes 0-99/1000" */
static bool read_range(const char *text, int64_t *first, int64_t *last)
{
    static const char unit[] = "bytes";
    const char *at = NULL;
    if (strncmp(text, unit, sizeof unit - 1) == 0) {
        text += sizeof unit - 1;
        at = pulse_parse_digits(text + strspn(text, " \t"), first);
    }
    return at != NULL && *at == '-' && pulse_parse_digits(at + 1, last) != NULL;
}

/* Counts the bytes of a range that arrived, if they are those that were asked for. */
static void count_range(struct pulse_s3_request *r)
{
    char text[64];
    int64_t first = -1, last = -1;
    if (r->http.into == NULL || r->http.status != 206)
        return;
    if (pulse_http_header(&r->http, "content-range", text, sizeof text) &&
        read_range(text, &first, &last) && first == r->range_from + r->got &&
        last < r->range_from + r->range_bytes && last >= first &&
        r->http.received <= last - first + 1)
        r->got += r->http.received;
    else
        set_problem(r, "the answer holds other bytes of the object than were asked for");
}

static bool has_etag(const struct pulse_s3_request *r)
{
    char etag[PULSE_S3_WORD];
    return pulse_http_header(&r->http, "etag", etag, sizeof etag) && etag[0] != '\0';
}

/* A 2xx that does not say what was sent is stored, or which content an object has, is none: a
 * portal or a proxy may answer in the server's stead. */
static void check_answer(struct pulse_s3_request *r)
{
    struct pulse_integrity expected;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_sum sum;
    if (r->http.status / 100 != 2)
        return;
    if (strcmp(r->method, "DELETE") == 0 && r->http.received > 0)
        set_problem(r, "the answer is not what S3 says");
    if (strcmp(r->method, "HEAD") == 0 && !has_etag(r))
        set_problem(r, "the answer has no ETag, so nothing says what the object is");
    if (!r->stores)
        return;
    if (!has_etag(r)) {
        set_problem(r, "the answer has no ETag, so nothing says that the bytes are stored");
        return;
    }
    pulse_integrity_learn(&r->http, r->bucket, &expected);
    if (expected.kind != 0 && pulse_sum_init(&sum, &expected, &err) == 0) {
        pulse_sum_add(&sum, r->body, r->body_bytes);
        (void)pulse_sum_check(&sum, &err);
        pulse_sum_clear(&sum);
        if (err.kind != PULSE_OK)
            set_problem(r, "the answer's ETag or checksum is not that of the bytes sent");
    }
}

/* Whether all bytes of the range arrived: a server that does not know ranges sends the object. */
static bool has_right_length(const struct pulse_s3_request *r)
{
    return r->range_bytes == 0 || r->http.status != 206 || r->got == r->range_bytes;
}

/* Whether the bytes of a whole object match its checksum, if it has one; else none counts as
 * received. */
static bool has_right_bytes(struct pulse_s3_request *r)
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
    set_problem(r, err.text);
    return false;
}

/* The region that an answer names, or the host that it names instead; "": neither. */
static void read_region(const struct pulse_s3_request *r, char out[PULSE_S3_WORD])
{
    if (pulse_http_header(&r->http, "x-amz-bucket-region", out, PULSE_S3_WORD))
        return;
    (void)snprintf(out, PULSE_S3_WORD, "%s", r->xml.region);
    if (out[0] == '\0')
        (void)pulse_aws_region_of_s3(r->xml.endpoint, r->bucket, out, PULSE_S3_WORD);
}

static int handle_answer(struct pulse_s3_request *r, struct pulse_err *err)
{
    char region[PULSE_S3_WORD];
    struct pulse_http *http = &r->http;
    r->attempts++;
    if (pulse_s3_refusal_is_of_another(r))
        return pulse_s3_refusal_fail(r, err);
    count_range(r);
    read_error(r);
    check_answer(r);
    read_region(r, region);
    const bool moved =
        region[0] != '\0' && http->status / 100 != 2 && strcmp(region, r->region) != 0;
    const bool whole =
        http->whole && (http->status / 100 != 2 || (has_right_length(r) && has_right_bytes(r)));
    switch (pulse_retry_policy_decide(http->status, whole, r->xml.code, moved)) {
    case PULSE_ANSWER_DONE:
        if (r->range_bytes > 0 && http->status != 206) {
            char name[PULSE_S3_NAME];
            return pulse_fail(err, PULSE_E_STORAGE,
                              "GET %s: the server does not send ranges of bytes (status %d)",
                              pulse_s3_refusal_name(r, name), http->status);
        }
        pulse_retry_state_note_success();
        r->ended = true;
        return 0;
    case PULSE_ANSWER_REGION:
        return r->moves++ < MAX_MOVES && pulse_s3_endpoint_set_region(r->bucket, region)
                   ? repeat_corrected(r)
                   : pulse_s3_refusal_fail(r, err);
    case PULSE_ANSWER_SKEW:
        if (r->dated || !pulse_retry_state_correct_clock(http))
            return pulse_s3_refusal_fail(r, err);
        r->dated = true;
        return repeat_corrected(r);
    case PULSE_ANSWER_EXPIRED:
        if (r->renewed)
            return pulse_s3_refusal_fail(r, err);
        if (r->token == state.token) { /* else another request has renewed them already */
            r->renewed = true;
            state.token++;
            pulse_credentials_forget();
        }
        return repeat_corrected(r);
    case PULSE_ANSWER_RETRY:
        return schedule_again(r, r->got > 0 && http->received > 0, err);
    case PULSE_ANSWER_FAIL:
    default:
        r->ended =
            r->may_be_absent && http->status == 404 && strcmp(r->xml.code, "NoSuchBucket") != 0;
        return r->ended ? 0 : pulse_s3_refusal_fail(r, err);
    }
}

/* ---- Many ----------------------------------------------------------------------- */

/* Sleeps until the first of the waiting requests may be sent again. */
static int wait_for_first(const struct pulse_s3_request *requests, int64_t n, struct pulse_err *err)
{
    double first = -1;
    for (int64_t i = 0; i < n; i++)
        if (!requests[i].ended && (first < 0 || requests[i].wait_until < first))
            first = requests[i].wait_until;
    return pulse_retry_state_sleep(first, err);
}

/* Requests, and the attempts that are in flight. */
struct pulse_s3_many {
    struct pulse_s3_request *requests;
    int64_t n;
    struct attempt *attempts;
    struct pulse_http_many *http;
    int running;
    int (*ended)(void *context, struct pulse_err *err);
    void *context;
};

/* The first request that is due and not in flight. */
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
    if (handle_answer(&many->requests[i], err) != 0)
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
    const int64_t max = pulse_s3_request_concurrency();
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
    return pulse_http_many_new(&feed, (int)(n < max ? n : max), &many->http, err);
}

int pulse_s3_many_step(struct pulse_s3_many *many, bool wait, struct pulse_err *err)
{
    if (wait && many->running == 0 && wait_for_first(many->requests, many->n, err) != 0)
        return -1;
    return pulse_http_many_step(many->http, wait, &many->running, err);
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

int pulse_s3_request_perform(struct pulse_s3_request *requests, int64_t n, struct pulse_err *err)
{
    struct pulse_s3_many *many;
    int rc = pulse_s3_many_new(requests, n, NULL, NULL, &many, err);
    while (rc == 0 && !all_ended(requests, n))
        rc = pulse_s3_many_step(many, true, err);
    pulse_s3_many_free(many);
    return rc;
}

void pulse_s3_request_clear(struct pulse_s3_request *request)
{
    pulse_http_clear(&request->http);
    pulse_s3_xml_clear(&request->xml);
}
