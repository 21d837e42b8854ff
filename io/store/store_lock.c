#include "store/store_lock.h"

#include <pthread.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int depth; /* how often this thread has taken it */

void pulse_store_lock_take(void)
{
    if (depth++ == 0)
        (void)pthread_mutex_lock(&turn);
}

void pulse_store_lock_give(void)
{
    if (--depth == 0)
        (void)pthread_mutex_unlock(&turn);
}

void pulse_store_lock_wait(void)
{
    if (depth > 0)
        (void)pthread_mutex_unlock(&turn);
}

void pulse_store_lock_waited(void)
{
    if (depth > 0)
        (void)pthread_mutex_lock(&turn);
}
