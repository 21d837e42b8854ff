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

/* A checkpoint file is not made larger than this unless one span is: mpirun leaves a rank that is
 * to end one second, and what was written before it is over stays. */
#define MOST_BYTES (INT64_C(8) << 20)

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

/* ---- Saving one checkpoint file; without the lock ------------------------------- */

static bool worth_saving(const struct pulse_checkpoint_writer_job *job, int64_t span)
{
    const struct pulse_span *it = &job->shape->plan->spans[span];
    return it->trains && it->rows > 0 && !job->saved[span];
}

static int check_space(const struct pulse_checkpoint_writer_job *job, int64_t bytes,
                       struct pulse_err *err)
{
    struct statvfs space;
    if (statvfs(job->location, &space) != 0)
        return pulse_fail_errno(err, errno, "%s", job->location);
    const int64_t left = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (left >= bytes + job->keep_free)
        return 0;
    return pulse_fail(err, PULSE_E_STORAGE,
                      "%s: %.1f MB more, and the disk, with %.1f MB left, cannot hold the results",
                      job->location, (double)bytes / 1e6, (double)left / 1e6);
}

static int put_file(const struct pulse_checkpoint_writer_job *job, const void *content,
                    int64_t bytes, const char *name, struct pulse_err *err)
{
    char *path = pulse_store_join(job->location, name, err);
    int status = path == NULL ? -1 : pulse_store_put(content, bytes, path, err);
    free(path);
    return status;
}

/* The location and the description of the run. Every rank writes the same one: none has to wait for
 * another. */
static int write_description(struct pulse_checkpoint_writer_job *job, struct pulse_err *err)
{
    const int failed =
        pulse_store_is_s3(job->location) ? 0 : pulse_make_directories(job->location, 0777);
    if (failed != 0)
        return pulse_fail_writing(err, failed, "making %s", job->location);
    if (!job->described && put_file(job, job->description, (int64_t)strlen(job->description),
                                    pulse_checkpoint_description, err) != 0)
        return -1;
    job->described = true;
    return 0;
}

static int save_spans(struct pulse_checkpoint_writer_job *job, const int32_t *failed,
                      const int64_t *spans, int64_t n, struct pulse_err *err)
{
    const int64_t bytes = pulse_span_record_bytes(job->shape, spans, n);
    struct pulse_checkpoint_file file = {.first = spans[0], .last = spans[n - 1]};
    if (write_description(job, err) != 0)
        return -1;
    if (!pulse_store_is_s3(job->location) && check_space(job, bytes, err) != 0)
        return -1;
    char *content = pulse_calloc(bytes, 1, "a checkpoint", err);
    if (content == NULL)
        return -1;
    pulse_span_record_write(job->shape, &job->fingerprint, job->candidates, failed, spans, n,
                            content);
    pulse_checkpoint_file_name(&job->fingerprint, content, bytes, &file);
    const int status = put_file(job, content, bytes, file.name, err);
    free(content);
    return status;
}

/* ---- The thread ----------------------------------------------------------------- */

enum { MOST_SPANS = 512 };

/* The next finished spans that make one file; *end is what `next` is once they are saved. */
static int64_t pick_spans(const struct pulse_checkpoint_writer *writer, int64_t spans[MOST_SPANS],
                          int64_t *end)
{
    int64_t n = 0;
    for (*end = writer->next; *end < writer->finished && n < MOST_SPANS; (*end)++) {
        if (!worth_saving(&writer->job, *end))
            continue;
        spans[n] = *end;
        if (n > 0 && pulse_span_record_bytes(writer->job.shape, spans, n + 1) > MOST_BYTES)
            break;
        n++;
    }
    return n;
}

/* Saves one file if there is one and it is time; with the lock, which is released meanwhile. Says
 * whether there may be more to do at once. */
static bool save_if_due(struct pulse_checkpoint_writer *writer)
{
    int64_t spans[MOST_SPANS], end;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const bool hurry = writer->flush || writer->signal_at > 0;
    if ((!hurry || writer->failed) && pulse_seconds() < writer->due)
        return false;
    const int64_t n = pick_spans(writer, spans, &end);
    int status = 0;
    if (n > 0) {
        (void)pthread_mutex_unlock(&writer->lock);
        const enum pulse_stage before =
            pulse_timeline_enter(writer->job.timeline, PULSE_STAGE_SAVE);
        status = save_spans(&writer->job, writer->failed_windows, spans, n, &err);
        (void)pulse_timeline_enter(writer->job.timeline, before);
        (void)pthread_mutex_lock(&writer->lock);
    }
    writer->failed = status != 0;
    if (status != 0) {
        if (writer->err.kind == PULSE_OK)
            writer->err = err;
        writer->due = pulse_seconds() +
                      (writer->job.seconds > retry_after ? writer->job.seconds : retry_after);
        return false;
    }
    writer->saved += n;
    writer->next = end;
    if (end < writer->finished)
        return true; /* a file was full: the rest at once */
    writer->due = pulse_seconds() + writer->job.seconds;
    return false;
}

/* A signal came and all is saved: whoever computes ends the process at the end of a span; one that
 * takes longer is dropped. */
static void watch_signal(struct pulse_checkpoint_writer *writer)
{
    if (pulse_shutdown_get_signal() == PULSE_OK)
        return;
    if (writer->signal_at == 0)
        writer->signal_at = pulse_seconds();
    else if (pulse_seconds() - writer->signal_at > patience)
        pulse_comm_abort_from_thread(writer->job.comm, writer->saved + writer->job.resumed > 0);
}

static void *run_thread(void *context)
{
    struct pulse_checkpoint_writer *writer = context;
    (void)pthread_mutex_lock(&writer->lock);
    while (!writer->quit) {
        watch_signal(writer);
        const bool more = save_if_due(writer);
        (void)pthread_cond_broadcast(&writer->changed);
        if (more || writer->quit)
            continue;
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)(look_every * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    pulse_store_leave();
    return NULL;
}

/* ---- What the others call ------------------------------------------------------- */

static void free_writer(struct pulse_checkpoint_writer *writer)
{
    pulse_shutdown_defer_for_save(false);
    (void)pthread_cond_destroy(&writer->changed);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer->failed_windows);
    free(writer);
}

int pulse_checkpoint_writer_start(const struct pulse_checkpoint_writer_job *job,
                                  struct pulse_checkpoint_writer **out, struct pulse_err *err)
{
    struct pulse_checkpoint_writer *writer = pulse_calloc(1, sizeof *writer, "the checkpoint", err);
    pthread_condattr_t monotonic;
    if (writer == NULL)
        return -1;
    writer->failed_windows = pulse_calloc(job->shape->plan->n_windows,
                                          sizeof *writer->failed_windows, "the checkpoint", err);
    if (writer->failed_windows == NULL) {
        free(writer);
        return -1;
    }
    writer->job = *job;
    writer->finished = writer->next = job->first_span;
    writer->due = pulse_seconds() + job->seconds;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_cond_init(&writer->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    pulse_shutdown_defer_for_save(true);
    const int failed = pulse_shutdown_start_thread(&writer->thread, run_thread, writer);
    if (failed == 0) {
        *out = writer;
        return 0;
    }
    free_writer(writer);
    return pulse_fail_errno(err, failed, "starting the thread that saves checkpoints");
}

void pulse_checkpoint_writer_finished(struct pulse_checkpoint_writer *writer, int64_t end)
{
    const struct pulse_plan *plan = writer->job.shape->plan;
    (void)pthread_mutex_lock(&writer->lock);
    for (int64_t s = writer->finished; s < end; s++) {
        const struct pulse_span *span = &plan->spans[s];
        memcpy(writer->failed_windows + span->first_window,
               writer->job.candidates->failed + span->first_window,
               (size_t)span->windows * sizeof *writer->failed_windows);
    }
    writer->finished = end;
    if (writer->job.seconds <= 0)
        (void)pthread_cond_broadcast(&writer->changed);
    (void)pthread_mutex_unlock(&writer->lock);
}

bool pulse_checkpoint_writer_flush(struct pulse_checkpoint_writer *writer, double seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    (void)pthread_mutex_lock(&writer->lock);
    writer->flush = true;
    writer->failed = false;
    (void)pthread_cond_broadcast(&writer->changed);
    int late = 0;
    while (writer->next < writer->finished && !writer->failed && late == 0)
        late = pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
    writer->flush = false;
    const bool all = writer->next >= writer->finished;
    (void)pthread_mutex_unlock(&writer->lock);
    return all;
}

int64_t pulse_checkpoint_writer_saved(struct pulse_checkpoint_writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    const int64_t saved = writer->saved;
    (void)pthread_mutex_unlock(&writer->lock);
    return saved;
}

bool pulse_checkpoint_writer_complains(struct pulse_checkpoint_writer *writer,
                                       struct pulse_err *err)
{
    (void)pthread_mutex_lock(&writer->lock);
    const bool complains = writer->err.kind != PULSE_OK && !writer->complained;
    if (complains)
        *err = writer->err;
    writer->complained = writer->complained || complains;
    (void)pthread_mutex_unlock(&writer->lock);
    return complains;
}

void pulse_checkpoint_writer_stop(struct pulse_checkpoint_writer *writer)
{
    if (writer == NULL)
        return;
    (void)pthread_mutex_lock(&writer->lock);
    writer->quit = true;
    (void)pthread_cond_broadcast(&writer->changed);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    free_writer(writer);
}
