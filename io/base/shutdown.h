/* How a process ends early: the signals that ask for it, and what has to be done before it is gone
 * (files to remove, work to save, a lease to release). One set of hooks per process. Knows nothing
 * of MPI, of servers or of what the hooks do. */
#ifndef PULSE_BASE_SHUTDOWN_H
#define PULSE_BASE_SHUTDOWN_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

/* ---- Signals -------------------------------------------------------------------- */

/* From now on SIGINT and SIGTERM set a flag, which the long loops ask for. */
void pulse_shutdown_catch_signals(void);

/* The same for programs whose work is not worth saving: SIGINT and SIGTERM end the process with 130
 * or 143 and a line that says so, whatever it does, and the temporary files of file.h are removed.
 * While signals are held they are only noted, as above, and take effect with the release: for what
 * has to be undone elsewhere first; two who hold them release them both. Processes that it forks
 * end likewise, but remove and say nothing. */
void pulse_shutdown_end_on_signals(void);
void pulse_shutdown_hold_signals(void);
void pulse_shutdown_release_signals(void);

/* PULSE_OK, or the kind of the last signal that arrived. */
enum pulse_kind pulse_shutdown_get_signal(void);

/* Whether that signal came from our parent process, which then sends it to its other children
 * too. */
bool pulse_shutdown_is_from_parent(void);

/* Like pulse_shutdown_get_signal, for waits on servers: PULSE_OK for some seconds after the signal
 * while saves are deferred for, and as long as a grace period lasts. After a grace period that
 * nobody ended: PULSE_E_TEMPORARY. */
enum pulse_kind pulse_shutdown_stops_waits(void);

/* Whether waits go on for eight seconds after a signal, so that finished work can be saved. */
void pulse_shutdown_defer_for_save(bool defers);

/* Waits on servers may last `seconds` from now on, whatever signals arrive, and no longer: for a
 * clean-up. A process that goes on after it ends the period. */
void pulse_shutdown_grant_grace(double seconds);
void pulse_shutdown_end_grace(void);

/* pthread_create with its return value, for a thread that gets no signals: they are for the thread
 * that computes. */
int pulse_shutdown_start_thread(pthread_t *thread, void *(*work)(void *), void *context);

/* ---- Hooks: what an early end has to do ------------------------------------------- */

/* `path` is removed on an early end, and then `directory` if that is left empty. Both borrowed;
 * NULL: none. */
void pulse_shutdown_set_file(const char *path, const char *directory);

/* One more file to remove. Borrowed; NULL: none. */
void pulse_shutdown_set_part_file(const char *path);

/* `save` is called after a signal, before the process ends. It returns whether `location` holds
 * anything that the next run can resume from. All borrowed; NULL: there is nothing to save. */
void pulse_shutdown_set_save(bool (*save)(void *context), void *context, const char *location);

/* `release` is called once, last of all and by whichever thread ends the process; it may talk to
 * servers for a few seconds. Borrowed; NULL: there is nothing to release. */
void pulse_shutdown_set_release(void (*release)(void *context), void *context);

/* ---- For those who end the process ------------------------------------------------ */

/* Removes the files that are set. */
void pulse_shutdown_remove_files(void);

/* Calls the save hook. Returns whether there is one; *saved is what it returned. */
bool pulse_shutdown_save(bool *saved);

/* Calls the release hook, if it has not been called yet. Nothing may be written after it. */
void pulse_shutdown_release(void);

/* Sets `err` to the kind and message of the signal that arrived; the message says whether the next
 * run can resume (`saved`). */
void pulse_shutdown_describe_signal(bool saved, struct pulse_err *err);

/* What it means that a signal ended a process of ours which read `what` with a library that may not
 * survive it: PULSE_E_INPUT only where it crashed; PULSE_E_MEMORY where it was killed, else
 * PULSE_E_TEMPORARY. Where nobody reads what was printed, this process ends likewise. -1. */
int pulse_shutdown_describe_death(int signal, const char *what, struct pulse_err *err);

#endif
