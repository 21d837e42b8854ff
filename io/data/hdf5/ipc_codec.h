/* Numbers and texts as bytes, between the process that reads an HDF5 file and the one that wants
 * what is in it. What is taken is checked: the maker may have gone wrong. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_IPC_CODEC_H
#define PULSE_DATA_HDF5_IPC_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/hdf5/sandbox.h"

/* Put: begins as zeros with `err` set, owned bytes. Take: bytes borrowed, `used` their number.
 * After a failure, which `err` describes, puts do nothing and takes give 0 and NULL. */
struct pulse_h5_ipc {
    struct pulse_err *err;
    char *bytes;
    int64_t used, cap;
    int64_t at; /* what is taken next */
    bool failed;
};

void pulse_h5_put_integer(struct pulse_h5_ipc *wire, int64_t value);
void pulse_h5_put_bytes(struct pulse_h5_ipc *wire, const void *bytes, int64_t n);
void pulse_h5_put_text(struct pulse_h5_ipc *wire, const char *text);

/* Makes the answer of what was put, and frees that; −1 where anything failed. */
int pulse_h5_ipc_reply(struct pulse_h5_ipc *wire, struct pulse_h5_reply *reply);

int64_t pulse_h5_take_integer(struct pulse_h5_ipc *wire);

/* A number of things of at least a byte each: not negative, no more than bytes are left. */
int64_t pulse_h5_take_count(struct pulse_h5_ipc *wire);

/* `n` bytes into `to`. */
void pulse_h5_take_bytes(struct pulse_h5_ipc *wire, void *to, int64_t n);

/* A text, to be freed. */
char *pulse_h5_take_text(struct pulse_h5_ipc *wire);

#endif
