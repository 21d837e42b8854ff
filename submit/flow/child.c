#include "submit/flow/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int find_program(const char *name, char path[PATH_MAX], struct pulse_err *err)
{
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return pulse_fail(err, PULSE_E_STORAGE, "/proc/self/exe cannot be read; mount /proc");
    self[n] = '\0';
    if (snprintf(path, PATH_MAX, "%.*s/%s", (int)(strrchr(self, '/') - self), self, name) >=
            PATH_MAX ||
        access(path, X_OK) != 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s is not there; install it beside pulse-flow",
                          path);
    return 0;
}

/* In the child, between fork and exec: nothing but system calls. `output` is above 2, since main()
 * leaves none of those closed: dup2 of a descriptor to itself would keep it closed on exec. */
static _Noreturn void become_program(const char *path, char **argv, char **environment, int output,
                                     pid_t parent)
{
    sigset_t none;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    (void)sigemptyset(&none);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before that */
        _exit(143);
    const int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(127);
    (void)execve(path, argv, environment);
    _exit(127);
}

/* The environment with PULSE_RANKS in it; to be freed. */
static char **make_environment(char *ranks)
{
    int n = 0, kept = 0;
    while (environ[n] != NULL)
        n++;
    char **out = calloc((size_t)n + 2, sizeof *out);
    for (int i = 0; out != NULL && i < n; i++)
        if (ranks[0] == '\0' || strncmp(environ[i], "PULSE_RANKS=", 12) != 0)
            out[kept++] = environ[i];
    if (out != NULL && ranks[0] != '\0')
        out[kept] = ranks;
    return out;
}

int pulse_flow_child_start(const char *program, char **argv, int ranks,
                           struct pulse_flow_child *child, struct pulse_err *err)
{
    char path[PATH_MAX], variable[32] = "";
    int ends[2];
    *child = (struct pulse_flow_child){.output = -1};
    if (find_program(program, path, err) != 0)
        return -1;
    if (ranks > 0)
        (void)snprintf(variable, sizeof variable, "PULSE_RANKS=%d", ranks);
    char **environment = make_environment(variable);
    if (environment == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for starting %s", program);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(environment);
        return pulse_fail_errno(err, errno, "making a pipe");
    }
    argv[0] = path;
    const pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0)
        become_program(path, argv, environment, ends[1], parent);
    const int failed = child->pid < 0 ? errno : 0;
    free(environment);
    (void)close(ends[1]);
    if (failed != 0) {
        (void)close(ends[0]);
        child->pid = 0;
        return pulse_fail_errno(err, failed, "starting %s", program);
    }
    (void)setpgid(child->pid, child->pid); /* whoever of the two comes first */
    child->output = ends[0];
    (void)fcntl(child->output, F_SETFL, O_NONBLOCK);
    return 0;
}

/* ---- What it says ------------------------------------------------------------------ */

static void end_line(struct pulse_flow_child *child, void (*take)(void *, const char *),
                     void *context)
{
    child->line[child->used] = '\0';
    child->used = 0;
    const char *error = strstr(child->line, "error: ");
    if (error != NULL)
        (void)strcpy(child->error, error + strlen("error: "));
    if (take != NULL && child->line[0] != '\0')
        take(context, child->line);
}

/* Long lines are cut into several; what overwrites itself on a terminal is a line each time. */
static void take_bytes(struct pulse_flow_child *child, const char *bytes, ssize_t n,
                       void (*take)(void *, const char *), void *context)
{
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r')
            end_line(child, take, context);
        else
            child->line[child->used++] = bytes[i];
        if (child->used == PULSE_FLOW_LINE - 1)
            end_line(child, take, context);
    }
}

static void read_output(struct pulse_flow_child *child, void (*take)(void *, const char *),
                        void *context)
{
    char bytes[4096];
    ssize_t n = 0;
    while (child->output >= 0 && (n = read(child->output, bytes, sizeof bytes)) > 0)
        take_bytes(child, bytes, n, take, context);
    if (child->output >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
        (void)close(child->output);
        child->output = -1;
        if (child->used > 0)
            end_line(child, take, context);
    }
}

void pulse_flow_child_read(struct pulse_flow_child *child,
                           void (*take)(void *context, const char *line), void *context)
{
    int status;
    if (child->pid != 0 && !child->ended && waitpid(child->pid, &status, WNOHANG) == child->pid) {
        child->ended = true;
        child->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    read_output(child, take, context);
    if (child->ended && child->output >= 0) { /* an orphan of it may hold the pipe open */
        (void)close(child->output);
        child->output = -1;
        if (child->used > 0)
            end_line(child, take, context);
    }
}

void pulse_flow_child_signal(const struct pulse_flow_child *child, int number)
{
    if (child->pid > 0 && !child->ended)
        (void)kill(-child->pid, number);
}

static void keep_line(void *context, const char *line)
{
    (void)snprintf(context, PULSE_FLOW_LINE, "%s", line);
}

int pulse_flow_child_finish(struct pulse_flow_child *child, char said[PULSE_FLOW_LINE])
{
    said[0] = '\0';
    while (!child->ended || child->output >= 0) {
        struct pollfd fd = {.fd = child->output, .events = POLLIN};
        (void)poll(&fd, 1, child->output >= 0 ? 200 : 20);
        pulse_flow_child_read(child, keep_line, said);
    }
    return child->code;
}
