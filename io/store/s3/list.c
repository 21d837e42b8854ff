#include "store/s3/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/aws/sigv4.h"
#include "store/s3/object.h"
#include "store/s3/request.h"

/* ---- Listing -------------------------------------------------------------------- */

/* One page of the keys under `prefix`; `next` continues. */
static int list_page(const char *bucket, const char *prefix, int max_keys, const char *next,
                     struct pulse_s3_request *page, struct pulse_err *err)
{
    char *encoded = pulse_uri_encode(prefix, false, err), *query = NULL;
    char *token = pulse_uri_encode(next, false, err);
    int rc = -1;
    if (encoded != NULL && token != NULL &&
        asprintf(&query, "list-type=2&delimiter=%%2F&encoding-type=url&max-keys=%d&prefix=%s%s%s",
                 max_keys, encoded, token[0] == '\0' ? "" : "&continuation-token=", token) < 0) {
        query = NULL;
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a listing");
    }
    *page = (struct pulse_s3_request){.method = "GET", .bucket = bucket, .key = "", .query = query};
    if (query != NULL && pulse_s3_request_perform(page, 1, err) == 0)
        rc = 0;
    free(encoded);
    free(token);
    free(query);
    page->query = NULL;
    return rc;
}

/* The part of a key behind the prefix, without a common prefix's slash; "" for one not to show. */
static char *get_visible_name(struct pulse_s3_key *key, size_t prefix_length)
{
    char *name = key->key + (strlen(key->key) < prefix_length ? strlen(key->key) : prefix_length);
    const size_t length = strlen(name);
    if (key->prefix && length > 0)
        name[length - 1] = '\0';
    return name[0] == '.' ? name + strlen(name) : name;
}

int pulse_s3_list(const char *uri, bool with_directories, struct pulse_listing *out,
                  struct pulse_err *err)
{
    struct pulse_s3_uri parts = {0};
    char next[PULSE_S3_LONG] = "";
    int64_t capacity = 0, seen = 0;
    if (pulse_s3_uri_parse(uri, false, &parts, err) != 0)
        return -1;
    int rc = pulse_s3_uri_as_prefix(&parts, err);
    for (bool more = rc == 0; rc == 0 && more;) {
        struct pulse_s3_request page;
        rc = list_page(parts.bucket, parts.key, 1000, next, &page, err);
        for (int64_t i = 0; rc == 0 && i < page.xml.n_keys; i++, seen++) {
            struct pulse_s3_key *key = &page.xml.keys[i];
            const struct pulse_store_entry entry = {.name =
                                                        get_visible_name(key, strlen(parts.key)),
                                                    .bytes = key->bytes,
                                                    .modified = key->modified,
                                                    .directory = key->prefix};
            if (entry.name[0] != '\0' && (with_directories || !key->prefix))
                rc = pulse_listing_add(out, &capacity, &entry, err);
        }
        more = page.xml.truncated && page.xml.next[0] != '\0';
        (void)snprintf(next, sizeof next, "%s", page.xml.next);
        pulse_s3_request_clear(&page);
    }
    if (rc == 0 && seen == 0 && parts.key[0] != '\0')
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no objects under this prefix", uri);
    pulse_s3_uri_clear(&parts);
    return rc;
}

int pulse_s3_is_directory(const char *uri, bool *is_directory, struct pulse_err *err)
{
    struct pulse_s3_uri parts = {0};
    struct pulse_s3_request page = {0};
    struct pulse_s3_facts facts;
    bool absent = true;
    if (pulse_s3_uri_parse(uri, false, &parts, err) != 0)
        return -1;
    const size_t length = strlen(parts.key);
    int rc = 0;
    if (length > 0 && parts.key[length - 1] != '/')
        rc = pulse_s3_object_stat(uri, &parts, &facts, &absent, err);
    *is_directory = absent;
    if (rc == 0 && absent) {
        rc = pulse_s3_uri_as_prefix(&parts, err);
        if (rc == 0)
            rc = list_page(parts.bucket, parts.key, 2, "", &page, err);
        if (rc == 0 && page.xml.n_keys == 0 && parts.key[0] != '\0')
            rc =
                pulse_fail(err, PULSE_E_INPUT,
                           "%s: neither an object nor a prefix of any; pulse-data ls s3://%s lists "
                           "what there is",
                           uri, parts.bucket);
        pulse_s3_request_clear(&page);
    }
    pulse_s3_uri_clear(&parts);
    return rc;
}
