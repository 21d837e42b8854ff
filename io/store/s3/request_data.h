/* What a request to S3 asks for and what came of it. Internal to io/store. */
#ifndef PULSE_STORE_S3_REQUEST_DATA_H
#define PULSE_STORE_S3_REQUEST_DATA_H

#include <stdbool.h>
#include <stdint.h>

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
    bool works_long;    /* the server may work for minutes before it answers */
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

#endif
