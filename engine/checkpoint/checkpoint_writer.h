/* A thread that saves finished spans while the next ones are computed, and at once when a signal
 * asks the process to end. It never calls MPI and knows nothing of the results. Local. */
#ifndef PULSE_CHECKPOINT_CHECKPOINT_WRITER_H
#define PULSE_CHECKPOINT_CHECKPOINT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "checkpoint/checkpoint.h"
#include "mpi/comm.h"

struct pulse_checkpoint_writer;

/* All borrowed until the writer is stopped. */
struct pulse_checkpoint_writer_job {
    const struct pulse_comm *comm;
    const char *location;    /* a directory or an s3 prefix */
    const char *description; /* description.h */
    struct pulse_digest fingerprint;
    bool described; /* the description is there already */
    const struct pulse_span_record_shape *shape;
    const struct pulse_candidates *candidates;
    int64_t first_span, end_span;
    const bool *saved;               /* per span of the plan: it lies in a file that stays */
    int64_t resumed;                 /* spans of all ranks that did */
    double seconds;                  /* between saves; 0: whatever is finished, always */
    struct pulse_timeline *timeline; /* of the thread, which enters PULSE_STAGE_SAVE */
    int64_t keep_free; /* bytes that the disk of a local directory must keep for the results */
};

/* Starts the thread. PULSE_E_MEMORY, or that the system has none to give. Stop it in every case
 * where it started. */
int pulse_checkpoint_writer_start(const struct pulse_checkpoint_writer_job *job,
                                  struct pulse_checkpoint_writer **out, struct pulse_err *err);

/* All spans before `end` are finished: what a span record holds of their retrodictions changes no
 * more; the marks of their windows are copied now. */
void pulse_checkpoint_writer_finished(struct pulse_checkpoint_writer *writer, int64_t end);

/* Waits, `seconds` at most, until all that is finished is saved. False if it is not. */
bool pulse_checkpoint_writer_flush(struct pulse_checkpoint_writer *writer, double seconds);

/* Spans saved so far. */
int64_t pulse_checkpoint_writer_saved(struct pulse_checkpoint_writer *writer);

/* The first time after a save failed: copies why into `err` and says true. */
bool pulse_checkpoint_writer_complains(struct pulse_checkpoint_writer *writer,
                                       struct pulse_err *err);

/* Waits for a save that is under way, ends the thread and frees. NULL is legal. */
void pulse_checkpoint_writer_stop(struct pulse_checkpoint_writer *writer);

#endif
