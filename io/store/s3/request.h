/* Signed requests to S3, repeated where that may help. Knows buckets and keys; not what an object
 * is read for. Internal to io/store. */
#ifndef PULSE_STORE_S3_REQUEST_H
#define PULSE_STORE_S3_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/s3/request_data.h"

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
