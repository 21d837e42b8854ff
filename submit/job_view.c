#include "submit/job_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "base/utf8.h"

enum { MOST_PART_LINES = 16 };

/* The end of an ARN, the whole of anything else. */
static const char *shorten_arn(const char *arn)
{
    const char *slash = strrchr(arn, '/');
    return slash == NULL ? arn : slash + 1;
}

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static int64_t most_attempts(const struct pulse_job *job)
{
    const json_t *retry = json_object_get(job->detail, "retryStrategy");
    const int64_t n = json_integer_value(json_object_get(retry, "attempts"));
    return n < 1 ? 1 : n;
}

/* Text of a job on its way to a terminal: what ends a line in it ends none of ours. */
static void put_text(FILE *out, const char *before, const char *text)
{
    (void)fputs(before, out);
    pulse_terminal_write(out, text, 0);
}

/* ---- Pieces of both, screen and line -------------------------------------------- */

/* ", attempt 2 of 3" where there may be several. */
static void put_attempt(FILE *out, const struct pulse_job *job)
{
    const int64_t most = most_attempts(job);
    const int64_t now = job->attempts + (job->fate == PULSE_FATE_OPEN ? 1 : 0);
    if (most > 1 && now > 1)
        (void)fprintf(out, ", attempt %lld of %lld", (long long)now, (long long)most);
}

static const char *const states[] = {"SUBMITTED", "PENDING",   "RUNNABLE", "STARTING",
                                     "RUNNING",   "SUCCEEDED", "FAILED"};

static int64_t in_state(const struct pulse_job_view *view, const char *state)
{
    int64_t n = 0;
    if (view->job->kind == PULSE_JOB_ARRAY)
        return pulse_job_children_in(view->job, state);
    for (int64_t i = 0; i < view->n_parts; i++)
        n += strcmp(view->parts[i].status, state) == 0;
    return n;
}

static bool has_parts(const struct pulse_job *job)
{
    return job->kind == PULSE_JOB_MULTI || job->kind == PULSE_JOB_ARRAY;
}

/* "3 nodes: 1 STARTING, 2 RUNNING" */
static void put_counts(FILE *out, const struct pulse_job_view *view)
{
    const struct pulse_job *job = view->job;
    const char *before = ": ";
    (void)fprintf(out, "%lld %s", (long long)job->parts,
                  job->kind == PULSE_JOB_MULTI ? "nodes" : "children");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (in_state(view, states[i]) > 0) {
            (void)fprintf(out, "%s%lld %s", before, (long long)in_state(view, states[i]),
                          states[i]);
            before = ", ";
        }
}

/* What an exit code means, where neither Batch nor the container says more than that it ended. */
static const char *explain_code(const char *reason, const char *exit_reason, int64_t code)
{
    static const char plain[] = "Essential container";
    const bool said = has_text(exit_reason) ||
                      (has_text(reason) && strncmp(reason, plain, sizeof plain - 1) != 0);
    return said ? "" : pulse_job_explain_code(code);
}

static const char *explain_end(const struct pulse_job *job)
{
    return explain_code(job->reason, job->exit_reason, job->exit_code);
}

/* What the end was: its reason, the container's exit code and words. */
static void put_end(FILE *out, const struct pulse_job *job)
{
    const char *before = ": ";
    if (has_text(job->reason) && job->fate != PULSE_FATE_SUCCEEDED) {
        put_text(out, before, job->reason);
        before = "; ";
    }
    if (job->fate == PULSE_FATE_SUCCEEDED)
        return;
    if (job->has_exit_code) {
        (void)fprintf(out, "%sexit code %d%s", before, job->exit_code, explain_end(job));
        before = "; ";
    }
    if (has_text(job->exit_reason))
        put_text(out, before, job->exit_reason);
}

/* ---- Text ----------------------------------------------------------------------- */

/* Makes all but line ends harmless and cuts lines at `width` characters (0: nowhere). Heap. */
static char *finish_text(char *text, int width, struct pulse_err *err)
{
    char *shown = text == NULL ? NULL : pulse_terminal_copy(text, "\n");
    free(text);
    if (shown == NULL) {
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for what is to be shown");
        return NULL;
    }
    char *to = shown;
    int column = 0;
    for (const char *from = shown; *from != '\0';) {
        const size_t bytes = pulse_utf8_next(from);
        if (*from == '\n')
            column = 0;
        else
            column++;
        if (width <= 0 || column < width) {
            memmove(to, from, bytes);
            to += bytes;
        }
        from += bytes;
    }
    *to = '\0';
    return shown;
}

static void put_duration(FILE *out, const char *word, int64_t from_ms, int64_t to_ms)
{
    char text[32];
    if (from_ms > 0 && to_ms >= from_ms)
        (void)fprintf(out, " %s %s", word,
                      pulse_format_duration((double)(to_ms - from_ms) / 1000, text));
}

static void put_time(FILE *out, const struct pulse_job *job, int64_t now_ms)
{
    if (job->fate != PULSE_FATE_OPEN)
        put_duration(out, "after", job->started_ms, job->stopped_ms);
    else if (job->started_ms > 0)
        put_duration(out, "for", job->started_ms, now_ms);
    else
        put_duration(out, "waiting for", job->created_ms, now_ms);
}

/* What became of a node or a child: its state, and why, without what the exit code says already. */
static void put_outcome(FILE *out, const struct pulse_job *part)
{
    const bool failed = part->fate != PULSE_FATE_OPEN && part->fate != PULSE_FATE_SUCCEEDED;
    const bool plain = part->has_exit_code && strncmp(part->reason, "Essential container", 19) == 0;
    put_text(out, "", part->status);
    if (has_text(part->address))
        put_text(out, " at ", part->address);
    if (part->main)
        (void)fprintf(out, ", the main node");
    if (part->has_exit_code)
        (void)fprintf(out, ", exit code %d%s", part->exit_code, explain_end(part));
    if (has_text(part->exit_reason))
        put_text(out, ", ", part->exit_reason);
    if (failed && has_text(part->reason) && !plain)
        put_text(out, ", ", part->reason);
    (void)fputc('\n', out);
}

static bool part_failed(const struct pulse_job *part)
{
    return strcmp(part->status, "FAILED") == 0;
}

/* As many as fit a screen, those that failed first, with their logs. */
static void put_parts(FILE *out, const struct pulse_job_view *view)
{
    int64_t i = 0, failed = 0;
    for (int lines = 0; i < view->n_parts && lines < MOST_PART_LINES; i++, lines++) {
        const struct pulse_job *part = &view->parts[i];
        (void)fprintf(out, "  %s %-3lld ", part->kind == PULSE_JOB_NODE ? "node" : "child",
                      (long long)part->index);
        put_outcome(out, part);
        if (part_failed(part) && has_text(part->stream)) {
            put_text(out, "    log ", part->stream);
            (void)fputc('\n', out);
            lines++;
        }
    }
    const int64_t more = view->n_parts - i;
    for (int64_t k = i; k < view->n_parts; k++)
        failed += part_failed(&view->parts[k]);
    if (more > 0 && failed > 0)
        (void)fprintf(out, "  and %lld more, of which %lld FAILED: --json has them all\n",
                      (long long)more, (long long)failed);
    else if (more > 0)
        (void)fprintf(out, "  and %lld more\n", (long long)more);
}

/* Attempts that have ended before the one that counts. */
static void put_attempts(FILE *out, const struct pulse_job *job)
{
    const json_t *attempts = pulse_job_attempts(job->detail);
    const size_t n = json_array_size(attempts);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(attempts, i);
        const json_t *container = pulse_job_container(one);
        const json_t *code = json_object_get(container, "exitCode");
        const char *reason = json_string_value(json_object_get(one, "statusReason"));
        const char *said = json_string_value(json_object_get(container, "reason"));
        if (i + 1 == n && job->fate != PULSE_FATE_OPEN)
            break;
        (void)fprintf(out, "  attempt %zu ended", i + 1);
        if (json_is_integer(code))
            (void)fprintf(out, " with exit code %lld%s", (long long)json_integer_value(code),
                          explain_code(reason, said, json_integer_value(code)));
        if (has_text(reason))
            put_text(out, ": ", reason);
        if (has_text(said))
            put_text(out, has_text(reason) ? "; " : ": ", said);
        (void)fputc('\n', out);
    }
}

static const char *log_region(const struct pulse_stream *stream, const char *region)
{
    return stream->log.region != NULL ? stream->log.region : region;
}

static int put_links(FILE *out, const struct pulse_job_view *view, const char *region,
                     struct pulse_err *err)
{
    for (int64_t i = 0; view->streams != NULL && i < view->streams->n; i++) {
        const struct pulse_stream *stream = &view->streams->all[i];
        char *link =
            pulse_logs_link(log_region(stream, region), stream->log.group, stream->log.name, err);
        if (link == NULL)
            return -1;
        (void)fprintf(out, "  log%s%s: %s\n", stream->label[0] == '\0' ? "" : " of ", stream->label,
                      link);
        free(link);
    }
    return 0;
}

const char *pulse_job_view_why(const struct pulse_job_view *view)
{
    return view->job != NULL && view->job->fate != PULSE_FATE_OPEN ? "because" : "waits";
}

static void put_why(FILE *out, const struct pulse_job_view *view)
{
    for (int i = 0; view->why != NULL && i < view->why->n; i++)
        (void)fprintf(out, "  %s: %s\n", pulse_job_view_why(view), view->why->finding[i].text);
}

static void put_job(FILE *out, const struct pulse_job_view *view, int64_t now_ms)
{
    const struct pulse_job *job = view->job;
    put_text(out, "", job->name);
    (void)fprintf(out, "  %s\n  %s", view->id, pulse_job_state(job));
    put_time(out, job, now_ms);
    if (has_text(job->queue))
        (void)fprintf(out, " in %s", shorten_arn(job->queue));
    put_attempt(out, job);
    if (job->fate != PULSE_FATE_OPEN)
        put_end(out, job);
    (void)fputc('\n', out);
    if (has_parts(job)) {
        (void)fprintf(out, "  ");
        put_counts(out, view);
        (void)fputc('\n', out);
    }
    put_attempts(out, job);
    put_parts(out, view);
    put_why(out, view);
}

static void put_unknown(FILE *out, const struct pulse_job_view *view, const char *region)
{
    (void)fprintf(out, "%s  %s", view->id, pulse_fate_name(view->fate));
    if (view->fate == PULSE_FATE_UNKNOWN)
        (void)fprintf(out,
                      " in %s: check the id, --aws-region and whose account it is; Batch forgets "
                      "jobs some days after their end",
                      region);
    (void)fputc('\n', out);
}

char *pulse_job_view_screen(const struct pulse_job_view *view, const char *region, int64_t now_ms,
                            int width, bool links, struct pulse_err *err)
{
    char *text = NULL;
    size_t n;
    const struct pulse_job *job = view->job;
    FILE *out = open_memstream(&text, &n);
    int rc = 0;
    if (out == NULL)
        return finish_text(NULL, 0, err);
    if (job == NULL)
        put_unknown(out, view, region);
    else {
        put_job(out, view, now_ms);
        rc = links ? put_links(out, view, region, err) : 0;
    }
    (void)fclose(out);
    if (rc == 0)
        return finish_text(text, width, err);
    free(text);
    return NULL;
}

char *pulse_job_view_line(const struct pulse_job_view *view, struct pulse_err *err)
{
    char *text = NULL;
    size_t n;
    const struct pulse_job *job = view->job;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return finish_text(NULL, 0, err);
    (void)fprintf(out, "%s %s", view->id,
                  job == NULL ? pulse_fate_name(view->fate) : pulse_job_state(job));
    if (job != NULL) {
        if (view->fate == PULSE_FATE_TIMED_OUT || view->fate == PULSE_FATE_TERMINATED ||
            view->fate == PULSE_FATE_HOPELESS)
            (void)fprintf(out, " (%s)", pulse_fate_name(view->fate));
        if (job->fate != PULSE_FATE_OPEN)
            put_duration(out, "after", job->started_ms, job->stopped_ms);
        put_attempt(out, job);
        if (has_parts(job)) {
            (void)fprintf(out, ", ");
            put_counts(out, view);
        }
        if (job->fate != PULSE_FATE_OPEN)
            put_end(out, job);
    }
    (void)fclose(out);
    text = finish_text(text, 0, err);
    for (char *c = text; c != NULL && *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return text;
}

char *pulse_job_view_failed(const struct pulse_job_view *view, struct pulse_err *err)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return finish_text(NULL, 0, err);
    for (int64_t i = 0; i < view->n_parts && i < MOST_PART_LINES; i++)
        if (part_failed(&view->parts[i])) {
            (void)fprintf(out, "         %s ", view->parts[i].id);
            put_outcome(out, &view->parts[i]);
        }
    (void)fclose(out);
    return finish_text(text, 0, err);
}

/* ---- JSON ----------------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
    return has_text(text) ? json_string(text) : json_null();
}

static json_t *exit_code_of(const struct pulse_job *job)
{
    return job->has_exit_code ? json_integer(job->exit_code) : json_null();
}

static json_t *parts_of(const struct pulse_job_view *view)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < view->n_parts; i++) {
        const struct pulse_job *part = &view->parts[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:b}", "jobId", part->id, "index",
                      (json_int_t)part->index, "status", part->status, "exitCode",
                      exit_code_of(part), "reason", text_or_null(part->exit_reason), "statusReason",
                      text_or_null(part->reason), "log", text_or_null(part->stream), "address",
                      text_or_null(part->address), "main", part->main));
    }
    return list;
}

/* How many nodes or children are in which state. */
static json_t *counts_of(const struct pulse_job_view *view)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (in_state(view, states[i]) > 0)
            (void)json_object_set_new(counts, states[i], json_integer(in_state(view, states[i])));
    return counts;
}

static json_t *logs_of(const struct pulse_job_view *view, const char *region, struct pulse_err *err)
{
    json_t *list = json_array();
    for (int64_t i = 0; view->streams != NULL && i < view->streams->n; i++) {
        const struct pulse_stream *stream = &view->streams->all[i];
        char *link =
            pulse_logs_link(log_region(stream, region), stream->log.group, stream->log.name, err);
        if (link != NULL)
            (void)json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "label", stream->label,
                                                        "group", stream->log.group, "stream",
                                                        stream->log.name, "link", link));
        free(link);
    }
    return list;
}

static json_t *why_of(const struct pulse_job_view *view)
{
    json_t *list = json_array();
    for (int i = 0; view->why != NULL && i < view->why->n; i++)
        (void)json_array_append_new(list, json_string(view->why->finding[i].text));
    return list;
}

json_t *pulse_job_view_json(const struct pulse_job_view *view, const char *region,
                            struct pulse_err *err)
{
    const struct pulse_job *job = view->job;
    json_t *out = json_pack("{s:s,s:s}", "jobId", view->id, "fate", pulse_fate_name(view->fate));
    if (out != NULL && job != NULL) {
        (void)json_object_set_new(out, "jobName", json_string(job->name));
        (void)json_object_set_new(out, "jobQueue", json_string(shorten_arn(job->queue)));
        (void)json_object_set_new(out, "status", json_string(job->status));
        (void)json_object_set_new(out, "state", json_string(pulse_job_state(job)));
        (void)json_object_set_new(out, "reason", text_or_null(job->reason));
        (void)json_object_set_new(out, "exitCode", exit_code_of(job));
        (void)json_object_set_new(out, "exitReason", text_or_null(job->exit_reason));
        (void)json_object_set_new(out, "attempts", json_integer(job->attempts));
        (void)json_object_set_new(out, "createdAt", json_integer(job->created_ms));
        if (job->started_ms > 0)
            (void)json_object_set_new(out, "startedAt", json_integer(job->started_ms));
        if (job->stopped_ms > 0)
            (void)json_object_set_new(out, "stoppedAt", json_integer(job->stopped_ms));
        if (has_parts(job)) {
            (void)json_object_set_new(out, "size", json_integer(job->parts));
            (void)json_object_set_new(out, "counts", counts_of(view));
        }
        (void)json_object_set_new(out, "parts", parts_of(view));
        (void)json_object_set_new(out, "logs", logs_of(view, region, err));
        (void)json_object_set_new(out, "why", why_of(view));
    }
    if (out == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for what is to be shown");
    return out;
}
