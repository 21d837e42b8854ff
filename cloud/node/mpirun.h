/* What mpirun wants of the place where it is started. It ends with 1 and a page of text where it
 * does not have it; asked before, each is an error of ours. */
#ifndef PULSE_NODE_MPIRUN_H
#define PULSE_NODE_MPIRUN_H

#include <stdint.h>

#include "base/error.h"

/* A temporary directory to write to; memory that `ranks` of this node can share; as root, the
 * user's word that this is meant. */
int pulse_mpirun_check(int64_t ranks, struct pulse_err *err);

/* Where `ranks` of this node are more than its CPUs, says so, and sets mpirun's environment so that
 * a rank that waits gives its CPU away; unless the user chose. */
void pulse_mpirun_share_cpus(int64_t ranks);

#endif
