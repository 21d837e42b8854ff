#include "store/common/store_lock.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int depth; /* how often this thread has taken it */

void pulse_store_lock_take(void)
{
    if (depth++ == 0)
        (void)pthread_mutex_lock(&lock);
}

void pulse_store_lock_release(void)
{
    if (--depth == 0)
        (void)pthread_mutex_unlock(&lock);
}

void pulse_store_lock_pause(void)
{
    if (depth > 0)
        (void)pthread_mutex_unlock(&lock);
}

void pulse_store_lock_resume(void)
{
    if (depth > 0)
        (void)pthread_mutex_lock(&lock);
}
