/* What goes on beside the walk, span by span: the progress line, --progress-file, the checkpoint,
 * and whether the output is still ours. Computes nothing. */
#ifndef PULSE_RUN_WATCH_H
#define PULSE_RUN_WATCH_H

#include "base/progress.h"
#include "fit/walk.h"
#include "mpi/comm.h"
#include "plan/options.h"
#include "run/checkpoint.h"
#include "run/progress_file.h"
#include "run/work.h"
#include "store/lease.h"

/* The first members are borrowed and set by the caller. */
struct pulse_watch {
    const struct pulse_comm *comm;
    const struct pulse_options *options;
    const struct pulse_work *work;
    struct pulse_run_checkpoint *checkpoint;
    struct pulse_progress_file *file;
    struct pulse_lease *lease; /* of rank 0; NULL: none */

    struct pulse_progress line;
    int64_t noted; /* spans of this rank that rank 0 knows to be finished */
};

/* Local. Returns what the walk is to be watched by; it refers to `watch`. */
struct pulse_walk_watch pulse_watch_begin(struct pulse_watch *watch);

/* Collective: rank 0 hears of every span, also from a rank that failed before it came to it. */
void pulse_watch_end(struct pulse_watch *watch);

#endif
