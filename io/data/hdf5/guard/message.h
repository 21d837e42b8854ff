/* What parent and child of the sandbox say to each other: messages over a socket, and memory that
 * both share, which holds a window for the file's bytes and behind it the answer. Internal to
 * sandbox.c and child.c. */
#ifndef PULSE_DATA_HDF5_GUARD_MESSAGE_H
#define PULSE_DATA_HDF5_GUARD_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_H5_WINDOW = 32 << 20 }; /* shared: the file's bytes on their way to the child */

/* What goes over the socket; some are followed by bytes. */
enum pulse_h5_what {
    PULSE_H5_REQUEST, /* parent: `bytes` follow */
    PULSE_H5_WANT,    /* child: the file's bytes [at, at + bytes) into the window, please */
    PULSE_H5_GOT,     /* parent: they are there; at = −1: they could not be read */
    PULSE_H5_DONE,    /* child: the answer, of so many bytes, lies behind the window; at: bytes of
                         the file that it read by itself */
    PULSE_H5_FAILED   /* child: a struct pulse_err follows */
};

struct pulse_h5_message {
    int64_t what, at, bytes;
};

/* False where the other end is gone. */
bool pulse_h5_put_bytes(int to, const void *from, int64_t bytes);
bool pulse_h5_get_bytes(int from, void *to, int64_t bytes);
bool pulse_h5_put_message(int to, enum pulse_h5_what what, int64_t at, int64_t bytes);

/* The answer's part of the shared memory; NULL where it cannot be. */
void *pulse_h5_map_answer(int memory, int64_t bytes);

#endif
