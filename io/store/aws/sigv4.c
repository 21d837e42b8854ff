#include "store/aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"

enum { AMZ_DATE = 17, DIGEST = 32 };

/* ---- Small parts ---------------------------------------------------------------- */

void pulse_hex_format(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

void pulse_sha256_hex(const void *bytes, size_t n, char out[PULSE_SHA256_HEX])
{
    unsigned char digest[DIGEST];
    unsigned length = 0;
    if (EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) != 1)
        abort(); /* SHA-256 is always there; without it nothing can be signed or checked */
    pulse_hex_format(digest, length, out);
}

/* "20261124T081500Z" */
static void format_date(int64_t unix_seconds, char out[AMZ_DATE])
{
    const time_t seconds = (time_t)unix_seconds;
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(out, AMZ_DATE, "%Y%m%dT%H%M%SZ", &utc);
}

static int is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           strchr("-._~", c) != NULL;
}

static void add_encoded(struct pulse_text_buffer *out, const char *from, size_t n, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)from[i];
        const char triple[3] = {'%', digits[c >> 4], digits[c & 15]};
        if ((c != 0 && is_unreserved(c)) || (keep_slash && c == '/'))
            (void)pulse_text_buffer_add_bytes(out, from + i, 1);
        else
            (void)pulse_text_buffer_add_bytes(out, triple, 3);
    }
}

char *pulse_uri_encode(const char *text, bool keep_slash, struct pulse_err *err)
{
    struct pulse_text_buffer out = {.what = "a request to sign", .err = err};
    pulse_text_buffer_add(&out, "");
    add_encoded(&out, text, strlen(text), keep_slash);
    return pulse_text_buffer_finish(&out);
}

/* ---- Canonical request ---------------------------------------------------------- */

/* Dot segments and doubled slashes taken out, each segment encoded once more. S3 wants neither. */
static void add_normalised(struct pulse_text_buffer *out, const char *path)
{
    const int64_t start = out->n;
    pulse_text_buffer_add(out, "/");
    while (!out->failed && *path != '\0') {
        const size_t n = strcspn(path, "/");
        const bool last = path[n] == '\0';
        if (n == 2 && memcmp(path, "..", 2) == 0) {
            out->n -= out->n - start > 1; /* the slash at the end, then what is before it */
            while (out->bytes[out->n - 1] != '/')
                out->n--;
            out->bytes[out->n] = '\0';
        } else if (n > 0 && !(n == 1 && path[0] == '.')) {
            add_encoded(out, path, n, false);
            if (!last)
                pulse_text_buffer_add(out, "/");
        }
        path += n + !last;
    }
}

struct pair {
    const char *name, *value;
    size_t name_length, value_length;
};

static int compare_bytes(const char *a, size_t n, const char *b, size_t m)
{
    const int order = memcmp(a, b, n < m ? n : m);
    return order != 0 ? order : (n > m) - (n < m);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    const int order = compare_bytes(x->name, x->name_length, y->name, y->name_length);
    return order != 0 ? order : compare_bytes(x->value, x->value_length, y->value, y->value_length);
}

static void add_query(struct pulse_text_buffer *out, const char *query)
{
    int64_t n = 0, capacity = 1;
    for (const char *c = query; *c != '\0'; c++)
        capacity += *c == '&';
    struct pair *pairs = pulse_calloc(capacity, sizeof *pairs, "a query", out->err);
    if (pairs == NULL) {
        out->failed = true;
        return;
    }
    for (const char *at = query; *at != '\0'; at += at[0] == '&') {
        const size_t length = strcspn(at, "&"), name = strcspn(at, "=&");
        const size_t skip = name < length ? name + 1 : name;
        if (length > 0)
            pairs[n++] = (struct pair){at, at + skip, name, length - skip};
        at += length;
    }
    qsort(pairs, (size_t)n, sizeof *pairs, compare_pairs);
    for (int64_t i = 0; i < n; i++) {
        pulse_text_buffer_add(out, i == 0 ? "" : "&");
        (void)pulse_text_buffer_add_bytes(out, pairs[i].name, (int64_t)pairs[i].name_length);
        pulse_text_buffer_add(out, "=");
        (void)pulse_text_buffer_add_bytes(out, pairs[i].value, (int64_t)pairs[i].value_length);
    }
    free(pairs);
}

/* Makes a header what is signed: its name in lower case, its value trimmed, runs of spaces one. */
static void make_canonical(char *line)
{
    char *to = line;
    while (*line != '\0' && *line != ':') {
        const char c = *line++;
        *to++ = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    if (*line == ':')
        *to++ = *line++;
    bool gap = false, begun = false;
    for (; *line != '\0'; line++) {
        if (*line == ' ' || *line == '\t' || *line == '\n' || *line == '\r') {
            gap = begun;
            continue;
        }
        if (gap)
            *to++ = ' ';
        *to++ = *line;
        gap = false;
        begun = true;
    }
    *to = '\0';
}

static size_t get_name_length(const char *header)
{
    return strcspn(header, ":");
}

static int compare_headers(const char *x, const char *y)
{
    return compare_bytes(x, get_name_length(x), y, get_name_length(y));
}

/* By name; values of one name stay in their order. */
static void sort_headers(char **headers, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        char *moved = headers[i];
        int64_t k = i;
        for (; k > 0 && compare_headers(headers[k - 1], moved) > 0; k--)
            headers[k] = headers[k - 1];
        headers[k] = moved;
    }
}

/* All headers that are signed, in canonical form and order; the count in *n. */
static char **make_signed_headers(const struct pulse_sigv4 *s, int64_t *n, struct pulse_err *err)
{
    enum { OWN = 4 };
    char date[AMZ_DATE];
    format_date(s->unix_seconds, date);
    const char *const own[OWN][2] = {
        {"host", s->host},
        {"x-amz-date", date},
        {"x-amz-security-token", s->token}, /* as long as STS likes */
        {"x-amz-content-sha256", strcmp(s->service, "s3") == 0 ? s->payload_sha256 : NULL}};
    int64_t total = 0;
    char **all = pulse_calloc(s->n_headers + OWN + 2, sizeof *all, "headers to sign", err);
    for (int64_t i = 0; all != NULL && i < s->n_headers + OWN; i++) {
        if (i < OWN && own[i][1] == NULL)
            continue;
        all[total] = i < OWN ? pulse_print(err, "%s:%s", own[i][0], own[i][1])
                             : pulse_strdup(s->headers[i - OWN], err);
        if (all[total] != NULL)
            make_canonical(all[total++]);
        else {
            pulse_sigv4_headers_free(all);
            all = NULL;
        }
    }
    if (all != NULL)
        sort_headers(all, total);
    *n = total;
    return all;
}

static void add_names(struct pulse_text_buffer *out, char *const *headers, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && compare_headers(headers[i - 1], headers[i]) == 0)
            continue;
        pulse_text_buffer_add(out, i == 0 ? "" : ";");
        (void)pulse_text_buffer_add_bytes(out, headers[i], (int64_t)get_name_length(headers[i]));
    }
}

static void add_headers(struct pulse_text_buffer *out, char *const *headers, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const size_t name = get_name_length(headers[i]);
        if (i > 0 && compare_headers(headers[i - 1], headers[i]) == 0) {
            out->n--; /* one more value of the same header: a comma in place of the line's end */
            pulse_text_buffer_add(out, ",");
            pulse_text_buffer_add(out, headers[i] + name + (headers[i][name] == ':'));
        } else
            pulse_text_buffer_add(out, headers[i]);
        pulse_text_buffer_add(out, "\n");
    }
}

char *pulse_sigv4_canonical(const struct pulse_sigv4 *s, struct pulse_err *err)
{
    struct pulse_text_buffer out = {.what = "a request to sign", .err = err};
    int64_t n;
    char **headers = make_signed_headers(s, &n, err);
    if (headers == NULL)
        return NULL;
    pulse_text_buffer_add(&out, s->method);
    pulse_text_buffer_add(&out, "\n");
    if (strcmp(s->service, "s3") == 0)
        pulse_text_buffer_add(&out, s->path[0] == '\0' ? "/" : s->path);
    else
        add_normalised(&out, s->path);
    pulse_text_buffer_add(&out, "\n");
    if (s->query != NULL)
        add_query(&out, s->query);
    pulse_text_buffer_add(&out, "\n");
    add_headers(&out, headers, n);
    pulse_text_buffer_add(&out, "\n");
    add_names(&out, headers, n);
    pulse_text_buffer_add(&out, "\n");
    pulse_text_buffer_add(&out, s->payload_sha256);
    pulse_sigv4_headers_free(headers);
    return pulse_text_buffer_finish(&out);
}

/* ---- String to sign, signature -------------------------------------------------- */

/* "20150830/us-east-1/s3/aws4_request" */
static void add_scope(struct pulse_text_buffer *out, const struct pulse_sigv4 *s)
{
    char date[AMZ_DATE];
    format_date(s->unix_seconds, date);
    (void)pulse_text_buffer_add_bytes(out, date, 8);
    pulse_text_buffer_add(out, "/");
    pulse_text_buffer_add(out, s->region);
    pulse_text_buffer_add(out, "/");
    pulse_text_buffer_add(out, s->service);
    pulse_text_buffer_add(out, "/aws4_request");
}

char *pulse_sigv4_to_sign(const struct pulse_sigv4 *s, const char *canonical, struct pulse_err *err)
{
    struct pulse_text_buffer out = {.what = "a request to sign", .err = err};
    char date[AMZ_DATE], digest[PULSE_SHA256_HEX];
    format_date(s->unix_seconds, date);
    pulse_sha256_hex(canonical, strlen(canonical), digest);
    pulse_text_buffer_add(&out, "AWS4-HMAC-SHA256\n");
    pulse_text_buffer_add(&out, date);
    pulse_text_buffer_add(&out, "\n");
    add_scope(&out, s);
    pulse_text_buffer_add(&out, "\n");
    pulse_text_buffer_add(&out, digest);
    return pulse_text_buffer_finish(&out);
}

/* key ← HMAC(key, text) */
static void chain_hmac(unsigned char key[DIGEST], const char *text, size_t n)
{
    unsigned char next[DIGEST];
    unsigned length = DIGEST;
    if (HMAC(EVP_sha256(), key, DIGEST, (const unsigned char *)text, n, next, &length) == NULL)
        abort();
    memcpy(key, next, DIGEST);
    OPENSSL_cleanse(next, sizeof next);
}

/* "AWS4" + secret is the first key; its length is not bounded, so the first step is on its own. */
static int make_signature(const struct pulse_sigv4 *s, const char *to_sign,
                          char out[PULSE_SHA256_HEX], struct pulse_err *err)
{
    struct pulse_text_buffer secret = {.what = "a request to sign", .err = err};
    unsigned char key[DIGEST];
    unsigned length = DIGEST;
    char date[AMZ_DATE];
    format_date(s->unix_seconds, date);
    pulse_text_buffer_add(&secret, "AWS4");
    pulse_text_buffer_add(&secret, s->secret);
    if (secret.failed || secret.n > 4096) {
        free(secret.bytes);
        return secret.failed ? -1
                             : pulse_fail(err, PULSE_E_STORAGE,
                                          "the secret key is longer than 4 KiB, which cannot "
                                          "be right");
    }
    if (HMAC(EVP_sha256(), secret.bytes, (int)secret.n, (const unsigned char *)date, 8, key,
             &length) == NULL)
        abort();
    chain_hmac(key, s->region, strlen(s->region));
    chain_hmac(key, s->service, strlen(s->service));
    chain_hmac(key, "aws4_request", sizeof "aws4_request" - 1);
    chain_hmac(key, to_sign, strlen(to_sign));
    pulse_hex_format(key, DIGEST, out);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(secret.bytes, (size_t)secret.n);
    free(secret.bytes);
    return 0;
}

/* "Authorization: …" for the headers that are signed. */
static char *make_authorization(const struct pulse_sigv4 *s, char *const *headers, int64_t n,
                                struct pulse_err *err)
{
    struct pulse_text_buffer out = {.what = "a request to sign", .err = err};
    char signature[PULSE_SHA256_HEX];
    char *canonical = pulse_sigv4_canonical(s, err), *to_sign = NULL;
    if (canonical != NULL)
        to_sign = pulse_sigv4_to_sign(s, canonical, err);
    int rc = to_sign == NULL ? -1 : make_signature(s, to_sign, signature, err);
    if (canonical != NULL)
        OPENSSL_cleanse(canonical, strlen(canonical)); /* the session token is in it */
    free(canonical);
    free(to_sign);
    if (rc != 0)
        return NULL;
    pulse_text_buffer_add(&out, "Authorization: AWS4-HMAC-SHA256 Credential=");
    pulse_text_buffer_add(&out, s->key_id);
    pulse_text_buffer_add(&out, "/");
    add_scope(&out, s);
    pulse_text_buffer_add(&out, ", SignedHeaders=");
    add_names(&out, headers, n);
    pulse_text_buffer_add(&out, ", Signature=");
    pulse_text_buffer_add(&out, signature);
    return pulse_text_buffer_finish(&out);
}

char **pulse_sigv4_headers(const struct pulse_sigv4 *s, struct pulse_err *err)
{
    int64_t n, kept = 0;
    char **headers = make_signed_headers(s, &n, err);
    if (headers == NULL)
        return NULL;
    char *line = make_authorization(s, headers, n, err);
    if (line == NULL) {
        pulse_sigv4_headers_free(headers);
        return NULL;
    }
    for (int64_t i = 0; i < n; i++) { /* of all that is signed, those the caller has not given */
        bool given = false;
        for (int64_t k = 0; k < s->n_headers; k++)
            given = given ||
                    strncasecmp(headers[i], s->headers[k], get_name_length(headers[i]) + 1) == 0;
        if (given)
            free(headers[i]);
        else
            headers[kept++] = headers[i];
    }
    headers[kept++] = line; /* fits: there are two more */
    headers[kept] = NULL;
    return headers;
}

void pulse_sigv4_headers_free(char **headers)
{
    for (char **h = headers; h != NULL && *h != NULL; h++) {
        OPENSSL_cleanse(*h, strlen(*h));
        free(*h);
    }
    free(headers);
}
