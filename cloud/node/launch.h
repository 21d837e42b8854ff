/* The command line of mpirun, and what its exit code means for the job. Pure. */
#ifndef PULSE_NODE_LAUNCH_H
#define PULSE_NODE_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "node/argv.h"

struct pulse_launch {
    const char *program;    /* pulse-train */
    char *const *arguments; /* of pulse-train, ending with NULL */
    int64_t ranks;          /* of all nodes */
    const char *directory;  /* with hostfile and ssh_config; NULL on a single node */
    const char *networks;   /* of the nodes, "10.0.1.0/24,10.0.2.0/24" */
};

/* Appends the whole command line. Environment variables that the other nodes must share are named
 * in it, never their values. */
int pulse_launch_argv(const struct pulse_launch *launch, char *const *environment,
                      struct pulse_argv *argv, struct pulse_err *err);

/* How a run ended. */
struct pulse_ending {
    int code;          /* mpirun's */
    int signal_number; /* SIGTERM or SIGINT came first; 0 */
    bool lost;         /* a node did not answer any more */
    bool taken;        /* a node was asked to end */
};

/* The job's exit code (DEFINITIONS §8): what says that a rank or a node was lost is 75. */
int pulse_launch_code(const struct pulse_ending *ending);

#endif
