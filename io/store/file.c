#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/spelling.h"
#include "store/common/counts.h"
#include "store/common/object.h"
#include "store/common/uri.h"
#include "store/pipe.h"

struct file {
    struct pulse_object object; /* the first: a pointer to it is one to us */
    int fd;
};

int pulse_file_descriptor(const struct pulse_object *object)
{
    return ((const struct file *)(const void *)object)->fd;
}

static char *make_version(const struct stat *st, struct pulse_err *err)
{
    char text[80];
    (void)snprintf(text, sizeof text, "%lld-%lld.%09ld", (long long)st->st_size,
                   (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    return pulse_strdup(text, err);
}

/* The name beside a file that is not there that is most like its own: two letters off at most, and
 * of several the first by name. False where none is. */
static bool find_like(const char *path, char like[NAME_MAX + 1])
{
    enum { NEAR = 3, MOST = 10000 }; /* names that are looked at */
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const int length = (int)strlen(name);
    int best = length / 2 < NEAR ? length / 2 : NEAR;
    (void)snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    DIR *listing = opendir(directory);
    like[0] = '\0';
    const struct dirent *entry = NULL;
    for (int i = 0; listing != NULL && i < MOST && (entry = readdir(listing)) != NULL; i++) {
        const int distance = pulse_spelling_distance(name, entry->d_name);
        if (entry->d_name[0] == '.' || distance > best ||
            (distance == best && (like[0] == '\0' || strcmp(entry->d_name, like) > 0)))
            continue;
        best = distance;
        (void)snprintf(like, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (listing != NULL)
        (void)closedir(listing);
    return like[0] != '\0';
}

/* What cannot be opened, by errno. */
static int fail_open(const char *path, bool advises, struct pulse_err *err)
{
    const int why = errno;
    char like[NAME_MAX + 1];
    if (why == ENOENT && pulse_store_is_foreign(path))
        return pulse_fail(
            err, PULSE_E_INPUT,
            "opening %s: neither a file nor s3://BUCKET/KEY, which is what can be read", path);
    if (why == ENOENT && advises && find_like(path, like)) {
        const char *slash = strrchr(path, '/');
        return pulse_fail(err, PULSE_E_INPUT, "opening %s: %s; did you mean %.*s%s?", path,
                          strerror(why), slash == NULL ? 0 : (int)(slash - path) + 1, path, like);
    }
    return pulse_fail_errno(err, why, "opening %s", path);
}

int pulse_file_open(const char *path, bool advises, struct pulse_object **out,
                    struct pulse_err *err)
{
    struct stat st;
    struct file *file = pulse_calloc(1, sizeof *file, "an open file", err);
    if (file == NULL)
        return -1;
    file->fd = -1;
    file->object.uri = pulse_strdup(path, err);
    if (file->object.uri == NULL)
        goto fail;
    if (pulse_pipe_is(path) && pulse_pipe_open(path, &file->fd, err) != 0)
        goto fail;
    /* Not blocking: opening a named pipe must fail below and not wait for a writer. */
    if (file->fd < 0)
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &st) != 0) {
        (void)fail_open(path, advises, err);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)pulse_fail(err, PULSE_E_INPUT, "opening %s: not a regular file", path);
        goto fail;
    }
    file->object.size = (int64_t)st.st_size;
    file->object.version = make_version(&st, err);
    if (file->object.version == NULL)
        goto fail;
    *out = &file->object;
    return 0;
fail:
    pulse_file_close(&file->object);
    return -1;
}

void pulse_file_close(struct pulse_object *object)
{
    if (pulse_file_descriptor(object) >= 0)
        (void)close(pulse_file_descriptor(object));
    free(object->version);
    free(object->uri);
    free(object);
}

int pulse_file_read(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                    struct pulse_err *err)
{
    char *to = out;
    while (bytes > 0) {
        ssize_t got = pread(pulse_file_descriptor(object), to, (size_t)bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pulse_fail_errno(err, errno, "reading %s", object->uri);
        if (got == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "reading %s: it became shorter while it was being read", object->uri);
        pulse_store_count(&(struct pulse_store_counts){.bytes_read = got});
        to += got;
        offset += got;
        bytes -= got;
    }
    return 0;
}

int pulse_file_stream(struct pulse_object *object, const struct pulse_store_sink *sink,
                      struct pulse_err *err)
{
    enum { CHUNK = 1 << 20 };
    char *bytes = pulse_calloc(CHUNK, 1, "bytes of a file", err);
    int rc = bytes == NULL ? -1 : 0;
    for (int64_t at = 0; rc == 0 && at < object->size; at += CHUNK) {
        const int64_t left = object->size - at, n = left < CHUNK ? left : CHUNK;
        rc = pulse_file_read(object, at, bytes, n, err);
        if (rc == 0)
            rc = sink->take(sink->context, bytes, n, err);
    }
    free(bytes);
    return rc;
}

static bool is_directory_of(const char *path, const struct stat *own)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_ino == own->st_ino && other.st_dev == own->st_dev;
}

/* Each directory on the way from `top` to it is looked at, by the path's names. */
bool pulse_file_leads_back(const char *path, const char *top)
{
    struct stat own;
    char way[PATH_MAX];
    const size_t n = strlen(top), length = strlen(path);
    if (length >= sizeof way || stat(path, &own) != 0)
        return false;
    bool leads_back = is_directory_of(top, &own);
    memcpy(way, path, length + 1);
    for (size_t end = length; !leads_back && end > n; end--)
        if (way[end] == '/') {
            way[end] = '\0';
            leads_back = is_directory_of(way, &own);
        }
    return leads_back;
}

int pulse_file_is_directory(const char *path, bool *is_directory, struct pulse_err *err)
{
    struct stat st;
    *is_directory = false;
    if (pulse_pipe_is(path))
        return 0;
    if (stat(path, &st) != 0)
        return fail_open(path, true, err);
    *is_directory = S_ISDIR(st.st_mode);
    return 0;
}

/* Adds one directory entry if it is a visible regular file, or a directory and those are wanted. */
static int add_entry(int dir_fd, const char *path, char *name, bool with_directories,
                     struct pulse_listing *out, int64_t *capacity, struct pulse_err *err)
{
    struct stat st;
    if (name[0] == '.')
        return 0;
    if (fstatat(dir_fd, name, &st, 0) != 0) {
        if (errno == ENOENT) /* removed meanwhile, or a dangling link */
            return 0;
        return pulse_fail_errno(err, errno, "listing %s/%s", path, name);
    }
    if (!S_ISREG(st.st_mode) && !(with_directories && S_ISDIR(st.st_mode)))
        return 0;
    const struct pulse_store_entry entry = {.name = name,
                                            .bytes = (int64_t)st.st_size,
                                            .modified = (int64_t)st.st_mtime,
                                            .directory = S_ISDIR(st.st_mode)};
    return pulse_listing_add(out, capacity, &entry, err);
}

int pulse_file_list(const char *path, bool with_directories, struct pulse_listing *out,
                    struct pulse_err *err)
{
    int64_t capacity = 0;
    int rc = 0;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return pulse_fail_errno(err, errno, "listing %s", path);
    while (rc == 0) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            if (errno != 0)
                rc = pulse_fail_errno(err, errno, "listing %s", path);
            break;
        }
        rc = add_entry(dirfd(dir), path, entry->d_name, with_directories, out, &capacity, err);
    }
    (void)closedir(dir);
    return rc;
}

int pulse_file_put(const void *bytes, int64_t n, const char *path, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    if (pulse_writer_open(&writer, path, err) != 0)
        return -1;
    (void)fwrite(bytes, 1, (size_t)n, writer.stream); /* the commit sees whether it failed */
    return pulse_writer_commit(&writer, err);
}

int pulse_file_put_source(const struct pulse_store_source *source, const char *path,
                          struct pulse_err *err)
{
    enum { BLOCK = 1 << 20 };
    struct pulse_writer writer = {0};
    int rc = -1;
    char *block = pulse_calloc(BLOCK, 1, "a block to copy", err);
    if (block == NULL || pulse_writer_open(&writer, path, err) != 0)
        goto done;
    for (int64_t at = 0; at < source->bytes; at += BLOCK) {
        int64_t n = source->bytes - at < BLOCK ? source->bytes - at : BLOCK;
        if (source->read(source->context, at, block, n, err) != 0)
            goto done;
        (void)fwrite(block, 1, (size_t)n, writer.stream);
    }
    rc = pulse_writer_commit(&writer, err);
done:
    pulse_writer_discard(&writer);
    free(block);
    return rc;
}

int pulse_file_delete(const char *path, struct pulse_err *err)
{
    return unlink(path) == 0 ? 0 : pulse_fail_writing(err, errno, "removing %s", path);
}
