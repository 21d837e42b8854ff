#include "node/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "node/processes.h"
#include "node/relay.h"
#include "node/signal_fd.h"
#include "node/subprocess.h"

/* How mpirun is brought to its end; each stage lasts until `next`. */
enum stage { RUNNING, ASKED, TERMINATED, KILLED };

struct run {
    struct pulse_supervisor *of;
    struct pulse_subprocess mpirun;
    struct pulse_relay *relay;
    struct pollfd *fds; /* events, mpirun's two streams, and two of each heartbeat */
    bool ended;         /* mpirun is */
    struct pulse_ending ending;
    enum stage stage;
    bool heard;       /* ranks were there when they were asked */
    double next;      /* the moment of the next stage */
    double heartbeat; /* the moment of the next letter */
    int lost;         /* index of the heartbeat that was lost, -1 */
};

static int count_others(const struct run *run)
{
    return run->of->nodes - 1;
}

static void send_all(struct run *run, char letter, double now)
{
    for (int i = 0; i < count_others(run); i++)
        pulse_heartbeat_send(&run->of->heartbeats[i], letter, now);
}

/* ---- Stages ---------------------------------------------------------------------- */

/* Ranks are asked to save and end. Not through mpirun: it would kill them a second later. */
static void ask_ranks(struct run *run, double now)
{
    if (run->stage != RUNNING)
        return;
    run->heard = pulse_processes_signal(SIGTERM, true) > 0;
    send_all(run, PULSE_HEARTBEAT_TERM, now);
    run->stage = ASKED;
    run->next = now + PULSE_GRACE;
}

static void terminate_mpirun(struct run *run, double now)
{
    if (run->stage >= TERMINATED)
        return;
    (void)kill(run->mpirun.pid, SIGTERM);
    run->stage = TERMINATED;
    run->next = now + 2;
}

/* After that only the kernel can help. */
static void kill_all(struct run *run)
{
    (void)kill(run->mpirun.pid, SIGKILL);
    run->stage = KILLED;
    run->next = 1e300;
}

static void advance_stage(struct run *run, double now)
{
    if (run->stage == ASKED && !run->heard && !run->ended) /* mpirun had not started them yet */
        run->heard = pulse_processes_signal(SIGTERM, true) > 0;
    if (run->stage == RUNNING || now < run->next || run->ended)
        return;
    if (run->stage == ASKED)
        terminate_mpirun(run, now);
    else
        kill_all(run);
}

/* ---- What happens ----------------------------------------------------------------- */

static void reap_children(struct run *run)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == run->mpirun.pid) {
            run->ended = true;
            run->ending.code = pulse_subprocess_code(status);
        }
}

static void take_signals(struct run *run, double now)
{
    int number;
    while ((number = pulse_signal_fd_next(run->of->events)) != 0) {
        if (number == SIGCHLD) {
            reap_children(run);
        } else if (run->ending.signal_number == 0) {
            run->ending.signal_number = number;
            pulse_info("%s: the ranks are asked to save and end, within %d s",
                       number == SIGINT ? "SIGINT" : "SIGTERM", PULSE_GRACE);
            ask_ranks(run, now);
        }
    }
}

static void check_heartbeats(struct run *run, double now)
{
    for (int i = 0; i < count_others(run); i++) {
        struct pulse_heartbeat *heartbeat = &run->of->heartbeats[i];
        if (heartbeat->state == PULSE_HEARTBEAT_LEAVING && !run->ending.taken) {
            run->ending.taken = true;
            pulse_warn("node %d (%s) was asked to end: the ranks are asked to save",
                       heartbeat->node, heartbeat->address);
            ask_ranks(run, now);
        }
        if (heartbeat->state == PULSE_HEARTBEAT_LOST && run->lost < 0) {
            run->lost = i;
            run->ending.lost = true;
            if (!run->ended)
                terminate_mpirun(run, now);
        }
    }
}

static void send_heartbeats(struct run *run, double now)
{
    if (now < run->heartbeat)
        return;
    run->heartbeat = now + PULSE_HEARTBEAT_EVERY;
    send_all(run, PULSE_HEARTBEAT, now);
}

/* ---- The loop ---------------------------------------------------------------------- */

static int fill_fds(struct run *run)
{
    int n = 0;
    run->fds[n++] = (struct pollfd){.fd = run->of->events, .events = POLLIN};
    for (int i = 1; i <= 2; i++)
        run->fds[n++] = (struct pollfd){.fd = run->mpirun.stream[i], .events = POLLIN};
    for (int i = 0; i < count_others(run); i++) {
        const struct pulse_heartbeat *heartbeat = &run->of->heartbeats[i];
        if (heartbeat->state != PULSE_HEARTBEAT_LOST)
            run->fds[n++] = (struct pollfd){.fd = heartbeat->ssh.stream[1], .events = POLLIN};
    }
    return n;
}

static void handle_events(struct run *run, double most_seconds)
{
    const int n = fill_fds(run);
    (void)poll(run->fds, (nfds_t)n, (int)(most_seconds * 1000));
    const double now = pulse_seconds();
    for (int i = 1; i <= 2; i++)
        if (run->fds[i].fd >= 0 && run->fds[i].revents != 0 &&
            !pulse_relay_read(run->relay, run->fds[i].fd, i))
            pulse_subprocess_close(&run->mpirun, i);
    for (int i = 0; i < count_others(run); i++)
        if (run->of->heartbeats[i].state != PULSE_HEARTBEAT_LOST)
            pulse_heartbeat_read(&run->of->heartbeats[i], now);
    take_signals(run, now);
    send_heartbeats(run, now);
    check_heartbeats(run, now);
    advance_stage(run, now);
}

static bool output_open(const struct run *run)
{
    return run->mpirun.stream[1] >= 0 || run->mpirun.stream[2] >= 0;
}

/* Whether mpirun lost something, and no heartbeat has said what. */
static bool is_loss_unexplained(const struct run *run)
{
    const struct pulse_ending *ending = &run->ending;
    return count_others(run) > 0 && run->lost < 0 && ending->signal_number == 0 && !ending->taken &&
           ending->code != pulse_exit_code(PULSE_E_TEMPORARY) &&
           pulse_launch_code(ending) == pulse_exit_code(PULSE_E_TEMPORARY);
}

/* What is still in the pipes, which an orphan may hold open; and time for the heartbeats to say
 * which node was lost. */
static void drain_output(struct run *run)
{
    const double ended = pulse_seconds();
    while ((output_open(run) && pulse_seconds() < ended + 1) ||
           (is_loss_unexplained(run) && pulse_seconds() < ended + PULSE_HEARTBEAT_SILENCE + 1))
        handle_events(run, 0.1);
}

static void report_loss(const struct run *run)
{
    struct pulse_err err = {0};
    if (run->ending.lost && run->ending.code != 0) {
        const struct pulse_heartbeat *heartbeat = &run->of->heartbeats[run->lost];
        (void)pulse_fail(&err, PULSE_E_TEMPORARY,
                         "node %d (%s) does not answer any more; run the same command again",
                         heartbeat->node, heartbeat->address);
    } else if (run->ending.code != 0 && run->ending.signal_number == 0 && !run->ending.taken &&
               pulse_launch_code(&run->ending) != run->ending.code) {
        (void)pulse_fail(
            &err, PULSE_E_TEMPORARY,
            "a rank was lost (mpirun ended with %d): out of memory, or killed; run the "
            "same command again",
            run->ending.code);
    }
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
}

static int start_mpirun(struct run *run, struct pulse_err *err)
{
    static const int streams[3] = {PULSE_SUBPROCESS_NULL, PULSE_SUBPROCESS_PIPE,
                                   PULSE_SUBPROCESS_PIPE};
    struct pulse_argv argv = {0};
    int result = pulse_launch_argv(run->of->launch, environ, &argv, err);
    if (result == 0)
        result = pulse_subprocess_start(argv.word, streams, &run->mpirun, err);
    pulse_argv_clear(&argv);
    return result;
}

int pulse_supervisor_run(struct pulse_supervisor *supervisor, struct pulse_err *err)
{
    struct run run = {.of = supervisor, .lost = -1};
    int code = -1;
    run.fds = pulse_calloc(supervisor->nodes + 3, sizeof *run.fds, "descriptors", err);
    run.relay =
        pulse_relay_new(supervisor->slots, supervisor->nodes, supervisor->launch->ranks, err);
    if (run.fds == NULL || run.relay == NULL || start_mpirun(&run, err) != 0)
        goto done;
    while (!run.ended)
        handle_events(&run, 0.2);
    drain_output(&run);
    code = pulse_launch_code(&run.ending);
done:
    for (int i = 1; i <= 2; i++)
        if (run.mpirun.pid != 0)
            pulse_subprocess_close(&run.mpirun, i);
    pulse_relay_end(run.relay);
    if (code >= 0)
        report_loss(&run);
    free(run.fds);
    return code;
}
