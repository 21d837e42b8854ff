/* What is shown of jobs: a screen, a line, JSON. Pure: makes text, prints nothing; whatever came
 * from elsewhere is made harmless to a terminal. */
#ifndef PULSE_SUBMIT_JOB_VIEW_H
#define PULSE_SUBMIT_JOB_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/job.h"

/* One job with what belongs to it; all borrowed. */
struct pulse_job_view {
    const char *id;                /* as it was asked for */
    const struct pulse_job *job;   /* NULL: Batch does not know it */
    const struct pulse_job *parts; /* n_parts nodes or children of an array, failed ones first */
    int64_t n_parts;
    const struct pulse_findings *why; /* it waits, or has failed with another job */
    const struct pulse_streams *streams;
    enum pulse_fate fate;
};

/* What stands before a line of `why`: "waits", or "because" once it has ended. */
const char *pulse_job_view_why(const struct pulse_job_view *view);

/* Several lines, none longer than `width` characters (0: no limit), times relative to `now_ms`.
 * With `links`, where the logs are. Heap; NULL with PULSE_E_MEMORY. */
char *pulse_job_view_screen(const struct pulse_job_view *view, const char *region, int64_t now_ms,
                            int width, bool links, struct pulse_err *err);

/* One line, the same as long as nothing has happened. Heap; NULL with PULSE_E_MEMORY. */
char *pulse_job_view_line(const struct pulse_job_view *view, struct pulse_err *err);

/* A line for each node or child that has failed, as many as fit a screen; "" where none has. Heap;
 * NULL with PULSE_E_MEMORY. */
char *pulse_job_view_failed(const struct pulse_job_view *view, struct pulse_err *err);

/* The same as an object for programs: jobId, status, fate, exitCode, reason, attempts, size,
 * counts, parts (of a large array those that failed), logs, why. NULL with PULSE_E_MEMORY. */
json_t *pulse_job_view_json(const struct pulse_job_view *view, const char *region,
                            struct pulse_err *err);

#endif
