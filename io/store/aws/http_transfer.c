#include "store/aws/http_transfer.h"

#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/common/counts.h"

enum {
    LIMIT_BYTES = 16 << 20,
    HEADER_BYTES = 64 << 10,
    SLOW_BYTES = 1024,
    SLOW_SECONDS = 20,
    RECEIVE_BYTES = 1 << 20, /* at once, of each connection */
    SEND_BYTES = 512 << 10
};

/* "//user:password@host", as libcurl quotes a proxy, without the password: what stands between a
 * slash, a quote or a blank and an '@' becomes "...". */
static void hide_userinfo(char *text)
{
    for (char *at = strchr(text, '@'); at != NULL; at = strchr(at + 1, '@')) {
        char *from = at;
        while (from > text && strchr("/'\" ", from[-1]) == NULL)
            from--;
        const size_t kept = at - from < 3 ? 0 : 3;
        memcpy(from, "...", kept);
        memmove(from + kept, at, strlen(at) + 1);
        at = from + kept;
    }
}

/* What libcurl quotes of a proxy that it does not understand: as it was set, password and all. */
static void hide_proxy(char *text, size_t capacity)
{
    char proxy[PULSE_HTTP_PROBLEM], shown[PULSE_HTTP_SERVER];
    char *first = strchr(text, '\''), *last = strrchr(text, '\'');
    if (first == NULL || strstr(text, "proxy") == NULL)
        return;
    const size_t n = last > first ? (size_t)(last - first - 1) : strlen(first + 1); /* cut */
    (void)snprintf(proxy, sizeof proxy, "%.*s", (int)n, first + 1);
    (void)pulse_http_show_server(proxy, shown);
    (void)snprintf(first, capacity - (size_t)(first - text), "'%s'", shown);
}

static void set_problem(struct pulse_http *http, const char *text)
{
    if (http->problem[0] == '\0') {
        (void)snprintf(http->problem, sizeof http->problem, "%.*s", PULSE_HTTP_PROBLEM - 1, text);
        hide_proxy(http->problem, sizeof http->problem);
        hide_userinfo(http->problem);
    }
}

static size_t receive_body(char *bytes, size_t size, size_t n, void *user)
{
    struct pulse_transfer *t = user;
    struct pulse_http *http = t->http;
    struct pulse_err err = {.kind = PULSE_OK};
    long status = 0;
    (void)size; /* is 1 */
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    const int64_t more = (int64_t)n, have = http->received;
    if (http->into != NULL && status / 100 == 2) {
        if (more > http->into_bytes - have) {
            set_problem(http, "the answer is longer than what was asked for");
            return 0;
        }
        memcpy((char *)http->into + have, bytes, n);
    } else {
        const int64_t limit = http->limit_bytes == 0 ? LIMIT_BYTES : http->limit_bytes;
        if (more > limit - have) {
            set_problem(http, "the answer is too long");
            return 0;
        }
        if (pulse_grow(&http->text, &t->text_capacity, have + more + 1, 1, "an answer", &err) !=
            0) {
            set_problem(http, err.text);
            return 0;
        }
        memcpy(http->text + have, bytes, n);
        http->text[have + more] = '\0';
    }
    http->received += more;
    return n;
}

/* Keeps "name: value\n" with the name in lower case; a status line begins anew. */
static size_t receive_header(char *bytes, size_t size, size_t n, void *user)
{
    struct pulse_transfer *t = user;
    struct pulse_http *http = t->http;
    struct pulse_err err = {.kind = PULSE_OK};
    (void)size;
    size_t length = n;
    while (length > 0 && (bytes[length - 1] == '\r' || bytes[length - 1] == '\n'))
        length--;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        t->header_bytes = 0;
        if (http->answer_headers != NULL)
            http->answer_headers[0] = '\0';
        return n;
    }
    if (length == 0)
        return n;
    if (t->header_bytes + (int64_t)length > HEADER_BYTES) {
        set_problem(http, "the headers of the answer are too long");
        return 0;
    }
    if (pulse_grow(&http->answer_headers, &t->header_capacity,
                   t->header_bytes + (int64_t)length + 2, 1, "an answer's headers", &err) != 0) {
        set_problem(http, err.text);
        return 0;
    }
    char *to = http->answer_headers + t->header_bytes;
    bool name = true;
    for (size_t i = 0; i < length; i++) {
        name = name && bytes[i] != ':';
        to[i] = name && bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] | 0x20) : bytes[i];
    }
    to[length] = '\n';
    to[length + 1] = '\0';
    t->header_bytes += (int64_t)length + 1;
    return n;
}

static size_t send_body(char *to, size_t size, size_t n, void *user)
{
    struct pulse_transfer *t = user;
    const int64_t capacity = (int64_t)(size * n), left = t->http->body_bytes - t->sent;
    const int64_t some = left < capacity ? left : capacity;
    memcpy(to, (const char *)t->http->body + t->sent, (size_t)some);
    t->sent += some;
    return (size_t)some;
}

/* A kept connection may have been closed by the server: curl then sends the body again. */
static int rewind_body(void *user, curl_off_t offset, int origin)
{
    struct pulse_transfer *t = user;
    if (origin != SEEK_SET || offset < 0 || offset > t->http->body_bytes)
        return CURL_SEEKFUNC_CANTSEEK;
    t->sent = offset;
    t->http->sent_again = true;
    return CURL_SEEKFUNC_OK;
}

/* The profile's ca_bundle, looked up once; "": none. */
static const char *ca_file_of_profile(void)
{
    static char path[4096];
    static bool looked;
    struct pulse_err ignored = {.kind = PULSE_OK};
    if (!looked) {
        char *found = pulse_aws_profile_value(pulse_aws_profile_name(), "ca_bundle", &ignored);
        (void)snprintf(path, sizeof path, "%s", found == NULL ? "" : found);
        free(found);
        looked = true;
    }
    return path;
}

/* The authorities of TLS, where others than the system's are named. */
static const char *find_ca_file(void)
{
    static const char *const names[] = {"AWS_CA_BUNDLE", NULL, "CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = names[i] == NULL ? ca_file_of_profile() : getenv(names[i]);
        if (path != NULL && path[0] != '\0')
            return path;
    }
    return NULL;
}

static void set_method(struct pulse_transfer *t)
{
    const struct pulse_http *http = t->http;
    CURL *easy = t->easy;
    if (strcmp(http->method, "HEAD") == 0)
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (http->body != NULL || strcmp(http->method, "PUT") == 0 ||
             strcmp(http->method, "POST") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)http->body_bytes);
        (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
        (void)curl_easy_setopt(easy, CURLOPT_READDATA, t);
        (void)curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
        (void)curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method);
    } else
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method);
}

static int set_headers(struct pulse_transfer *t)
{
    /* Without these two curl waits for a "100 Continue", and names itself. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (int64_t i = -1; list != NULL && i < t->http->n_headers; i++) {
        struct curl_slist *longer = curl_slist_append(
            list, i < 0 ? "User-Agent: pulse/" PULSE_VERSION : t->http->headers[i]);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    t->headers = list;
    return list == NULL ? -1 : 0;
}

int pulse_transfer_init(struct pulse_transfer *t, struct pulse_http *http)
{
    *t = (struct pulse_transfer){.http = http};
    http->whole = http->sent_again = false;
    http->check = NULL;
    http->problem[0] = '\0';
    t->easy = curl_easy_init();
    if (t->easy == NULL || set_headers(t) != 0)
        return -1;
    CURL *easy = t->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->curl_says);
    (void)curl_easy_setopt(easy, CURLOPT_URL, http->url);
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, http->once ? 1L : 0L);
    if (http->direct)
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                           (long)(http->connect_seconds == 0 ? 10 : http->connect_seconds));
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)http->total_seconds);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                           (long)(http->slow_seconds > 0 ? http->slow_seconds : SLOW_SECONDS));
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
    if (find_ca_file() != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, find_ca_file());
    set_method(t);
    return 0;
}

/* Whether libcurl says with these words that it did not find a name, and there is no such name; one
 * that cannot be looked up for now is none of these. */
static bool is_no_name(const char *says, const char *words)
{
    struct addrinfo *found = NULL;
    const size_t n = strlen(words);
    if (strncmp(says, words, n) != 0)
        return false;
    const int code = getaddrinfo(says + n, NULL, NULL, &found);
    if (code == 0)
        freeaddrinfo(found);
    return code == EAI_NONAME;
}

/* Whether a proxy will not do next time what it has not done now: of 5xx nobody knows. */
static bool has_refused(struct pulse_transfer *t, CURLcode code, long answer)
{
    long reason = CURLPX_OK;
    if (code == CURLE_PROXY)
        (void)curl_easy_getinfo(t->easy, CURLINFO_PROXY_ERROR, &reason);
    return (answer / 100 == 4 && answer != 408 && answer != 429) || reason == CURLPX_NO_AUTH ||
           reason == CURLPX_USER_REJECTED || reason == CURLPX_REPLY_NOT_ALLOWED;
}

/* Whether a server has answered already: names that are looked up then are no slips of the pen. */
static atomic_bool answered;

/* What to look at where another attempt would end the same way; NULL where it may not. */
static const char *find_fault(struct pulse_transfer *t, CURLcode code)
{
    const char *fault = NULL, *says = t->curl_says;
    long answer = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    if (code == CURLE_OK)
        fault = NULL;
    else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
             code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        fault = "--endpoint-url and AWS_CA_BUNDLE";
    else if (answer == 407)
        fault = "user and password in https_proxy";
    else if (has_refused(t, code, answer) || strncmp(says, "Unsupported proxy", 17) == 0 ||
             is_no_name(says, "Could not resolve proxy: "))
        fault = "https_proxy, http_proxy and no_proxy";
    else if (!answered && is_no_name(says, "Could not resolve host: "))
        fault = "AWS_REGION and --endpoint-url";
    return fault;
}

void pulse_transfer_finish(struct pulse_transfer *t)
{
    struct pulse_http *http = t->http;
    const CURLcode code = t->code;
    long status = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    http->status = (int)status;
    http->whole = code == CURLE_OK;
    http->check = find_fault(t, code);
    if (http->whole && !http->direct)
        answered = true;
    if (code != CURLE_OK)
        set_problem(http, t->curl_says[0] != '\0' ? t->curl_says : curl_easy_strerror(code));
    pulse_store_count(&(struct pulse_store_counts){.bytes_read = http->received, .requests = 1});
}

void pulse_transfer_clear(struct pulse_transfer *t)
{
    if (t->easy != NULL)
        curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    *t = (struct pulse_transfer){0};
}
