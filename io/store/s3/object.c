#include "store/s3/object.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "store/common/counts.h"
#include "store/s3/cache.h"
#include "store/s3/endpoint.h"
#include "store/s3/request.h"

enum { KNOWN = 16 };

static const int64_t CACHE_BYTES = INT64_C(10) << 30;

static struct {
    struct pulse_store_options options;
    struct pulse_cache *cache;
    bool cache_tried;
    /* The objects last asked for: a file is opened more than once (to find its format, to read
     * it), and is the same one all the time. */
    struct {
        char *uri;
        struct pulse_s3_facts facts;
    } known[KNOWN];
    int next_known;
    /* All bytes of the small object that was closed last. */
    char *kept_uri, *kept_version, *kept;
} state;

void pulse_s3_configure(const struct pulse_store_options *options)
{
    state.options = *options;
    pulse_s3_endpoint_configure(options);
    pulse_s3_request_configure(options->concurrency);
}

void pulse_s3_finish(void)
{
    pulse_cache_close(state.cache);
    state.cache = NULL;
    state.cache_tried = false;
    pulse_s3_forget();
    pulse_s3_request_finish();
}

/* ---- What is known of objects ----------------------------------------------------- */

void pulse_s3_forget(void)
{
    for (int i = 0; i < KNOWN; i++) {
        free(state.known[i].uri);
        state.known[i].uri = NULL;
    }
    free(state.kept_uri);
    free(state.kept_version);
    free(state.kept);
    state.kept_uri = state.kept_version = state.kept = NULL;
}

static void remember_facts(const char *uri, const struct pulse_s3_facts *facts)
{
    const int i = state.next_known++ % KNOWN;
    free(state.known[i].uri);
    state.known[i].uri = strdup(uri); /* what cannot be kept is asked for again */
    state.known[i].facts = *facts;
}

static bool recall_facts(const char *uri, struct pulse_s3_facts *facts)
{
    int i = 0;
    while (i < KNOWN && (state.known[i].uri == NULL || strcmp(state.known[i].uri, uri) != 0))
        i++;
    if (i < KNOWN)
        *facts = state.known[i].facts;
    return i < KNOWN;
}

void pulse_s3_object_keep_bytes(const struct pulse_s3_object *o, char *bytes)
{
    free(state.kept_uri);
    free(state.kept_version);
    free(state.kept);
    state.kept_uri = strdup(o->object.uri);
    state.kept_version = strdup(o->object.version);
    state.kept = bytes;
}

char *pulse_s3_object_take_bytes(const struct pulse_s3_object *o)
{
    char *bytes = NULL;
    if (state.kept_uri != NULL && strcmp(state.kept_uri, o->object.uri) == 0 &&
        state.kept_version != NULL && strcmp(state.kept_version, o->object.version) == 0) {
        bytes = state.kept;
        state.kept = NULL;
    }
    return bytes;
}

/* ---- Cache ---------------------------------------------------------------------- */

static void open_cache(void)
{
    char path[PATH_MAX];
    const char *own = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    state.cache_tried = true;
    if (state.options.no_cache)
        return;
    if (state.options.cache_dir != NULL)
        (void)snprintf(path, sizeof path, "%s", state.options.cache_dir);
    else if (own != NULL && own[0] == '/')
        (void)snprintf(path, sizeof path, "%s/pulse", own);
    else if (home != NULL && home[0] == '/')
        (void)snprintf(path, sizeof path, "%s/.cache/pulse", home);
    else
        return;
    state.cache = pulse_cache_open(path, state.options.cache_bytes > 0 ? state.options.cache_bytes
                                                                       : CACHE_BYTES);
}

/* The cache key of an object; false where nothing is cached. */
static bool make_cache_key(const struct pulse_s3_object *o, struct pulse_cache_key *key)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    if (!state.cache_tried)
        open_cache();
    *key = (struct pulse_cache_key){
        .bucket = o->uri.bucket, .key = o->uri.key, .etag = o->object.version};
    return state.cache != NULL && pulse_s3_endpoint_get(&key->endpoint, &ignored) == 0;
}

bool pulse_s3_object_get_cached(const struct pulse_s3_object *o, int64_t offset, void *out,
                                int64_t bytes)
{
    struct pulse_cache_key key;
    if (!make_cache_key(o, &key) || !pulse_cache_get(state.cache, &key, offset, out, bytes))
        return false;
    pulse_store_count(&(struct pulse_store_counts){.cache_hits = 1});
    return true;
}

void pulse_s3_object_put_cached(const struct pulse_s3_object *o, int64_t offset, const void *bytes,
                                int64_t n)
{
    struct pulse_cache_key key;
    if (make_cache_key(o, &key))
        pulse_cache_put(state.cache, &key, offset, bytes, n);
}

bool pulse_s3_object_keeps(const void *bytes)
{
    return state.cache != NULL && pulse_cache_keeps(state.cache, bytes);
}

void pulse_s3_object_wait_kept(const void *bytes)
{
    if (state.cache != NULL)
        pulse_cache_wait(state.cache, bytes);
}

static void drop_cached(const struct pulse_s3_object *o, int64_t offset, int64_t bytes)
{
    struct pulse_cache_key key;
    if (make_cache_key(o, &key))
        pulse_cache_drop(state.cache, &key, offset, bytes);
}

/* ---- Pieces --------------------------------------------------------------------- */

struct pulse_s3_request pulse_s3_object_request(const struct pulse_s3_object *o,
                                                const struct pulse_range *piece)
{
    const bool whole = piece->bytes == o->object.size && o->integrity.kind != 0;
    return (struct pulse_s3_request){.method = "GET",
                                     .bucket = o->uri.bucket,
                                     .key = o->uri.key,
                                     .etag = o->object.version,
                                     .whole = whole ? &o->integrity : NULL,
                                     .range_from = piece->offset,
                                     .range_bytes = piece->bytes,
                                     .into = piece->out};
}

int pulse_s3_object_check_sum(const struct pulse_s3_object *o, struct pulse_sum *sum,
                              struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    const int64_t size = o->object.size;
    if (pulse_sum_check(sum, &why) == 0)
        return 0;
    for (int64_t at = 0; at < size; at += PULSE_S3_BLOCK)
        drop_cached(o, at, size - at < PULSE_S3_BLOCK ? size - at : PULSE_S3_BLOCK);
    return pulse_fail(err, why.kind, "GET %.300s: %.200s; try again later", o->object.uri,
                      why.text);
}

/* ---- Asking the server -------------------------------------------------------------------- */

/* Asks with a GET of one byte why a HEAD failed, whose answers have no body; that may correct the
 * region, the clock or the session token, too. An empty object has no byte, which is no error. */
static int ask_why_refused(const struct pulse_s3_uri *uri, struct pulse_err *err)
{
    char byte;
    struct pulse_s3_request get = {
        .method = "GET", .bucket = uri->bucket, .key = uri->key, .range_bytes = 1, .into = &byte};
    int rc = pulse_s3_request_perform(&get, 1, err);
    if (rc != 0 && get.http.status == 416) {
        *err = (struct pulse_err){.kind = PULSE_OK};
        rc = 0;
    }
    pulse_s3_request_clear(&get);
    return rc;
}

static int send_head(const struct pulse_s3_uri *uri, bool may_be_absent,
                     struct pulse_s3_request *request, struct pulse_err *err)
{
    *request = (struct pulse_s3_request){.method = "HEAD",
                                         .bucket = uri->bucket,
                                         .key = uri->key,
                                         .headers = {PULSE_INTEGRITY_ASK},
                                         .n_headers = 1,
                                         .may_be_absent = may_be_absent};
    return pulse_s3_request_perform(request, 1, err);
}

/* *absent instead of an error where there is none and `absent` is not NULL. */
static int send_head_or_ask(const struct pulse_s3_uri *uri, struct pulse_s3_facts *facts,
                            bool *absent, struct pulse_err *err)
{
    char text[PULSE_S3_HEADER];
    struct pulse_err refused = {.kind = PULSE_OK};
    struct pulse_s3_request request;
    int rc = send_head(uri, absent != NULL, &request, &refused);
    if (rc != 0 && refused.kind != PULSE_E_STORAGE && refused.kind != PULSE_E_INPUT)
        *err = refused;
    else if (rc != 0) {
        pulse_s3_request_clear(&request);
        rc = ask_why_refused(uri, err);
        if (rc == 0)
            rc = send_head(uri, absent != NULL, &request, err);
    }
    if (rc == 0 && absent != NULL)
        *absent = request.http.status == 404;
    if (rc == 0 && request.http.status != 404) {
        *facts = (struct pulse_s3_facts){0};
        (void)pulse_http_header(&request.http, "etag", facts->etag, sizeof facts->etag);
        pulse_integrity_learn(&request.http, uri->bucket, &facts->integrity);
        if (!pulse_http_header(&request.http, "content-length", text, sizeof text) ||
            !pulse_parse_int(text, 0, PULSE_S3_MAX_BYTES, &facts->size))
            rc = pulse_fail(err, PULSE_E_STORAGE,
                            "s3://%s/%s: the server names no size that an object may have",
                            uri->bucket, uri->key);
    }
    pulse_s3_request_clear(&request);
    return rc;
}

int pulse_s3_object_stat(const char *uri, const struct pulse_s3_uri *parts,
                         struct pulse_s3_facts *facts, bool *absent, struct pulse_err *err)
{
    bool is_absent = false;
    int rc = recall_facts(uri, facts)
                 ? 0
                 : send_head_or_ask(parts, facts, absent == NULL ? NULL : &is_absent, err);
    if (rc == 0 && !is_absent)
        remember_facts(uri, facts);
    if (absent != NULL)
        *absent = is_absent;
    return rc;
}
