#include "store/aws/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/aws/http_transfer.h"
#include "store/common/store_lock.h"

enum { POLL_MILLISECONDS = 1000 };

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

static void end_transfer(struct pulse_transfer *t)
{
    if (t->easy != NULL && own.multi != NULL)
        (void)curl_multi_remove_handle(own.multi, t->easy);
    pulse_transfer_clear(t);
}

/* Notes which transfers are done: perhaps also some of another pulse_http_many of this thread. */
static void collect_finished(void)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(own.multi, &left)) != NULL;) {
        struct pulse_transfer *t;
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
    struct pulse_transfer *transfers;
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
        end_transfer(&many->transfers[i]);
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
        pulse_transfer_finish(&many->transfers[i]);
        end_transfer(&many->transfers[i]);
        rc = many->feed.ended(many->feed.context, http, err);
    }
    return rc;
}

static int begin_transfer(struct pulse_transfer *t, struct pulse_http *http, struct pulse_err *err)
{
    if (pulse_http_interrupted(err) != 0)
        return -1;
    pulse_http_clear(http); /* what an attempt before this one left */
    if (pulse_transfer_init(t, http) != 0 || curl_multi_add_handle(own.multi, t->easy) != CURLM_OK)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for an HTTP request");
    return 0;
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
        struct pulse_transfer *t = &many->transfers[i];
        struct pulse_http *http = NULL;
        if (t->http == NULL && more) {
            if (many->feed.next(many->feed.context, &http, err) != 0)
                return -1;
            more = http != NULL;
            if (more && begin_transfer(t, http, err) != 0)
                return -1;
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
    struct pulse_http_many *many;
    int running = 0, rc = pulse_http_many_new(&feed, 1, &many, err);
    do
        rc = rc == 0 ? pulse_http_many_step(many, true, &running, err) : rc;
    while (rc == 0 && running > 0);
    pulse_http_many_free(many);
    return rc;
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
