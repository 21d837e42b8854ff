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

/* Of data, options, dates, program and arithmetic, but of no location and no number of ranks; the
 * same on all ranks, as text. PULSE_E_MEMORY, or an error of MPI. */
int pulse_run_fingerprint_make(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_panel *panel, char out[PULSE_DIGEST_TEXT],
                               struct pulse_err *err);

#endif
