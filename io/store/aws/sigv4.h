/* AWS Signature Version 4, by the published algorithm. Pure: no clock, no network. */
#ifndef PULSE_STORE_AWS_SIGV4_H
#define PULSE_STORE_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { PULSE_SHA256_HEX = 65 };

struct pulse_sigv4 {
    const char *key_id;
    const char *secret;
    const char *token; /* NULL: none */
    const char *region;
    const char *service; /* "s3", "batch", "logs", "sts" */
    int64_t unix_seconds;

    const char *method;
    const char *host;           /* with ":port" unless it is the scheme's own */
    const char *path;           /* percent-encoded once; "" is "/" */
    const char *query;          /* "a=1&b=2", percent-encoded, any order; NULL: none */
    const char *const *headers; /* n_headers of "Name: value", signed beside host and x-amz-* */
    int64_t n_headers;
    const char *payload_sha256; /* hex; "UNSIGNED-PAYLOAD" is legal for s3 */
};

/* The three stages, each a heap string to be freed by the caller; NULL with PULSE_E_MEMORY. For any
 * service but s3 the path is normalised and encoded again, as AWS asks. `x-amz-date` and (with a
 * token) `x-amz-security-token` are added to the signed headers, for s3 `x-amz-content-sha256`. */
char *pulse_sigv4_canonical(const struct pulse_sigv4 *s, struct pulse_err *err);
char *pulse_sigv4_to_sign(const struct pulse_sigv4 *s, const char *canonical,
                          struct pulse_err *err);

/* The header lines to send beside those given: "Authorization: …", "x-amz-date: …" and so on, the
 * host too, or libcurl would send it as it spells it; an array ended by NULL, to be freed with
 * pulse_sigv4_headers_free, which wipes it. */
char **pulse_sigv4_headers(const struct pulse_sigv4 *s, struct pulse_err *err);
void pulse_sigv4_headers_free(char **headers);

/* n bytes as 2n lower-case hexadecimal digits and a 0. */
void pulse_hex_format(const unsigned char *bytes, size_t n, char *out);

/* Lower-case hex. */
void pulse_sha256_hex(const void *bytes, size_t n, char out[PULSE_SHA256_HEX]);

/* Percent-encodes each byte but the unreserved, '/' too unless `keep_slash`; heap, NULL with
 * PULSE_E_MEMORY. */
char *pulse_uri_encode(const char *text, bool keep_slash, struct pulse_err *err);

#endif
