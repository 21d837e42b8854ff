/* The steps of a workflow on one screen: what each does, waits for, has taken and cost so far. */
#ifndef PULSE_FLOW_VIEW_H
#define PULSE_FLOW_VIEW_H

#include <stdio.h>

#include "submit/flow/record.h"

/* A line a step, then what is known of failures. Cost is in vCPU hours, and in the money of the
 * file's `price` where it has one. */
void pulse_flow_view_print(const struct pulse_flow_record *record, FILE *to);

/* What a command would do: key, whether a step would be skipped, its command line. */
void pulse_flow_view_plan(const struct pulse_flow *flow, FILE *to);

/* Steps, what they wait for and what they write. */
void pulse_flow_view_check(const struct pulse_flow *flow, FILE *to);

/* The record as JSON on standard output; `compact`: in one line. */
int pulse_flow_view_json(const struct pulse_flow_record *record, bool compact,
                         struct pulse_err *err);

#endif
