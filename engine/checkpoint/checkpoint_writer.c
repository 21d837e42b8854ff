#include "checkpoint/checkpoint_writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "checkpoint/span_record.h"
#include "store/store.h"

/* A pack is not made larger than this unless one span is: mpirun leaves a rank that is to end one
 * second, and what was written before it is over stays. */
#define PACK_BYTES (INT64_C(8) << 20)

/* Seconds: between looks at the clock and at signals; after a failure; and how long the thread that
 * computes may take to end the process after a signal, before this one does it. */
static const double look_every = 0.05, retry_after = 30, patience = 5;

struct pulse_checkpoint_writer {
    struct pulse_checkpoint_writer_job job;
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    int64_t finished;        /* spans before it are */
    int64_t next;            /* spans before it are saved, or need not be */
    int32_t *failed_windows; /* marks of finished spans, which change no more */
    int64_t saved;
    double due;       /* when the next save is */
    double signal_at; /* when a signal was first seen; 0: none */
    bool flush, quit;
    bool failed; /* the last save */
    bool complained;
    struct pulse_err err; /* of the first save that failed */
};

/* ---- Saving one pack; without the lock ------------------------------------------ */

static bool worth_saving(const struct pulse_checkpoint_writer_job *job, int64_t span)
{
    const struct pulse_span *it = &job->shape->plan->spans[span];
    return it->trains && it->rows > 0 && !job->done[span];
}

static int check_room(const struct pulse_checkpoint_writer_job *job, int64_t bytes,
                      struct pulse_err *err)
{
    struct statvfs space;
    if (statvfs(job->place, &space) != 0)
        return pulse_fail_errno(err, errno, "%s", job->place);
    const int64_t room = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (room >= bytes + job->keep_free)
        return 0;
    return pulse_fail(
        err, PULSE_E_STORAGE,
        "%s: %.1f MB more and the disk, with %.1f MB left, has no room for the results", job->place,
        (double)bytes / 1e6, (double)room / 1e6);
}

static int put(const struct pulse_checkpoint_writer_job *job, const void *content, int64_t bytes,
               const char *name, struct pulse_err *err)
{
    char *path = pulse_store_join(job->place, name, err);
    int status = path == NULL ? -1 : pulse_store_put(content, bytes, path, err);
    free(path);
    return status;
}

/* The place and the description of the run. Every rank writes the same one: none has to wait for
 * another. */
static int describe(struct pulse_checkpoint_writer_job *job, struct pulse_err *err)
{
    const int failed = pulse_store_is_s3(job->place) ? 0 : pulse_make_directories(job->place, 0777);
    if (failed != 0)
        return pulse_fail_errno(err, failed, "making %s", job->place);
    if (!job->described && put(job, job->description, (int64_t)strlen(job->description),
                               pulse_checkpoint_description, err) != 0)
        return -1;
    job->described = true;
    return 0;
}

static int save(struct pulse_checkpoint_writer_job *job, const int32_t *failed,
                const int64_t *spans, int64_t n, struct pulse_err *err)
{
    const int64_t bytes = pulse_span_record_bytes(job->shape, spans, n);
    struct pulse_checkpoint_file pack = {.first = spans[0], .last = spans[n - 1]};
    if (describe(job, err) != 0)
        return -1;
    if (!pulse_store_is_s3(job->place) && check_room(job, bytes, err) != 0)
        return -1;
    char *content = pulse_calloc(bytes, 1, "a checkpoint", err);
    if (content == NULL)
        return -1;
    pulse_span_record_pack(job->shape, &job->identity, job->candidates, failed, spans, n, content);
    pulse_checkpoint_file_name(&job->identity, content, bytes, &pack);
    const int status = put(job, content, bytes, pack.name, err);
    free(content);
    return status;
}

/* ---- The thread ----------------------------------------------------------------- */

enum { PACK_SPANS = 512 };

/* The next finished spans that make a pack; *end is what `next` is once they are saved. */
static int64_t gather(const struct pulse_checkpoint_writer *saver, int64_t spans[PACK_SPANS],
                      int64_t *end)
{
    int64_t n = 0;
    for (*end = saver->next; *end < saver->finished && n < PACK_SPANS; (*end)++) {
        if (!worth_saving(&saver->job, *end))
            continue;
        spans[n] = *end;
        if (n > 0 && pulse_span_record_bytes(saver->job.shape, spans, n + 1) > PACK_BYTES)
            break;
        n++;
    }
    return n;
}

/* Saves one pack if there is one and it is time; with the lock, which is let go meanwhile. Says
 * whether there may be more to do at once. */
static bool save_if_due(struct pulse_checkpoint_writer *saver)
{
    int64_t spans[PACK_SPANS], end;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool hurry = saver->flush || saver->signal_at > 0;
    if ((!hurry || saver->failed) && pulse_seconds() < saver->due)
        return false;
    const int64_t n = gather(saver, spans, &end);
    int status = 0;
    if (n > 0) {
        (void)pthread_mutex_unlock(&saver->lock);
        const enum pulse_stage before = pulse_timeline_enter(saver->job.timeline, PULSE_STAGE_SAVE);
        status = save(&saver->job, saver->failed_windows, spans, n, &err);
        (void)pulse_timeline_enter(saver->job.timeline, before);
        (void)pthread_mutex_lock(&saver->lock);
    }
    saver->failed = status != 0;
    if (status != 0) {
        if (saver->err.kind == PULSE_OK)
            saver->err = err;
        saver->due =
            pulse_seconds() + (saver->job.seconds > retry_after ? saver->job.seconds : retry_after);
        return false;
    }
    saver->saved += n;
    saver->next = end;
    if (end < saver->finished)
        return true; /* a pack was full: the rest at once */
    saver->due = pulse_seconds() + saver->job.seconds;
    return false;
}

/* A signal came and all is saved: whoever computes ends the process at the end of a span; one that
 * takes longer is dropped. */
static void watch_signal(struct pulse_checkpoint_writer *saver)
{
    if (pulse_shutdown_get_signal() == PULSE_OK)
        return;
    if (saver->signal_at == 0)
        saver->signal_at = pulse_seconds();
    else if (pulse_seconds() - saver->signal_at > patience)
        pulse_comm_abort_from_thread(saver->job.comm, saver->saved + saver->job.resumed > 0);
}

static void *work(void *context)
{
    struct pulse_checkpoint_writer *saver = context;
    (void)pthread_mutex_lock(&saver->lock);
    while (!saver->quit) {
        watch_signal(saver);
        const bool more = save_if_due(saver);
        (void)pthread_cond_broadcast(&saver->changed);
        if (more || saver->quit)
            continue;
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)(look_every * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&saver->changed, &saver->lock, &until);
    }
    (void)pthread_mutex_unlock(&saver->lock);
    pulse_store_leave();
    return NULL;
}

/* ---- What the others call ------------------------------------------------------- */

static void release(struct pulse_checkpoint_writer *saver)
{
    pulse_shutdown_defer_for_save(false);
    (void)pthread_cond_destroy(&saver->changed);
    (void)pthread_mutex_destroy(&saver->lock);
    free(saver->failed_windows);
    free(saver);
}

int pulse_checkpoint_writer_start(const struct pulse_checkpoint_writer_job *job,
                                  struct pulse_checkpoint_writer **out, struct pulse_err *err)
{
    struct pulse_checkpoint_writer *saver = pulse_calloc(1, sizeof *saver, "the checkpoint", err);
    pthread_condattr_t monotonic;
    if (saver == NULL)
        return -1;
    saver->failed_windows = pulse_calloc(job->shape->plan->n_windows, sizeof *saver->failed_windows,
                                         "the checkpoint", err);
    if (saver->failed_windows == NULL) {
        free(saver);
        return -1;
    }
    saver->job = *job;
    saver->finished = saver->next = job->first_span;
    saver->due = pulse_seconds() + job->seconds;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&saver->lock, NULL);
    (void)pthread_cond_init(&saver->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    pulse_shutdown_defer_for_save(true);
    const int failed = pulse_shutdown_start_thread(&saver->thread, work, saver);
    if (failed == 0) {
        *out = saver;
        return 0;
    }
    release(saver);
    return pulse_fail_errno(err, failed, "starting the thread that saves checkpoints");
}

void pulse_checkpoint_writer_finished(struct pulse_checkpoint_writer *saver, int64_t end)
{
    const struct pulse_plan *plan = saver->job.shape->plan;
    (void)pthread_mutex_lock(&saver->lock);
    for (int64_t s = saver->finished; s < end; s++) {
        const struct pulse_span *span = &plan->spans[s];
        memcpy(saver->failed_windows + span->first_window,
               saver->job.candidates->failed + span->first_window,
               (size_t)span->windows * sizeof *saver->failed_windows);
    }
    saver->finished = end;
    if (saver->job.seconds <= 0)
        (void)pthread_cond_broadcast(&saver->changed);
    (void)pthread_mutex_unlock(&saver->lock);
}

bool pulse_checkpoint_writer_flush(struct pulse_checkpoint_writer *saver, double seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    (void)pthread_mutex_lock(&saver->lock);
    saver->flush = true;
    saver->failed = false;
    (void)pthread_cond_broadcast(&saver->changed);
    int late = 0;
    while (saver->next < saver->finished && !saver->failed && late == 0)
        late = pthread_cond_timedwait(&saver->changed, &saver->lock, &until);
    saver->flush = false;
    const bool all = saver->next >= saver->finished;
    (void)pthread_mutex_unlock(&saver->lock);
    return all;
}

int64_t pulse_checkpoint_writer_saved(struct pulse_checkpoint_writer *saver)
{
    (void)pthread_mutex_lock(&saver->lock);
    const int64_t saved = saver->saved;
    (void)pthread_mutex_unlock(&saver->lock);
    return saved;
}

bool pulse_checkpoint_writer_complains(struct pulse_checkpoint_writer *saver, struct pulse_err *err)
{
    (void)pthread_mutex_lock(&saver->lock);
    const bool complains = saver->err.kind != PULSE_OK && !saver->complained;
    if (complains)
        *err = saver->err;
    saver->complained = saver->complained || complains;
    (void)pthread_mutex_unlock(&saver->lock);
    return complains;
}

void pulse_checkpoint_writer_stop(struct pulse_checkpoint_writer *saver)
{
    if (saver == NULL)
        return;
    (void)pthread_mutex_lock(&saver->lock);
    saver->quit = true;
    (void)pthread_cond_broadcast(&saver->changed);
    (void)pthread_mutex_unlock(&saver->lock);
    (void)pthread_join(saver->thread, NULL);
    release(saver);
}
