#include "results/replace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "results/part_name.h"

/* What private directories below the output are called, for mkdtemp. */
static const char private_name[] = ".results.XXXXXX";

/* The link that all names go through, and the name it is made under. */
static const char through[] = ".results", next[] = ".results.next";

enum { PRIVATE_PATH = PULSE_PART_NAME + sizeof private_name };

/* ---- Private directories -------------------------------------------------------- */

static bool is_private(const char *name)
{
    const size_t stem = strlen(private_name) - strlen("XXXXXX");
    return strncmp(name, private_name, stem) == 0 && strlen(name) == strlen(private_name);
}

int pulse_replace_make_private(const char *directory, char *path, size_t n, struct pulse_err *err)
{
    struct stat info;
    if (snprintf(path, n, "%s/%s", directory, private_name) >= (int)n)
        errno = ENAMETOOLONG;
    else if (mkdtemp(path) != NULL) {
        /* Who may read the results may do so while they are replaced too. */
        if (stat(directory, &info) == 0)
            (void)chmod(path, info.st_mode & 07777);
        return 0;
    }
    path[0] = '\0';
    return pulse_fail_writing(err, errno, "making a directory in %s", directory);
}

/* Removes a private directory with the files in it; it has no directories. */
static void remove_private(int directory, const char *name)
{
    const int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        (void)unlinkat(fd, entry->d_name, 0);
    (void)closedir(dir);
    (void)unlinkat(directory, name, AT_REMOVEDIR);
}

/* ---- Settling ------------------------------------------------------------------- */

/* Where a name's link leads to while results are replaced. */
static char *make_target(const char *name, char out[PULSE_PART_NAME])
{
    (void)snprintf(out, PULSE_PART_NAME, "%s/%s", through, name);
    return out;
}

/* Whether the name is such a link. */
static bool is_linked(int directory, const char *name)
{
    char target[PULSE_PART_NAME], found[PULSE_PART_NAME];
    const ssize_t n = readlinkat(directory, name, found, sizeof found);
    make_target(name, target);
    return n == (ssize_t)strlen(target) && memcmp(found, target, (size_t)n) == 0;
}

/* The file that a link shows takes its place; where there is none, the link goes. The file stays
 * where the link leads too: somebody may be on the way. */
static bool settle_name(int directory, const char *name)
{
    char target[PULSE_PART_NAME];
    if (!is_linked(directory, name))
        return true;
    (void)unlinkat(directory, next, 0);
    if (linkat(directory, make_target(name, target), directory, next, 0) == 0)
        return renameat(directory, next, directory, name) == 0;
    return errno == ENOENT && unlinkat(directory, name, 0) == 0;
}

static bool settle_names(int directory)
{
    bool settled = true, any = false;
    for (int i = PULSE_FILES - 1; i >= 0; i--) {
        any = any || is_linked(directory, pulse_file_names[i]);
        settled = settle_name(directory, pulse_file_names[i]) && settled;
    }
    if (!settled)
        return false;
    if (any)
        (void)fsync(directory);
    (void)unlinkat(directory, through, 0);
    (void)unlinkat(directory, next, 0);
    return true;
}

void pulse_replace_settle(const char *directory)
{
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return;
    const int fd = dirfd(listing);
    const bool settled = settle_names(fd);
    for (const struct dirent *entry = readdir(listing); settled && entry != NULL;
         entry = readdir(listing))
        if (is_private(entry->d_name))
            remove_private(fd, entry->d_name);
    (void)closedir(listing);
}

/* ---- Replacing ------------------------------------------------------------------ */

/* Points ".results" to a private directory, in one step. */
static int point_through(int directory, const char *private)
{
    (void)unlinkat(directory, next, 0);
    return symlinkat(private, directory, next) != 0 ||
                   renameat(directory, next, directory, through) != 0
               ? -1
               : 0;
}

/* The old files, under their names in a directory of their own too. */
static int link_old_files(int directory, const char *old)
{
    char path[PRIVATE_PATH];
    for (int i = 0; i < PULSE_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", old, pulse_file_names[i]);
        if (linkat(directory, pulse_file_names[i], directory, path, AT_SYMLINK_FOLLOW) != 0 &&
            errno != ENOENT)
            return -1;
    }
    return 0;
}

/* The names become links that show what they are: nobody sees a difference. */
static int link_names(int directory)
{
    char target[PULSE_PART_NAME];
    for (int i = 0; i < PULSE_FILES; i++) {
        (void)unlinkat(directory, next, 0);
        if (symlinkat(make_target(pulse_file_names[i], target), directory, next) != 0 ||
            renameat(directory, next, directory, pulse_file_names[i]) != 0)
            return -1;
    }
    return 0;
}

/* A file system without links of one kind or the other. */
static int rename_one_by_one(int directory, const char *stage, struct pulse_err *err)
{
    char path[PRIVATE_PATH];
    for (int i = 0; i < PULSE_FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", stage, pulse_file_names[i]);
        if (renameat(directory, path, directory, pulse_file_names[i]) != 0 &&
            (errno != ENOENT || unlinkat(directory, pulse_file_names[i], 0) != 0) &&
            errno != ENOENT)
            return pulse_fail_writing(err, errno, "writing %s", pulse_file_names[i]);
    }
    return 0;
}

static int replace_by_links(int directory, const char *stage, const char *old)
{
    if (link_old_files(directory, old) != 0 || point_through(directory, old) != 0 ||
        link_names(directory) != 0)
        return -1;
    (void)fsync(directory); /* the order on disk is this one too */
    return point_through(directory, stage);
}

/* Where a file system knows no locks, another run's private directory may be beside ours. */
int pulse_replace_results(const char *directory, const char *stage, struct pulse_err *err)
{
    char old[PATH_MAX];
    const char *name = pulse_base_name(stage);
    if (pulse_replace_make_private(directory, old, sizeof old, err) != 0)
        return -1;
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return pulse_fail_errno(err, errno, "opening %s", directory);
    if (replace_by_links(fd, name, pulse_base_name(old)) != 0)
        (void)rename_one_by_one(fd, name, err);
    (void)fsync(fd);
    if (settle_names(fd)) {
        remove_private(fd, pulse_base_name(old));
        remove_private(fd, name);
    }
    (void)close(fd);
    return err->kind == PULSE_OK ? 0 : -1;
}
