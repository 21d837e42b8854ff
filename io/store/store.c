#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"
#include "store/http.h"
#include "store/store_lock.h"

static struct pulse_store_counts counts;

struct pulse_store_counts pulse_store_counts(void)
{
    pulse_store_lock_take();
    const struct pulse_store_counts now = counts;
    pulse_store_lock_give();
    return now;
}

void pulse_store_count(const struct pulse_store_counts *more)
{
    pulse_store_lock_take();
    counts.bytes_read += more->bytes_read;
    counts.requests += more->requests;
    counts.cache_hits += more->cache_hits;
    counts.retries += more->retries;
    pulse_store_lock_give();
}

void pulse_store_configure(const struct pulse_store_options *options)
{
    pulse_http_stop_when(options->stop);
    pulse_s3_configure(options);
}

void pulse_store_leave(void)
{
    pulse_http_leave();
}

void pulse_store_finish(void)
{
    pulse_s3_finish();
    pulse_http_finish();
}

bool pulse_store_is_s3(const char *uri)
{
    return strncmp(uri, "s3://", 5) == 0;
}

char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err)
{
    const size_t length = strlen(directory), room = length + strlen(name) + 2;
    char *path = pulse_calloc((int64_t)room, 1, "a name", err);
    if (path != NULL)
        (void)snprintf(path, room, "%s%s%s", directory,
                       length > 0 && directory[length - 1] == '/' ? "" : "/", name);
    return path;
}

int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc =
        pulse_store_is_s3(uri) ? pulse_s3_open(uri, out, err) : pulse_file_open(uri, out, err);
    pulse_store_lock_give();
    return rc;
}

void pulse_store_close(struct pulse_object *object)
{
    if (object == NULL)
        return;
    pulse_store_lock_take();
    if (object->s3)
        pulse_s3_close(object);
    else
        pulse_file_close(object);
    pulse_store_lock_give();
}

int64_t pulse_store_size(const struct pulse_object *object)
{
    return object->size;
}

const char *pulse_store_uri(const struct pulse_object *object)
{
    return object->uri;
}

const char *pulse_store_version(const struct pulse_object *object)
{
    return object->version;
}

void pulse_store_will_read(struct pulse_object *object, int64_t offset, int64_t bytes)
{
    if (object->s3) /* the kernel sees by itself how a local file is read */
        pulse_s3_will_read(object, offset, bytes);
}

int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err)
{
    if (!object->s3)
        return pulse_file_read(object, offset, out, bytes, err);
    pulse_store_lock_take();
    const int rc = pulse_s3_read(object, offset, out, bytes, err);
    pulse_store_lock_give();
    return rc;
}

int pulse_store_read_ranges(struct pulse_object *object, const struct pulse_range *ranges,
                            int64_t n, struct pulse_err *err)
{
    int rc = 0;
    pulse_store_lock_take();
    if (object->s3)
        rc = pulse_s3_read_ranges(object, ranges, n, err);
    for (int64_t i = 0; rc == 0 && !object->s3 && i < n; i++)
        rc = pulse_file_read(object, ranges[i].offset, ranges[i].out, ranges[i].bytes, err);
    pulse_store_lock_give();
    return rc;
}

int pulse_store_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                       struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc =
        object->s3 ? pulse_s3_stream(object, sink, err) : pulse_file_stream(object, sink, err);
    pulse_store_lock_give();
    return rc;
}

int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err)
{
    pulse_store_lock_take();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_is_directory(uri, is_directory, err)
                                          : pulse_file_is_directory(uri, is_directory, err);
    pulse_store_lock_give();
    return rc;
}

/* ---- Listings ------------------------------------------------------------------- */

int pulse_listing_add(struct pulse_listing *listing, int64_t *cap,
                      const struct pulse_store_entry *entry, struct pulse_err *err)
{
    if (pulse_grow(&listing->entries, cap, listing->n + 1, sizeof *listing->entries,
                   "a directory listing", err) != 0)
        return -1;
    char *copy = pulse_strdup(entry->name, err);
    if (copy == NULL)
        return -1;
    listing->entries[listing->n] = *entry;
    listing->entries[listing->n++].name = copy;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct pulse_store_entry *)a)->name,
                  ((const struct pulse_store_entry *)b)->name);
}

int pulse_store_list(const char *uri, bool with_directories, struct pulse_listing *out,
                     struct pulse_err *err)
{
    *out = (struct pulse_listing){0};
    pulse_store_lock_take();
    int rc = pulse_store_is_s3(uri) ? pulse_s3_list(uri, with_directories, out, err)
                                    : pulse_file_list(uri, with_directories, out, err);
    pulse_store_lock_give();
    if (rc != 0)
        pulse_listing_clear(out);
    else if (out->n > 1)
        qsort(out->entries, (size_t)out->n, sizeof *out->entries, compare_entries);
    return rc;
}

void pulse_listing_clear(struct pulse_listing *listing)
{
    for (int64_t i = 0; i < listing->n; i++)
        free(listing->entries[i].name);
    free(listing->entries);
    *listing = (struct pulse_listing){0};
}

/* ---- Writing -------------------------------------------------------------------- */

int pulse_store_put_file(const char *path, const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_put_file(path, uri, err)
                                          : pulse_file_put_file(path, uri, err);
    pulse_store_lock_give();
    return rc;
}

int pulse_store_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_put(bytes, n, uri, err)
                                          : pulse_file_put(bytes, n, uri, err);
    pulse_store_lock_give();
    return rc;
}

void pulse_store_watch_puts(void (*at)(void *context, double share), void *context)
{
    pulse_s3_watch_puts(at, context);
}

int pulse_store_delete(const char *uri, struct pulse_err *err)
{
    pulse_store_lock_take();
    pulse_s3_forget();
    const int rc = pulse_store_is_s3(uri) ? pulse_s3_delete(uri, err) : pulse_file_delete(uri, err);
    pulse_store_lock_give();
    return rc;
}
