/* Follows jobs to their end, or looks once, and shows what it sees: redrawn on a terminal, plain
 * lines in a pipe, JSON for programs. */
#ifndef PULSE_SUBMIT_WATCH_H
#define PULSE_SUBMIT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/aws.h"

struct pulse_watch {
    const struct pulse_aws *batch, *logs;
    const char *endpoint; /* --endpoint-url, for logs of other regions; or NULL */
    const char *const *ids;
    int64_t n;
    bool monitor; /* until all have ended; else one look */
    double poll_seconds;
    bool show_logs;
    int64_t tail; /* last lines of each stream to begin with; 0: all */
    bool json;
};

/* *exit_code is that of the first job that did not succeed (job.h), 0 when all did or, after one
 * look, are under way. Errors are those of talking to AWS; a temporary one is waited out a while
 * when monitoring. */
int pulse_watch(const struct pulse_watch *watch, int *exit_code, struct pulse_err *err);

#endif
