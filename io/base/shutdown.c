#include "base/shutdown.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"

/* The process is killed ten seconds after a signal: of these a save may still take so many. */
static const double save_seconds = 8;

static volatile sig_atomic_t signal_seen, signal_of_parent;
static volatile sig_atomic_t saves_are_deferred_for;
static _Atomic double grace_until; /* on the clock of pulse_seconds; 0: none */

/* The hooks. */
static const char *file_to_remove, *part_to_remove, *directory_to_remove;
static bool (*save_hook)(void *context);
static void *save_context;
static const char *save_location;
static void (*_Atomic release_hook)(void *context); /* two threads may end the process at once */
static void *release_context;

/* ---- Signals -------------------------------------------------------------------- */

static void note_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    signal_of_parent = info->si_pid == getppid();
    signal_seen = number;
}

/* Neither of the two signals interrupts the handler of the other. */
static void catch_signals(void (*handler)(int number, siginfo_t *info, void *context))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, SIGINT);
    (void)sigaddset(&action.sa_mask, SIGTERM);
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void pulse_shutdown_catch_signals(void)
{
    catch_signals(note_signal);
}

/* ---- Ending at once --------------------------------------------------------------- */

static volatile sig_atomic_t signals_are_held; /* by so many */
static pid_t ending_process;                   /* 0: none ends on signals */

/* Nothing but system calls: it may interrupt anything. */
static _Noreturn void end_now(int number)
{
    static const char by_int[] =
        "error: interrupted by SIGINT: nothing half-written is left; run the same command again\n";
    static const char by_term[] =
        "error: interrupted by SIGTERM: nothing half-written is left; run the same command again\n";
    if (getpid() == ending_process) {
        pulse_file_remove_temporaries();
        if (number == SIGINT)
            (void)!write(STDERR_FILENO, by_int, sizeof by_int - 1);
        else
            (void)!write(STDERR_FILENO, by_term, sizeof by_term - 1);
    }
    _exit(128 + number);
}

static void end_or_note(int number, siginfo_t *info, void *context)
{
    note_signal(number, info, context);
    if (!signals_are_held)
        end_now(number);
}

void pulse_shutdown_end_on_signals(void)
{
    ending_process = getpid();
    catch_signals(end_or_note);
}

void pulse_shutdown_hold_signals(void)
{
    signals_are_held = signals_are_held + 1;
}

void pulse_shutdown_release_signals(void)
{
    signals_are_held = signals_are_held - 1;
    if (signals_are_held == 0 && ending_process != 0 && signal_seen != 0)
        end_now(signal_seen);
}

/* ---- What came ------------------------------------------------------------------- */

enum pulse_kind pulse_shutdown_get_signal(void)
{
    if (signal_seen == 0)
        return PULSE_OK;
    return signal_seen == SIGINT ? PULSE_E_SIGINT : PULSE_E_SIGTERM;
}

bool pulse_shutdown_is_from_parent(void)
{
    return signal_of_parent != 0;
}

enum pulse_kind pulse_shutdown_stops_waits(void)
{
    static _Atomic double noticed; /* threads ask, each in its own waits */
    const enum pulse_kind kind = pulse_shutdown_get_signal();
    if (grace_until > 0)
        return pulse_seconds() < grace_until ? PULSE_OK : PULSE_E_TEMPORARY;
    if (kind == PULSE_OK || !saves_are_deferred_for)
        return kind;
    if (noticed == 0)
        noticed = pulse_seconds();
    return pulse_seconds() - noticed < save_seconds ? PULSE_OK : kind;
}

void pulse_shutdown_defer_for_save(bool defers)
{
    saves_are_deferred_for = defers;
}

void pulse_shutdown_grant_grace(double seconds)
{
    grace_until = pulse_seconds() + seconds;
}

void pulse_shutdown_end_grace(void)
{
    grace_until = 0;
}

int pulse_shutdown_start_thread(pthread_t *thread, void *(*work)(void *), void *context)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(thread, NULL, work, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* ---- Hooks ---------------------------------------------------------------------- */

void pulse_shutdown_set_file(const char *path, const char *directory)
{
    file_to_remove = path;
    directory_to_remove = directory;
}

void pulse_shutdown_set_part_file(const char *path)
{
    part_to_remove = path;
}

void pulse_shutdown_set_save(bool (*save)(void *context), void *context, const char *location)
{
    save_hook = save;
    save_context = context;
    save_location = location;
}

void pulse_shutdown_set_release(void (*release)(void *context), void *context)
{
    release_hook = release;
    release_context = context;
}

void pulse_shutdown_remove_files(void)
{
    if (file_to_remove != NULL)
        (void)unlink(file_to_remove);
    if (part_to_remove != NULL)
        (void)unlink(part_to_remove);
    if (directory_to_remove != NULL)
        (void)rmdir(directory_to_remove);
}

bool pulse_shutdown_save(bool *saved)
{
    *saved = save_hook != NULL && save_hook(save_context);
    return save_hook != NULL;
}

/* Another run may own the lease as soon as it is released, while we are still here. */
void pulse_shutdown_release(void)
{
    void (*release)(void *context) = atomic_exchange(&release_hook, NULL);
    if (release != NULL)
        release(release_context);
}

void pulse_shutdown_describe_signal(bool saved, struct pulse_err *err)
{
    const enum pulse_kind kind = pulse_shutdown_get_signal();
    const char *name = kind == PULSE_E_SIGINT ? "SIGINT" : "SIGTERM";
    if (saved)
        (void)pulse_fail(err, kind,
                         "interrupted by %s: the same command goes on from what was saved in %s",
                         name, save_location);
    else
        (void)pulse_fail(
            err, kind, "interrupted by %s: nothing was written; run the same command again", name);
}

int pulse_shutdown_describe_death(int number, const char *what, struct pulse_err *err)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
    bool crashed = false;
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        crashed = crashed || number == crashes[i];
    if (number == SIGPIPE)
        (void)raise(SIGPIPE);
    if (crashed)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: the HDF5 library did not survive it (signal %d); train again", what,
                          number);
    if (number == SIGKILL)
        return pulse_fail(err, PULSE_E_MEMORY,
                          "%s: the process that read it was killed, as where memory runs out; run "
                          "the same command again, with more memory",
                          what);
    return pulse_fail(err, PULSE_E_TEMPORARY,
                      "%s: the process that read it was ended by signal %d; run the same command "
                      "again",
                      what, number);
}
