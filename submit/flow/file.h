/* A workflow's file, YAML on disk or in S3, into a workflow. Starts nothing; steps are not looked
 * at beside each other (graph.h), nor their options (check.h). */
#ifndef PULSE_FLOW_FILE_H
#define PULSE_FLOW_FILE_H

#include "submit/flow/flow.h"

/* Reads `path`. PULSE_E_USAGE with the line; the store's errors. Clear `flow` in every case. */
int pulse_flow_file_read(const char *path, struct pulse_flow *flow, struct pulse_err *err);

/* The same of `n` bytes of text. */
int pulse_flow_file_parse(const char *path, const char *text, int64_t n, struct pulse_flow *flow,
                          struct pulse_err *err);

#endif
