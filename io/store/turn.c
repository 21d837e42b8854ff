#include "store/turn.h"

#include <pthread.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int depth; /* how often this thread has taken it */

void pulse_turn_take(void)
{
    if (depth++ == 0)
        (void)pthread_mutex_lock(&turn);
}

void pulse_turn_give(void)
{
    if (--depth == 0)
        (void)pthread_mutex_unlock(&turn);
}

void pulse_turn_wait(void)
{
    if (depth > 0)
        (void)pthread_mutex_unlock(&turn);
}

void pulse_turn_waited(void)
{
    if (depth > 0)
        (void)pthread_mutex_lock(&turn);
}
