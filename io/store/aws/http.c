#include "store/aws/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/common/counts.h"
#include "store/common/store_lock.h"

enum {
    LIMIT_BYTES = 16 << 20,
    HEADER_BYTES = 64 << 10,
    SLOW_BYTES = 1024,
    SLOW_SECONDS = 20,
    POLL_MILLISECONDS = 1000,
    RECEIVE_BYTES = 1 << 20, /* at once, of each connection */
    SEND_BYTES = 512 << 10
};

/* A request in flight. */
struct transfer {
    struct pulse_http *http;
    CURL *easy;
    struct curl_slist *headers;
    int64_t sent;          /* bytes of the body */
    int64_t text_capacity; /* of http->text */
    int64_t header_capacity, header_bytes;
    bool done;
    CURLcode code;
    char curl_says[CURL_ERROR_SIZE];
};

static struct {
    bool begun; /* curl_global_init */
    enum pulse_kind (*stop)(void);
} state;

/* Of this thread: curl's handles are not shared between threads. */
static _Thread_local struct {
    CURLM *multi;
    pid_t owner;         /* a child must not talk over its parent's connections */
    int max_concurrency; /* so far: as many connections are kept, and two more */
} own;

void pulse_http_stop_when(enum pulse_kind (*stop)(void))
{
    state.stop = stop;
}

int pulse_http_interrupted(struct pulse_err *err)
{
    const enum pulse_kind kind = state.stop == NULL ? PULSE_OK : state.stop();
    if (kind == PULSE_OK)
        return 0;
    return pulse_fail(err, kind,
                      "interrupted while talking to a server; run the same command again");
}

/* ---- One request ---------------------------------------------------------------- */

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

static void set_problem(struct pulse_http *http, const char *text)
{
    if (http->problem[0] == '\0') {
        (void)snprintf(http->problem, sizeof http->problem, "%.*s", PULSE_HTTP_PROBLEM - 1, text);
        hide_userinfo(http->problem);
    }
}

static size_t receive_body(char *bytes, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
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
    struct transfer *t = user;
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
    struct transfer *t = user;
    const int64_t capacity = (int64_t)(size * n), left = t->http->body_bytes - t->sent;
    const int64_t some = left < capacity ? left : capacity;
    memcpy(to, (const char *)t->http->body + t->sent, (size_t)some);
    t->sent += some;
    return (size_t)some;
}

/* A kept connection may have been closed by the server: curl then sends the body again. */
static int rewind_body(void *user, curl_off_t offset, int origin)
{
    struct transfer *t = user;
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

static void set_method(struct transfer *t)
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

static int set_headers(struct transfer *t)
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

static int init_transfer(struct transfer *t, struct pulse_http *http)
{
    *t = (struct transfer){.http = http};
    pulse_http_clear(http); /* what an attempt before this one left */
    http->whole = http->refused = http->sent_again = false;
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
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
    if (find_ca_file() != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, find_ca_file());
    set_method(t);
    return 0;
}

/* Whether another attempt would end the same way. */
static bool is_final_code(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

static void finish_transfer(struct transfer *t)
{
    struct pulse_http *http = t->http;
    const CURLcode code = t->code;
    long status = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    http->status = (int)status;
    http->whole = code == CURLE_OK;
    http->refused = is_final_code(code);
    if (code != CURLE_OK)
        set_problem(http, t->curl_says[0] != '\0' ? t->curl_says : curl_easy_strerror(code));
    pulse_store_count(&(struct pulse_store_counts){.bytes_read = http->received, .requests = 1});
}

static void clear_transfer(struct transfer *t)
{
    if (t->easy != NULL && own.multi != NULL)
        (void)curl_multi_remove_handle(own.multi, t->easy);
    if (t->easy != NULL)
        curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    *t = (struct transfer){0};
}

/* ---- Many requests -------------------------------------------------------------- */

static int get_multi(struct pulse_err *err)
{
    if (own.multi != NULL && own.owner == getpid())
        return 0;
    if (!state.begun && curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for HTTP");
    state.begun = true;
    own.multi =
        curl_multi_init(); /* a parent's is left alone: closing it would end its connections */
    own.owner = getpid();
    own.max_concurrency = 0;
    return own.multi != NULL ? 0 : pulse_fail(err, PULSE_E_MEMORY, "out of memory for HTTP");
}

/* Notes which transfers are done: perhaps also some of another pulse_http_many of this thread. */
static void collect_finished(void)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(own.multi, &left)) != NULL;) {
        struct transfer *t;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        t->code = message->data.result;
        t->done = true;
    }
}

struct pulse_http_many {
    struct pulse_http_feed feed;
    int n, running;
    struct transfer *transfers;
};

int pulse_http_many_new(const struct pulse_http_feed *feed, int concurrency,
                        struct pulse_http_many **out, struct pulse_err *err)
{
    struct pulse_http_many *many = pulse_calloc(1, sizeof *many, "HTTP requests", err);
    *out = many;
    if (many == NULL)
        return -1;
    many->feed = *feed;
    many->transfers = pulse_calloc(concurrency, sizeof *many->transfers, "HTTP requests", err);
    if (many->transfers == NULL || get_multi(err) != 0)
        return -1;
    many->n = concurrency;
    if (concurrency > own.max_concurrency) {
        own.max_concurrency = concurrency;
        (void)curl_multi_setopt(own.multi, CURLMOPT_MAXCONNECTS, (long)concurrency + 2);
    }
    return 0;
}

void pulse_http_many_free(struct pulse_http_many *many)
{
    if (many == NULL)
        return;
    for (int i = 0; i < many->n; i++)
        clear_transfer(&many->transfers[i]);
    free(many->transfers);
    free(many);
}

/* Hands the requests that are done to the feed. */
static int report_finished(struct pulse_http_many *many, struct pulse_err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < many->n; i++) {
        struct pulse_http *http = many->transfers[i].http;
        if (!many->transfers[i].done)
            continue;
        finish_transfer(&many->transfers[i]);
        clear_transfer(&many->transfers[i]);
        rc = many->feed.ended(many->feed.context, http, err);
    }
    return rc;
}

/* Begins as many requests as the feed has and as there are free transfers. They are sent at once,
 * before curl_multi_perform receives what has arrived on all others: else their connections would
 * be idle meanwhile. */
static int begin_transfers(struct pulse_http_many *many, struct pulse_err *err)
{
    bool more = true;
    int in_all;
    many->running = 0;
    for (int i = 0; i < many->n; i++) {
        struct transfer *t = &many->transfers[i];
        struct pulse_http *http = NULL;
        if (t->http == NULL && more) {
            if (many->feed.next(many->feed.context, &http, err) != 0)
                return -1;
            more = http != NULL;
            if (more && pulse_http_interrupted(err) != 0)
                return -1;
            if (more && (init_transfer(t, http) != 0 ||
                         curl_multi_add_handle(own.multi, t->easy) != CURLM_OK))
                return pulse_fail(err, PULSE_E_MEMORY, "out of memory for an HTTP request");
        }
        many->running += t->http != NULL;
    }
    (void)curl_multi_socket_action(own.multi, CURL_SOCKET_TIMEOUT, 0, &in_all);
    return 0;
}

/* Whether one of its transfers is done. */
static bool is_any_done(const struct pulse_http_many *many)
{
    bool any = false;
    for (int i = 0; i < many->n; i++)
        any = any || many->transfers[i].done;
    return any;
}

int pulse_http_many_step(struct pulse_http_many *many, bool wait, int *running,
                         struct pulse_err *err)
{
    int in_all;
    CURLMcode code = CURLM_OK;
    collect_finished(); /* some may have ended while others were begun: nothing comes for them */
    if (wait && many->running > 0 && !is_any_done(many)) {
        pulse_store_lock_pause();
        code = curl_multi_poll(own.multi, NULL, 0, POLL_MILLISECONDS, NULL);
        pulse_store_lock_resume();
    }
    if (code == CURLM_OK)
        code = curl_multi_perform(own.multi, &in_all);
    collect_finished();
    if (code != CURLM_OK)
        return pulse_fail(err, PULSE_E_TEMPORARY, "HTTP: %s", curl_multi_strerror(code));
    /* What the server has done is known before a signal ends the rest. */
    if (report_finished(many, err) != 0 || begin_transfers(many, err) != 0)
        return -1;
    if (many->running > 0 && pulse_http_interrupted(err) != 0)
        return -1;
    *running = many->running;
    return 0;
}

int pulse_http_run(const struct pulse_http_feed *feed, int concurrency, struct pulse_err *err)
{
    struct pulse_http_many *many;
    int running = 0, rc = pulse_http_many_new(feed, concurrency, &many, err);
    do
        rc = rc == 0 ? pulse_http_many_step(many, true, &running, err) : rc;
    while (rc == 0 && running > 0);
    pulse_http_many_free(many);
    return rc;
}

/* The one request that there is, then none. */
static int next_one(void *context, struct pulse_http **out, struct pulse_err *err)
{
    struct pulse_http **one = context;
    (void)err;
    *out = *one;
    *one = NULL;
    return 0;
}

static int ignore_ended(void *context, struct pulse_http *http, struct pulse_err *err)
{
    (void)context, (void)http, (void)err;
    return 0;
}

int pulse_http_perform(struct pulse_http *http, struct pulse_err *err)
{
    const struct pulse_http_feed feed = {next_one, ignore_ended, &http};
    return pulse_http_run(&feed, 1, err);
}

void pulse_http_clear(struct pulse_http *http)
{
    free(http->text);
    free(http->answer_headers);
    http->text = http->answer_headers = NULL;
    http->status = 0;
    http->received = 0;
}

bool pulse_http_header(const struct pulse_http *http, const char *name, char *out, int64_t capacity)
{
    const size_t length = strlen(name);
    for (const char *line = http->answer_headers; line != NULL && *line != '\0';) {
        const char *end_of_line = strchr(line, '\n');
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            const int64_t n = end_of_line - value;
            if (n < 0 || n >= capacity)
                return false;
            memcpy(out, value, (size_t)n);
            out[n] = '\0';
            return true;
        }
        line = end_of_line + 1;
    }
    return false;
}

void pulse_http_leave(void)
{
    if (own.multi != NULL && own.owner == getpid())
        (void)curl_multi_cleanup(own.multi);
    own.multi = NULL;
}

void pulse_http_finish(void)
{
    if (own.multi != NULL && own.owner != getpid())
        return;
    pulse_http_leave();
    if (state.begun)
        curl_global_cleanup();
    state.begun = false;
}
