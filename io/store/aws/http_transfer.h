/* One HTTP request on its way: what libcurl is told of it, and what arrives. Knows no other
 * request, and not which connection it takes. Internal to http.c. */
#ifndef PULSE_STORE_AWS_HTTP_TRANSFER_H
#define PULSE_STORE_AWS_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "store/aws/http_message.h"

struct pulse_transfer {
    struct pulse_http *http; /* borrowed; NULL: none */
    CURL *easy;
    struct curl_slist *headers;
    int64_t sent;          /* bytes of the body */
    int64_t text_capacity; /* of http->text */
    int64_t header_capacity, header_bytes;
    bool done;
    CURLcode code; /* once it is done */
    char curl_says[CURL_ERROR_SIZE];
};

/* Makes a handle for a request without an answer, ready to be added to a multi handle; the handle's
 * CURLINFO_PRIVATE is the transfer, which may not move. -1: out of memory. Clear it in any case. */
int pulse_transfer_init(struct pulse_transfer *t, struct pulse_http *http);

/* What became of a transfer that is done goes to its request, and is counted. */
void pulse_transfer_finish(struct pulse_transfer *t);

/* Once it was removed from its multi handle. */
void pulse_transfer_clear(struct pulse_transfer *t);

#endif
