/* Runs the trials of a family, from data that stay loaded as long as trials use the same, and puts
 * what they come to into the study. Collective. Knows nothing of leases or of what is left to do.
 */
#ifndef PULSE_TUNE_RUNNER_H
#define PULSE_TUNE_RUNNER_H

#include "mpi/comm.h"
#include "panel/load.h"
#include "tune/space/space.h"
#include "tune/space/trials.h"
#include "tune/study_lease.h"

/* Who follows the trials of a run; of rank 0. */
struct pulse_runner_watch {
    /* Whether a trial is the last one of this run, which has come to so many vCPU seconds with it
     * and the whole of the walk that was made for it and others. */
    bool (*is_last)(void *context, double vcpu_seconds);
    /* A trial's result is in the study. */
    void (*note)(void *context, const struct pulse_trial *trial);
    void *context;
};

/* Zero it, set the borrowed members; clear it in every case. */
struct pulse_runner {
    const struct pulse_comm *comm;
    const char *study, *folder; /* where trials go */
    const struct pulse_space *space;
    const struct pulse_digest *data;
    const char *command;                    /* what trials say of who ran them */
    const struct pulse_study_lease *lease;  /* of rank 0; of the family in hand */
    const struct pulse_runner_watch *watch; /* NULL: nobody, and all trials are run */
    struct pulse_loaded loaded;             /* of the options whose digest is … */
    struct pulse_digest of;
    bool has_data;
    int64_t sharing;     /* trials that the walk in hand was made for */
    double pending;      /* vCPU seconds of that walk which no trial has been charged with yet */
    bool stopped;        /* the watch has had enough */
    int64_t run, failed; /* trials so far */
    double vcpu_seconds; /* that they took */
};

/* Runs n trials of one family, or those up to the one that the watch takes for the last, which is
 * then charged with what is left of the walk. What is wrong with a trial is its result.
 * PULSE_E_INPUT of the data, PULSE_E_STORAGE, PULSE_E_TEMPORARY, PULSE_E_MEMORY. */
int pulse_runner_run(struct pulse_runner *runner, const struct pulse_trial *const *trials,
                     int64_t n, struct pulse_err *err);
void pulse_runner_clear(struct pulse_runner *runner);

#endif
