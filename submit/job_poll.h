/* Jobs that are looked at again and again: what Batch says of them now, with their nodes or
 * children, why they wait, and which log streams they have. Shows nothing. */
#ifndef PULSE_SUBMIT_JOB_POLL_H
#define PULSE_SUBMIT_JOB_POLL_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/aws.h"
#include "submit/job.h"
#include "submit/job_parts.h"
#include "submit/job_view.h"

/* How often a job that is not there, or can never be placed, is looked at before that is believed:
 * a new job shows after a moment, and what a queue lacks may be under repair. */
struct pulse_patience {
    int missing, hopeless;
};

struct pulse_job_poll {
    const char *id; /* as it was asked for; borrowed */
    json_t *detail; /* NULL: not seen yet */
    struct pulse_job job;
    struct pulse_job_parts parts;
    struct pulse_findings why;
    struct pulse_streams streams;
    enum pulse_fate fate;  /* PULSE_FATE_OPEN until it is certain */
    int missing, hopeless; /* times in a row */
};

/* Asks Batch for all of `n` jobs whose fate is open. */
int pulse_job_poll_update(const struct pulse_aws *batch, struct pulse_job_poll *all, int64_t n,
                          const struct pulse_patience *patience, struct pulse_err *err);
void pulse_job_poll_clear(struct pulse_job_poll *one);

/* For view.h; valid until the next poll. */
struct pulse_job_view pulse_job_poll_view(const struct pulse_job_poll *one);

#endif
