/* The fingerprint of a run's results: what all files of theirs carry, so that readers know files of
 * two runs from those of one. Runs that share it make the same numbers. Collective; knows nothing
 * of files. */
#ifndef PULSE_RUN_FINGERPRINT_H
#define PULSE_RUN_FINGERPRINT_H

#include "base/digest.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "plan/plan.h"

/* Zero it; clear it in every case. */
struct pulse_run_fingerprint {
    char text[PULSE_DIGEST_TEXT];   /* on all ranks */
    char data[PULSE_DIGEST_TEXT];   /* of all values, names and dates; rank 0 */
    struct pulse_digest *variables; /* V: of each one's values; rank 0 */
};

/* Of data, options, dates, program and arithmetic, but of no location and no number of ranks; once
 * panel and windows are there. DEFINITIONS 7.5. PULSE_E_MEMORY, or an error of MPI. */
int pulse_run_fingerprint_make(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_panel *panel, const struct pulse_plan *plan,
                               struct pulse_run_fingerprint *out, struct pulse_err *err);
void pulse_run_fingerprint_clear(struct pulse_run_fingerprint *fingerprint);

#endif
