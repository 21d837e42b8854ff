#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"
#include "store/cache.h"
#include "store/s3_request.h"
#include "store/s3_uri.h"
#include "store/sigv4.h"

enum { BLOCK = 8 << 20, SMALL = 256 << 10, HEADER_TEXT = 512, KNOWN = 16 };

static const int64_t CACHE_BYTES = INT64_C(10) << 30;

static struct {
    struct pulse_store_options options;
    struct pulse_cache *cache;
    bool cache_tried;
    /* What the objects looked at last are: a file is opened more than once (to see what is in it,
     * to read it), and is the same one all the time. */
    struct {
        char *uri, *etag;
        int64_t size;
    } known[KNOWN];
    int next_known;
} state;

struct s3_object {
    struct pulse_object object; /* the first: a pointer to it is one to us */
    struct pulse_s3_uri uri;
    int64_t will_from, will_to; /* what is about to be read from beginning to end */
    int64_t window_from;        /* blocks at hand: whole ones, but for the object's last */
    int64_t window_bytes;
    int64_t window_room;
    char *window;
};

static struct s3_object *mine(struct pulse_object *object)
{
    return (struct s3_object *)(void *)object;
}

void pulse_s3_configure(const struct pulse_store_options *options)
{
    state.options = *options;
    pulse_s3_request_configure(options->region, options->endpoint_url, options->concurrency);
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
        free(state.known[i].etag);
        state.known[i].uri = state.known[i].etag = NULL;
    }
}

static void learn(const char *uri, int64_t size, const char *etag)
{
    const int i = state.next_known++ % KNOWN;
    free(state.known[i].uri);
    free(state.known[i].etag);
    state.known[i].uri = strdup(uri); /* what cannot be kept is asked for again */
    state.known[i].etag = strdup(etag);
    state.known[i].size = size;
}

static bool know(const char *uri, int64_t *size, char etag[HEADER_TEXT])
{
    for (int i = 0; i < KNOWN; i++)
        if (state.known[i].uri != NULL && state.known[i].etag != NULL &&
            strcmp(state.known[i].uri, uri) == 0) {
            *size = state.known[i].size;
            (void)snprintf(etag, HEADER_TEXT, "%s", state.known[i].etag);
            return true;
        }
    return false;
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

/* Which piece of which content; false where nothing is kept. */
static bool cache_key(const struct s3_object *o, struct pulse_cache_key *key)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    if (!state.cache_tried)
        open_cache();
    *key = (struct pulse_cache_key){
        .bucket = o->uri.bucket, .key = o->uri.key, .etag = o->object.version};
    return state.cache != NULL && o->object.version[0] != '\0' &&
           pulse_s3_request_endpoint(&key->endpoint, &ignored) == 0;
}

static bool recall(const struct s3_object *o, int64_t offset, void *out, int64_t bytes)
{
    struct pulse_cache_key key;
    if (!cache_key(o, &key) || !pulse_cache_get(state.cache, &key, offset, out, bytes))
        return false;
    pulse_store_count(&(struct pulse_store_counts){.cache_hits = 1});
    return true;
}

static void keep(const struct s3_object *o, int64_t offset, const void *bytes, int64_t n)
{
    struct pulse_cache_key key;
    if (cache_key(o, &key))
        pulse_cache_put(state.cache, &key, offset, bytes, n);
}

/* ---- Open ----------------------------------------------------------------------- */

/* What a HEAD could not say, for its answers have no body: a GET of one byte tells why, and may
 * learn the region, the clock or a new session token on the way. An empty object has no byte. */
static int ask_why(const struct pulse_s3_uri *uri, struct pulse_err *err)
{
    char byte;
    struct pulse_s3_request get = {
        .method = "GET", .bucket = uri->bucket, .key = uri->key, .range_bytes = 1, .into = &byte};
    int rc = pulse_s3_perform(&get, 1, err);
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
    *request = (struct pulse_s3_request){
        .method = "HEAD", .bucket = uri->bucket, .key = uri->key, .may_be_absent = may_be_absent};
    return pulse_s3_perform(request, 1, err);
}

/* Size and ETag of an object; *absent instead of an error where there is none and `absent` is not
 * NULL. */
static int head(const struct pulse_s3_uri *uri, int64_t *size, char etag[HEADER_TEXT], bool *absent,
                struct pulse_err *err)
{
    char text[HEADER_TEXT];
    struct pulse_err refused = {.kind = PULSE_OK};
    struct pulse_s3_request request;
    int rc = send_head(uri, absent != NULL, &request, &refused);
    if (rc != 0 && refused.kind != PULSE_E_STORAGE && refused.kind != PULSE_E_INPUT)
        *err = refused;
    else if (rc != 0) {
        pulse_s3_request_clear(&request);
        rc = ask_why(uri, err);
        if (rc == 0)
            rc = send_head(uri, absent != NULL, &request, err);
    }
    if (rc == 0 && absent != NULL)
        *absent = request.http.status == 404;
    if (rc == 0 && request.http.status != 404) {
        etag[0] = '\0';
        (void)pulse_http_header(&request.http, "etag", etag, HEADER_TEXT);
        char *end = text;
        if (pulse_http_header(&request.http, "content-length", text, sizeof text))
            *size = strtoll(text, &end, 10);
        if (end == text || *size < 0)
            rc = pulse_fail(err, PULSE_E_STORAGE,
                            "s3://%s/%s: the server does not tell the object's size", uri->bucket,
                            uri->key);
    }
    pulse_s3_request_clear(&request);
    return rc;
}

int pulse_s3_open(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    char etag[HEADER_TEXT];
    struct s3_object *o = pulse_calloc(1, sizeof *o, "an open object", err);
    if (o == NULL)
        return -1;
    o->object.s3 = true;
    o->object.uri = pulse_strdup(uri, err);
    if (o->object.uri == NULL || pulse_s3_uri_parse(uri, true, &o->uri, err) != 0)
        goto fail;
    if (!know(uri, &o->object.size, etag)) {
        if (head(&o->uri, &o->object.size, etag, NULL, err) != 0)
            goto fail;
        learn(uri, o->object.size, etag);
    }
    o->object.version = pulse_strdup(etag, err);
    if (o->object.version == NULL)
        goto fail;
    *out = &o->object;
    return 0;
fail:
    pulse_s3_close(&o->object);
    return -1;
}

void pulse_s3_close(struct pulse_object *object)
{
    struct s3_object *o = mine(object);
    pulse_s3_uri_clear(&o->uri);
    free(o->window);
    free(object->version);
    free(object->uri);
    free(o);
}

/* ---- Ranges --------------------------------------------------------------------- */

/* Fetches pieces of at most BLOCK bytes each, all at once. */
static int fetch(struct s3_object *o, const struct pulse_range *pieces, int64_t n,
                 struct pulse_err *err)
{
    struct pulse_s3_request *requests = pulse_calloc(n, sizeof *requests, "requests to S3", err);
    if (requests == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        requests[i] = (struct pulse_s3_request){
            .method = "GET",
            .bucket = o->uri.bucket,
            .key = o->uri.key,
            .etag = o->object.version[0] == '\0' ? NULL : o->object.version,
            .range_from = pieces[i].offset,
            .range_bytes = pieces[i].bytes,
            .into = pieces[i].out};
    int rc = pulse_s3_perform(requests, n, err);
    for (int64_t i = 0; i < n; i++) {
        if (rc == 0)
            keep(o, pieces[i].offset, pieces[i].out, pieces[i].bytes);
        pulse_s3_request_clear(&requests[i]);
    }
    free(requests);
    return rc;
}

static int check_range(const struct pulse_object *object, int64_t offset, int64_t bytes,
                       struct pulse_err *err)
{
    if (offset >= 0 && bytes >= 0 && bytes <= object->size && offset <= object->size - bytes)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT, "reading %s: bytes beyond its end are asked for",
                      object->uri);
}

/* Adjacent ranges as one. */
struct span {
    int64_t offset, bytes;
    int64_t first, n; /* ranges */
    char *out;        /* where its bytes go: to the range itself, if it is one alone */
};

/* Ranges that touch, but for a few bytes, become one as long as they are small: each request costs
 * more than that. */
static int64_t make_spans(const struct pulse_range *ranges, int64_t n, struct span *spans)
{
    enum { GAP = 256 };
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        struct span *last = count == 0 ? NULL : &spans[count - 1];
        const int64_t end = ranges[i].offset + ranges[i].bytes;
        if (last != NULL && ranges[i].offset >= last->offset &&
            ranges[i].offset <= last->offset + last->bytes + GAP && end - last->offset <= BLOCK) {
            if (end > last->offset + last->bytes)
                last->bytes = end - last->offset;
            last->n++;
        } else
            spans[count++] = (struct span){
                .offset = ranges[i].offset, .bytes = ranges[i].bytes, .first = i, .n = 1};
    }
    return count;
}

/* The span in pieces of BLOCK: those that are not in the cache are added to `pieces`. */
static int add_pieces(const struct s3_object *o, const struct span *span,
                      struct pulse_range **pieces, int64_t *count, int64_t *cap,
                      struct pulse_err *err)
{
    for (int64_t at = 0; at < span->bytes; at += BLOCK) {
        const int64_t left = span->bytes - at;
        const struct pulse_range piece = {.offset = span->offset + at,
                                          .bytes = left < BLOCK ? left : BLOCK,
                                          .out = span->out + at};
        if (recall(o, piece.offset, piece.out, piece.bytes))
            continue;
        if (pulse_grow(pieces, cap, *count + 1, sizeof **pieces, "ranges of an object", err) != 0)
            return -1;
        (*pieces)[(*count)++] = piece;
    }
    return 0;
}

/* Gives each range its part of a span of several. */
static void scatter(const struct span *span, const struct pulse_range *ranges)
{
    for (int64_t i = span->first; span->n > 1 && i < span->first + span->n; i++)
        if (ranges[i].bytes > 0)
            memcpy(ranges[i].out, span->out + (ranges[i].offset - span->offset),
                   (size_t)ranges[i].bytes);
}

static int read_spans(struct s3_object *o, const struct pulse_range *ranges, int64_t n,
                      struct pulse_err *err)
{
    struct pulse_range *pieces = NULL;
    int64_t spanned = 0, count = 0, cap = 0;
    int rc = 0;
    struct span *spans = pulse_calloc(n, sizeof *spans, "ranges of an object", err);
    if (spans == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < n; i++)
        rc = check_range(&o->object, ranges[i].offset, ranges[i].bytes, err);
    if (rc == 0)
        spanned = make_spans(ranges, n, spans);
    for (int64_t i = 0; rc == 0 && i < spanned; i++) {
        spans[i].out = spans[i].n == 1 ? ranges[spans[i].first].out
                                       : pulse_calloc(spans[i].bytes, 1, "adjacent ranges", err);
        rc = spans[i].out == NULL && spans[i].bytes > 0
                 ? -1
                 : add_pieces(o, &spans[i], &pieces, &count, &cap, err);
    }
    if (rc == 0 && count > 0)
        rc = fetch(o, pieces, count, err);
    for (int64_t i = 0; i < spanned; i++) {
        if (rc == 0)
            scatter(&spans[i], ranges);
        if (spans[i].n > 1)
            free(spans[i].out);
    }
    free(spans);
    free(pieces);
    return rc;
}

/* ---- Reading on ----------------------------------------------------------------- */

void pulse_s3_will_read(struct pulse_object *object, int64_t offset, int64_t bytes)
{
    struct s3_object *o = mine(object);
    o->will_from = offset;
    o->will_to = offset + bytes < object->size ? offset + bytes : object->size;
}

/* Makes the window hold the block of `offset`, and as many after it as are about to be read and fit
 * into one go of requests. Blocks lie at multiples of BLOCK whoever reads, so that a later run with
 * another number of readers finds them in the cache. */
static int move_window(struct s3_object *o, int64_t offset, struct pulse_err *err)
{
    const int64_t from = offset / BLOCK * BLOCK, size = o->object.size;
    int64_t to = from + BLOCK, most = from + (int64_t)BLOCK * pulse_s3_request_concurrency();
    if (offset >= o->will_from && offset < o->will_to) /* at most to the end of its last block */
        to = (o->will_to + BLOCK - 1) / BLOCK * BLOCK;
    to = to < most ? to : most;
    to = to < size ? to : size;
    o->window_bytes = 0;
    if (pulse_grow(&o->window, &o->window_room, to - from, 1, "blocks of an object", err) != 0)
        return -1;
    const struct pulse_range range = {.offset = from, .bytes = to - from, .out = o->window};
    if (read_spans(o, &range, 1, err) != 0)
        return -1;
    o->window_from = from;
    o->window_bytes = to - from;
    return 0;
}

int pulse_s3_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                  struct pulse_err *err)
{
    struct s3_object *o = mine(object);
    if (check_range(object, offset, bytes, err) != 0)
        return -1;
    for (char *to = out; bytes > 0;) {
        if (offset < o->window_from || offset >= o->window_from + o->window_bytes)
            if (move_window(o, offset, err) != 0)
                return -1;
        const int64_t skip = offset - o->window_from, left = o->window_bytes - skip;
        const int64_t n = bytes < left ? bytes : left;
        memcpy(to, o->window + skip, (size_t)n);
        to += n;
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* A small object is fetched whole by the first who asks, and ranges are copied out of it. */
int pulse_s3_read_ranges(struct pulse_object *object, const struct pulse_range *ranges, int64_t n,
                         struct pulse_err *err)
{
    int rc = 0;
    if (object->size > SMALL)
        return read_spans(mine(object), ranges, n, err);
    for (int64_t i = 0; rc == 0 && i < n; i++)
        rc = pulse_s3_read(object, ranges[i].offset, ranges[i].out, ranges[i].bytes, err);
    return rc;
}

/* ---- Listing -------------------------------------------------------------------- */

/* One page of the keys under `prefix`; `next` continues. */
static int list_page(const char *bucket, const char *prefix, int most, const char *next,
                     struct pulse_s3_request *page, struct pulse_err *err)
{
    char *encoded = pulse_uri_encode(prefix, false, err), *query = NULL;
    char *token = pulse_uri_encode(next, false, err);
    int rc = -1;
    if (encoded != NULL && token != NULL &&
        asprintf(&query, "list-type=2&delimiter=%%2F&encoding-type=url&max-keys=%d&prefix=%s%s%s",
                 most, encoded, token[0] == '\0' ? "" : "&continuation-token=", token) < 0) {
        query = NULL;
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for a listing");
    }
    *page = (struct pulse_s3_request){.method = "GET", .bucket = bucket, .key = "", .query = query};
    if (query != NULL && pulse_s3_perform(page, 1, err) == 0)
        rc = 0;
    free(encoded);
    free(token);
    free(query);
    page->query = NULL;
    return rc;
}

/* The part of a key behind the prefix, without a common prefix's slash; "" for one not to show. */
static char *visible_name(struct pulse_s3_key *key, size_t prefix_length)
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
    struct pulse_s3_uri place = {0};
    char next[PULSE_S3_LONG] = "";
    int64_t cap = 0, seen = 0;
    if (pulse_s3_uri_parse(uri, false, &place, err) != 0)
        return -1;
    int rc = pulse_s3_uri_as_prefix(&place, err);
    for (bool more = rc == 0; rc == 0 && more;) {
        struct pulse_s3_request page;
        rc = list_page(place.bucket, place.key, 1000, next, &page, err);
        for (int64_t i = 0; rc == 0 && i < page.xml.n_keys; i++, seen++) {
            struct pulse_s3_key *key = &page.xml.keys[i];
            const char *name = visible_name(key, strlen(place.key));
            if (name[0] != '\0' && (with_directories || !key->prefix))
                rc = pulse_listing_add(out, &cap, name, key->bytes, key->prefix, err);
        }
        more = page.xml.truncated && page.xml.next[0] != '\0';
        (void)snprintf(next, sizeof next, "%s", page.xml.next);
        pulse_s3_request_clear(&page);
    }
    if (rc == 0 && seen == 0 && place.key[0] != '\0')
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no objects under this prefix", uri);
    pulse_s3_uri_clear(&place);
    return rc;
}

int pulse_s3_is_directory(const char *uri, bool *is_directory, struct pulse_err *err)
{
    struct pulse_s3_uri place = {0};
    struct pulse_s3_request page = {0};
    char etag[HEADER_TEXT];
    int64_t size;
    bool absent = true;
    if (pulse_s3_uri_parse(uri, false, &place, err) != 0)
        return -1;
    const size_t length = strlen(place.key);
    int rc = 0;
    if (know(uri, &size, etag))
        absent = false;
    else if (length > 0 && place.key[length - 1] != '/') {
        rc = head(&place, &size, etag, &absent, err);
        if (rc == 0 && !absent)
            learn(uri, size, etag);
    }
    *is_directory = absent;
    if (rc == 0 && absent) {
        rc = pulse_s3_uri_as_prefix(&place, err);
        if (rc == 0)
            rc = list_page(place.bucket, place.key, 2, "", &page, err);
        if (rc == 0 && page.xml.n_keys == 0 && place.key[0] != '\0')
            rc =
                pulse_fail(err, PULSE_E_INPUT,
                           "%s: neither an object nor a prefix of any; pulse-data ls s3://%s lists "
                           "what there is",
                           uri, place.bucket);
        pulse_s3_request_clear(&page);
    }
    pulse_s3_uri_clear(&place);
    return rc;
}
