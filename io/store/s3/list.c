#include "store/s3/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
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
    *page = (struct pulse_s3_request){
        .method = "GET", .bucket = bucket, .key = "", .query = query, .root = "ListBucketResult"};
    if (query != NULL && pulse_s3_request_perform(page, 1, err) == 0)
        rc = 0;
    free(encoded);
    free(token);
    free(query);
    page->query = NULL;
    return rc;
}

/* What shows that a listing does not end: a token or a first key that comes again, page after page
 * without a key, or more of them than any bucket is listed in. */
struct progress {
    char next[PULSE_S3_LONG];         /* of the page before; "" before the first */
    char first_key[2][PULSE_S3_LONG]; /* of the first page that has one, and of the last */
    int64_t pages, empty_pages;
};

/* After a page: whether there is more, in *more. A listing that says so and cannot be followed is
 * an error: half of the keys would be taken for all. */
static int follow_listing(struct progress *p, const struct pulse_s3_xml *page, const char *uri,
                          bool *more, struct pulse_err *err)
{
    enum { MAX_PAGES = 10000, MAX_EMPTY = 100 };
    const char *first = page->n_keys > 0 ? page->keys[0].key : "";
    const bool again = p->next[0] != '\0' && first[0] != '\0' &&
                       (strcmp(first, p->first_key[0]) == 0 || strcmp(first, p->first_key[1]) == 0);
    *more = page->truncated;
    p->empty_pages = page->n_keys > 0 ? 0 : p->empty_pages + 1;
    if (again || (*more && (strcmp(page->next, p->next) == 0 || ++p->pages == MAX_PAGES ||
                            p->empty_pages == MAX_EMPTY)))
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s: the server's listing %s; check --endpoint-url, or list again", uri,
                          page->next[0] == '\0' && !again ? "breaks off" : "does not end");
    (void)snprintf(p->next, sizeof p->next, "%s", page->next);
    (void)snprintf(p->first_key[p->first_key[0][0] != '\0'], sizeof p->first_key[0], "%s", first);
    return 0;
}

/* Whether what stands behind the prefix is one segment that a file may be called: what else a
 * server lists would lead out of a directory that it is copied to. */
static bool is_file_name(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strchr(name, '/') == NULL;
}

/* Adds what a key stands for in the listing of `prefix`. Hidden names are not shown, nor the empty
 * object that stands for the prefix itself; what names no file is warned about. */
static int add_key(struct pulse_s3_key *key, const struct pulse_s3_uri *parts,
                   bool with_directories, struct pulse_listing *out, int64_t *capacity,
                   struct pulse_err *err)
{
    const size_t prefix = strlen(parts->key), length = strlen(key->key);
    const bool under = strncmp(key->key, parts->key, prefix) == 0;
    char *name = under ? key->key + prefix : key->key;
    if (under && length == prefix && !key->prefix && key->bytes == 0)
        return 0;
    if (key->prefix && length > 0 && key->key[length - 1] == '/')
        key->key[length - 1] = '\0';
    if (!under || !is_file_name(name)) {
        pulse_warn("s3://%s/%.400s%s: left out: a key with an empty segment, . or .. is no file's "
                   "name",
                   parts->bucket, key->key, key->prefix ? "/" : "");
        out->left_out++;
        return 0;
    }
    const struct pulse_store_entry entry = {
        .name = name, .bytes = key->bytes, .modified = key->modified, .directory = key->prefix};
    return name[0] == '.' || (key->prefix && !with_directories)
               ? 0
               : pulse_listing_add(out, capacity, &entry, err);
}

int pulse_s3_list(const char *uri, bool with_directories, struct pulse_listing *out,
                  struct pulse_err *err)
{
    struct pulse_s3_uri parts = {0};
    struct progress progress = {.pages = 0};
    int64_t capacity = 0, seen = 0;
    if (pulse_s3_uri_parse(uri, false, &parts, err) != 0)
        return -1;
    int rc = pulse_s3_uri_as_prefix(&parts, err);
    for (bool more = rc == 0; rc == 0 && more;) {
        struct pulse_s3_request page;
        rc = list_page(parts.bucket, parts.key, 1000, progress.next, &page, err);
        if (rc == 0)
            rc = follow_listing(&progress, &page.xml, uri, &more, err);
        for (int64_t i = 0; rc == 0 && i < page.xml.n_keys; i++, seen++)
            rc = add_key(&page.xml.keys[i], &parts, with_directories, out, &capacity, err);
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
