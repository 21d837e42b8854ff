/* Runs a workflow's steps on this machine: those that wait for nothing at once, as many as its
 * cores hold. Steps that are done are skipped; one that fails stops those that wait for it. */
#ifndef PULSE_FLOW_RUN_H
#define PULSE_FLOW_RUN_H

#include "submit/flow/record.h"

struct pulse_flow_run {
    struct pulse_flow_record *record; /* renewed; the flow is planned */
    int cores;
    bool quiet; /* what steps print is not shown */
};

/* To the end of all, or until a signal. *code is the exit code of the first step that failed, 0
 * where none did; that is said in the record. -1 with an error of the store, of starting programs,
 * or of the signal (PULSE_E_SIGINT, PULSE_E_SIGTERM): no step is running then. */
int pulse_flow_run(const struct pulse_flow_run *run, int *code, struct pulse_err *err);

/* CPUs that this process may use. */
int pulse_flow_count_cores(void);

#endif
