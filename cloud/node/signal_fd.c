#include "node/signal_fd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int pulse_signal_fd_open(int *fd, struct pulse_err *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd >= 0 ? 0 : pulse_fail_errno(err, errno, "waiting for signals");
}

int pulse_signal_fd_next(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void pulse_signal_fd_drain(int fd)
{
    while (pulse_signal_fd_next(fd) != 0)
        continue;
}

enum pulse_kind pulse_signal_fd_pending(void)
{
    sigset_t set;
    (void)sigpending(&set);
    return sigismember(&set, SIGTERM)  ? PULSE_E_SIGTERM
           : sigismember(&set, SIGINT) ? PULSE_E_SIGINT
                                       : PULSE_OK;
}

void pulse_signal_fd_sleep(int fd, double seconds)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    (void)poll(&one, 1, (int)(seconds * 1000));
}
