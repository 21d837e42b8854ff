#include "node/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { MOST_ENVIRONMENT = 4 << 20 };

int pulse_session_command(const char *command, struct pulse_argv *argv, struct pulse_err *err)
{
    /* What mpirun puts around orted for a user whose shell is sh. */
    static const char before[] = "( test ! -r ./.profile || . ./.profile;", after[] = " )";
    if (strcmp(command, "beat") == 0)
        return 0;
    command += strspn(command, " ");
    size_t length = strlen(command);
    if (strncmp(command, before, sizeof before - 1) == 0 &&
        length >= sizeof before + sizeof after &&
        strcmp(command + length - (sizeof after - 1), after) == 0) {
        command += sizeof before - 1;
        length -= sizeof before - 1 + sizeof after - 1;
    }
    char *line = pulse_print(err, "%.*s", (int)length, command);
    const int result = line == NULL ? -1 : pulse_argv_split(argv, line, err);
    free(line);
    if (result != 0)
        return -1;
    if (argv->n == 0 || strcmp(argv->word[0], "orted") != 0)
        return pulse_fail(err, PULSE_E_USAGE, "this key may start orted and nothing else, not: %s",
                          command);
    return 0;
}

/* ---- The node's side ---------------------------------------------------------------- */

static void fill_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
}

int pulse_session_listen(const char *directory, int *fd, struct pulse_err *err)
{
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
    struct sockaddr_un address;
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    fill_address(&address, path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && bind(*fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        listen(*fd, 16) == 0)
        return 0;
    (void)pulse_fail_errno(err, errno, "listening at %s", path);
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return -1;
}

static bool write_whole(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t wrote = write(fd, bytes, n);
        if (wrote <= 0)
            return false;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

/* NAME=VALUE, each ended by a zero byte; the last TMPDIR counts. */
static void give_environment(int fd, const char *directory)
{
    char variable[600];
    const int length = snprintf(variable, sizeof variable, "TMPDIR=%s", directory) + 1;
    bool good = true;
    for (char **one = environ; good && *one != NULL; one++)
        if (strncmp(*one, "TMPDIR=", 7) != 0)
            good = write_whole(fd, *one, strlen(*one) + 1);
    if (good)
        (void)write_whole(fd, variable, (size_t)length);
}

int pulse_session_accept(int listening, const char *directory)
{
    struct ucred peer = {0};
    socklen_t length = sizeof peer;
    char letter = '\0';
    const int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    const struct timeval patience = {.tv_sec = 5};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid() &&
        read(fd, &letter, 1) == 1) {
        if (letter == PULSE_SESSION_HEARTBEAT) {
            (void)fcntl(fd, F_SETFL, O_NONBLOCK);
            return fd;
        }
        if (letter == PULSE_SESSION_ENVIRONMENT)
            give_environment(fd, directory);
    }
    (void)close(fd);
    return -1;
}

/* ---- The connection's side ------------------------------------------------------------ */

static int connect_to(const char *path, char letter, struct pulse_err *err)
{
    struct sockaddr_un address;
    fill_address(&address, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        write(fd, &letter, 1) == 1)
        return fd;
    (void)pulse_fail_errno(err, errno, "reaching pulse-node at %s", path);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Copies what is there; false at the end. */
static bool pass_on(int from, int to)
{
    char bytes[256];
    const ssize_t n = read(from, bytes, sizeof bytes);
    return n > 0 && write_whole(to, bytes, (size_t)n);
}

static int pass_heartbeats(const char *path, struct pulse_err *err)
{
    const int fd = connect_to(path, PULSE_SESSION_HEARTBEAT, err);
    bool going = fd >= 0;
    while (going) {
        struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            going = errno == EINTR;
        if (fds[0].revents != 0)
            going = going && pass_on(STDIN_FILENO, fd);
        if (fds[1].revents != 0)
            going = going && pass_on(fd, STDOUT_FILENO);
    }
    if (fd < 0)
        return -1;
    (void)close(fd);
    return 0;
}

static int read_whole(int fd, char **bytes, int64_t *n, struct pulse_err *err)
{
    int64_t cap = 0;
    *n = 0;
    for (;;) {
        if (pulse_grow(bytes, &cap, *n + 65536, 1, "the environment", err) != 0)
            return -1;
        const ssize_t got = read(fd, *bytes + *n, 65536 - 1);
        if (got < 0 || *n + got > MOST_ENVIRONMENT)
            return pulse_fail(err, PULSE_E_TEMPORARY,
                              "the node's environment did not come over whole");
        *n += got;
        (*bytes)[*n] = '\0';
        if (got == 0)
            return 0;
    }
}

/* Becomes the program, with the environment of the node's pulse-node. */
static int become_program(char *const *argv, const char *path, struct pulse_err *err)
{
    struct pulse_argv variables = {0};
    char *bytes = NULL;
    int64_t n;
    const int fd = connect_to(path, PULSE_SESSION_ENVIRONMENT, err);
    if (fd < 0)
        return -1;
    int result = read_whole(fd, &bytes, &n, err);
    (void)close(fd);
    for (int64_t at = 0; result == 0 && at < n; at += (int64_t)strlen(bytes + at) + 1)
        result = pulse_argv_add(&variables, err, "%s", bytes + at);
    if (result == 0 && variables.n > 0) {
        environ = variables.word; /* for the search in PATH too */
        (void)execvp(argv[0], argv);
        result = pulse_fail_errno(err, errno, "%s cannot be started on this node", argv[0]);
    }
    free(bytes);
    return result;
}

int pulse_session_main(const char *socket_path)
{
    struct pulse_argv argv = {0};
    struct pulse_err err = {0};
    const char *command = getenv("SSH_ORIGINAL_COMMAND");
    if (pulse_session_command(command == NULL ? "" : command, &argv, &err) == 0)
        (void)(argv.n == 0 ? pass_heartbeats(socket_path, &err)
                           : become_program(argv.word, socket_path, &err));
    pulse_argv_clear(&argv);
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
