#include "store/s3/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/aws/sigv4.h"
#include "store/s3/cache_thread.h"

/* A file is one block: its bytes, then this, so that the bytes fill whole pages. */
struct foot {
    char magic[8];
    int64_t bytes;
    /* Of the bytes: shows damage, not malice; the directory is the user's own. */
    struct pulse_digest digest;
};

_Static_assert(sizeof(struct foot) == 32, "no byte is unused");

static const char magic[8] = {'p', 'u', 'l', 's', 'e', '-', 'b', '2'};

enum {
    STALE_SECONDS = 3600, /* after which a half-written file has no writer any more */
    NAME_TEXT = PULSE_SHA256_HEX,
    /* Read or written at once: still in the processor's cache when its digest is made. And Linux
     * looks for pages of as large a stretch as a write is long, which takes it longer to find, on a
     * machine in the cloud also to get from its host, than many small ones. */
    PIECE_BYTES = 256 << 10
};

struct pulse_cache {
    int dir;
    char *path;
    int64_t max_bytes;
    struct pulse_cache_thread *thread; /* NULL: none yet, or none can be had */
    /* From here on the thread's own: */
    int64_t bytes;     /* in all blocks at the last scan, and what we put since; -1: no scan yet */
    int64_t put_since; /* other processes put as well: scan again after a sixteenth of the limit */
    bool full;         /* the disk refused: no more is put */
    int64_t temporaries;
};

/* ---- Directory ------------------------------------------------------------------ */

/* Opens it if only this user may write to it: blocks that others wrote would be trusted. */
static int open_own(const char *path, const char **why)
{
    struct stat st;
    *why = NULL;
    errno = pulse_make_directories(path, 0700);
    if (errno != 0)
        return -1;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) != 0)
        return -1;
    if (st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
        faccessat(dir, ".", W_OK, AT_EACCESS) == 0)
        return dir;
    *why = st.st_uid != geteuid()                    ? "it belongs to another user"
           : (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others may write to it (chmod go-w)"
                                                     : "it is not writable";
    (void)close(dir);
    return -1;
}

struct pulse_cache *pulse_cache_open(const char *directory, int64_t max_bytes)
{
    struct pulse_err err = {.kind = PULSE_OK};
    const char *why;
    struct pulse_cache *cache = pulse_calloc(1, sizeof *cache, "the cache", &err);
    if (cache == NULL)
        return NULL;
    cache->dir = open_own(directory, &why);
    cache->path = cache->dir < 0 ? NULL : pulse_strdup(directory, &err);
    if (cache->path == NULL) {
        pulse_warn("cache %s: %s; going on without it (--cache-dir names another)", directory,
                   why != NULL ? why : strerror(errno));
        pulse_cache_close(cache);
        return NULL;
    }
    cache->max_bytes = max_bytes;
    cache->bytes = -1; /* no scan yet: a run that only reads needs none */
    return cache;
}

void pulse_cache_close(struct pulse_cache *cache)
{
    if (cache == NULL)
        return;
    pulse_cache_thread_free(cache->thread);
    if (cache->dir >= 0)
        (void)close(cache->dir);
    free(cache->path);
    free(cache);
}

/* ---- Limit ---------------------------------------------------------------------- */

struct block {
    char name[NAME_TEXT];
    int64_t bytes;
    struct timespec used;
};

static int compare_use(const void *a, const void *b)
{
    const struct timespec *x = &((const struct block *)a)->used;
    const struct timespec *y = &((const struct block *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static void remove_stale(const struct pulse_cache *cache, const char *name, const struct stat *st)
{
    if (strncmp(name, ".tmp-", 5) == 0 && time(NULL) - st->st_mtim.tv_sec > STALE_SECONDS)
        (void)unlinkat(cache->dir, name, 0);
}

/* Lists all blocks; returns their count, or -1. */
static int64_t scan_blocks(struct pulse_cache *cache, struct block **out)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    int64_t n = 0, capacity = 0;
    struct stat st;
    *out = NULL;
    int fd = openat(cache->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL)
        return -1;
    cache->bytes = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (fstatat(cache->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        if (strlen(entry->d_name) != NAME_TEXT - 1) {
            remove_stale(cache, entry->d_name, &st);
            continue;
        }
        if (pulse_grow(out, &capacity, n + 1, sizeof **out, "the cache", &ignored) != 0)
            break;
        (*out)[n] = (struct block){.bytes = (int64_t)st.st_size, .used = st.st_mtim};
        (void)strcpy((*out)[n].name, entry->d_name);
        cache->bytes += (*out)[n++].bytes;
    }
    (void)closedir(dir);
    return n;
}

/* Scans the cache; beyond the limit removes the least recently used blocks until a tenth is free.
 */
static void evict_blocks(struct pulse_cache *cache)
{
    struct block *blocks;
    const int64_t n = scan_blocks(cache, &blocks);
    cache->put_since = 0;
    if (n > 0 && cache->bytes > cache->max_bytes) {
        qsort(blocks, (size_t)n, sizeof *blocks, compare_use);
        for (int64_t i = 0; i < n && cache->bytes > cache->max_bytes / 10 * 9; i++)
            if (unlinkat(cache->dir, blocks[i].name, 0) == 0)
                cache->bytes -= blocks[i].bytes;
    }
    free(blocks);
}

/* ---- Blocks --------------------------------------------------------------------- */

/* SHA-256 of all that distinguishes it; false when it is too long to be kept. */
static bool make_name(const struct pulse_cache_key *key, int64_t block, int64_t bytes,
                      char out[NAME_TEXT])
{
    char text[8192];
    const int n = snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%lld\n%lld", key->endpoint,
                           key->bucket, key->key, key->etag, (long long)block, (long long)bytes);
    if (n < 0 || (size_t)n >= sizeof text)
        return false;
    pulse_sha256_hex(text, (size_t)n, out);
    return true;
}

static bool read_all(int fd, void *out, int64_t bytes)
{
    for (char *to = out; bytes > 0;) {
        const ssize_t got = read(fd, to, (size_t)bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        bytes -= got;
    }
    return true;
}

static int64_t length_of_piece(int64_t left)
{
    return left < PIECE_BYTES ? left : PIECE_BYTES;
}

/* Clears the digest. */
static struct foot make_foot(struct pulse_digest_stream *digest, int64_t n)
{
    struct foot foot = {.bytes = n, .digest = pulse_digest_stream_get(digest)};
    memcpy(foot.magic, magic, sizeof magic);
    pulse_digest_stream_clear(digest);
    return foot;
}

/* Whether an open file is a whole block of `bytes` bytes, which go to `out`. */
static bool read_block(int fd, void *out, int64_t bytes)
{
    struct pulse_digest_stream digest;
    struct foot foot;
    struct stat st;
    bool good = fstat(fd, &st) == 0 && st.st_size == (off_t)sizeof foot + bytes;
    if (!pulse_digest_stream_init(&digest))
        return false;
    for (int64_t at = 0; good && at < bytes; at += PIECE_BYTES) {
        const int64_t piece = length_of_piece(bytes - at);
        good = read_all(fd, (char *)out + at, piece);
        if (good)
            pulse_digest_stream_add(&digest, (char *)out + at, piece);
    }
    const struct foot right = make_foot(&digest, bytes);
    return good && read_all(fd, &foot, sizeof foot) && memcmp(&foot, &right, sizeof foot) == 0;
}

/* False with errno. */
static bool write_block(int fd, const void *bytes, int64_t n)
{
    struct pulse_digest_stream digest;
    bool good = pulse_digest_stream_init(&digest);
    if (!good)
        return false;
    for (int64_t at = 0; good && at < n; at += PIECE_BYTES) {
        const int64_t piece = length_of_piece(n - at);
        good = pulse_write_all(fd, (const char *)bytes + at, piece);
        if (good)
            pulse_digest_stream_add(&digest, (const char *)bytes + at, piece);
    }
    const int why = errno;
    const struct foot foot = make_foot(&digest, n);
    errno = why;
    return good && pulse_write_all(fd, &foot, sizeof foot);
}

bool pulse_cache_get(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                     void *out, int64_t bytes)
{
    char name[NAME_TEXT];
    if (!make_name(key, block, bytes, name))
        return false;
    const int fd = openat(cache->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    const bool right = read_block(fd, out, bytes);
    if (right)
        (void)futimens(fd, NULL); /* used just now */
    else
        (void)unlinkat(cache->dir, name, 0);
    (void)close(fd);
    return right;
}

static void stop_putting(struct pulse_cache *cache, int why)
{
    cache->full = true;
    pulse_warn("cache %s: %s; going on without keeping more (--cache-size bounds it, --cache-dir "
               "names another)",
               cache->path, strerror(why));
}

static void keep_block(void *context, const struct pulse_cache_job *job)
{
    struct pulse_cache *cache = context;
    char temporary[64];
    const int64_t file_bytes = (int64_t)sizeof(struct foot) + job->n;
    if (cache->full)
        return;
    if (cache->bytes < 0 || cache->put_since > cache->max_bytes / 16 ||
        cache->bytes + file_bytes > cache->max_bytes)
        evict_blocks(cache);
    (void)snprintf(temporary, sizeof temporary, ".tmp-%ld-%lld", (long)getpid(),
                   (long long)cache->temporaries++);
    const int fd =
        openat(cache->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        stop_putting(cache, errno);
        return;
    }
    const bool written = write_block(fd, job->bytes, job->n);
    const int why = errno;
    (void)close(fd);
    if (written && renameat(cache->dir, temporary, cache->dir, job->name) == 0) {
        cache->bytes += file_bytes;
        cache->put_since += file_bytes;
        return;
    }
    (void)unlinkat(cache->dir, temporary, 0);
    stop_putting(cache, written ? errno : why);
}

void pulse_cache_put(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                     const void *bytes, int64_t n)
{
    struct pulse_cache_job job = {.bytes = bytes, .n = n};
    if ((int64_t)sizeof(struct foot) + n > cache->max_bytes / 4 ||
        !make_name(key, block, n, job.name))
        return;
    if (cache->thread == NULL)
        cache->thread = pulse_cache_thread_new(keep_block, cache);
    if (cache->thread != NULL)
        pulse_cache_thread_add(cache->thread, &job);
    else
        keep_block(cache, &job);
}

bool pulse_cache_keeps(struct pulse_cache *cache, const void *bytes)
{
    return cache->thread != NULL && pulse_cache_thread_has(cache->thread, bytes);
}

void pulse_cache_wait(struct pulse_cache *cache, const void *bytes)
{
    if (cache->thread != NULL)
        pulse_cache_thread_wait(cache->thread, bytes);
}

void pulse_cache_drop(struct pulse_cache *cache, const struct pulse_cache_key *key, int64_t block,
                      int64_t bytes)
{
    char name[NAME_TEXT];
    pulse_cache_wait(cache, NULL); /* it may be on its way there */
    if (make_name(key, block, bytes, name))
        (void)unlinkat(cache->dir, name, 0);
}
