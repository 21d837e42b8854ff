#include "store/s3/tidy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/aws/sigv4.h"
#include "store/s3/request.h"
#include "store/s3/uri.h"

/* ---- Copies --------------------------------------------------------------------- */

int pulse_s3_copy(const char *from, const char *uri, struct pulse_err *err)
{
    struct pulse_s3_uri source = {0}, target = {0};
    char *key = NULL, *header = NULL;
    int rc = -1;
    if (pulse_s3_uri_parse(from, true, &source, err) != 0 ||
        pulse_s3_uri_parse(uri, true, &target, err) != 0 ||
        (key = pulse_uri_encode(source.key, true, err)) == NULL ||
        (header = pulse_print(err, "x-amz-copy-source: /%s/%s", source.bucket, key)) == NULL)
        goto done;
    struct pulse_s3_request put = {.method = "PUT",
                                   .bucket = target.bucket,
                                   .key = target.key,
                                   .headers = {header},
                                   .n_headers = 1,
                                   .works_long = true,
                                   .root = "CopyObjectResult"};
    rc = pulse_s3_request_perform(&put, 1, err);
    pulse_s3_request_clear(&put);
done:
    free(header);
    free(key);
    pulse_s3_uri_clear(&target);
    pulse_s3_uri_clear(&source);
    return rc;
}

/* ---- Uploads -------------------------------------------------------------------- */

static int abort_one(const char *bucket, const struct pulse_s3_key *upload, struct pulse_err *err)
{
    char *id = pulse_uri_encode(upload->upload_id, false, err);
    char *query = id == NULL ? NULL : pulse_print(err, "uploadId=%s", id);
    struct pulse_s3_request request = {.method = "DELETE",
                                       .bucket = bucket,
                                       .key = upload->key,
                                       .query = query,
                                       .may_be_absent = true};
    const int rc = query == NULL ? -1 : pulse_s3_request_perform(&request, 1, err);
    pulse_s3_request_clear(&request);
    free(query);
    free(id);
    return rc;
}

/* The first thousand: nobody leaves more of them in one prefix. */
int pulse_s3_abort_uploads(const char *prefix, bool (*goes)(const char *name),
                           struct pulse_err *err)
{
    struct pulse_s3_uri parts = {0};
    char *encoded = NULL, *query = NULL;
    int rc = -1;
    if (pulse_s3_uri_parse(prefix, false, &parts, err) != 0 ||
        pulse_s3_uri_as_prefix(&parts, err) != 0 ||
        (encoded = pulse_uri_encode(parts.key, false, err)) == NULL ||
        (query = pulse_print(err, "encoding-type=url&prefix=%s&uploads=", encoded)) == NULL)
        goto done;
    struct pulse_s3_request page = {.method = "GET",
                                    .bucket = parts.bucket,
                                    .key = "",
                                    .query = query,
                                    .root = "ListMultipartUploadsResult"};
    rc = pulse_s3_request_perform(&page, 1, err);
    const size_t n = strlen(parts.key);
    for (int64_t i = 0; rc == 0 && i < page.xml.n_keys; i++) {
        const struct pulse_s3_key *upload = &page.xml.keys[i];
        if (upload->upload_id != NULL && strncmp(upload->key, parts.key, n) == 0 &&
            goes(upload->key + n))
            rc = abort_one(parts.bucket, upload, err);
    }
    pulse_s3_request_clear(&page);
done:
    free(query);
    free(encoded);
    pulse_s3_uri_clear(&parts);
    return rc;
}
