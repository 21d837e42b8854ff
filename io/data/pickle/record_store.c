#include "data/pickle/record_store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

static const char middle[] = "/data/datasets/";
static const char items[] = "_items.json";

enum {
    LIST_MOST = 64 << 20, /* bytes of one list of ids */
    RECORDS_MOST = 1 << 22,
    ID_MOST = 128
};

/* Where "/data/datasets/NAME" begins; NULL where `uri` does not end so. */
static const char *find_middle(const char *uri)
{
    const char *found = NULL;
    for (const char *at = uri; (at = strstr(at, middle)) != NULL; at++)
        found = at;
    if (found == NULL)
        return NULL;
    const char *name = found + sizeof middle - 1;
    const char *slash = strchr(name, '/');
    return name[0] != '\0' && name[0] != '/' && (slash == NULL || slash[1] == '\0') ? found : NULL;
}

bool pulse_record_store_is_dataset(const char *uri)
{
    return find_middle(uri) != NULL;
}

static bool holds_directory(const struct pulse_listing *listing, const char *name)
{
    for (int64_t i = 0; i < listing->n; i++)
        if (listing->entries[i].directory && strcmp(listing->entries[i].name, name) == 0)
            return true;
    return false;
}

/* Lists the directory `name` in `*at`, if it is there, and makes it *at. */
static int enter_directory(char **at, const char *name, bool *there, struct pulse_listing *listing,
                           struct pulse_err *err)
{
    *there = holds_directory(listing, name);
    pulse_listing_clear(listing);
    if (!*there)
        return 0;
    char *inside = pulse_store_join(*at, name, err);
    if (inside == NULL)
        return -1;
    free(*at);
    *at = inside;
    return pulse_store_list(inside, true, listing, err);
}

int pulse_record_store_list(const char *dir, bool *is_store, struct pulse_listing *out,
                            struct pulse_err *err)
{
    *out = (struct pulse_listing){0};
    *is_store = false;
    char *at = pulse_strdup(dir, err);
    int rc = at == NULL ? -1 : pulse_store_list(dir, true, out, err);
    if (rc == 0)
        rc = enter_directory(&at, "data", is_store, out, err);
    if (rc == 0 && *is_store)
        rc = enter_directory(&at, "datasets", is_store, out, err);
    free(at);
    return rc;
}

char *pulse_record_store_dataset(const char *dir, const char *name, struct pulse_err *err)
{
    size_t length = strlen(dir);
    while (length > 1 && dir[length - 1] == '/')
        length--;
    const int64_t capacity = (int64_t)(length + sizeof middle + strlen(name));
    char *uri = pulse_calloc(capacity, 1, "a path", err);
    if (uri != NULL)
        (void)snprintf(uri, (size_t)capacity, "%.*s%s%s", (int)length, dir, middle, name);
    return uri;
}

/* ---- Lists of ids --------------------------------------------------------------- */

/* An id becomes part of a path, so it may hold nothing that leads elsewhere. */
static bool is_id(const char *id)
{
    static const char good[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    const size_t length = strlen(id);
    return length >= 2 && length <= ID_MOST && strspn(id, good) == length;
}

static int add_record(const char *root, const char *id, const char *list,
                      struct pulse_record_files *out, struct pulse_err *err)
{
    if (!is_id(id))
        return pulse_fail(err, PULSE_E_INPUT, "%s: '%.40s' is no id of a record", list, id);
    if (out->n == RECORDS_MOST)
        return pulse_fail(err, PULSE_E_INPUT, "%s: more than %d records; write them as one file",
                          list, RECORDS_MOST);
    if (pulse_grow(&out->uris, &out->cap, out->n + 1, sizeof *out->uris, "records", err) != 0)
        return -1;
    const int64_t capacity = (int64_t)strlen(root) + ID_MOST + 32;
    char *uri = pulse_calloc(capacity, 1, "a path", err);
    if (uri == NULL)
        return -1;
    (void)snprintf(uri, (size_t)capacity, "%s/data/%.2s/%s/latest.data", root, id, id);
    out->uris[out->n++] = uri;
    return 0;
}

/* The whole of a list; NULL with an error. */
static json_t *read_list(const char *uri, struct pulse_err *err)
{
    struct pulse_object *object;
    json_error_t why;
    json_t *list = NULL;
    if (pulse_store_open(uri, &object, err) != 0)
        return NULL;
    const int64_t n = pulse_store_size(object);
    char *bytes = n > LIST_MOST ? NULL : pulse_calloc(n + 1, 1, "a list of records", err);
    if (n > LIST_MOST)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: a list of more than 64 MiB", uri);
    if (bytes != NULL && pulse_store_read(object, 0, bytes, n, err) == 0) {
        list = json_loadb(bytes, (size_t)n, 0, &why);
        if (list == NULL)
            (void)pulse_fail(err, PULSE_E_INPUT, "%s, line %d: %s", uri, why.line, why.text);
    }
    free(bytes);
    pulse_store_close(object);
    return list;
}

/* ["84c35601b6476bd3188f08096030deb6", …] */
static int add_list(const char *root, const char *uri, struct pulse_record_files *out,
                    struct pulse_err *err)
{
    json_t *list = read_list(uri, err);
    int rc = list == NULL ? -1 : 0;
    if (rc == 0 && !json_is_array(list))
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no list of ids", uri);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        rc = id == NULL ? pulse_fail(err, PULSE_E_INPUT, "%s: an id that is no text", uri)
                        : add_record(root, id, uri, out, err);
    }
    json_decref(list);
    return rc;
}

static bool ends_in(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

int pulse_record_store_files(const char *dataset, struct pulse_record_files *out,
                             struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int64_t lists = 0;
    *out = (struct pulse_record_files){0};
    char *root = pulse_strdup(dataset, err);
    int rc = root == NULL ? -1 : pulse_store_list(dataset, false, &listing, err);
    if (rc == 0)
        root[find_middle(dataset) - dataset] = '\0';
    /* The names carry the time of writing, so that their order is that of time. */
    for (int64_t i = 0; rc == 0 && i < listing.n; i++) {
        if (!ends_in(listing.entries[i].name, items))
            continue;
        char *uri = pulse_store_join(dataset, listing.entries[i].name, err);
        rc = uri == NULL ? -1 : add_list(root, uri, out, err);
        free(uri);
        lists++;
    }
    if (rc == 0 && lists == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no list of records (*%s) in it", dataset, items);
    pulse_listing_clear(&listing);
    free(root);
    return rc;
}

void pulse_record_files_clear(struct pulse_record_files *files)
{
    for (int64_t i = 0; i < files->n; i++)
        free(files->uris[i]);
    free(files->uris);
    *files = (struct pulse_record_files){0};
}
