/* Signed requests to S3, repeated where that may help. Knows buckets and keys; not what an object
 * is read for. Internal to io/store. */
#ifndef PULSE_STORE_S3_REQUEST_H
#define PULSE_STORE_S3_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/aws/http.h"
#include "store/s3/integrity.h"
#include "store/s3/xml.h"

/* One request and its answer. Zero it, fill the first part, clear it. */
struct pulse_s3_request {
    const char *method;
    const char *bucket;
    const char *key;   /* UTF-8, not encoded; "" for the bucket */
    const char *query; /* percent-encoded; NULL: none */
    const char *headers[6];
    int n_headers;
    const void *body;
    int64_t body_bytes;
    int64_t range_from, range_bytes; /* a GET of so many bytes to `into`; 0: of all */
    void *into;
    const char *etag;   /* of what the range belongs to (If-Match) */
    bool may_be_absent; /* a 404 is no failure */
    bool stores;        /* a 2xx must have an ETag, and that of `body` if it says */
    const char *root;   /* a 2xx must be a document with this outermost element */
    const struct pulse_integrity *whole; /* checksum, if the range is a whole object; or NULL */

    struct pulse_http http; /* the last answer: 2xx, or 404 if it may be absent */
    struct pulse_s3_xml xml;
    bool ended;
    int attempts;
    int64_t got; /* bytes of the range that arrived: the next attempt asks for the rest */
    double wait_until;
    char region[PULSE_S3_WORD]; /* it was signed for */
    int moves;                  /* to other regions so far */
    int token;                  /* the count of the session token it was signed with */
    bool dated, renewed;        /* repeated already with another clock, another session token */
};

/* Requests in flight at the same time; 0: 8. Before the first request. */
void pulse_s3_request_configure(int concurrency);
int pulse_s3_request_concurrency(void);

/* Forgets all that was learnt: regions, clock, credentials. */
void pulse_s3_request_finish(void);

/* Performs `n` requests, several at once; the first that fails for good ends it. Errors:
 * PULSE_E_INPUT if the object is absent or has changed (412); PULSE_E_STORAGE if S3 refuses;
 * PULSE_E_TEMPORARY if there is no good answer after all attempts; PULSE_E_MEMORY; those of
 * pulse_credentials_get and pulse_s3_endpoint_get; PULSE_E_SIGINT and PULSE_E_SIGTERM. The message
 * names operation, bucket and key. */
int pulse_s3_request_perform(struct pulse_s3_request *requests, int64_t n, struct pulse_err *err);

/* The same for callers that do other work meanwhile, as pulse_http_many. Whenever a request has
 * ended, `ended` is called: it may overwrite ended requests with further ones, which are sent at
 * once, so that all connections are always in use. Free *out in any case. */
struct pulse_s3_many;
int pulse_s3_many_new(struct pulse_s3_request *requests, int64_t n,
                      int (*ended)(void *context, struct pulse_err *err), void *context,
                      struct pulse_s3_many **out, struct pulse_err *err);
int pulse_s3_many_step(struct pulse_s3_many *many, bool wait, struct pulse_err *err);
void pulse_s3_many_free(struct pulse_s3_many *many);
void pulse_s3_request_clear(struct pulse_s3_request *request);

#endif
