/* What is said of a request to S3 that has failed: the words of the server, and what to do. Sends
 * nothing. Internal to io/store. */
#ifndef PULSE_STORE_S3_REFUSAL_H
#define PULSE_STORE_S3_REFUSAL_H

#include <stdbool.h>

#include "base/error.h"
#include "store/s3/request_data.h"

enum { PULSE_S3_NAME = 256 };

/* The uri, cut to fit, for messages; returns `out`. */
char *pulse_s3_refusal_name(const struct pulse_s3_request *r, char out[PULSE_S3_NAME]);

/* Whether an answer holds bytes of another content than was asked for: not every server, nor every
 * proxy, knows If-Match. */
bool pulse_s3_refusal_is_of_another(const struct pulse_s3_request *r);

/* -1: of an answer that no repetition changes. PULSE_E_INPUT if the object is absent or has
 * changed, PULSE_E_TEMPORARY for an upload that somebody else gave up, else PULSE_E_STORAGE. */
int pulse_s3_refusal_fail(const struct pulse_s3_request *r, struct pulse_err *err);

/* -1: after all attempts. PULSE_E_TEMPORARY, or PULSE_E_STORAGE where another would end the same
 * way. */
int pulse_s3_refusal_give_up(const struct pulse_s3_request *r, struct pulse_err *err);

#endif
