/* Resuming: what an earlier run of the same numbers has saved is taken from the checkpoint, and
 * what this one finishes is saved there. Collective but where noted. */
#ifndef PULSE_RUN_CHECKPOINT_H
#define PULSE_RUN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_writer.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "run/work.h"

/* Zero it and begin the timeline; without a checkpoint all else stays zero. */
struct pulse_run_checkpoint {
    char *text;                          /* the run's fingerprint, on all ranks */
    struct pulse_digest fingerprint;     /* of the text */
    struct pulse_checkpoint_found found; /* on all ranks but for `why` */
    struct pulse_span_record_shape shape;
    bool *done;      /* per span: its candidates were saved by an earlier run */
    int64_t resumed; /* of all ranks */
    struct pulse_checkpoint_writer *writer;
    struct pulse_timeline saves; /* of the writer's thread */
    bool complained;
};

/* Once the spans are planned: which of them an earlier run has saved, and less work for those in
 * the plan. A checkpoint that cannot be read is warned about and is none. */
int pulse_run_checkpoint_find(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, struct pulse_plan *plan,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err);

/* Once there are candidates: takes what was saved, says how much that is, clears away what other
 * runs left, and starts to save from the candidates. `results_bytes`: what the disk must have left
 * for the results, where the checkpoint lies beside them. */
int pulse_run_checkpoint_load(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_work *work, int64_t results_bytes,
                              struct pulse_run_checkpoint *checkpoint,
                              struct pulse_candidates *candidates, struct pulse_err *err);

/* Local, not collective: all of this rank's spans before `end` are finished. */
void pulse_run_checkpoint_note(const struct pulse_comm *comm,
                               struct pulse_run_checkpoint *checkpoint, int64_t end);

/* Nothing is saved any more; a rank's complaint that was not heard is warned about. */
int pulse_run_checkpoint_stop(const struct pulse_comm *comm, const struct pulse_options *options,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err);

/* Local, rank 0, when the results are where they belong: nobody needs the checkpoint. */
void pulse_run_checkpoint_remove(const struct pulse_options *options,
                                 const struct pulse_run_checkpoint *checkpoint);
void pulse_run_checkpoint_clear(struct pulse_run_checkpoint *checkpoint);

#endif
