/* An HTTP request and its answer: plain data. Knows not how the one is sent and the other comes. */
#ifndef PULSE_STORE_AWS_HTTP_MESSAGE_H
#define PULSE_STORE_AWS_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

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
    int64_t into_bytes;  /* capacity there; a longer body is a problem */
    int64_t limit_bytes; /* the longest `text`; 0: 16 MiB */
    bool once;           /* on a new connection: curl would repeat what a kept connection lost */
    bool direct;         /* past http_proxy and https_proxy, whatever the environment says */
    int connect_seconds; /* 0: 10 */
    int total_seconds;   /* 0: none, but a transfer that is slower than 1 KiB/s … */
    int slow_seconds;    /* … for so long is a problem; 0: 20 */

    /* Answered. */
    int status;                       /* 0: there was no answer */
    bool whole;                       /* the body arrived to its last byte */
    char problem[PULSE_HTTP_PROBLEM]; /* why not, in words; "" when whole */
    const char *check; /* certificate, URL or proxy: another attempt would fail too, and this is
                          what to look at; NULL: it may succeed */
    bool sent_again;   /* curl sent the body once more, on another connection: the server may have
                          done already what was asked */
    int64_t received;  /* body bytes */
    char *text;        /* the body when it is not in `into`; 0-terminated */
    char *answer_headers; /* "name: value\n" lines, names in lower case */
};

/* Frees the answer; legal on a zeroed request. No errors. */
void pulse_http_clear(struct pulse_http *http);

/* Copies the value of an answer's header, its name in lower case, to `out`; false if there is none
 * or it does not fit. */
bool pulse_http_header(const struct pulse_http *http, const char *name, char *out,
                       int64_t capacity);

enum { PULSE_HTTP_SERVER = 320 };

/* What may be shown of a URL, or of what should have been one: scheme, host and port. The rest may
 * hold a password or token; "..." stands for what is no host, which is false. */
bool pulse_http_show_server(const char *url, char out[PULSE_HTTP_SERVER]);

#endif
