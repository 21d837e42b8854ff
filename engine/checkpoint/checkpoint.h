/* Where the packs of finished spans lie, on disk or in S3: what an earlier run left, read back, and
 * removed when nobody needs it. Local; knows nothing of threads or of how packs look inside. */
#ifndef PULSE_CHECKPOINT_CHECKPOINT_H
#define PULSE_CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "checkpoint/span_record.h"

enum { PULSE_CHECKPOINT_FILE_NAME = 96, PULSE_CHECKPOINT_TEXT = 600 };

/* One pack: its name, and the spans [first, last] between which those it holds lie. */
struct pulse_checkpoint_file {
    char name[PULSE_CHECKPOINT_FILE_NAME];
    int64_t first;
    int64_t last;
};

/* What is in a place; plain data and an array. */
struct pulse_checkpoint_found {
    int64_t n;                           /* packs of our run */
    struct pulse_checkpoint_file *packs; /* owned */
    int64_t others;                      /* packs of other runs, which nobody will use */
    bool described;                      /* our description is there, whole */
    char
        why[PULSE_CHECKPOINT_TEXT]; /* how the other run differs, or what is wrong with the place */
};

/* The name of a pack: that of the run, its spans, and its content, so that no two differ under one
 * name. */
void pulse_checkpoint_file_name(const struct pulse_digest *identity, const char *pack,
                                int64_t bytes, struct pulse_checkpoint_file *out);

/* The name under which a place keeps the description (identity.h) of its run. */
extern const char pulse_checkpoint_description[];

/* Looks into `place` for packs of the run that `text` describes. A place that is not there holds
 * nothing; one that cannot be read is an error. Clear in every case. */
int pulse_checkpoint_find(const char *place, const char *text, const struct pulse_digest *identity,
                          struct pulse_checkpoint_found *out, struct pulse_err *err);
void pulse_checkpoint_found_clear(struct pulse_checkpoint_found *found);

/* Reads one pack and copies those of its spans that lie in [first_span, end_span) and are not
 * `done` (one per span of the plan) into the candidates; marks them. −1 when the pack, or one of
 * these spans in it, cannot be used: `err` names it, and all the others were copied. */
int pulse_checkpoint_take(const char *place, const struct pulse_checkpoint_file *pack,
                          const struct pulse_digest *identity,
                          const struct pulse_span_record_shape *shape, int64_t first_span,
                          int64_t end_span, bool *done, struct pulse_candidates *into,
                          struct pulse_err *err);

/* Removes the packs of one run, or (NULL) of all, what killed writers left half-written, then the
 * description, and the directory if that leaves it empty. */
int pulse_checkpoint_remove(const char *place, const struct pulse_digest *identity,
                            struct pulse_err *err);

#endif
