/* What AWS Batch says of a workflow's jobs, as states of its steps. Reads; changes nothing. */
#ifndef PULSE_FLOW_POLL_H
#define PULSE_FLOW_POLL_H

#include "submit/aws.h"
#include "submit/flow/record.h"

/* Brings the states of all steps with jobs that may be under way up to date: one request for a
 * hundred of them. The errors of batch.h. */
int pulse_flow_poll(const struct pulse_aws *batch, struct pulse_flow_record *record,
                    struct pulse_err *err);

/* The same, with a client made for it; asks nobody where there is no such job. */
int pulse_flow_poll_once(const char *region, const char *endpoint_url,
                         struct pulse_flow_record *record, struct pulse_err *err);

#endif
