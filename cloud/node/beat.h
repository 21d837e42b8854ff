/* A heartbeat between the main node and one other, over an ssh connection: each side sends a letter
 * a second, and knows by silence that the other is gone. */
#ifndef PULSE_NODE_BEAT_H
#define PULSE_NODE_BEAT_H

#include <stdbool.h>

#include "base/error.h"
#include "child.h"

/* Letters. From the main node: BEAT, TERM (pass SIGTERM to your ranks), END (all is over). From the
 * others: BEAT, TAKEN (I was told to end). */
enum { PULSE_BEAT = 'b', PULSE_BEAT_TERM = 't', PULSE_BEAT_END = 'e', PULSE_BEAT_TAKEN = 'x' };

/* Seconds between letters, and of silence that mean the end. */
enum { PULSE_BEAT_EVERY = 1, PULSE_BEAT_SILENCE = 10 };

enum pulse_beat_state {
    PULSE_BEAT_COMING, /* no letter yet */
    PULSE_BEAT_ALIVE,
    PULSE_BEAT_LEAVING, /* was told to end */
    PULSE_BEAT_LOST
};

/* The main node's side. */
struct pulse_beat {
    int node;
    const char *address; /* borrowed */
    struct pulse_child ssh;
    enum pulse_beat_state state;
    double heard;   /* seconds: the last letter, at first the start */
    char said[256]; /* the last line of ssh's own words */
};

/* Starts ssh; the connection comes up later. */
int pulse_beat_start(struct pulse_beat *beat, const char *directory, double now,
                     struct pulse_err *err);

/* Takes what there is to read; PULSE_BEAT_LOST at the end of the stream. */
void pulse_beat_read(struct pulse_beat *beat, double now);

/* Sends a letter; and judges silence. */
void pulse_beat_send(struct pulse_beat *beat, char letter, double now);

/* Closes the pipes; the other side takes that for the end. */
void pulse_beat_stop(struct pulse_beat *beat);

#endif
