#include "store/s3/cache_thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shutdown.h"

enum { JOBS = 64 };

struct pulse_cache_thread {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct pulse_cache_job jobs[JOBS]; /* in a ring */
    int64_t added, done;               /* the one being done is the first that is not */
    bool ending;
    void (*keep)(void *context, const struct pulse_cache_job *job);
    void *context;
};

static void *do_jobs(void *context)
{
    struct pulse_cache_thread *t = context;
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, &all); /* mpirun gives a rank one processor */
    (void)pthread_mutex_lock(&t->mutex);
    while (!t->ending || t->done < t->added) {
        if (t->done == t->added) {
            (void)pthread_cond_wait(&t->changed, &t->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&t->mutex);
        t->keep(t->context, &t->jobs[t->done % JOBS]);
        (void)pthread_mutex_lock(&t->mutex);
        t->done++;
        (void)pthread_cond_broadcast(&t->changed);
    }
    (void)pthread_mutex_unlock(&t->mutex);
    return NULL;
}

struct pulse_cache_thread *pulse_cache_thread_new(void (*keep)(void *context,
                                                               const struct pulse_cache_job *job),
                                                  void *context)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_cache_thread *t = pulse_calloc(1, sizeof *t, "the cache", &ignored);
    if (t == NULL)
        return NULL;
    t->keep = keep;
    t->context = context;
    (void)pthread_mutex_init(&t->mutex, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    if (pulse_shutdown_start_thread(&t->thread, do_jobs, t) == 0)
        return t;
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->mutex);
    free(t);
    return NULL;
}

void pulse_cache_thread_free(struct pulse_cache_thread *thread)
{
    if (thread == NULL)
        return;
    (void)pthread_mutex_lock(&thread->mutex);
    thread->ending = true;
    (void)pthread_cond_broadcast(&thread->changed);
    (void)pthread_mutex_unlock(&thread->mutex);
    (void)pthread_join(thread->thread, NULL);
    (void)pthread_cond_destroy(&thread->changed);
    (void)pthread_mutex_destroy(&thread->mutex);
    free(thread);
}

void pulse_cache_thread_add(struct pulse_cache_thread *thread, const struct pulse_cache_job *job)
{
    (void)pthread_mutex_lock(&thread->mutex);
    while (thread->added - thread->done == JOBS)
        (void)pthread_cond_wait(&thread->changed, &thread->mutex);
    thread->jobs[thread->added++ % JOBS] = *job;
    (void)pthread_cond_broadcast(&thread->changed);
    (void)pthread_mutex_unlock(&thread->mutex);
}

/* With the mutex held. */
static bool is_waiting(const struct pulse_cache_thread *t, const void *bytes)
{
    bool found = false;
    for (int64_t i = t->done; !found && i < t->added; i++)
        found = bytes == NULL || t->jobs[i % JOBS].bytes == bytes;
    return found;
}

bool pulse_cache_thread_has(struct pulse_cache_thread *thread, const void *bytes)
{
    (void)pthread_mutex_lock(&thread->mutex);
    const bool found = is_waiting(thread, bytes);
    (void)pthread_mutex_unlock(&thread->mutex);
    return found;
}

void pulse_cache_thread_wait(struct pulse_cache_thread *thread, const void *bytes)
{
    (void)pthread_mutex_lock(&thread->mutex);
    while (is_waiting(thread, bytes))
        (void)pthread_cond_wait(&thread->changed, &thread->mutex);
    (void)pthread_mutex_unlock(&thread->mutex);
}
