#include "export/subprocess.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/shutdown.h"

/* Says through the pipe how it went. */
static _Noreturn void work_in_child(pulse_subprocess_work *work, const void *context,
                                    const char *to, FILE *out, int answer)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would read what comes of it */
    (void)work(context, out, &err);
    const bool failed = ferror(out) != 0;
    if (err.kind == PULSE_OK && (fflush(out) != 0 || failed)) {
        if (out == stdout)
            (void)pulse_fail(&err, PULSE_E_STORAGE, "writing to standard output: closed or full");
        else
            (void)pulse_fail_writing(&err, pulse_file_why_unwritten(out), "writing %s", to);
    }
    (void)pulse_write_all(answer, &err, sizeof err);
    _exit(0);
}

static void take_answer(int from, pid_t child, const char *path, struct pulse_err *err)
{
    struct pulse_err outcome;
    int status = 0;
    ssize_t n;
    while ((n = read(from, &outcome, sizeof outcome)) < 0 && errno == EINTR)
        ;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        (void)pulse_shutdown_describe_death(WTERMSIG(status), path, err);
    else if (n != (ssize_t)sizeof outcome)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: nothing came of it; train again", path);
    else if (outcome.kind != PULSE_OK)
        *err = outcome;
}

int pulse_subprocess_run(pulse_subprocess_work *work, const void *context, const char *path,
                         const char *to, FILE *out, struct pulse_err *err)
{
    int ends[2];
    if (fflush(out) != 0 || pipe(ends) != 0)
        return pulse_fail_errno(err, errno, "making a pipe");
    const pid_t child = fork();
    if (child == 0)
        work_in_child(work, context, to, out, ends[1]);
    (void)close(ends[1]);
    if (child < 0)
        (void)pulse_fail_errno(err, errno, "starting a process");
    else
        take_answer(ends[0], child, path, err);
    (void)close(ends[0]);
    return err->kind == PULSE_OK ? 0 : -1;
}
