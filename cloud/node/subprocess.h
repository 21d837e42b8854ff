/* Programs started by their argv, never through a shell, with pipes to them. */
#ifndef PULSE_NODE_SUBPROCESS_H
#define PULSE_NODE_SUBPROCESS_H

#include <sys/types.h>

#include "base/error.h"

/* What a child's standard streams are, by number 0, 1, 2: a descriptor of ours, or one of these. */
enum { PULSE_SUBPROCESS_KEEP = -1, PULSE_SUBPROCESS_PIPE = -2, PULSE_SUBPROCESS_NULL = -3 };

struct pulse_subprocess {
    pid_t pid;     /* 0: there is none */
    int stream[3]; /* our ends of the pipes, non-blocking but 0's; -1 where there is none */
};

/* Starts argv[0], looked for in PATH unless it holds a slash, in a process group of its own, with
 * all signals let through. PULSE_E_INPUT when it is not there. */
int pulse_subprocess_start(char *const *argv, const int streams[3], struct pulse_subprocess *out,
                           struct pulse_err *err);

/* Closes a pipe; legal twice. */
void pulse_subprocess_close(struct pulse_subprocess *child, int stream);

/* Starts it and waits: its exit code, 128 + signal, or -1 with an error. The last line that it
 * wrote on standard error, "" if none, goes to `said`. */
int pulse_subprocess_run(char *const *argv, char *said, size_t size, struct pulse_err *err);

/* What a shell calls a wait status. */
int pulse_subprocess_code(int status);

#endif
