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

/* Zero it, set the borrowed members; clear it in every case. */
struct pulse_runner {
    const struct pulse_comm *comm;
    const char *study, *folder; /* where trials go */
    const struct pulse_space *space;
    const struct pulse_digest *data;
    const char *command;                   /* what trials say of who ran them */
    const struct pulse_study_lease *lease; /* of rank 0; of the family in hand */
    struct pulse_loaded loaded;            /* of the options whose digest is … */
    struct pulse_digest of;
    bool has_data;
    int64_t sharing;     /* trials that the walk in hand was made for */
    int64_t run, failed; /* trials so far */
    double vcpu_seconds; /* that they took */
};

/* Runs n trials of one family. What is wrong with a trial is its result. PULSE_E_INPUT of the data,
 * PULSE_E_STORAGE, PULSE_E_TEMPORARY, PULSE_E_MEMORY. */
int pulse_runner_run(struct pulse_runner *runner, const struct pulse_trial *const *trials,
                     int64_t n, struct pulse_err *err);
void pulse_runner_clear(struct pulse_runner *runner);

#endif
