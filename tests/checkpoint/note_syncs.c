/* Preloaded: notes in the file PULSE_TEST_SYNCS which files are synced and renamed, in order: lines
 * "sync PATH" and "rename FROM TO". */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(const char *what, const char *first, const char *second)
{
    const char *path = getenv("PULSE_TEST_SYNCS");
    const int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    (void)dprintf(fd, "%s %s%s%s\n", what, first, second[0] == '\0' ? "" : " ", second);
    (void)close(fd);
}

int fsync(int fd)
{
    int (*real)(int);
    char link[64], path[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    note("sync", path, "");
    *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    return real(fd);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *);
    note("rename", from, to);
    *(void **)&real = dlsym(RTLD_NEXT, "rename");
    return real(from, to);
}
