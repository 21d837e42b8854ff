#include "store/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/temporary.h"

enum { PIPES = 8 };

/* Those that were used, for the life of the process. */
static struct {
    char *uri;
    int fd;
} pipes[PIPES];
static int n_pipes;

bool pulse_pipe_is(const char *uri)
{
    return strcmp(uri, "-") == 0 || strcmp(uri, "/dev/stdin") == 0 ||
           strncmp(uri, "/dev/fd/", 8) == 0;
}

/* ---- Into a file ---------------------------------------------------------------- */

static int copy_all(const char *uri, int from, int to, struct pulse_err *err)
{
    enum { CHUNK = 1 << 20 };
    ssize_t got = 1;
    int rc = 0;
    char *bytes = pulse_calloc(CHUNK, 1, "bytes of a pipe", err);
    if (bytes == NULL)
        return -1;
    while (rc == 0 && got != 0) {
        got = read(from, bytes, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = pulse_fail_errno(err, errno, "reading %s", uri);
        else if (!pulse_write_all(to, bytes, got))
            rc = pulse_fail(err, PULSE_E_STORAGE, "%s: keeping it in %s: %s", uri,
                            pulse_temporary_directory(), strerror(errno));
    }
    free(bytes);
    return rc;
}

/* What the pipe holds, as a file; a regular file is one already. */
static int keep_pipe(const char *uri, int *out, struct pulse_err *err)
{
    struct stat st;
    const bool input = strcmp(uri, "-") == 0 || strcmp(uri, "/dev/stdin") == 0;
    const int from =
        input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(uri, O_RDONLY | O_CLOEXEC);
    *out = -1;
    if (from < 0 || fstat(from, &st) != 0) {
        const int why = errno;
        if (from >= 0)
            (void)close(from);
        return pulse_fail(err, PULSE_E_INPUT, "opening %s: %s", uri, strerror(why));
    }
    if (S_ISREG(st.st_mode)) {
        *out = from;
        return 0;
    }
    int rc = S_ISDIR(st.st_mode) || isatty(from) == 1
                 ? pulse_fail(err, PULSE_E_INPUT,
                              "%s: nothing is piped into it; give a file, or pipe one in", uri)
                 : 0;
    if (rc == 0) {
        *out = pulse_temporary_open_nameless(err);
        rc = *out < 0 ? -1 : copy_all(uri, from, *out, err);
    }
    (void)close(from);
    if (rc != 0 && *out >= 0)
        (void)close(*out);
    return rc;
}

/* ---- The pipes of the process --------------------------------------------------- */

/* Takes the descriptor in any case. */
static int remember_pipe(const char *uri, int fd, struct pulse_err *err)
{
    if (n_pipes == PIPES) {
        (void)close(fd);
        return pulse_fail(err, PULSE_E_USAGE, "more than %d pipes", PIPES);
    }
    pipes[n_pipes].uri = pulse_strdup(uri, err);
    if (pipes[n_pipes].uri == NULL) {
        (void)close(fd);
        return -1;
    }
    pipes[n_pipes++].fd = fd;
    return 0;
}

static int find_pipe(const char *uri, int *fd, struct pulse_err *err)
{
    for (int i = 0; i < n_pipes; i++)
        if (strcmp(pipes[i].uri, uri) == 0) {
            *fd = pipes[i].fd;
            return 0;
        }
    if (keep_pipe(uri, fd, err) != 0)
        return -1;
    return remember_pipe(uri, *fd, err);
}

int pulse_pipe_open(const char *uri, int *fd, struct pulse_err *err)
{
    int kept;
    *fd = -1;
    if (find_pipe(uri, &kept, err) != 0)
        return -1;
    *fd = fcntl(kept, F_DUPFD_CLOEXEC, 0);
    return *fd >= 0 ? 0 : pulse_fail_errno(err, errno, "opening %s", uri);
}

int pulse_pipe_path(const char *uri, char out[PULSE_PIPE_PATH], struct pulse_err *err)
{
    int fd;
    if (find_pipe(uri, &fd, err) != 0)
        return -1;
    (void)snprintf(out, PULSE_PIPE_PATH, "/proc/%ld/fd/%d", (long)getpid(), fd);
    return 0;
}

int pulse_pipe_adopt(const char *uri, const char *path, struct pulse_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pulse_fail_errno(err, errno, "opening %s, which another rank has read (%s)", uri,
                                path);
    return remember_pipe(uri, fd, err);
}
