/* Everything a run holds, and its stages: the glue between the modules, each of which knows only
 * its own part. All stages are collective: every rank calls them, in the same order. */
#ifndef PULSE_TRAIN_H
#define PULSE_TRAIN_H

#include "comm.h"
#include "drivers.h"
#include "exchange.h"
#include "load.h"
#include "options.h"
#include "output.h"
#include "panel.h"
#include "plan.h"
#include "results.h"
#include "summary.h"
#include "walk.h"

/* In the order in which it comes to be. */
struct pulse_train {
    struct pulse_options options;
    struct pulse_comm comm;
    struct pulse_loaded loaded;
    int64_t *calendar; /* T days */
    int64_t T;
    struct pulse_plan plan;
    struct pulse_column *columns; /* V; filled where owned */
    int *flags;                   /* V: PULSE_TRAIN_ENTERS, PULSE_TRAIN_DENSE, on all ranks */
    int64_t *burned;              /* V: rows up to and with the burn-in, on all ranks */
    double energy;                /* largest Σ ẑ² of a variable, of all ranks */
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_shares shares;
    struct pulse_rows rows, head;
    struct pulse_sums sums;
    struct pulse_candidates candidates;
    struct pulse_final final;
    struct pulse_drivers drivers; /* on the last rank */
    struct pulse_drivers_digest driven;
    struct pulse_output output;
    struct pulse_results *results;
    struct pulse_verdict *verdicts; /* V: of the owned, in the end of all on rank 0 */
    double seconds[PULSE_STAGES];
    double began;
};

enum { PULSE_TRAIN_ENTERS = 1, PULSE_TRAIN_DENSE = 2 };

/* Whether this rank reads and judges variable v. */
static inline bool pulse_train_owns(const struct pulse_train *run, int64_t v)
{
    return run->loaded.owner[v] == run->comm.rank;
}

/* Load, calendar, columns, systems, spans: all that a plan tells. */
int pulse_train_prepare(struct pulse_train *run, struct pulse_err *err);

/* From columns to every candidate's retrodictions and the final fit. */
int pulse_train_walk(struct pulse_train *run, struct pulse_err *err);

/* Which variables' past helps to tell which: from the sums of the final fit, on the last rank, but
 * for the systems that are solved by their rows. Part of pulse_train_walk. */
int pulse_train_drivers(struct pulse_train *run, const struct pulse_walk *walk,
                        struct pulse_err *err);

/* Once all systems are tested: adjusts the p-values. Part of pulse_train_walk. */
int pulse_train_drivers_conclude(struct pulse_train *run, struct pulse_err *err);

/* Back to variables, each judged by its owner and written into results.h5. */
int pulse_train_judge(struct pulse_train *run, struct pulse_err *err);

/* summary.json and the table, once results.h5 has its name. */
int pulse_train_conclude(struct pulse_train *run, struct pulse_err *err);

/* What results.h5 says of the run as a whole. */
struct pulse_results_frame pulse_train_frame(const struct pulse_train *run);

#endif
