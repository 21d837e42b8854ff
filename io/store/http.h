/* HTTP over libcurl's multi interface: many requests at once, connections kept. The only module
 * that knows curl; knows nothing of AWS, and repeats nothing: who asks decides that. */
#ifndef PULSE_STORE_HTTP_H
#define PULSE_STORE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PULSE_HTTP_PROBLEM = 256 };

/* One request and its answer. Zero it, fill the first part, free with pulse_http_clear. */
struct pulse_http {
    /* Asked; all borrowed until the call returns. */
    const char *method;         /* "GET" */
    const char *url;            /* percent-encoded, sent as it is */
    const char *const *headers; /* n_headers of "Name: value" */
    int64_t n_headers;
    const void *body;
    int64_t body_bytes;
    void *into;          /* where the body of a 2xx answer goes; NULL: to `text` */
    int64_t into_bytes;  /* room there; a longer body is a problem */
    int64_t limit_bytes; /* most that `text` may grow to; 0: 16 MiB */
    bool once; /* on a connection of its own: what a kept one lost, curl would send again */
    int connect_seconds; /* 0: 10 */
    int total_seconds;   /* 0: none, but a transfer slower than 1 KiB/s for 20 s is a problem */

    /* Answered. */
    int status;                       /* 0: there was no answer */
    bool whole;                       /* the body arrived to its last byte */
    char problem[PULSE_HTTP_PROBLEM]; /* why not, in words; "" when whole */
    bool refused;                     /* certificate or URL: no use in trying again */
    int64_t received;                 /* body bytes */
    char *text;                       /* the body when it is not in `into`; 0-terminated */
    char *answer_headers;             /* "name: value\n" lines, names in lower case */
};

/* Where requests come from, and go when they have ended. -1 from either ends all. */
struct pulse_http_feed {
    /* *out: the next one, which stays where it is until it has ended; NULL: none now. */
    int (*next)(void *context, struct pulse_http **out, struct pulse_err *err);
    int (*ended)(void *context, struct pulse_http *http, struct pulse_err *err);
    void *context;
};

/* Keeps `concurrency` requests under way as long as the feed has more, asked again whenever one has
 * ended; returns when none is under way and there is none. What went wrong with one is in it. -1
 * only with PULSE_E_MEMORY, or PULSE_E_SIGINT, _SIGTERM when the process is asked to end, or an
 * error of the feed's. Follows no redirects; verifies TLS always (CURL_CA_BUNDLE, AWS_CA_BUNDLE and
 * SSL_CERT_FILE name other authorities); obeys http_proxy, https_proxy and no_proxy. Counts
 * requests and bytes into pulse_store_counts. Safe after fork: the child makes connections of its
 * own, as each thread does. The feed may run others meanwhile. */
int pulse_http_run(const struct pulse_http_feed *feed, int concurrency, struct pulse_err *err);

/* The same for those who do other things meanwhile: whenever they turn to it, what has come is
 * taken and what the feed has is begun, after waiting for something to come if `wait`. *running:
 * how many are under way then. To be freed in any case, which ends those; `feed` is copied. */
struct pulse_http_many;
int pulse_http_many_new(const struct pulse_http_feed *feed, int concurrency,
                        struct pulse_http_many **out, struct pulse_err *err);
int pulse_http_many_turn(struct pulse_http_many *many, bool wait, int *running,
                         struct pulse_err *err);
void pulse_http_many_free(struct pulse_http_many *many);

/* One request, in the same way. */
int pulse_http_perform(struct pulse_http *http, struct pulse_err *err);
void pulse_http_clear(struct pulse_http *http);

/* Value of an answer's header, its name in lower case, into `out`; false where there is none or it
 * does not fit. */
bool pulse_http_header(const struct pulse_http *http, const char *name, char *out, int64_t room);

/* `stop` (NULL: none) is asked from time to time while waiting; once it names a signal, waiting
 * ends with that error. */
void pulse_http_stop_when(enum pulse_kind (*stop)(void));

/* -1 with that error when `stop` says so. */
int pulse_http_interrupted(struct pulse_err *err);

/* Closes the connections of this thread: it asks for nothing more. */
void pulse_http_leave(void);

/* Closes all connections; other threads have left. */
void pulse_http_finish(void);

#endif
