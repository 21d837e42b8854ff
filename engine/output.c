#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int refuse(const char *directory, int errnum, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_STORAGE, "--output %s: %s; choose a directory you may write to",
                      directory, strerror(errnum));
}

static int make_directories(const char *directory, struct pulse_err *err)
{
    char path[PATH_MAX];
    if (strlen(directory) >= sizeof path)
        return refuse(directory, ENAMETOOLONG, err);
    (void)strcpy(path, directory);
    for (char *slash = path + 1; *slash != '\0'; slash++)
        if (*slash == '/') {
            *slash = '\0';
            (void)mkdir(path, 0777); /* the last one tells whether it worked */
            *slash = '/';
        }
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return refuse(directory, errno, err);
    return 0;
}

int pulse_output_prepare(const char *directory, int64_t bytes, struct pulse_err *err)
{
    struct statvfs space;
    struct stat info;
    if (make_directories(directory, err) != 0)
        return -1;
    if (stat(directory, &info) == 0 && !S_ISDIR(info.st_mode))
        return refuse(directory, ENOTDIR, err);
    if (access(directory, W_OK | X_OK) != 0 || statvfs(directory, &space) != 0)
        return refuse(directory, errno, err);
    int64_t room = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (room < bytes)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "--output %s: the results take about %.1f MB and the disk has %.1f MB left; "
            "make room or choose another --output",
            directory, (double)bytes / 1e6, (double)room / 1e6);
    return 0;
}

static int sync_path(const char *path, int flags, struct pulse_err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return pulse_fail_errno(err, errno, "opening %s", path);
    int status = fsync(fd) == 0 ? 0 : pulse_fail_errno(err, errno, "writing %s to disk", path);
    (void)close(fd);
    return status;
}

int pulse_output_publish(const char *partial, const char *path, struct pulse_err *err)
{
    char directory[PATH_MAX];
    (void)snprintf(directory, sizeof directory, "%s", path);
    if (sync_path(partial, O_RDWR, err) != 0)
        return -1;
    if (rename(partial, path) != 0)
        return pulse_fail_errno(err, errno, "renaming %s to %s", partial, path);
    return sync_path(dirname(directory), O_RDONLY | O_DIRECTORY, err);
}
