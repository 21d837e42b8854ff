/* The ranks' output on its way to the log: whole lines, each with its node and rank in front, and
 * no more of them than a log driver can take. */
#ifndef PULSE_NODE_RELAY_H
#define PULSE_NODE_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* ---- Pure --------------------------------------------------------------------------- */

enum { PULSE_RELAY_BURST = 200, PULSE_RELAY_LINE = 16384 };

/* Lines that a rank may write: PULSE_RELAY_BURST at once, and as many a second. Zeroed, it is full.
 */
struct pulse_rate {
    double spent;    /* of the burst */
    double at;       /* seconds: when that was so */
    int64_t dropped; /* lines since the last one that passed */
};

/* Whether a line may pass at the moment `now`; counts it as dropped if not. */
bool pulse_rate_take(struct pulse_rate *rate, double now);

/* The first "[1,RANK]<stdout>:" (or stderr) in a text, which mpirun --tag-output puts before each
 * piece of output that it read, whole lines or not: the rank, and where the text behind the tag
 * begins; NULL without one. */
char *pulse_relay_tag(char *text, int64_t *rank, char **behind);

/* The node of a rank when node i has slots[i] ranks, filled one after the other. */
int pulse_relay_node(const int *slots, int n, int64_t rank);

/* ---- A relay ------------------------------------------------------------------------- */

struct pulse_relay;

/* `slots` (borrowed) as above; `ranks` in all. */
struct pulse_relay *pulse_relay_new(const int *slots, int n, int64_t ranks, struct pulse_err *err);

/* Takes what can be read from `from`, and writes its lines to `to`: 1 or 2, standard output or
 * error. False at the end of the stream. A log that takes nothing for a second loses lines, and
 * never holds up the job. */
bool pulse_relay_read(struct pulse_relay *relay, int from, int to);

/* Writes what is left, and says how many lines were dropped. Frees; NULL is legal. */
void pulse_relay_end(struct pulse_relay *relay);

#endif
