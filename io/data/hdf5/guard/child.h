/* The child process of the sandbox: gives up all that it does not need, then answers requests.
 * Knows nothing of how its parent starts and ends it. Internal to sandbox.c. */
#ifndef PULSE_DATA_HDF5_GUARD_CHILD_H
#define PULSE_DATA_HDF5_GUARD_CHILD_H

#include "data/hdf5/guard/sandbox.h"

/* What it shares with its parent. */
struct pulse_h5_link {
    struct pulse_object *object;
    int socket;
    int memory; /* the window, then the answer */
    const char *window;
};

/* Never returns, and calls no exit handler: MPI's and HDF5's belong to the parent. */
_Noreturn void pulse_h5_child_live(const struct pulse_h5_link *link, pid_t parent,
                                   const struct pulse_h5_server *server);

#endif
