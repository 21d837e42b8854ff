#include "base/temporary.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char unique[] = "XXXXXX";

/* Whether a name is STEM-PID-XXXXXX. */
static bool is_made_by_us(const char *name, const char *stem)
{
    const size_t length = strlen(stem);
    if (strncmp(name, stem, length) != 0 || name[length] != '-')
        return false;
    const char *rest = name + length + 1;
    const size_t digits = strspn(rest, "0123456789");
    if (digits == 0 || rest[digits] != '-' || strlen(rest) != digits + sizeof unique)
        return false;
    for (rest += digits + 1; isalnum((unsigned char)*rest); rest++)
        ;
    return *rest == '\0';
}

/* Removes the files that are ours from a directory; the listing takes `fd` over. */
static void remove_files(int fd, bool (*is_ours)(const char *name))
{
    DIR *listing = fdopendir(fd);
    if (listing == NULL) {
        (void)close(fd);
        return;
    }
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
        if (is_ours(entry->d_name))
            (void)unlinkat(fd, entry->d_name, 0);
    (void)closedir(listing);
}

/* Who has the lock knows that the process which made the directory is dead, or has not locked it
 * yet: that one notices. */
static void remove_if_dead(int parent, const char *name, bool (*is_ours)(const char *name_in_it))
{
    struct stat info;
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 07777) == 0700 &&
        flock(fd, LOCK_EX | LOCK_NB) == 0) {
        const int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (listed >= 0)
            remove_files(listed, is_ours);
        (void)unlinkat(parent, name, AT_REMOVEDIR);
    }
    (void)close(fd);
}

static void sweep_dead(const char *parent, const char *stem, bool (*is_ours)(const char *name))
{
    DIR *listing = opendir(parent);
    if (listing == NULL)
        return;
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
        if (is_made_by_us(entry->d_name, stem))
            remove_if_dead(dirfd(listing), entry->d_name, is_ours);
    (void)closedir(listing);
}

/* The descriptor of a new directory, locked; -1 with errno. 0 in *gone unless somebody removed it
 * before it was locked. */
static int make_locked(char *path, bool *gone)
{
    struct stat info;
    *gone = false;
    if (mkdtemp(path) == NULL)
        return -1;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        *gone = errno == ENOENT;
        return -1;
    }
    (void)flock(fd, LOCK_EX); /* where there are no locks, nobody gets one to sweep either */
    *gone = fstat(fd, &info) == 0 && info.st_nlink == 0;
    if (!*gone)
        return fd;
    (void)close(fd);
    return -1;
}

int pulse_temporary_make(const char *stem, bool (*is_ours)(const char *name), char *path, size_t n,
                         struct pulse_err *err)
{
    enum { TRIES = 10 };
    const char *parent = pulse_temporary_directory();
    bool gone = true;
    int fd = -1;
    sweep_dead(parent, stem, is_ours);
    for (int i = 0; fd < 0 && gone && i < TRIES; i++) {
        errno = ENAMETOOLONG;
        gone = false;
        if (snprintf(path, n, "%s/%s-%ld-%s", parent, stem, (long)getpid(), unique) < (int)n)
            fd = make_locked(path, &gone);
    }
    if (fd >= 0) {
        (void)pulse_file_list_temporary(path);
        return fd;
    }
    path[0] = '\0';
    return pulse_fail(err, PULSE_E_STORAGE, "making a directory in %s: %s; set TMPDIR", parent,
                      strerror(errno));
}

int pulse_temporary_open_nameless(struct pulse_err *err)
{
    const char *directory = pulse_temporary_directory();
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { /* a file system that has no such files */
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/pulse-%s", directory, unique);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            (void)unlink(path);
    }
    if (fd < 0)
        (void)pulse_fail(err, PULSE_E_STORAGE, "a temporary file in %s: %s; set TMPDIR", directory,
                         strerror(errno));
    return fd;
}
