/* Everything a run holds, and its stages: the glue between the modules, each of which knows only
 * its own part. All stages are collective: every rank calls them, in the same order. */
#ifndef PULSE_RUN_H
#define PULSE_RUN_H

#include "comm.h"
#include "exchange.h"
#include "load.h"
#include "options.h"
#include "panel.h"
#include "plan.h"
#include "results.h"
#include "summary.h"
#include "walk.h"

/* In the order in which it comes to be. */
struct pulse_run {
    struct pulse_options options;
    struct pulse_comm comm;
    struct pulse_loaded loaded;
    int64_t *calendar; /* T days */
    int64_t T;
    struct pulse_plan plan;
    struct pulse_column *columns; /* V; filled where owned */
    int *flags;                   /* V: PULSE_RUN_ENTERS, PULSE_RUN_DENSE, on all ranks */
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_shares shares;
    struct pulse_rows rows, head;
    struct pulse_sums sums;
    struct pulse_candidates candidates;
    struct pulse_final final;
    struct pulse_results *results;
    struct pulse_verdict *verdicts; /* V: of the owned, in the end of all on rank 0 */
    double seconds[PULSE_STAGES];
    double began;
};

enum { PULSE_RUN_ENTERS = 1, PULSE_RUN_DENSE = 2 };

/* Whether this rank reads and judges variable v. */
static inline bool pulse_run_owns(const struct pulse_run *run, int64_t v)
{
    return run->loaded.owner[v] == run->comm.rank;
}

/* Load, calendar, columns, systems, spans: all that a plan tells. */
int pulse_run_prepare(struct pulse_run *run, struct pulse_err *err);

/* From columns to every candidate's retrodictions and the final fit. */
int pulse_run_walk(struct pulse_run *run, struct pulse_err *err);

/* Back to variables, each judged by its owner and written into results.h5. */
int pulse_run_judge(struct pulse_run *run, struct pulse_err *err);

/* summary.json and the table, once results.h5 has its name. */
int pulse_run_conclude(struct pulse_run *run, struct pulse_err *err);

/* What results.h5 says of the run as a whole. */
struct pulse_results_frame pulse_run_frame(const struct pulse_run *run);

#endif
