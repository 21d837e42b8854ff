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

static int refuse(const char *path, const char *why, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_STORAGE, "%s cannot be written: %s; choose another place", path,
                      why);
}

static int make_directories(const char *directory, struct pulse_err *err)
{
    char path[PATH_MAX];
    if (strlen(directory) >= sizeof path)
        return refuse(directory, strerror(ENAMETOOLONG), err);
    (void)strcpy(path, directory);
    for (char *slash = path + 1; *slash != '\0'; slash++)
        if (*slash == '/') {
            *slash = '\0';
            (void)mkdir(path, 0777); /* the last one tells whether it worked */
            *slash = '/';
        }
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return refuse(directory, strerror(errno), err);
    return 0;
}

/* A result replaces a file of that name, nothing else. */
static int check_name(const char *path, struct pulse_err *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return refuse(path, "something that is no file has this name", err);
    return 0;
}

/* Whether files can be made in `directory`, for the sake of `path`. */
static int check_directory(const char *directory, const char *path, struct pulse_err *err)
{
    struct stat info;
    if (stat(directory, &info) == 0 && !S_ISDIR(info.st_mode))
        return refuse(path, strerror(ENOTDIR), err);
    if (access(directory, W_OK | X_OK) != 0)
        return refuse(path, strerror(errno), err);
    return 0;
}

static int check_room(const char *directory, int64_t bytes, struct pulse_err *err)
{
    struct statvfs space;
    if (statvfs(directory, &space) != 0)
        return refuse(directory, strerror(errno), err);
    int64_t room = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (room < bytes)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "--output %s: the results take about %.1f MB and the disk has %.1f MB left; "
            "make room or choose another place",
            directory, (double)bytes / 1e6, (double)room / 1e6);
    return 0;
}

int pulse_output_prepare(const struct pulse_options *options, int64_t bytes, struct pulse_err *err)
{
    static const char *const names[] = {"results.h5", "summary.json"};
    char path[PATH_MAX];
    if (make_directories(options->output, err) != 0 ||
        check_directory(options->output, options->output, err) != 0 ||
        check_room(options->output, bytes, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", options->output, names[i]);
        if (check_name(path, err) != 0)
            return -1;
    }
    if (options->output_file == NULL)
        return 0;
    (void)snprintf(path, sizeof path, "%s", options->output_file);
    if (check_name(options->output_file, err) != 0)
        return -1;
    return check_directory(dirname(path), options->output_file, err);
}

static int sync_path(const char *path, int flags, struct pulse_err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return refuse(path, strerror(errno), err);
    int status = fsync(fd) == 0 ? 0 : refuse(path, strerror(errno), err);
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
        return refuse(path, strerror(errno), err);
    return sync_path(dirname(directory), O_RDONLY | O_DIRECTORY, err);
}
