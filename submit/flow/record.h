/* What became of the steps of a workflow: kept in RESULTS/flow.json, which is replaced as a whole
 * with every change, so that whoever looks sees one moment of it. */
#ifndef PULSE_FLOW_RECORD_H
#define PULSE_FLOW_RECORD_H

#include <jansson.h>

#include "submit/batch.h"
#include "submit/flow/flow.h"
#include "submit/request.h"

enum pulse_flow_fate {
    PULSE_FLOW_WAITING, /* for others, for cores, or to be begun */
    PULSE_FLOW_RUNNING,
    PULSE_FLOW_DONE,
    PULSE_FLOW_FAILED,
    PULSE_FLOW_NOT_RUN, /* one that it waits for failed */
    PULSE_FLOW_STOPPED, /* by a signal, or with whoever ran it */
    PULSE_FLOW_FATES
};

enum { PULSE_FLOW_WHY = 400 };

/* How far the workers of a step are that is an array of Batch. */
struct pulse_flow_workers {
    int64_t all; /* 0: it is none */
    int64_t running, done, failed;
};

struct pulse_flow_state {
    enum pulse_flow_fate fate;
    char key[PULSE_FLOW_KEY]; /* of what this is the state of; "" */
    bool reused;              /* done by a command before this one */
    int exit_code;
    double began, ended; /* Unix time in seconds; 0: not yet */
    char job_name[PULSE_JOB_NAME];
    char job_id[PULSE_JOB_ID]; /* in Batch; "" */
    struct pulse_flow_workers workers;
    char why[PULSE_FLOW_WHY]; /* of failures, and of what waits or was not run; "" */
};

struct pulse_flow_record {
    const struct pulse_flow *flow;
    const char *mode;                /* "run" or "submit"; of one that was read: what it was */
    char *uri;                       /* of flow.json; owned */
    struct pulse_flow_state *states; /* of each step; owned */
    char kept_mode[8];
};

/* Reads what is known of the flow's steps, all PULSE_FLOW_WAITING where nothing is. A record that
 * cannot be read is none. The store's errors. Clear it in every case. */
int pulse_flow_record_read(const struct pulse_flow *flow, struct pulse_flow_record *record,
                           struct pulse_err *err);
void pulse_flow_record_clear(struct pulse_flow_record *record);

/* Makes each state that of the step's key: one of another key, or that did not end well, is
 * forgotten, but for a job that is under way. */
void pulse_flow_record_renew(struct pulse_flow_record *record);

/* PULSE_E_USAGE if a step's job is under way: one of another key, or of `any`. */
int pulse_flow_record_refuse_jobs(const struct pulse_flow_record *record, bool any,
                                  struct pulse_err *err);

/* Whether a step has a job that may still be under way. */
bool pulse_flow_has_open_job(const struct pulse_flow_state *state);

int pulse_flow_record_write(const struct pulse_flow_record *record, struct pulse_err *err);

/* A new object; NULL with PULSE_E_MEMORY. */
json_t *pulse_flow_record_json(const struct pulse_flow_record *record, struct pulse_err *err);

const char *pulse_flow_fate_name(enum pulse_flow_fate fate);

/* Seconds that a step took or has taken until now. */
double pulse_flow_state_seconds(const struct pulse_flow_state *state, double now);

/* vCPU hours of a step until now. */
double pulse_flow_state_cost(const struct pulse_flow_step *step,
                             const struct pulse_flow_state *state, double now);

/* Unix time in seconds. */
double pulse_flow_now(void);

#endif
