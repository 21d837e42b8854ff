#include "store/s3/put.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/shutdown.h"
#include "store/aws/sigv4.h"
#include "store/s3/request.h"
#include "store/s3/uri.h"

enum {
    WHOLE_BYTES = 16 << 20, /* the largest file that goes in one PUT */
    PART_BYTES = 8 << 20,
    MAX_PARTS = 10000,
    CHECKSUM_TEXT = 96,
    ETAG_TEXT = 80,
    MD5_BYTES = 16
};

/* "Content-MD5: …": the server compares it with what it received, beside the signed SHA-256. */
static void make_checksum_header(const void *bytes, int64_t n, char out[CHECKSUM_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    out[0] = '\0';
    if (EVP_Digest(bytes, (size_t)n, digest, &length, EVP_md5(), NULL) != 1)
        return; /* a library that allows no MD5: the signature covers the body all the same */
    (void)strcpy(out, "Content-MD5: ");
    (void)EVP_EncodeBlock((unsigned char *)out + strlen(out), digest, (int)length);
}

static int put_whole(const struct pulse_s3_uri *uri, const void *bytes, int64_t n,
                     struct pulse_err *err)
{
    char md5[CHECKSUM_TEXT];
    make_checksum_header(bytes, n, md5);
    struct pulse_s3_request put = {.method = "PUT",
                                   .bucket = uri->bucket,
                                   .key = uri->key,
                                   .headers = {md5},
                                   .n_headers = md5[0] != '\0',
                                   .body = bytes,
                                   .body_bytes = n,
                                   .stores = true};
    int rc = pulse_s3_request_perform(&put, 1, err);
    pulse_s3_request_clear(&put);
    return rc;
}

/* Called with the share of an upload that was sent. */
static struct {
    void (*at)(void *context, double share);
    void *context;
} watcher;

void pulse_s3_watch_puts(void (*at)(void *context, double share), void *context)
{
    watcher.at = at;
    watcher.context = context;
}

/* ---- In parts ------------------------------------------------------------------- */

struct upload {
    struct pulse_s3_uri uri;
    const struct pulse_store_source *from;
    char id[PULSE_S3_LONG]; /* percent-encoded; "" before it has begun */
    int64_t part_bytes, parts;
    char (*etags)[ETAG_TEXT];
    char *buffer; /* of `at_once` parts */
    int at_once;
};

static int begin_upload(struct upload *u, struct pulse_err *err)
{
    struct pulse_s3_request post = {
        .method = "POST", .bucket = u->uri.bucket, .key = u->uri.key, .query = "uploads="};
    int rc = pulse_s3_request_perform(&post, 1, err);
    if (rc == 0 && post.xml.upload_id[0] == '\0')
        rc = pulse_fail(err, PULSE_E_STORAGE, "PUT s3://%s/%s: the server names no upload",
                        u->uri.bucket, u->uri.key);
    char *encoded = rc == 0 ? pulse_uri_encode(post.xml.upload_id, false, err) : NULL;
    if (rc == 0 && encoded == NULL)
        rc = -1;
    if (rc == 0 && strlen(encoded) >= sizeof u->id)
        rc = pulse_fail(err, PULSE_E_STORAGE, "PUT s3://%s/%s: the upload's name is too long",
                        u->uri.bucket, u->uri.key);
    if (rc == 0)
        (void)strcpy(u->id, encoded);
    free(encoded);
    pulse_s3_request_clear(&post);
    return rc;
}

/* Sends parts [first, first + n), all at once. */
static int send_parts(struct upload *u, int64_t first, int64_t n, struct pulse_err *err)
{
    struct pulse_s3_request *puts = pulse_calloc(n, sizeof *puts, "parts of an upload", err);
    char(*query)[PULSE_S3_LONG + 64] = pulse_calloc(n, sizeof *query, "parts of an upload", err);
    char(*md5)[CHECKSUM_TEXT] = pulse_calloc(n, sizeof *md5, "parts of an upload", err);
    int rc = puts == NULL || query == NULL || md5 == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        const int64_t at = (first + i) * u->part_bytes, left = u->from->bytes - at;
        const int64_t bytes = left < u->part_bytes ? left : u->part_bytes;
        char *part = u->buffer + i * u->part_bytes;
        rc = u->from->read(u->from->context, at, part, bytes, err);
        if (rc != 0)
            break;
        (void)snprintf(query[i], sizeof query[i], "partNumber=%lld&uploadId=%s",
                       (long long)(first + i + 1), u->id);
        make_checksum_header(part, bytes, md5[i]);
        puts[i] = (struct pulse_s3_request){.method = "PUT",
                                            .bucket = u->uri.bucket,
                                            .key = u->uri.key,
                                            .query = query[i],
                                            .headers = {md5[i]},
                                            .n_headers = md5[i][0] != '\0',
                                            .body = part,
                                            .body_bytes = bytes,
                                            .stores = true};
    }
    if (rc == 0)
        rc = pulse_s3_request_perform(puts, n, err);
    for (int64_t i = 0; puts != NULL && i < n; i++) {
        char *etag = u->etags[first + i];
        if (rc == 0 && (!pulse_http_header(&puts[i].http, "etag", etag, ETAG_TEXT) ||
                        strpbrk(etag, "<>&") != NULL))
            rc = pulse_fail(err, PULSE_E_STORAGE, "PUT s3://%s/%s: part %lld has no ETag",
                            u->uri.bucket, u->uri.key, (long long)(first + i + 1));
        pulse_s3_request_clear(&puts[i]);
    }
    free(puts);
    free(query);
    free(md5);
    return rc;
}

static char *make_part_list(const struct upload *u, struct pulse_err *err)
{
    enum { EACH = 96 + ETAG_TEXT };
    char *xml = pulse_calloc(64 + u->parts * EACH, 1, "the list of parts", err);
    if (xml == NULL)
        return NULL;
    char *to = stpcpy(xml, "<CompleteMultipartUpload>");
    for (int64_t i = 0; i < u->parts; i++)
        to += sprintf(to, "<Part><PartNumber>%lld</PartNumber><ETag>%s</ETag></Part>",
                      (long long)i + 1, u->etags[i]);
    (void)strcpy(to, "</CompleteMultipartUpload>");
    return xml;
}

/* Adds the MD5 that a part's ETag spells to a digest; false where it spells none. */
static bool add_part_md5(EVP_MD_CTX *digest, const char *etag)
{
    unsigned char md5[MD5_BYTES];
    if (strlen(etag) != 2 * MD5_BYTES + 2 || etag[0] != '"' ||
        strspn(etag + 1, "0123456789abcdef") != (size_t)2 * MD5_BYTES)
        return false;
    for (int i = 0; i < MD5_BYTES; i++) {
        const char pair[3] = {etag[1 + 2 * i], etag[2 + 2 * i], '\0'};
        md5[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return EVP_DigestUpdate(digest, md5, sizeof md5) == 1;
}

/* "MD5 of the parts' MD5s-number of parts", as S3 names an object in parts; only "-number" where
 * the parts' ETags are no MD5s. */
static void make_parts_etag(const struct upload *u, char out[ETAG_TEXT])
{
    unsigned char md5[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool all = digest != NULL && EVP_DigestInit_ex(digest, EVP_md5(), NULL) == 1;
    for (int64_t i = 0; all && i < u->parts; i++)
        all = add_part_md5(digest, u->etags[i]);
    all = all && EVP_DigestFinal_ex(digest, md5, NULL) == 1;
    char *to = out;
    for (int i = 0; all && i < MD5_BYTES; i++)
        to += sprintf(to, "%02x", md5[i]);
    (void)sprintf(to, "-%lld", (long long)u->parts);
    EVP_MD_CTX_free(digest);
}

/* Whether the object is there, of the size and the parts that were sent: the answer to a completion
 * may have been lost, and its repetition finds no upload any more; or it does not say what became
 * of it (Ceph's gateway leaves the ETag empty). With a key of KMS no ETag is an MD5, but the number
 * of parts is there all the same: enough where there is reason to think that it is ours
 * (`count_suffices`), and not to take an older object for it. */
static bool is_object_there(const struct upload *u, bool count_suffices)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char text[32], etag[ETAG_TEXT], mode[16], expected[ETAG_TEXT] = "";
    int64_t sent;
    struct pulse_s3_request head = {.method = "HEAD", .bucket = u->uri.bucket, .key = u->uri.key};
    bool there = pulse_s3_request_perform(&head, 1, &ignored) == 0 &&
                 pulse_http_header(&head.http, "content-length", text, sizeof text) &&
                 pulse_parse_int(text, u->from->bytes, u->from->bytes, &sent) &&
                 pulse_http_header(&head.http, "etag", etag, sizeof etag);
    make_parts_etag(u, expected);
    const bool kms =
        count_suffices &&
        pulse_http_header(&head.http, "x-amz-server-side-encryption", mode, sizeof mode) &&
        strncmp(mode, "aws:kms", 7) == 0;
    there = there && strstr(etag, kms ? strchr(expected, '-') : expected) != NULL;
    pulse_s3_request_clear(&head);
    return there;
}

static int complete_upload(struct upload *u, struct pulse_err *err)
{
    char query[PULSE_S3_LONG + 16];
    char *list = make_part_list(u, err);
    if (list == NULL)
        return -1;
    (void)snprintf(query, sizeof query, "uploadId=%s", u->id);
    struct pulse_s3_request post = {.method = "POST",
                                    .bucket = u->uri.bucket,
                                    .key = u->uri.key,
                                    .query = query,
                                    .headers = {"Content-Type: application/xml"},
                                    .n_headers = 1,
                                    .body = list,
                                    .body_bytes = (int64_t)strlen(list),
                                    .works_long = true};
    int rc = pulse_s3_request_perform(&post, 1, err);
    const bool vanished =
        rc != 0 && (strcmp(post.xml.code, "NoSuchUpload") == 0 || post.http.status == 404);
    /* Whoever repeated it: we did, libcurl did, or a proxy on the way, of which we know nothing. */
    if (vanished && is_object_there(u, post.attempts > 1 || post.http.sent_again)) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        rc = 0;
    } else if (rc == 0 && post.xml.etag[0] == '\0' && !is_object_there(u, true))
        rc = pulse_fail(err, PULSE_E_TEMPORARY,
                        "PUT s3://%s/%s: the server does not confirm the upload; try again",
                        u->uri.bucket, u->uri.key);
    pulse_s3_request_clear(&post);
    free(list);
    return rc;
}

/* Deletes the parts, which cost money. A failure here is only a warning: the error that led here
 * is the one to report. */
static void abort_upload(struct upload *u)
{
    enum { SECONDS = 3 };
    char query[PULSE_S3_LONG + 16];
    struct pulse_err ignored = {.kind = PULSE_OK};
    (void)snprintf(query, sizeof query, "uploadId=%s", u->id);
    struct pulse_s3_request request = {.method = "DELETE",
                                       .bucket = u->uri.bucket,
                                       .key = u->uri.key,
                                       .query = query,
                                       .may_be_absent = true};
    if (pulse_shutdown_get_signal() != PULSE_OK)
        pulse_shutdown_grant_grace(SECONDS);
    if (pulse_s3_request_perform(&request, 1, &ignored) != 0)
        pulse_warn("s3://%s/%s: parts of the broken upload may be left; a lifecycle rule for "
                   "incomplete uploads removes them",
                   u->uri.bucket, u->uri.key);
    if (pulse_shutdown_get_signal() != PULSE_OK)
        pulse_shutdown_end_grace();
    pulse_s3_request_clear(&request);
}

static int send_and_complete(struct upload *u, struct pulse_err *err)
{
    u->part_bytes = PART_BYTES;
    while (u->from->bytes / u->part_bytes >= MAX_PARTS)
        u->part_bytes *= 2;
    u->parts = (u->from->bytes + u->part_bytes - 1) / u->part_bytes;
    u->at_once = pulse_s3_request_concurrency();
    u->etags = pulse_calloc(u->parts, sizeof *u->etags, "parts of an upload", err);
    u->buffer = pulse_calloc(u->part_bytes, (size_t)u->at_once, "parts of an upload", err);
    int rc = u->etags == NULL || u->buffer == NULL ? -1 : begin_upload(u, err);
    for (int64_t first = 0; rc == 0 && first < u->parts; first += u->at_once) {
        const int64_t left = u->parts - first;
        const int64_t n = left < u->at_once ? left : u->at_once;
        rc = send_parts(u, first, n, err);
        if (rc == 0 && watcher.at != NULL)
            watcher.at(watcher.context, (double)(first + n) / (double)u->parts);
    }
    if (rc == 0)
        rc = complete_upload(u, err);
    if (rc != 0 && u->id[0] != '\0')
        abort_upload(u);
    free(u->etags);
    free(u->buffer);
    return rc;
}

/* A signal ends the requests, and the process only once the parts are deleted. */
static int put_parts(struct upload *u, struct pulse_err *err)
{
    pulse_shutdown_hold_signals();
    const int rc = send_and_complete(u, err);
    pulse_shutdown_release_signals();
    return rc;
}

int pulse_s3_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err)
{
    struct pulse_s3_uri parts;
    int rc = pulse_s3_uri_parse(uri, true, &parts, err);
    if (rc == 0)
        rc = put_whole(&parts, bytes, n, err);
    pulse_s3_uri_clear(&parts);
    return rc;
}

int pulse_s3_put_source(const struct pulse_store_source *source, const char *uri,
                        struct pulse_err *err)
{
    struct upload u = {.from = source};
    char *bytes = NULL;
    int rc = pulse_s3_uri_parse(uri, true, &u.uri, err);
    if (rc == 0 && source->bytes > WHOLE_BYTES)
        rc = put_parts(&u, err);
    else if (rc == 0) {
        bytes = pulse_calloc(source->bytes, 1, "a file to send", err);
        rc = bytes == NULL ? -1 : source->read(source->context, 0, bytes, source->bytes, err);
        if (rc == 0)
            rc = put_whole(&u.uri, bytes, source->bytes, err);
    }
    free(bytes);
    pulse_s3_uri_clear(&u.uri);
    return rc;
}

int pulse_s3_delete(const char *uri, struct pulse_err *err)
{
    struct pulse_s3_uri parts;
    int rc = pulse_s3_uri_parse(uri, true, &parts, err);
    if (rc == 0) {
        struct pulse_s3_request request = {
            .method = "DELETE", .bucket = parts.bucket, .key = parts.key, .may_be_absent = true};
        rc = pulse_s3_request_perform(&request, 1, err);
        pulse_s3_request_clear(&request);
    }
    pulse_s3_uri_clear(&parts);
    return rc;
}
