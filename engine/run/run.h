/* Everything a run holds, and its stages: the glue between the modules, each of which knows only
 * its own part. All stages are collective: every rank calls them, in the same order. */
#ifndef PULSE_RUN_RUN_H
#define PULSE_RUN_RUN_H

#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_writer.h"
#include "fit/granger.h"
#include "fit/walk.h"
#include "mpi/comm.h"
#include "panel/column.h"
#include "panel/exchange.h"
#include "panel/load.h"
#include "plan/options.h"
#include "plan/plan.h"
#include "results/output.h"
#include "results/results.h"
#include "results/summary.h"
#include "run/progress_file.h"

/* What an earlier run saved, and what this one saves; all zero without a checkpoint. */
struct pulse_run_checkpoint {
    char *text;                          /* the run's fingerprint, on all ranks */
    struct pulse_digest fingerprint;     /* of the text */
    struct pulse_checkpoint_found found; /* on all ranks but for `why` */
    struct pulse_span_record_shape shape;
    bool *done;      /* per span: its candidates were saved by an earlier run */
    int64_t resumed; /* of all ranks */
    struct pulse_checkpoint_writer *writer;
    bool complained;
};

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
    int64_t *burned;              /* V: rows up to and with the burn-in, on all ranks */
    double energy;                /* largest Σ ẑ² of a variable, of all ranks */
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_run_checkpoint checkpoint;
    struct pulse_distribution shares;
    struct pulse_row_block rows, head;
    struct pulse_sums sums;
    struct pulse_candidates candidates;
    struct pulse_final final;
    struct pulse_granger drivers; /* on the last rank */
    struct pulse_granger_digest driven;
    struct pulse_output output;
    struct pulse_results *results;
    bool gather;                    /* the nodes share no disk: results.h5 is made on rank 0's */
    struct pulse_part_layout parts; /* but for these, where it is large */
    struct pulse_listing old_parts; /* of earlier runs, on rank 0 */
    struct pulse_variable_summary *verdicts; /* V: of the owned, in the end of all on rank 0 */
    struct pulse_timeline timeline;          /* of this rank */
    struct pulse_timeline saves;             /* of the thread that saves, while it lives */
    double began;
    struct pulse_progress_file progress;
};

enum { PULSE_RUN_ENTERS = 1, PULSE_RUN_DENSE = 2 };

/* Whether this rank reads and judges variable v. */
static inline bool pulse_run_owns(const struct pulse_run *run, int64_t v)
{
    return run->loaded.owner[v] == run->comm.rank;
}

/* Load, calendar, columns, systems, spans: all that a plan tells. */
int pulse_run_prepare(struct pulse_run *run, struct pulse_err *err);

/* Once the spans are planned: which of them an earlier run of the same numbers has saved, and less
 * work for those. A checkpoint that cannot be read is warned about and is none. */
int pulse_run_checkpoint_find(struct pulse_run *run, struct pulse_err *err);

/* Once there are candidates: takes what was saved, says how much that is, clears away what other
 * runs left, and starts to save. */
int pulse_run_checkpoint_load(struct pulse_run *run, struct pulse_err *err);

/* Local, not collective: all of this rank's spans before `end` are finished. */
void pulse_run_checkpoint_note(struct pulse_run *run, int64_t end);

/* Nothing is saved any more; a rank's complaint that was not heard is warned about. */
int pulse_run_checkpoint_stop(struct pulse_run *run, struct pulse_err *err);

/* Local, rank 0, when the results are where they belong: nobody needs the checkpoint. */
void pulse_run_checkpoint_remove(const struct pulse_run *run);
void pulse_run_checkpoint_clear(struct pulse_run_checkpoint *checkpoint);

/* Whether a span has anything to compute and to save. */
static inline bool pulse_run_counts(const struct pulse_run *run, int64_t span)
{
    return run->plan.spans[span].trains && run->plan.spans[span].rows > 0;
}

/* From columns to every candidate's retrodictions and the final fit. */
int pulse_run_walk(struct pulse_run *run, struct pulse_err *err);

/* Which variables' past helps to tell which: from the sums of the final fit, on the last rank, but
 * for the systems that are solved by their rows. Part of pulse_run_walk. */
int pulse_run_drivers(struct pulse_run *run, const struct pulse_fit_input *walk,
                      struct pulse_err *err);

/* Once all systems are tested: adjusts the p-values. Part of pulse_run_walk. */
int pulse_run_drivers_conclude(struct pulse_run *run, struct pulse_err *err);

/* Once it is known who sees the output: whether results.h5 is whole or in parts, and whether there
 * is room for it. */
int pulse_run_form(struct pulse_run *run, struct pulse_err *err);

/* Back to variables, each judged by its owner and written into results.h5. */
int pulse_run_judge(struct pulse_run *run, struct pulse_err *err);

/* Where the time of all ranks went so far, on rank 0; nothing of it is recorded after that. */
int pulse_run_timings(struct pulse_run *run, struct pulse_timings *timings, struct pulse_err *err);

/* summary.json and the table, once results.h5 has its name. */
int pulse_run_conclude(struct pulse_run *run, struct pulse_err *err);

/* Collective, part of pulse_run_conclude: report, summary and all else to where they belong. */
int pulse_run_deliver(struct pulse_run *run, const struct pulse_summary_input *account,
                      struct pulse_err *err);

/* Local, on the rank that made its node's part: removes it from this disk, if it is still there. */
void pulse_run_drop_part(struct pulse_run *run);

/* What results.h5 says of the run as a whole. */
struct pulse_results_header pulse_run_frame(const struct pulse_run *run);

#endif
