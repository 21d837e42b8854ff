#include "node/direct.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "base/progress.h"
#include "node/argv.h"
#include "node/signal_fd.h"
#include "node/subprocess.h"
#include "node/supervisor.h"

struct run {
    struct pulse_subprocess child;
    int number;  /* the first signal that came; 0 */
    double last; /* when it is killed */
    bool ended;
    int status;
};

static void take_signals(struct run *run, int events)
{
    int number, status;
    while ((number = pulse_signal_fd_next(events)) != 0) {
        if (number != SIGCHLD && run->number == 0) {
            run->number = number;
            run->last = pulse_seconds() + PULSE_GRACE;
            (void)kill(-run->child.pid, SIGTERM);
        }
        for (pid_t pid; number == SIGCHLD && (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            if (pid == run->child.pid) {
                run->ended = true;
                run->status = status;
            }
    }
    if (run->number != 0 && pulse_seconds() > run->last && !run->ended)
        (void)kill(-run->child.pid, SIGKILL);
}

int pulse_direct_run(int events, const char *program, char *const *arguments, struct pulse_err *err)
{
    static const int streams[3] = {PULSE_SUBPROCESS_NULL, PULSE_SUBPROCESS_KEEP,
                                   PULSE_SUBPROCESS_KEEP};
    struct pulse_argv argv = {0};
    struct run run = {.number = 0};
    int status = pulse_argv_add(&argv, err, "%s", program);
    if (status == 0)
        status = pulse_argv_add_all(&argv, arguments, err);
    if (status == 0)
        status = pulse_subprocess_start(argv.word, streams, &run.child, err);
    pulse_argv_clear(&argv);
    if (status != 0)
        return -1;
    while (!run.ended) {
        pulse_signal_fd_sleep(events, 0.5);
        take_signals(&run, events);
    }
    const int code = pulse_subprocess_code(run.status);
    return run.number != 0 && code != 0 ? 128 + run.number : code;
}

/* ---- Its command line ------------------------------------------------------------ */

/* Behind the command of a program that has some, which reads the words that follow it. */
static int build_check(const char *program, char *const *arguments, struct pulse_argv *argv,
                       struct pulse_err *err)
{
    int status = pulse_argv_add(argv, err, "%s", program);
    if (status == 0 && arguments[0] != NULL && arguments[0][0] != '-')
        status = pulse_argv_add(argv, err, "%s", *arguments++);
    if (status == 0)
        status = pulse_argv_add(argv, err, "--check-options");
    return status == 0 ? pulse_argv_add_all(argv, arguments, err) : -1;
}

int pulse_direct_check(const char *program, char *const *arguments, struct pulse_err *err)
{
    static const char start[] = "error: ";
    struct pulse_argv argv = {0};
    char said[PULSE_ERR_TEXT] = "";
    int code = -1;
    if (build_check(program, arguments, &argv, err) == 0)
        code = pulse_subprocess_run(argv.word, said, sizeof said, err);
    pulse_argv_clear(&argv);
    if (code <= 0)
        return code;
    if (code != pulse_exit_code(PULSE_E_USAGE) || strncmp(said, start, strlen(start)) != 0)
        return pulse_fail(err, PULSE_E_TEMPORARY, "%s --check-options ended with %d%s%s", program,
                          code, *said != '\0' ? ": " : "", said);
    return pulse_fail(err, PULSE_E_USAGE, "%s", said + strlen(start));
}
