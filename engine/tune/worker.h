/* A worker: takes the next family of trials that is not done and that no other worker has, runs it,
 * puts what it came to into the study, and goes on until there is none. Collective. */
#ifndef PULSE_TUNE_WORKER_H
#define PULSE_TUNE_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "mpi/comm.h"
#include "tune/space/space.h"
#include "tune/space/trials.h"

struct pulse_worker_wish {
    const char *study;
    const char *command; /* that started this worker: a digest, the same for a whole array */
    bool retry_failed;   /* trials that failed before it are run again, once by all its workers */
    bool no_progress;
    int64_t first; /* where in the list of families to begin, so that workers do not meet */
};

/* What it came to, on rank 0. */
struct pulse_worker_result {
    int64_t run, failed;    /* trials by this worker */
    int64_t finished, left; /* of the study's list, when it ended */
    double seconds;
    const char *limit; /* which one ended it; NULL: none */
};

/* Everything but the holdout. Errors of the trials are theirs; those of data, storage and memory
 * end the worker. After a signal the job ends; what was finished is in the study. */
int pulse_worker_run(const struct pulse_comm *comm, const struct pulse_worker_wish *wish,
                     const struct pulse_space *space, const struct pulse_digest *data,
                     const struct pulse_trials *trials, struct pulse_worker_result *result,
                     struct pulse_err *err);

#endif
