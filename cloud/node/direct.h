/* A program as one process on this node, without mpirun: run with its output untouched, or asked
 * whether it would take its command line. */
#ifndef PULSE_NODE_DIRECT_H
#define PULSE_NODE_DIRECT_H

#include "base/error.h"

/* Runs `program` with `arguments`, which end with NULL, to its end; SIGTERM and SIGINT, which come
 * through `events` (pulse_signal_fd_open), are passed on, and what is left of it is killed
 * PULSE_GRACE seconds later. Its exit code, 128 + signal after a signal, or -1 with an error. */
int pulse_direct_run(int events, const char *program, char *const *arguments,
                     struct pulse_err *err);

/* Starts it with --check-options among its arguments: it reads its command line and nothing else.
 * 0, or -1 with its own error: PULSE_E_USAGE where it refuses a word, PULSE_E_TEMPORARY where it
 * ended otherwise. */
int pulse_direct_check(const char *program, char *const *arguments, struct pulse_err *err);

#endif
