/* A program of ours that a step is: started beside this one, in a process group of its own, its
 * output read line by line. It is asked to end when this process dies. Knows no workflow. */
#ifndef PULSE_FLOW_CHILD_H
#define PULSE_FLOW_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

enum { PULSE_FLOW_LINE = 1024 };

struct pulse_flow_child {
    pid_t pid;  /* 0: there is none */
    int output; /* its standard output and error; -1: at its end */
    int used;   /* bytes of the line that is not ended yet */
    int code;   /* once it has ended: its exit code, or 128 + signal */
    bool ended;
    char line[PULSE_FLOW_LINE];
    char error[PULSE_FLOW_LINE]; /* what stands behind "error: " in the last such line; "" */
};

/* Starts `program` ("pulse-data"), which lies beside this one, with argv, which ends with NULL;
 * argv[0] is replaced. `ranks` goes into its environment as PULSE_RANKS, where it is not 0.
 * PULSE_E_INPUT if it is not there. */
int pulse_flow_child_start(const char *program, char **argv, int ranks,
                           struct pulse_flow_child *child, struct pulse_err *err);

/* Reads what there is without waiting, and hands each whole line to `take` (NULL: to nobody).
 * Notices its end. */
void pulse_flow_child_read(struct pulse_flow_child *child,
                           void (*take)(void *context, const char *line), void *context);

/* A signal to its process group. */
void pulse_flow_child_signal(const struct pulse_flow_child *child, int number);

/* Waits until it has ended and all of its output is read; what it printed last goes to `said`. */
int pulse_flow_child_finish(struct pulse_flow_child *child, char said[PULSE_FLOW_LINE]);

#endif
