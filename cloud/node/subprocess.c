#include "node/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens the pipes and notes in `actions` what the child is to do with them; its ends go to
 * `theirs`. */
static int connect_streams(const int streams[3], posix_spawn_file_actions_t *actions,
                           struct pulse_subprocess *child, int theirs[3], struct pulse_err *err)
{
    for (int i = 0; i < 3; i++) {
        if (streams[i] == PULSE_SUBPROCESS_PIPE) {
            int ends[2];
            if (pipe2(ends, O_CLOEXEC) != 0)
                return pulse_fail_errno(err, errno, "making a pipe");
            theirs[i] = ends[i != 0];
            child->stream[i] = ends[i == 0];
            if (i != 0)
                (void)fcntl(child->stream[i], F_SETFL, O_NONBLOCK);
        }
        const int from = streams[i] >= 0 ? streams[i] : theirs[i];
        int code = 0;
        if (streams[i] == PULSE_SUBPROCESS_NULL)
            code = posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0);
        else if (from >= 0)
            code = posix_spawn_file_actions_adddup2(actions, from, i);
        if (code != 0)
            return pulse_fail_errno(err, code, "starting a program");
    }
    return 0;
}

static int set_attributes(posix_spawnattr_t *attributes, struct pulse_err *err)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                        POSIX_SPAWN_SETPGROUP);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    return code == 0 ? 0 : pulse_fail_errno(err, code, "starting a program");
}

int pulse_subprocess_start(char *const *argv, const int streams[3], struct pulse_subprocess *out,
                           struct pulse_err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int theirs[3] = {-1, -1, -1};
    *out = (struct pulse_subprocess){.pid = 0, .stream = {-1, -1, -1}};
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    int result = connect_streams(streams, &actions, out, theirs, err);
    if (result == 0)
        result = set_attributes(&attributes, err);
    if (result == 0) {
        const int code = posix_spawnp(&out->pid, argv[0], &actions, &attributes, argv, environ);
        if (code != 0) {
            out->pid = 0;
            result = pulse_fail_errno(err, code, "%s cannot be started", argv[0]);
        }
    }
    for (int i = 0; i < 3; i++) {
        if (theirs[i] >= 0)
            (void)close(theirs[i]);
        if (result != 0)
            pulse_subprocess_close(out, i);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return result;
}

void pulse_subprocess_close(struct pulse_subprocess *child, int stream)
{
    if (child->stream[stream] >= 0)
        (void)close(child->stream[stream]);
    child->stream[stream] = -1;
}

int pulse_subprocess_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int pulse_subprocess_run(char *const *argv, char *said, size_t size, struct pulse_err *err)
{
    static const int streams[3] = {PULSE_SUBPROCESS_NULL, PULSE_SUBPROCESS_NULL,
                                   PULSE_SUBPROCESS_PIPE};
    struct pulse_subprocess child;
    char line[PULSE_ERR_TEXT + 16];
    int status;
    said[0] = '\0';
    if (pulse_subprocess_start(argv, streams, &child, err) != 0)
        return -1;
    (void)fcntl(child.stream[2], F_SETFL, 0);
    FILE *stream = fdopen(child.stream[2], "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            (void)snprintf(said, size, "%s", line);
    }
    if (stream != NULL)
        (void)fclose(stream);
    else
        pulse_subprocess_close(&child, 2);
    while (waitpid(child.pid, &status, 0) < 0)
        if (errno != EINTR)
            return pulse_fail_errno(err, errno, "waiting for %s", argv[0]);
    return pulse_subprocess_code(status);
}
