/* The three roles of pulse-node, each from its start to the exit code. */
#ifndef PULSE_NODE_NODE_H
#define PULSE_NODE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "node/job.h"
#include "node/keys.h"
#include "node/seal.h"

struct pulse_node {
    struct pulse_node_job job;
    int events;             /* pulse_signal_fd_open */
    const char *self;       /* path of pulse-node */
    const char *program;    /* path of the program, pulse-train for most */
    char *const *arguments; /* of the program */
    int64_t ranks;          /* capacity of this node */
    const char *location;   /* of the rendezvous; NULL on a single node */
    struct pulse_seal seal; /* of what lies there */
    double deadline;        /* pulse_seconds when the nodes must have found each other */
    double patience;        /* seconds that makes of it */
    char image[65];         /* digest of what runs here */
    struct pulse_key key;   /* of the host; on the main node, of its user */
    char directory[PULSE_DIRECTORY_TEXT];
};

/* The exit code, or -1 with an error. The directory is there, and is removed by the caller; what
 * processes are left, too. */
int pulse_node_run_single(struct pulse_node *node, struct pulse_err *err);
int pulse_node_run_main(struct pulse_node *node, struct pulse_err *err);
int pulse_node_run_worker(struct pulse_node *node, struct pulse_err *err);

/* Whether to try again after a temporary failure: until the deadline, unless asked to end. Says
 * what failed, forgets it and waits a little. */
bool pulse_node_again(struct pulse_node *node, struct pulse_err *err);

#endif
