/* Preloaded, it kills the process just before its n-th call (PULSE_TEST_DIE_AT) of those that
 * change what names in a directory are: as kill -9 at the worst moments does. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void die_in_time(void)
{
    static int calls;
    const char *at = getenv("PULSE_TEST_DIE_AT");
    if (at != NULL && ++calls == strtol(at, NULL, 10))
        (void)raise(SIGKILL);
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

int rename(const char *from, const char *to)
{
    die_in_time();
    return NEXT(int (*)(const char *, const char *), "rename")(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    die_in_time();
    return NEXT(int (*)(int, const char *, int, const char *), "renameat")(from_fd, from, to_fd,
                                                                           to);
}

int symlinkat(const char *target, int fd, const char *path)
{
    die_in_time();
    return NEXT(int (*)(const char *, int, const char *), "symlinkat")(target, fd, path);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    die_in_time();
    return NEXT(int (*)(int, const char *, int, const char *, int), "linkat")(from_fd, from, to_fd,
                                                                              to, flags);
}

int unlinkat(int fd, const char *path, int flags)
{
    die_in_time();
    return NEXT(int (*)(int, const char *, int), "unlinkat")(fd, path, flags);
}
