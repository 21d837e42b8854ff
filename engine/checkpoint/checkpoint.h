/* Checkpoint files of finished spans, on disk or in S3: finds what an earlier run left, reads it
 * back and removes it when nobody needs it. Local; knows nothing of threads, nor of what the bytes
 * of a file mean (span_record.h). */
#ifndef PULSE_CHECKPOINT_CHECKPOINT_H
#define PULSE_CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "checkpoint/span_record.h"

enum { PULSE_CHECKPOINT_FILE_NAME = 96, PULSE_CHECKPOINT_TEXT = 600 };

/* One checkpoint file: its name, and the spans [first, last] between which those it holds lie. */
struct pulse_checkpoint_file {
    char name[PULSE_CHECKPOINT_FILE_NAME];
    int64_t first;
    int64_t last;
};

/* What is in a location, a directory or an s3 prefix; plain data and an array. */
struct pulse_checkpoint_found {
    int64_t n;                           /* files of our run */
    struct pulse_checkpoint_file *files; /* owned */
    int64_t others;                      /* files of other runs, which nobody will use */
    bool described;                      /* our description is there, whole */
    /* How the other run differs, or what is wrong with the location. */
    char why[PULSE_CHECKPOINT_TEXT];
};

/* The name of a checkpoint file, from the run's fingerprint, its spans, and its content, so that no
 * two differ under one name. `out` has the spans already. */
void pulse_checkpoint_file_name(const struct pulse_digest *fingerprint, const char *content,
                                int64_t bytes, struct pulse_checkpoint_file *out);

/* The name under which a location keeps the text of its run's fingerprint (run_fingerprint.h). */
extern const char pulse_checkpoint_description[];

/* Looks into `location` for files of the run that `text` describes. A location that is not there
 * holds nothing; one that cannot be read is an error (what the store says, PULSE_E_MEMORY). Clear
 * in every case. */
int pulse_checkpoint_find(const char *location, const char *text,
                          const struct pulse_digest *fingerprint,
                          struct pulse_checkpoint_found *out, struct pulse_err *err);
void pulse_checkpoint_found_clear(struct pulse_checkpoint_found *found);

/* Reads one file and copies those of its spans that lie in [first_span, end_span) and are not
 * `done` (one per span of the plan) into the candidates; marks them. −1 when the file, or one of
 * these spans in it, cannot be used: `err` names it, and all the others were copied. */
int pulse_checkpoint_take(const char *location, const struct pulse_checkpoint_file *file,
                          const struct pulse_digest *fingerprint,
                          const struct pulse_span_record_shape *shape, int64_t first_span,
                          int64_t end_span, bool *done, struct pulse_candidates *into,
                          struct pulse_err *err);

/* Removes the files of one run, or (NULL) of all, what killed writers left half-written, then the
 * description, and the directory if that leaves it empty. −1 with what the store says. */
int pulse_checkpoint_remove(const char *location, const struct pulse_digest *fingerprint,
                            struct pulse_err *err);

#endif
