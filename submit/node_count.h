/* One node or several, and the sentence why. Pure; what a training costs is asked of whoever calls.
 */
#ifndef PULSE_SUBMIT_NODE_COUNT_H
#define PULSE_SUBMIT_NODE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/cost.h"

enum pulse_node_count { PULSE_NODE_COUNT_AUTO, PULSE_NODE_COUNT_SINGLE, PULSE_NODE_COUNT_MULTI };

struct pulse_node_count_wish {
    enum pulse_node_count mode;
    int nodes;           /* 0: as many as are needed */
    int max_nodes;       /* of those that may be taken */
    double target_hours; /* 0: none */
    int ranks_per_node;
    int64_t memory_mib; /* of a node */
};

struct pulse_node_count_choice {
    bool multi;
    int nodes;
    char why[512]; /* one sentence */
};

/* The fewest nodes whose memory holds the training and that end it in the target's time. `cost` is
 * NULL where the number of variables is not known. PULSE_E_USAGE when the wishes contradict each
 * other, or when not even max_nodes hold it. */
int pulse_node_count_choose(const struct pulse_node_count_wish *wish, const struct pulse_cost *cost,
                            struct pulse_node_count_choice *choice, struct pulse_err *err);

#endif
