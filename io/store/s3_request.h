/* Signed requests to S3, repeated where that may help. Knows buckets, keys and regions; not what an
 * object is read for. Internal to io/store. */
#ifndef PULSE_STORE_S3_REQUEST_H
#define PULSE_STORE_S3_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/http.h"
#include "store/integrity.h"
#include "store/s3_xml.h"

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
    int64_t range_from, range_bytes; /* a GET of so many bytes into `into`, 0: all */
    void *into;
    const char *etag;   /* of what the range belongs to (If-Match) */
    bool may_be_absent; /* a 404 is no failure */
    const struct pulse_integrity
        *whole; /* the range is a whole object, of this sum; NULL: is not */

    struct pulse_http http; /* the last answer; its status is 2xx, or 404 where it may be */
    struct pulse_s3_xml xml;
    bool ended;
    int attempts;
    int64_t got; /* bytes of the range that are there: a broken answer is gone on with */
    double wait_until;
    char region[PULSE_S3_WORD]; /* it was signed for */
    int token;                  /* … and with the so-manieth session token */
    bool dated, renewed;        /* repeated for the sake of the clock, of a new session token */
};

/* Region, endpoint and so on of all requests; called before the first. */
void pulse_s3_request_configure(const char *region, const char *endpoint_url, int concurrency);
void pulse_s3_request_finish(void);

/* Where requests go, for those who keep what they got; borrowed. */
int pulse_s3_request_endpoint(const char **endpoint, struct pulse_err *err);
int pulse_s3_request_concurrency(void);

/* Performs all of them, several at once; the first that fails for good ends it. PULSE_E_INPUT: the
 * object is absent, or has changed (412). PULSE_E_STORAGE: S3 refuses. PULSE_E_TEMPORARY: no answer
 * after all attempts. The message names operation, bucket and key. */
int pulse_s3_perform(struct pulse_s3_request *requests, int64_t n, struct pulse_err *err);

/* The same for those who do other things meanwhile, as pulse_http_many is. Whenever a request has
 * ended `ended` is called, which may put further ones in the places of any that have: those go out
 * at once, so that all connections are always in use. To be freed in any case. */
struct pulse_s3_many;
int pulse_s3_many_new(struct pulse_s3_request *requests, int64_t n,
                      int (*ended)(void *context, struct pulse_err *err), void *context,
                      struct pulse_s3_many **out, struct pulse_err *err);
int pulse_s3_many_turn(struct pulse_s3_many *many, bool wait, struct pulse_err *err);
void pulse_s3_many_free(struct pulse_s3_many *many);
void pulse_s3_request_clear(struct pulse_s3_request *request);

#endif
