/* A study that is opened: its space, which data it is of, its trials. */
#ifndef PULSE_TUNE_OPENED_H
#define PULSE_TUNE_OPENED_H

#include "mpi/comm.h"
#include "tune/space/space.h"
#include "tune/space/trials.h"

/* Zero it; clear it in every case. */
struct pulse_opened {
    struct pulse_space space;
    struct pulse_digest data;
    struct pulse_trials trials;
};

/* Collective: the same on all ranks; only rank 0 looks at files. Errors as of
 * pulse_study_read_text, pulse_space_read, pulse_data_digest_default and pulse_trials_make. */
int pulse_opened_read(const struct pulse_comm *comm, const char *study, struct pulse_opened *opened,
                      struct pulse_err *err);

/* Collective: a text of rank 0, *n bytes, to all; to be freed in every case. An error of rank 0
 * reaches all. */
int pulse_share_text(const struct pulse_comm *comm, char **text, int64_t *n, struct pulse_err *err);
void pulse_opened_clear(struct pulse_opened *opened);

#endif
