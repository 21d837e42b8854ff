/* The child process of the sandbox: gives up all that it does not need, then answers requests.
 * Knows nothing of how its parent starts and ends it. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_GUARD_CHILD_H
#define PULSE_DATA_HDF5_GUARD_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "data/hdf5/guard/driver.h"

struct pulse_h5_reply;
struct pulse_object;

/* ---- For what it answers --------------------------------------------------------- */

/* What the child does. It is a copy of the parent as it was at the start: `state` is the child's
 * own from then on. */
struct pulse_h5_server {
    void *state;
    /* Answers one request: 0 when `reply` holds the answer. `bytes` are the file's. */
    int (*serve)(void *state, const struct pulse_h5_bytes *bytes, const void *request,
                 int64_t request_bytes, struct pulse_h5_reply *reply, struct pulse_err *err);
};

/* Makes the answer: `bytes` bytes of memory that parent and child share, in which earlier answers
 * lay. Once for each request; NULL with PULSE_E_MEMORY. */
void *pulse_h5_reply_buffer(struct pulse_h5_reply *reply, int64_t bytes, struct pulse_err *err);

/* Makes the answer of what was put, and frees that; −1 where anything failed. */
struct pulse_wire; /* data/common/wire.h */
int pulse_h5_reply_wire(struct pulse_wire *wire, struct pulse_h5_reply *reply);

/* ---- For sandbox.c ---------------------------------------------------------------- */

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
