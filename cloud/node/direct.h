/* A program that is one process, run on this node alone: without mpirun, its output untouched. */
#ifndef PULSE_NODE_DIRECT_H
#define PULSE_NODE_DIRECT_H

#include "base/error.h"

/* Runs `program` with `arguments`, which end with NULL, to its end; SIGTERM and SIGINT, which come
 * through `events` (pulse_signal_fd_open), are passed on, and what is left of it is killed
 * PULSE_GRACE seconds later. Its exit code, 128 + signal after a signal, or -1 with an error. */
int pulse_direct_run(int events, const char *program, char *const *arguments,
                     struct pulse_err *err);

#endif
