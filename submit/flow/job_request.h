/* A step as a request to AWS Batch: pulse-node with the step's program, and the marks that it
 * leaves after success. Reads and writes nothing. */
#ifndef PULSE_FLOW_JOB_REQUEST_H
#define PULSE_FLOW_JOB_REQUEST_H

#include <jansson.h>

#include "submit/definition.h"
#include "submit/flow/flow.h"
#include "submit/request.h"

/* Zero it; clear it. */
struct pulse_flow_job_request {
    json_t *json;     /* the whole request */
    char *file, *uri; /* the command line as a file and where it goes; NULL: it fits in */
    char *named;      /* the same with its digest */
    char name[PULSE_JOB_NAME];
};

/* What is not in the workflow. All borrowed. */
struct pulse_flow_job_target {
    const char *region;
    const char *stamp; /* of pulse_request_stamp */
    struct pulse_definition definition;
    const char *const *depends_on; /* ids of jobs */
    int n_depends_on;
};

const char *pulse_flow_queue(const struct pulse_flow *flow, const struct pulse_flow_step *step);
/* NAME of the job definition; heap. */
char *pulse_flow_definition(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                            struct pulse_err *err);

/* The name of a step's jobs, all but the time of which is the same for the same key: "*" for the
 * stamp makes what finds them. */
char *pulse_flow_job_name(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          const char *stamp, char out[PULSE_JOB_NAME]);

/* Makes it; PULSE_E_USAGE, PULSE_E_MEMORY. */
int pulse_flow_job_request(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                           const struct pulse_flow_job_target *target,
                           struct pulse_flow_job_request *out, struct pulse_err *err);
void pulse_flow_job_request_clear(struct pulse_flow_job_request *request);

/* In S3 alone steps on different machines find what others write. PULSE_E_USAGE with the line of
 * the first path that is elsewhere. */
int pulse_flow_check_locations(const struct pulse_flow *flow, struct pulse_err *err);

#endif
