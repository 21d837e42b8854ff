/* From columns to every candidate's retrodictions, the final fit and the Granger tests. All
 * functions are collective but where noted. */
#ifndef PULSE_RUN_WALK_H
#define PULSE_RUN_WALK_H

#include "fit/fitted.h"
#include "fit/sums.h"
#include "mpi/comm.h"
#include "panel/column.h"
#include "plan/options.h"
#include "run/watch.h"
#include "run/work.h"

/* What the model learns from: rows of all variables that enter, and sums over them. */
struct pulse_training {
    struct pulse_row_block rows;       /* this rank's, with what its first window looks back to */
    struct pulse_row_block lag_prefix; /* the first p of the calendar */
    struct pulse_sums sums;            /* at the start of each of this rank's spans */
    int64_t known_spans;               /* whose sums are known (fit/input.h) … */
    const double *before;              /* … on rank 0; borrowed */
};

/* Columns → rows → sums over all that lies before each span that is not known. */
int pulse_run_sum(const struct pulse_comm *comm, const struct pulse_options *options,
                  const struct pulse_work *work, const struct pulse_column *columns,
                  struct pulse_training *training, struct pulse_err *err);

/* Local: candidates of this rank's spans, those that were taken from the checkpoint and NaN. */
int pulse_run_begin_candidates(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_work *work,
                               const struct pulse_run_checkpoint *checkpoint,
                               struct pulse_candidates *candidates, struct pulse_err *err);

/* Fits all windows into the candidates but what is in them already, makes the final fit and the
 * Granger tests, and frees the sums. `watch` hears of every span. */
int pulse_run_walk(const struct pulse_comm *comm, const struct pulse_options *options,
                   const struct pulse_work *work, struct pulse_training *training,
                   struct pulse_watch *watch, struct pulse_fitted *fitted, struct pulse_err *err);

/* The forecast and what failed, to all ranks; marks the failed windows in the plan. `names`: of all
 * V variables. */
int pulse_run_share_fit(const struct pulse_comm *comm, const struct pulse_options *options,
                        char *const *names, struct pulse_work *work, struct pulse_fitted *fitted,
                        struct pulse_err *err);

/* Local. */
void pulse_training_clear(struct pulse_training *training, int64_t n_systems);

#endif
