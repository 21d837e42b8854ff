/* Trials that share a walk: panel, sums, candidates once for all, and each trial judged on its own,
 * with those of the walk's penalties and blocks that it has. What it comes to has the bits of a run
 * of its own. All functions are collective but where noted. Knows nothing of studies. */
#ifndef PULSE_TUNE_SHARED_WALK_H
#define PULSE_TUNE_SHARED_WALK_H

#include <jansson.h>

#include "fit/fitted.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "run/walk.h"
#include "run/work.h"
#include "tune/loss_table.h"

/* In the order in which it comes to be. Zero it; clear it in every case. */
struct pulse_shared_walk {
    const struct pulse_options *options; /* borrowed */
    struct pulse_panel panel;
    struct pulse_work work;
    struct pulse_training training;
    struct pulse_fitted fitted;
    bool whole; /* only of use to trials with all of its candidates */
};

/* Walks through the data that are loaded, with the options of any trial of the family (`untested`
 * set) and all penalties and blocks that its trials have, `several` sets of candidates; the options
 * have to outlive the walk. Nothing is walked where the candidates of several would take too much
 * memory. PULSE_E_INPUT and PULSE_E_USAGE where such a trial cannot be run; else as in pulse-train.
 */
int pulse_shared_walk_fit(const struct pulse_comm *comm, const struct pulse_options *options,
                          bool several, const struct pulse_loaded *loaded,
                          struct pulse_shared_walk *family, struct pulse_err *err);

/* Local. Whether any window was trained; PULSE_E_INPUT in `err`, with the reason, where none was.
 */
bool pulse_shared_walk_has_trained(const struct pulse_shared_walk *family, struct pulse_err *err);

/* Local. Whether a trial with these options comes to what a walk of its own would say, to the bit:
 * candidates do not mix, but where one of them has no solution all are refitted or fail, and the
 * smallest penalty and how many there are decide how systems are solved. */
bool pulse_shared_walk_serves(const struct pulse_shared_walk *family,
                              const struct pulse_options *options);

/* What a trial comes to, on rank 0. */
struct pulse_judged {
    void *losses; /* losses.h5, n bytes; owned */
    int64_t n;
    json_t *summary;         /* of the run, without what a study adds; owned */
    int64_t trained, failed; /* windows */
};

/* Judges one trial of a family that is fitted and serves it. Clear in every case. */
int pulse_shared_walk_judge(const struct pulse_comm *comm, const struct pulse_options *options,
                            const struct pulse_shared_walk *family, struct pulse_judged *judged,
                            struct pulse_err *err);
void pulse_judged_clear(struct pulse_judged *judged);
void pulse_shared_walk_clear(struct pulse_shared_walk *family);

#endif
