/* The lock of the store. The lock is recursive. One thread at a time is at work in the store, and
 * while it waits for a server others go on: so no state of the store needs a lock of its own, and a
 * long upload blocks nobody. Knows nothing of what it protects. Internal to io/store. */
#ifndef PULSE_STORE_COMMON_STORE_LOCK_H
#define PULSE_STORE_COMMON_STORE_LOCK_H

void pulse_store_lock_take(void);
void pulse_store_lock_release(void);

/* Around a wait that touches nothing of the store: other threads may take the lock meanwhile. Both
 * do nothing in a thread that does not hold it, as in a program with one thread. */
void pulse_store_lock_pause(void);
void pulse_store_lock_resume(void);

#endif
