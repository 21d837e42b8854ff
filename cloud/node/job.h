/* What AWS Batch says of the job in the environment: which one it is, which node this is of how
 * many. Pure but for reading the environment. */
#ifndef PULSE_NODE_JOB_H
#define PULSE_NODE_JOB_H

#include "base/error.h"

enum { PULSE_MOST_NODES = 1000, PULSE_JOB_TEXT = 200 };

struct pulse_node_job {
    char id[PULSE_JOB_TEXT]; /* of the whole job: without the node's "#2"; "" outside of Batch */
    int attempt;             /* from 1 */
    int node, main_node, nodes;
    const char *main_address; /* NULL on the main node; borrowed from the environment */
};

/* A job of one node without AWS_BATCH_JOB_NUM_NODES. PULSE_E_USAGE for variables that contradict
 * each other or are no numbers. */
int pulse_node_job_read(struct pulse_node_job *job, struct pulse_err *err);

#endif
