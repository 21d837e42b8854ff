/* HTTP over libcurl's multi interface: many requests at once, connections kept. Beside
 * http_transfer.c the only module that knows curl; knows nothing of AWS, and repeats nothing: that
 * is the caller's to decide. */
#ifndef PULSE_STORE_AWS_HTTP_H
#define PULSE_STORE_AWS_HTTP_H

#include <stdbool.h>

#include "base/error.h"
#include "store/aws/http_message.h"

/* Supplies requests, and receives them when they have ended. -1 from either function ends all. */
struct pulse_http_feed {
    /* *out: the next request, borrowed until it has ended; NULL: none now. */
    int (*next)(void *context, struct pulse_http **out, struct pulse_err *err);
    int (*ended)(void *context, struct pulse_http *http, struct pulse_err *err);
    void *context;
};

/* Keeps `concurrency` requests in flight as long as the feed has more: each step receives what has
 * arrived and begins what the feed has; with `wait` it first waits until something arrives.
 * *running: requests in flight after it. A request that failed says so itself (`problem`) and is no
 * error. Follows no redirects; verifies TLS always (CURL_CA_BUNDLE, AWS_CA_BUNDLE and SSL_CERT_FILE
 * name other authorities); obeys http_proxy, https_proxy and no_proxy. Counts requests and bytes
 * into pulse_store_counts. Safe after fork and in threads: each process and thread has connections
 * of its own. Errors: PULSE_E_MEMORY; PULSE_E_TEMPORARY if curl itself fails; the kind that the
 * function of pulse_http_stop_when returns; those of the feed. Free *out in any case, which ends
 * its requests; `feed` is copied. */
struct pulse_http_many;
int pulse_http_many_new(const struct pulse_http_feed *feed, int concurrency,
                        struct pulse_http_many **out, struct pulse_err *err);
int pulse_http_many_step(struct pulse_http_many *many, bool wait, int *running,
                         struct pulse_err *err);
void pulse_http_many_free(struct pulse_http_many *many);

/* One request, in the same way. */
int pulse_http_perform(struct pulse_http *http, struct pulse_err *err);

/* `stop` (NULL: none) is called at least once a second during waits; a wait ends with the kind of
 * error that it returns, if that is not PULSE_OK. No errors. */
void pulse_http_stop_when(enum pulse_kind (*stop)(void));

/* Calls `stop`: 0, or -1 with its kind of error. */
int pulse_http_interrupted(struct pulse_err *err);

/* Closes the connections of this thread, which sends no more requests. No errors. */
void pulse_http_leave(void);

/* Closes all connections, once all other threads have left. No errors. */
void pulse_http_finish(void);

#endif
