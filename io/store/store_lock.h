/* Threads of a process use the store one at a time, and while one waits for a server another goes
 * on: no state of the store needs a lock of its own, and a long upload holds up nobody. A thread
 * may take the turn again within its turn. Internal to io/store. */
#ifndef PULSE_STORE_STORE_LOCK_H
#define PULSE_STORE_STORE_LOCK_H

void pulse_store_lock_take(void);
void pulse_store_lock_give(void);

/* Around a wait in which nothing of the store is touched: lets the others go on, and takes the turn
 * back. Nothing for a thread that has none: a program of one thread needs none. */
void pulse_store_lock_wait(void);
void pulse_store_lock_waited(void);

#endif
