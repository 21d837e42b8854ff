/* The nodes of a multi-node job, or the children of an array, as far as they tell what became of
 * it: all of a few, of a large array those that have failed. Shows nothing. */
#ifndef PULSE_SUBMIT_JOB_PARTS_H
#define PULSE_SUBMIT_JOB_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/aws.h"
#include "submit/job.h"

/* Zero it; clear it. */
struct pulse_job_parts {
    json_t *details;       /* what `all` borrows from */
    struct pulse_job *all; /* those that failed first, then by index */
    int64_t n;
    bool looked;    /* at a large array, when ... */
    int64_t failed; /* ... so many of its children had failed */
};

/* Asks Batch for them. A large array costs requests only where more children have failed than the
 * last time. A job of another kind has none. */
int pulse_job_parts_update(const struct pulse_aws *batch, const struct pulse_job *job,
                           struct pulse_job_parts *parts, struct pulse_err *err);
void pulse_job_parts_clear(struct pulse_job_parts *parts);

/* The fate of an array that has failed: that of its failed children where they share one. Of any
 * other job its own. Pure. */
enum pulse_fate pulse_job_parts_fate(const struct pulse_job *job,
                                     const struct pulse_job_parts *parts);

#endif
