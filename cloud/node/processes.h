/* The processes below this one, by /proc: signalled, and gone at the end. */
#ifndef PULSE_NODE_PROCESSES_H
#define PULSE_NODE_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

/* From now on the orphans among our descendants become our children. */
void pulse_processes_adopt(void);

/* Sends `number` to every descendant, or only to the ranks: those that mpirun or orted started, but
 * for their ssh. Returns how many there are; zombies do not count. */
int64_t pulse_processes_signal(int number, bool only_ranks);

/* SIGKILL to all that is left below us, until nothing is, for at most `seconds`. */
void pulse_processes_end(double seconds);

#endif
