#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

struct pulse_object {
    int fd;
    int64_t size;
    char *uri;
    char version[64];
};

static struct pulse_store_counts counts;

bool pulse_store_is_s3(const char *uri)
{
    return strncmp(uri, "s3://", 5) == 0;
}

void pulse_store_configure(const struct pulse_store_options *options)
{
    (void)options; /* nothing of a local disk can be configured */
}

void pulse_store_finish(void)
{
}

struct pulse_store_counts pulse_store_counts(void)
{
    return counts;
}

void pulse_store_count(const struct pulse_store_counts *more)
{
    counts.bytes_read += more->bytes_read;
    counts.requests += more->requests;
    counts.cache_hits += more->cache_hits;
    counts.retries += more->retries;
}

int pulse_store_open(const char *uri, struct pulse_object **out, struct pulse_err *err)
{
    struct stat st;
    struct pulse_object *object = pulse_calloc(1, sizeof *object, "an open file", err);
    if (object == NULL)
        return -1;
    object->fd = -1;
    object->uri = pulse_strdup(uri, err);
    if (object->uri == NULL)
        goto fail;
    /* Not blocking: opening a named pipe must fail below and not wait for a writer. */
    object->fd = open(uri, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (object->fd < 0 || fstat(object->fd, &st) != 0) {
        (void)pulse_fail_errno(err, errno, "opening %s", uri);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)pulse_fail(err, PULSE_E_INPUT, "opening %s: not a regular file", uri);
        goto fail;
    }
    object->size = (int64_t)st.st_size;
    (void)snprintf(object->version, sizeof object->version, "%lld-%lld.%09ld",
                   (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    *out = object;
    return 0;
fail:
    pulse_store_close(object);
    return -1;
}

void pulse_store_close(struct pulse_object *object)
{
    if (object == NULL)
        return;
    if (object->fd >= 0)
        (void)close(object->fd);
    free(object->uri);
    free(object);
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

int pulse_store_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                     struct pulse_err *err)
{
    char *to = out;
    while (bytes > 0) {
        ssize_t got = pread(object->fd, to, (size_t)bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pulse_fail_errno(err, errno, "reading %s", object->uri);
        if (got == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "reading %s: it became shorter while it was being read", object->uri);
        counts.bytes_read += got;
        to += got;
        offset += got;
        bytes -= got;
    }
    return 0;
}

int pulse_store_read_ranges(struct pulse_object *object, const struct pulse_range *ranges,
                            int64_t n, struct pulse_err *err)
{
    for (int64_t i = 0; i < n; i++)
        if (pulse_store_read(object, ranges[i].offset, ranges[i].out, ranges[i].bytes, err) != 0)
            return -1;
    return 0;
}

int pulse_store_is_directory(const char *uri, bool *is_directory, struct pulse_err *err)
{
    struct stat st;
    if (stat(uri, &st) != 0)
        return pulse_fail_errno(err, errno, "opening %s", uri);
    *is_directory = S_ISDIR(st.st_mode);
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct pulse_store_entry *)a)->name,
                  ((const struct pulse_store_entry *)b)->name);
}

/* Adds one directory entry if it is a visible regular file, or a directory and those are wanted. */
static int list_one(int dir_fd, const char *uri, const char *name, bool with_directories,
                    struct pulse_listing *out, int64_t *cap, struct pulse_err *err)
{
    struct stat st;
    if (name[0] == '.')
        return 0;
    if (fstatat(dir_fd, name, &st, 0) != 0) {
        if (errno == ENOENT) /* removed meanwhile, or a dangling link */
            return 0;
        return pulse_fail_errno(err, errno, "listing %s/%s", uri, name);
    }
    if (!S_ISREG(st.st_mode) && !(with_directories && S_ISDIR(st.st_mode)))
        return 0;
    if (pulse_grow(&out->entries, cap, out->n + 1, sizeof *out->entries, "a directory listing",
                   err) != 0)
        return -1;
    char *copy = pulse_strdup(name, err);
    if (copy == NULL)
        return -1;
    out->entries[out->n++] = (struct pulse_store_entry){
        .name = copy, .bytes = (int64_t)st.st_size, .directory = S_ISDIR(st.st_mode)};
    return 0;
}

int pulse_store_list(const char *uri, bool with_directories, struct pulse_listing *out,
                     struct pulse_err *err)
{
    int64_t cap = 0;
    int rc = 0;
    *out = (struct pulse_listing){0};
    DIR *dir = opendir(uri);
    if (dir == NULL)
        return pulse_fail_errno(err, errno, "listing %s", uri);
    while (rc == 0) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            if (errno != 0)
                rc = pulse_fail_errno(err, errno, "listing %s", uri);
            break;
        }
        rc = list_one(dirfd(dir), uri, entry->d_name, with_directories, out, &cap, err);
    }
    (void)closedir(dir);
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

char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err)
{
    const size_t length = strlen(directory), room = length + strlen(name) + 2;
    char *path = pulse_calloc((int64_t)room, 1, "a name", err);
    if (path != NULL)
        (void)snprintf(path, room, "%s%s%s", directory,
                       length > 0 && directory[length - 1] == '/' ? "" : "/", name);
    return path;
}

int pulse_store_put(const void *bytes, int64_t n, const char *uri, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    if (pulse_writer_open(&writer, uri, err) != 0)
        return -1;
    (void)fwrite(bytes, 1, (size_t)n, writer.stream); /* the commit sees whether it failed */
    return pulse_writer_commit(&writer, err);
}

int pulse_store_put_file(const char *path, const char *uri, struct pulse_err *err)
{
    enum { BLOCK = 1 << 20 };
    struct pulse_writer writer = {0};
    struct pulse_object *object = NULL;
    int rc = -1;
    char *block = pulse_calloc(BLOCK, 1, "a block to copy", err);
    if (block == NULL || pulse_store_open(path, &object, err) != 0 ||
        pulse_writer_open(&writer, uri, err) != 0)
        goto done;
    for (int64_t at = 0; at < object->size; at += BLOCK) {
        int64_t n = object->size - at < BLOCK ? object->size - at : BLOCK;
        if (pulse_store_read(object, at, block, n, err) != 0)
            goto done;
        (void)fwrite(block, 1, (size_t)n, writer.stream);
    }
    rc = pulse_writer_commit(&writer, err);
done:
    pulse_writer_discard(&writer);
    pulse_store_close(object);
    free(block);
    return rc;
}

int pulse_store_delete(const char *uri, struct pulse_err *err)
{
    return unlink(uri) == 0 ? 0 : pulse_fail_errno(err, errno, "removing %s", uri);
}
