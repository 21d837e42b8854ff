/* All that a run holds: for main alone, which hands each stage what it reads and what it makes. */
#ifndef PULSE_RUN_RUN_H
#define PULSE_RUN_RUN_H

#include "fit/fitted.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "results/results.h"
#include "run/checkpoint.h"
#include "run/deliver.h"
#include "run/fingerprint.h"
#include "run/progress_file.h"
#include "run/walk.h"
#include "run/work.h"

/* In the order in which it comes to be. */
struct pulse_run {
    double began;
    struct pulse_timeline timeline; /* of this rank */
    struct pulse_options options;
    struct pulse_comm comm;
    struct pulse_progress_file progress;
    struct pulse_panel panel;
    struct pulse_work work;
    struct pulse_run_fingerprint fingerprint;
    struct pulse_versions versions;
    struct pulse_run_checkpoint checkpoint;
    struct pulse_delivery delivery;
    struct pulse_training training;
    struct pulse_fitted fitted;
    struct pulse_results *results;
    struct pulse_variable_summary *summaries; /* horizons × V: of the owned, in the end of all on
                                                 rank 0 */
};

#endif
