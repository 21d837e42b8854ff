/* Submits what is not done of a workflow to AWS Batch: a job a step, each depending on those that
 * it waits for; and ends such jobs. No step has two jobs under way. */
#ifndef PULSE_FLOW_SUBMIT_H
#define PULSE_FLOW_SUBMIT_H

#include "submit/aws.h"
#include "submit/flow/record.h"

struct pulse_flow_submit {
    const struct pulse_aws *batch;
    struct pulse_flow_record *record; /* polled and renewed; the flow is planned */
    json_t *requests;                 /* NULL; else they are appended here and nothing is sent */
};

/* Each job is looked for by its name, which holds the step's key, before it is submitted, and is in
 * the record at once. PULSE_E_USAGE, the errors of batch.h and of the store: what was submitted
 * until then is in the record, and the same command goes on from there. */
int pulse_flow_submit(const struct pulse_flow_submit *submit, struct pulse_err *err);

/* Terminates all jobs that may be under way; *n is how many. */
int pulse_flow_terminate(const struct pulse_aws *batch, struct pulse_flow_record *record,
                         int64_t *n, struct pulse_err *err);

#endif
