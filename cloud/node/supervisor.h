/* A run of mpirun from its start to its end: its output relayed, signals passed on with time to
 * save a checkpoint, and on several nodes a heartbeat to each. */
#ifndef PULSE_NODE_SUPERVISOR_H
#define PULSE_NODE_SUPERVISOR_H

#include "base/error.h"
#include "node/heartbeat.h"
#include "node/launch.h"

/* Seconds between SIGTERM and the end by force: AWS Batch gives 30. */
enum { PULSE_GRACE = 25 };

struct pulse_supervisor {
    int events; /* pulse_signal_fd_open */
    const struct pulse_launch *launch;
    const int *slots; /* of each node */
    int nodes;
    struct pulse_heartbeat *heartbeats; /* of the other nodes, all alive; nodes - 1 of them */
};

/* The job's exit code. -1 with an error when mpirun cannot be started. What went wrong with a node
 * is said on standard error. */
int pulse_supervisor_run(struct pulse_supervisor *supervisor, struct pulse_err *err);

#endif
