/* A heartbeat between the main node and one other, over an ssh connection: each side sends a letter
 * a second, and knows by silence that the other is gone. */
#ifndef PULSE_NODE_HEARTBEAT_H
#define PULSE_NODE_HEARTBEAT_H

#include "base/error.h"
#include "node/subprocess.h"

/* Letters. From the main node: HEARTBEAT, TERM (pass SIGTERM to your ranks), END (all is over).
 * From the others: HEARTBEAT, TAKEN (I was asked to end). */
enum {
    PULSE_HEARTBEAT = 'b',
    PULSE_HEARTBEAT_TERM = 't',
    PULSE_HEARTBEAT_END = 'e',
    PULSE_HEARTBEAT_TAKEN = 'x'
};

/* Seconds between letters, and of silence that mean the end. */
enum { PULSE_HEARTBEAT_EVERY = 1, PULSE_HEARTBEAT_SILENCE = 10 };

enum pulse_heartbeat_state {
    PULSE_HEARTBEAT_COMING, /* no letter yet */
    PULSE_HEARTBEAT_ALIVE,
    PULSE_HEARTBEAT_LEAVING, /* was asked to end */
    PULSE_HEARTBEAT_LOST
};

/* The main node's side. */
struct pulse_heartbeat {
    int node;
    const char *address; /* borrowed */
    struct pulse_subprocess ssh;
    enum pulse_heartbeat_state state;
    double heard;   /* seconds: the last letter, at first the start */
    char said[256]; /* the last line that ssh wrote on standard error */
};

/* Starts ssh; the connection comes up later. */
int pulse_heartbeat_start(struct pulse_heartbeat *heartbeat, const char *directory, double now,
                          struct pulse_err *err);

/* Takes what there is to read; PULSE_HEARTBEAT_LOST at the end of the stream. */
void pulse_heartbeat_read(struct pulse_heartbeat *heartbeat, double now);

/* Sends a letter; and judges silence. */
void pulse_heartbeat_send(struct pulse_heartbeat *heartbeat, char letter, double now);

/* Closes the pipes; the other side takes that for the end. */
void pulse_heartbeat_stop(struct pulse_heartbeat *heartbeat);

#endif
