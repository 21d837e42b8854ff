/* Resuming: what an earlier run of the same numbers has saved is taken from the checkpoint, and
 * what this one finishes is saved there. Collective but where noted. */
#ifndef PULSE_RUN_CHECKPOINT_H
#define PULSE_RUN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/kept_sums.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "run/describe.h"
#include "run/work.h"

/* Zero it and begin the timeline; without a checkpoint all else stays zero. */
struct pulse_run_checkpoint {
    struct pulse_run_description description; /* of this run */
    struct pulse_checkpoint_found found; /* on all ranks, but the description there on rank 0 */
    struct pulse_run_changes changes;    /* since that was saved; on all ranks */
    struct pulse_span_record_shape shape;
    struct pulse_checkpoint_spans spans; /* that were taken by this rank */
    int *uses;        /* per file that was found (enum pulse_checkpoint_use); all ranks */
    int64_t resumed;  /* of all ranks */
    int64_t end_span; /* of this rank */
    struct pulse_kept_sums sums; /* that were found; rank 0 */
    int64_t known_spans; /* they are of these, of which none has to be computed; all ranks */
    bool whole;          /* all that is to be kept is saved; all ranks */
    struct pulse_checkpoint_writer *writer;
    struct pulse_timeline saves; /* of the writer's thread */
    bool complained;
};

/* Once the spans are planned: which of them an earlier run has saved, and less work for those in
 * the plan. A checkpoint that cannot be read is warned about and is none. */
int pulse_run_checkpoint_find(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, struct pulse_work *work,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err);

/* Once each rank has its spans: takes those that were saved, says how many they are and what has
 * changed since, and clears away what runs of other settings left. */
int pulse_run_checkpoint_take(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, const struct pulse_work *work,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err);

/* Once spans were taken: where all ranks can read what any of them took, each reads it itself, and
 * less has to go back to the ranks that hold variables (work->distribution). */
int pulse_run_checkpoint_share(const struct pulse_comm *comm, const struct pulse_options *options,
                               struct pulse_work *work, struct pulse_run_checkpoint *checkpoint,
                               struct pulse_err *err);

/* Once there are candidates, with what was taken: starts to save from them. `results_bytes`: what
 * the disk must have left for the results, where the checkpoint lies beside them. */
int pulse_run_checkpoint_begin(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_work *work, int64_t results_bytes,
                               struct pulse_run_checkpoint *checkpoint,
                               const struct pulse_candidates *candidates, struct pulse_err *err);

/* Local, not collective: all of this rank's spans before `end` are finished. */
void pulse_run_checkpoint_note(const struct pulse_comm *comm,
                               struct pulse_run_checkpoint *checkpoint, int64_t end);

/* Nothing is saved any more; a rank's complaint that was not heard is warned about. */
int pulse_run_checkpoint_stop(const struct pulse_comm *comm, const struct pulse_options *options,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err);

/* Local, rank 0, when the results are where they belong: nobody needs the checkpoint; of one that
 * is kept, nobody needs the files of which nothing was taken. */
void pulse_run_checkpoint_remove(const struct pulse_options *options,
                                 const struct pulse_run_checkpoint *checkpoint);
void pulse_run_checkpoint_clear(struct pulse_run_checkpoint *checkpoint);

#endif
