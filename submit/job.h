/* A job as DescribeJobs shows it, read: what it is, what became of it, where its logs are. Pure;
 * trusts nothing to be there. */
#ifndef PULSE_SUBMIT_JOB_H
#define PULSE_SUBMIT_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/logs.h"
#include "submit/preflight.h"

enum pulse_fate {
    PULSE_FATE_OPEN, /* not at its end */
    PULSE_FATE_SUCCEEDED,
    PULSE_FATE_FAILED,
    PULSE_FATE_TIMED_OUT,
    PULSE_FATE_TERMINATED, /* or cancelled */
    PULSE_FATE_UNKNOWN,    /* Batch does not know it */
    PULSE_FATE_HOPELESS    /* can never be placed: waits, or was cancelled for that */
};

/* 0, 0, 1, 4, 5, 3, 6. */
int pulse_fate_exit_code(enum pulse_fate fate);
const char *pulse_fate_name(enum pulse_fate fate);

/* What a container's exit code means, where that is not plain: words in parentheses that follow
 * it, with a blank before them; "" otherwise. */
const char *pulse_job_explain_code(int64_t code);

enum pulse_job_kind {
    PULSE_JOB_SINGLE,
    PULSE_JOB_MULTI,
    PULSE_JOB_ARRAY,
    PULSE_JOB_NODE,
    PULSE_JOB_CHILD
};

/* All borrowed from the description; "" and 0 where it has none. */
struct pulse_job {
    const json_t *detail;
    const char *id, *arn, *name, *queue, *definition, *status, *reason;
    enum pulse_job_kind kind;
    int64_t parts; /* nodes of a multi-node job, size of an array */
    int64_t index; /* of a node or a child of an array */
    bool main;     /* the node whose end is the job's */
    int64_t created_ms, started_ms, stopped_ms;
    int64_t attempts; /* that have ended */
    bool has_exit_code;
    int exit_code;           /* of the last container that has one */
    const char *exit_reason; /* what the container says of it */
    const char *stream;      /* the log of the last container that has one */
    const char *address;     /* a node's */
    enum pulse_fate fate;
};

/* What Batch terminates a job with when pulse-status asks for it; said again in the reason. */
#define PULSE_TERMINATED_BY "Terminated by pulse-status"

/* False when it is no description of a job. */
bool pulse_job_read(const json_t *detail, struct pulse_job *out);

/* The attempts of a job that have ended, on Kubernetes too; NULL without. */
const json_t *pulse_job_attempts(const json_t *detail);

/* The container of a job or of an attempt that says how it ended: of several the first that failed.
 * NULL without one. */
const json_t *pulse_job_container(const json_t *holder);

/* How many children of an array are in a state, by Batch's own count, which comes late. */
int64_t pulse_job_children_in(const struct pulse_job *job, const char *state);

/* How it is to be read: its status; "running" for an array that is PENDING while its children
 * run. */
const char *pulse_job_state(const struct pulse_job *job);

/* What it asks for, out of its description. */
struct pulse_need pulse_job_need(const struct pulse_job *job);

/* Log streams found so far, each once. */
struct pulse_stream {
    struct pulse_log_stream log;
    char label[48]; /* "node 1, attempt 2"; "" for the only one */
};
struct pulse_streams {
    int64_t n, cap;
    struct pulse_stream *all;
};

/* Adds the streams that a job, a node or a child of an array shows. `parent` is NULL, or what it
 * belongs to: its attempts and its log group count. */
int pulse_streams_collect(struct pulse_streams *streams, const struct pulse_job *job,
                          const struct pulse_job *parent, struct pulse_err *err);
void pulse_streams_clear(struct pulse_streams *streams);

/* Whether it failed without a start, and depends on others: as a rule one of those has failed. */
bool pulse_job_failed_with_another(const struct pulse_job *job);

/* What a job that is PENDING waits for: those of its dependencies that have not succeeded, out of
 * `others`, their descriptions. Of one that has failed, those that did. */
void pulse_job_explain_dependencies(const struct pulse_job *job, const json_t *others,
                                    struct pulse_findings *out);

/* What to do about a job that failed by no doing of its program, and about such parts of it (n),
 * each thing once: out of what Batch and the container's runtime said. */
void pulse_job_explain_end(const struct pulse_job *job, const struct pulse_job *parts, int64_t n,
                           struct pulse_findings *out);

/* What is done while a job is STARTING, and where to look when that does not end. */
void pulse_job_explain_start(struct pulse_findings *out);

/* Why a job that is RUNNABLE waits, and what to do: out of its statusReason, its queue, the queue's
 * environments (NULL: not known) and its position among those that wait (0: not known). True when
 * it can never be placed as things are. */
bool pulse_job_explain(const struct pulse_job *job, const json_t *queue, const json_t *environments,
                       int position, struct pulse_findings *out);

#endif
