#include "submit/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "store/aws/retry_state.h"
#include "submit/job_poll.h"
#include "submit/lifecycle.h"

enum {
    MOST_OUTAGES = 5,   /* polls in a row that fail temporarily */
    QUIET_DRAINS = 2,   /* looks for log lines in a row that bring nothing */
    MOST_DRAIN = 20,    /* seconds after the end in which lines are waited for */
    MOST_ABSENT = 5,    /* the same for a log that is not there at all */
    QUIET_SECONDS = 60, /* that a log which gave an error is left alone */
    PIPE_WIDTH = 0
};

struct watcher {
    const struct pulse_watch *watch;
    struct pulse_job_poll *all; /* n */
    char **said;                /* n: the last line shown of each; or NULL */
    int64_t *linked;            /* n: log streams whose links were shown */
    bool terminal;
    int drawn;              /* lines of the screen that stand on the terminal */
    struct pulse_aws other; /* Logs of the region where a stream was last read; or none */
};

static int64_t now_ms(void)
{
    return pulse_retry_state_server_time() * 1000;
}

static const char *region_of(const struct watcher *w)
{
    return w->watch->batch->region;
}

/* ---- Screen --------------------------------------------------------------------- */

static void erase_screen(struct watcher *w)
{
    if (w->drawn > 0)
        (void)printf("\033[%dA\r\033[J", w->drawn);
    w->drawn = 0;
}

static int draw_screen(struct watcher *w, struct pulse_err *err)
{
    int rows, columns;
    pulse_terminal_size(&rows, &columns);
    for (int64_t i = 0; i < w->watch->n; i++) {
        const struct pulse_job_view view = pulse_job_poll_view(&w->all[i]);
        char *text = pulse_job_view_screen(&view, region_of(w), now_ms(), columns, false, err);
        if (text == NULL)
            return -1;
        for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            if (w->drawn < rows - 1) {
                (void)printf("%.*s\n", (int)(end - line), line);
                w->drawn++;
            }
        free(text);
    }
    return 0;
}

/* ---- Lines ---------------------------------------------------------------------- */

static void put_clock(void)
{
    char text[16];
    const time_t t = (time_t)pulse_retry_state_server_time();
    struct tm tm;
    if (gmtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%H:%M:%S", &tm) > 0)
        (void)printf("%s ", text);
}

/* What has changed of a job: its line, and why it waits. */
static int print_change(struct watcher *w, int64_t i, struct pulse_err *err)
{
    const struct pulse_job_view view = pulse_job_poll_view(&w->all[i]);
    char *line = pulse_job_view_line(&view, err);
    if (line == NULL)
        return -1;
    if (w->said[i] != NULL && strcmp(w->said[i], line) == 0) {
        free(line);
        return 0;
    }
    put_clock();
    (void)printf("%s\n", line);
    for (int k = 0; k < view.why->n; k++)
        (void)printf("         %s %s: %s\n", view.id, pulse_job_view_why(&view),
                     view.why->finding[k].text);
    free(w->said[i]);
    w->said[i] = line;
    char *failed = view.fate == PULSE_FATE_OPEN ? NULL : pulse_job_view_failed(&view, err);
    if (failed != NULL)
        (void)printf("%s", failed);
    free(failed);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The same for programs: an object a line. */
static int print_change_json(struct watcher *w, int64_t i, struct pulse_err *err)
{
    const struct pulse_job_view view = pulse_job_poll_view(&w->all[i]);
    json_t *object = pulse_job_view_json(&view, region_of(w), err);
    char *line = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | pulse_lifecycle_json());
    json_decref(object);
    if (line == NULL)
        return err->kind != PULSE_OK ? -1
                                     : pulse_fail(err, PULSE_E_MEMORY, "out of memory for JSON");
    if (w->said[i] == NULL || strcmp(w->said[i], line) != 0)
        (void)printf("%s\n", line);
    free(w->said[i]);
    w->said[i] = line;
    return 0;
}

/* Links to log streams that were not there before. */
static int print_links(struct watcher *w, int64_t i, struct pulse_err *err)
{
    const struct pulse_streams *streams = &w->all[i].streams;
    for (; w->linked[i] < streams->n; w->linked[i]++) {
        const struct pulse_stream *stream = &streams->all[w->linked[i]];
        const char *region = stream->log.region != NULL ? stream->log.region : region_of(w);
        char *link = pulse_logs_link(region, stream->log.group, stream->log.name, err);
        if (link == NULL)
            return -1;
        (void)printf("log%s%s: %s\n", stream->label[0] == '\0' ? "" : " of ", stream->label, link);
        free(link);
    }
    return 0;
}

/* ---- Logs ----------------------------------------------------------------------- */

struct shower {
    const struct watcher *w;
    const struct pulse_job_poll *job;
    const struct pulse_stream *stream;
};

/* "[node 1] ", with the beginning of the job's id where there are several; "" where there is one
 * log only. */
static void put_label(const struct shower *s)
{
    const char *label = s->stream->label;
    const bool several = s->w->watch->n > 1;
    if (several)
        (void)printf("[%.8s%s%s] ", s->job->id, label[0] == '\0' ? "" : " ", label);
    else if (label[0] != '\0')
        (void)printf("[%s] ", label);
}

static void show_event(void *user, int64_t time_ms, const char *text)
{
    const struct shower *s = user;
    if (s->w->watch->json) {
        json_t *event =
            json_pack("{s:{s:s,s:s,s:I,s:s}}", "log", "stream", s->stream->log.name, "label",
                      s->stream->label, "time", (json_int_t)time_ms, "text", text);
        char *line = json_dumps(event, JSON_COMPACT | pulse_lifecycle_json());
        if (line != NULL)
            (void)printf("%s\n", line);
        free(line);
        json_decref(event);
    } else {
        put_label(s);
        (void)printf("%s\n", text);
    }
}

/* Logs of the region of a stream; NULL with an error. */
static const struct pulse_aws *logs_of_region(struct watcher *w, const char *region,
                                              struct pulse_err *err)
{
    if (region == NULL || strcmp(region, w->watch->logs->region) == 0)
        return w->watch->logs;
    if (w->other.region != NULL && strcmp(region, w->other.region) == 0)
        return &w->other;
    pulse_aws_clear(&w->other);
    return pulse_aws_init(&w->other, "logs", region, w->watch->endpoint, err) == 0 ? &w->other
                                                                                   : NULL;
}

/* A log that cannot be read must hide neither what became of the job nor the other logs. */
static int read_stream(struct watcher *w, const struct pulse_job_poll *job,
                       struct pulse_stream *stream, int64_t *events, struct pulse_err *err)
{
    struct shower shower = {.w = w, .job = job, .stream = stream};
    const struct pulse_log_sink sink = {.take = show_event, .user = &shower};
    const struct pulse_aws *logs = logs_of_region(w, stream->log.region, err);
    int rc =
        logs == NULL ? -1 : pulse_logs_read(logs, &stream->log, w->watch->tail, &sink, events, err);
    stream->log.quiet_until = 0;
    if (rc == 0 || err->kind == PULSE_E_MEMORY || err->kind == PULSE_E_SIGINT ||
        err->kind == PULSE_E_SIGTERM)
        return rc;
    pulse_warn("%s; the log %s is asked for again after a minute", err->text, stream->log.name);
    *err = (struct pulse_err){.kind = PULSE_OK};
    stream->log.quiet_until = pulse_seconds() + QUIET_SECONDS;
    return 0;
}

/* What has come in all streams; *events how much, *absent whether there are some that Logs does not
 * know yet. */
static int show_logs(struct watcher *w, int64_t *events, bool *absent, struct pulse_err *err)
{
    *events = 0;
    *absent = false;
    for (int64_t i = 0; w->watch->show_logs && i < w->watch->n; i++) {
        if (!w->watch->json && print_links(w, i, err) != 0)
            return -1;
        for (int64_t k = 0; k < w->all[i].streams.n; k++) {
            struct pulse_stream *stream = &w->all[i].streams.all[k];
            int64_t some = 0;
            if (stream->log.quiet_until > pulse_seconds())
                continue;
            if (read_stream(w, &w->all[i], stream, &some, err) != 0)
                return -1;
            *events += some;
            *absent = *absent || (!stream->log.there && stream->log.quiet_until <= 0);
        }
    }
    return 0;
}

/* Of jobs that did not succeed, logs that were asked for and are not there: else the reader waits
 * for what does not come. */
static void warn_of_absent_logs(const struct watcher *w)
{
    for (int64_t i = 0; w->watch->show_logs && i < w->watch->n; i++) {
        const struct pulse_job_poll *one = &w->all[i];
        if (one->detail == NULL || one->job.fate == PULSE_FATE_OPEN ||
            one->job.fate == PULSE_FATE_SUCCEEDED)
            continue;
        if (one->streams.n == 0 && one->job.kind != PULSE_JOB_ARRAY)
            pulse_warn("%s has no log in CloudWatch Logs: its container did not start, or has "
                       "another log driver than awslogs",
                       one->id);
        for (int64_t k = 0; k < one->streams.n; k++) {
            const struct pulse_log_stream *log = &one->streams.all[k].log;
            if (!log->there && log->quiet_until <= 0)
                pulse_warn("CloudWatch Logs knows no stream %s in %s: the container ended before "
                           "it wrote, the group is another, or its retention is over",
                           log->name, log->group);
        }
    }
}

/* ---- The loop ------------------------------------------------------------------- */

static bool all_ended(const struct watcher *w)
{
    for (int64_t i = 0; i < w->watch->n; i++)
        if (w->all[i].fate == PULSE_FATE_OPEN)
            return false;
    return true;
}

static int print_changes(struct watcher *w, struct pulse_err *err)
{
    for (int64_t i = 0; i < w->watch->n; i++)
        if ((w->watch->json ? print_change_json(w, i, err) : print_change(w, i, err)) != 0)
            return -1;
    return 0;
}

/* Once all have ended their logs come first, and what became of them last. */
static int show_all(struct watcher *w, struct pulse_err *err)
{
    int64_t events;
    bool absent;
    erase_screen(w);
    if (!w->terminal && !all_ended(w) && print_changes(w, err) != 0)
        return -1;
    if (show_logs(w, &events, &absent, err) != 0 || (w->terminal && draw_screen(w, err) != 0))
        return -1;
    (void)fflush(stdout);
    return 0;
}

static bool any_missing(const struct watcher *w)
{
    for (int64_t i = 0; i < w->watch->n; i++)
        if (w->all[i].fate == PULSE_FATE_OPEN && w->all[i].missing > 0)
            return true;
    return false;
}

/* The time between two looks, or less. */
static double pause_of(const struct watcher *w, double most)
{
    return w->watch->poll_seconds < most ? w->watch->poll_seconds : most;
}

/* The last lines are asked for even where the ones before could not be had. */
static void wake_streams(struct watcher *w)
{
    for (int64_t i = 0; i < w->watch->n; i++)
        for (int64_t k = 0; k < w->all[i].streams.n; k++)
            w->all[i].streams.all[k].log.quiet_until = 0;
}

/* Log lines arrive some seconds after they were written: looks on until nothing more comes. */
static int drain_logs(struct watcher *w, struct pulse_err *err)
{
    const double began = pulse_seconds(), pause = pause_of(w, 1);
    bool absent = false;
    wake_streams(w);
    for (int quiet = 0; w->watch->show_logs && quiet < QUIET_DRAINS;) {
        int64_t events;
        const double waited = pulse_seconds() - began;
        if (pulse_retry_state_sleep(pulse_seconds() + pause, err) != 0)
            return -1;
        erase_screen(w);
        if (show_logs(w, &events, &absent, err) != 0 || (w->terminal && draw_screen(w, err) != 0))
            return -1;
        (void)fflush(stdout);
        quiet =
            waited < MOST_DRAIN && (events > 0 || (absent && waited < MOST_ABSENT)) ? 0 : quiet + 1;
    }
    return 0;
}

static int monitor_jobs(struct watcher *w, struct pulse_err *err)
{
    const struct pulse_patience patience = {.missing = 5, .hopeless = 2};
    int outages = 0;
    while (!all_ended(w)) {
        int rc = pulse_job_poll_update(w->watch->batch, w->all, w->watch->n, &patience, err);
        if (rc == 0)
            rc = show_all(w, err);
        outages = rc == 0 ? 0 : outages + 1;
        if (rc != 0 && (err->kind != PULSE_E_TEMPORARY || outages >= MOST_OUTAGES))
            return -1;
        if (rc != 0) {
            pulse_warn("%s; the job is looked at again", err->text);
            *err = (struct pulse_err){.kind = PULSE_OK};
        }
        const double pause = pause_of(w, any_missing(w) ? 2 : 3600);
        if (!all_ended(w) && pulse_retry_state_sleep(pulse_seconds() + pause, err) != 0)
            return -1;
    }
    if (drain_logs(w, err) != 0)
        return -1;
    return w->terminal ? 0 : print_changes(w, err);
}

static int print_once(struct watcher *w, struct pulse_err *err)
{
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < w->watch->n; i++) {
        const struct pulse_job_view view = pulse_job_poll_view(&w->all[i]);
        char *text = pulse_job_view_screen(&view, region_of(w), now_ms(), PIPE_WIDTH, false, err);
        rc = text == NULL ? -1 : 0;
        if (rc == 0)
            (void)printf("%s", text);
        free(text);
    }
    return rc;
}

/* An array of all; an object a line where those of log events follow. */
static int print_once_json(struct watcher *w, struct pulse_err *err)
{
    json_t *list = json_array();
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < w->watch->n; i++) {
        const struct pulse_job_view view = pulse_job_poll_view(&w->all[i]);
        json_t *object = pulse_job_view_json(&view, region_of(w), err);
        if (object != NULL && w->watch->show_logs) {
            (void)json_dumpf(object, stdout, JSON_COMPACT | pulse_lifecycle_json());
            (void)printf("\n");
        }
        rc = object == NULL ? -1 : json_array_append_new(list, object);
    }
    if (rc == 0 && !w->watch->show_logs) {
        (void)json_dumpf(list, stdout, JSON_INDENT(2) | pulse_lifecycle_json());
        (void)printf("\n");
    }
    json_decref(list);
    return rc;
}

static int look_once(struct watcher *w, struct pulse_err *err)
{
    const struct pulse_patience patience = {.missing = 3, .hopeless = 1};
    int64_t events;
    bool absent;
    int rc = pulse_job_poll_update(w->watch->batch, w->all, w->watch->n, &patience, err);
    while (rc == 0 && any_missing(w)) { /* a job submitted a moment ago shows a moment later */
        rc = pulse_retry_state_sleep(pulse_seconds() + 1, err);
        if (rc == 0)
            rc = pulse_job_poll_update(w->watch->batch, w->all, w->watch->n, &patience, err);
    }
    if (rc == 0)
        rc = w->watch->json ? print_once_json(w, err) : print_once(w, err);
    return rc == 0 ? show_logs(w, &events, &absent, err) : -1;
}

int pulse_watch(const struct pulse_watch *watch, int *exit_code, struct pulse_err *err)
{
    struct watcher w = {.watch = watch, .terminal = !watch->json && isatty(STDOUT_FILENO) != 0};
    int rc = -1;
    *exit_code = 0;
    w.all = pulse_calloc(watch->n, sizeof *w.all, "the jobs", err);
    w.said = pulse_calloc(watch->n, sizeof *w.said, "the jobs", err);
    w.linked = pulse_calloc(watch->n, sizeof *w.linked, "the jobs", err);
    if (w.all == NULL || w.said == NULL || w.linked == NULL)
        goto done;
    for (int64_t i = 0; i < watch->n; i++)
        w.all[i].id = watch->ids[i];
    rc = watch->monitor ? monitor_jobs(&w, err) : look_once(&w, err);
    if (rc == 0)
        warn_of_absent_logs(&w);
    if (err->kind == PULSE_E_SIGINT || err->kind == PULSE_E_SIGTERM)
        (void)pulse_fail(
            err, err->kind,
            "interrupted; the job goes on in AWS: pulse-status --job-id %s looks at it "
            "again",
            watch->ids[0]);
    for (int64_t i = 0; i < watch->n && *exit_code == 0; i++)
        *exit_code = pulse_fate_exit_code(w.all[i].fate);
done:
    for (int64_t i = 0; i < watch->n; i++) {
        if (w.all != NULL)
            pulse_job_poll_clear(&w.all[i]);
        if (w.said != NULL)
            free(w.said[i]);
    }
    pulse_aws_clear(&w.other);
    free(w.all);
    free(w.said);
    free(w.linked);
    return rc;
}
