/* Preloaded, it kills the process just before its n-th call (PULSE_TEST_DIE_AT) of those that
 * change what names in a directory are, as kill -9 at the worst moments does; or it stops it there
 * (PULSE_TEST_STOP_AT), until SIGCONT, and with PULSE_TEST_STOP_AGAIN before each later one, too.
 * PULSE_TEST_CALLS: only calls whose name holds this count; PULSE_TEST_RANK: and those of this
 * rank. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(const char *name)
{
    const char *of = getenv("PULSE_TEST_CALLS"), *rank = getenv("PULSE_TEST_RANK");
    const char *own = getenv("OMPI_COMM_WORLD_RANK");
    return (of == NULL || strstr(name, of) != NULL) &&
           (rank == NULL || (own != NULL && strcmp(rank, own) == 0));
}

static bool is_call(const char *variable, int call, bool or_later)
{
    const char *text = getenv(variable);
    const long at = text == NULL ? 0 : strtol(text, NULL, 10);
    return at == call || (or_later && at > 0 && at < call);
}

static void raise_in_time(const char *name)
{
    static int calls;
    if (!is_ours(name))
        return;
    calls++;
    if (is_call("PULSE_TEST_DIE_AT", calls, false))
        (void)raise(SIGKILL);
    if (is_call("PULSE_TEST_STOP_AT", calls, getenv("PULSE_TEST_STOP_AGAIN") != NULL))
        (void)raise(SIGSTOP);
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

int rename(const char *from, const char *to)
{
    raise_in_time(to);
    return NEXT(int (*)(const char *, const char *), "rename")(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    raise_in_time(to);
    return NEXT(int (*)(int, const char *, int, const char *), "renameat")(from_fd, from, to_fd,
                                                                           to);
}

int symlinkat(const char *target, int fd, const char *path)
{
    raise_in_time(path);
    return NEXT(int (*)(const char *, int, const char *), "symlinkat")(target, fd, path);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    raise_in_time(to);
    return NEXT(int (*)(int, const char *, int, const char *, int), "linkat")(from_fd, from, to_fd,
                                                                              to, flags);
}

int unlinkat(int fd, const char *path, int flags)
{
    raise_in_time(path);
    return NEXT(int (*)(int, const char *, int), "unlinkat")(fd, path, flags);
}
