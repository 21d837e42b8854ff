/* Any bytes as the pages of a listing of S3: pages are cut at zero bytes, and the last one comes
 * again for ever. What is listed lies under the prefix, and the listing ends. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/s3/list.h"
#include "store/s3/request.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

#define KEY(name) "<Contents><Key>" name "</Key><Size>12</Size></Contents>"
#define PAGE(truncated, token, keys)                                                               \
    "<ListBucketResult><IsTruncated>" truncated "</IsTruncated>"                                   \
    "<NextContinuationToken>" token "</NextContinuationToken>" keys "</ListBucketResult>"

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES(PAGE("true", "a", KEY("d/a") KEY("d/b")) "\0" PAGE("false", "", KEY("d/c"))),
    FUZZ_BYTES(PAGE("true", "a", KEY("d/a")) "\0" PAGE("true", "a", KEY("d/a"))),
    FUZZ_BYTES(PAGE("true", "a", "") "\0" PAGE("true", "b", "")),
    FUZZ_BYTES(PAGE("false", "",
                    KEY("d/../x") KEY("d/./x") KEY("d//x") KEY("e/x") KEY("d/%2e%2e") KEY("d/"))),
    FUZZ_BYTES(PAGE("false", "",
                    "<CommonPrefixes><Prefix>d/sub/</Prefix></CommonPrefixes>" KEY("d/.hidden"))),
    FUZZ_BYTES("<Error><Code>SlowDown</Code></Error>"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

static struct {
    const char *at, *end;
    int64_t requests;
} server;

int __wrap_pulse_s3_request_perform(struct pulse_s3_request *requests, int64_t n,
                                    struct pulse_err *err);

/* The next page in the server's stead. */
int __wrap_pulse_s3_request_perform(struct pulse_s3_request *requests, int64_t n,
                                    struct pulse_err *err)
{
    const char *end = memchr(server.at, '\0', (size_t)(server.end - server.at));
    const char *page = server.at;
    (void)n;
    if (++server.requests > 20000)
        abort(); /* it does not end */
    if (end != NULL)
        server.at = end + 1;
    else
        end = server.end;
    if (pulse_s3_xml_read(page, end - page, "fuzz", &requests->xml, err) != 0)
        return -1;
    return requests->root == NULL || strcmp(requests->xml.root, requests->root) == 0
               ? 0
               : pulse_fail(err, PULSE_E_STORAGE, "another document");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pulse_listing listing = {0};
    struct pulse_err err = {.kind = PULSE_OK};
    bool is_directory;
    pulse_log_set_level(PULSE_LOG_SILENT);
    for (int with_directories = 0; with_directories < 2; with_directories++) {
        server.at = (const char *)data;
        server.end = server.at + size;
        server.requests = 0;
        const int rc = pulse_s3_list("s3://bucket/d/", with_directories != 0, &listing, &err);
        for (int64_t i = 0; rc == 0 && i < listing.n; i++) {
            const char *name = listing.entries[i].name;
            if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)
                abort(); /* it would lead out of a directory */
        }
        pulse_listing_clear(&listing);
        err = (struct pulse_err){.kind = PULSE_OK};
    }
    server.at = (const char *)data;
    (void)pulse_s3_is_directory("s3://bucket/d/", &is_directory, &err);
    return 0;
}
