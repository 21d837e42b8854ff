/* One service of AWS that is spoken to in JSON: signed requests, repeated where that may help.
 * Knows no operation of any service. */
#ifndef PULSE_SUBMIT_AWS_H
#define PULSE_SUBMIT_AWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PULSE_AWS_CODE = 96, PULSE_AWS_MESSAGE = 512 };

struct pulse_aws {
    const char *service; /* "batch", "logs" */
    char *region;
    char *endpoint;
};

/* Finds region and endpoint (credentials.h says where); options may be NULL. PULSE_E_USAGE when
 * nothing names a region. Clear it in every case. */
int pulse_aws_init(struct pulse_aws *aws, const char *service, const char *region,
                   const char *endpoint_url, struct pulse_err *err);
void pulse_aws_clear(struct pulse_aws *aws);

/* One POST and its answer. Zero it, fill the first part, clear it. */
struct pulse_aws_call {
    const char *what;   /* "SubmitJob": for messages */
    const char *path;   /* "/v1/submitjob" */
    const char *target; /* X-Amz-Target of a JSON-RPC service; NULL: rest-json */
    json_t *body;       /* an object, borrowed */
    bool empty;         /* an answer without a body is a good one */
    bool once;          /* not to be repeated when it may have been done all the same */

    json_t *answer; /* an object, owned */
    int status;     /* of the last answer; 0: there was none */
    int attempts;
    char code[PULSE_AWS_CODE]; /* of the error: "ClientException"; "" */
    char message[PULSE_AWS_MESSAGE];
    bool ambiguous; /* failed, and yet it may have been done: lost, broken or 5xx answer */
};

/* PULSE_E_STORAGE when the service refuses (code and message say why), PULSE_E_TEMPORARY when
 * there is no good answer after all attempts. */
int pulse_aws_perform(const struct pulse_aws *aws, struct pulse_aws_call *call,
                      struct pulse_err *err);
void pulse_aws_call_clear(struct pulse_aws_call *call);

/* The error's code and message out of an answer: header x-amzn-errortype, else code, Code or __type
 * of the body (cut at ':', what follows '#'). Pure; `text` may be anything, or NULL. */
void pulse_aws_read_error(const char *header, const char *text, char code[PULSE_AWS_CODE],
                          char message[PULSE_AWS_MESSAGE]);

/* A member of an answer's object, which may be NULL: "" and 0 where it is not there or of another
 * kind. The text is borrowed. */
const char *pulse_aws_text(const json_t *object, const char *name);
int64_t pulse_aws_whole(const json_t *object, const char *name);

#endif
