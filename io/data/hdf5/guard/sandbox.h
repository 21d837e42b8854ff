/* Runs the reading of a file in a child process, so that whatever a file of others makes a library
 * do (crash, write past its buffers, open other files, want all memory) ends the child and is one
 * error here. The child has no open file but this one, to read, can open none, may make few system
 * calls and knows no credentials; the bytes of an object in S3 it gets from its parent. Knows
 * nothing of HDF5 or of what is asked and answered. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_GUARD_SANDBOX_H
#define PULSE_DATA_HDF5_GUARD_SANDBOX_H

#include <stdint.h>

#include "base/error.h"
#include "data/hdf5/guard/child.h"
#include "store/store.h"

struct pulse_h5_sandbox;

/* Starts the child. `object` must outlive the guard. */
int pulse_h5_sandbox_start(struct pulse_object *object, const struct pulse_h5_server *server,
                           struct pulse_h5_sandbox **out, struct pulse_err *err);
void pulse_h5_sandbox_free(struct pulse_h5_sandbox *guard);

/* An answer, borrowed until the next call: it was made by a process that may have gone wrong. */
struct pulse_h5_answer {
    char *at;
    int64_t bytes;
};

/* Asks and waits. An error of the child's is passed on, one of reading the object too; a child
 * that dies, and any call after that, is PULSE_E_INPUT that names the object and how it died. */
int pulse_h5_sandbox_call(struct pulse_h5_sandbox *guard, const void *request,
                          int64_t request_bytes, struct pulse_h5_answer *out,
                          struct pulse_err *err);

#endif
