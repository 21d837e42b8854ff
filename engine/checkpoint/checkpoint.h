/* Checkpoint files of finished spans, on disk or in S3: finds what an earlier run left, reads it
 * back and removes it when nobody needs it. Local; knows nothing of threads, nor of what the bytes
 * of a file mean (span_record.h). */
#ifndef PULSE_CHECKPOINT_CHECKPOINT_H
#define PULSE_CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "checkpoint/span_record.h"
#include "store/whole.h"

enum { PULSE_CHECKPOINT_FILE_NAME = 96 };

/* One checkpoint file: its name, and the spans [first, last] between which those it holds lie. */
struct pulse_checkpoint_file {
    char name[PULSE_CHECKPOINT_FILE_NAME];
    int64_t first;
    int64_t last;
};

/* What is in a location, a directory or an s3 prefix; plain data and arrays. */
struct pulse_checkpoint_found {
    int64_t n;                           /* files of our settings */
    struct pulse_checkpoint_file *files; /* owned */
    int64_t others;                      /* files of other settings, which nobody will use */
    struct pulse_whole description;      /* the text there; empty where none can be read; owned */
};

/* The name of a checkpoint file, from the settings' fingerprint, its spans, and its content, so
 * that no two differ under one name. `out` has the spans already. */
void pulse_checkpoint_file_name(const struct pulse_digest *fingerprint, const char *content,
                                int64_t bytes, struct pulse_checkpoint_file *out);

/* The name under which a location keeps what its spans are of (description.h). */
extern const char pulse_checkpoint_description[];

/* Looks into `location` for files of the settings with this fingerprint, and for the description. A
 * location that is not there holds nothing; one that cannot be read is an error (what the store
 * says, PULSE_E_MEMORY). Clear in every case. */
int pulse_checkpoint_find(const char *location, const struct pulse_digest *fingerprint,
                          struct pulse_checkpoint_found *out, struct pulse_err *err);
void pulse_checkpoint_found_clear(struct pulse_checkpoint_found *found);

/* The spans of a plan that were taken from files, one element per span; owned. */
struct pulse_checkpoint_spans {
    bool *done; /* its candidates are there */
    bool *kept; /* … from a file that may stay: all its spans are the plan's */
    struct pulse_saved_span *saved; /* where they are, in the contents of files */
    int *source;                    /* 1 + the file that each was taken from; 0: it was not */
    struct pulse_whole *content;    /* per file, of those that spans were taken from */
    int64_t n_files;
};

/* For n_spans spans and as many as `n_files` files, none taken. PULSE_E_MEMORY. Clear in every
 * case. */
int pulse_checkpoint_spans_init(struct pulse_checkpoint_spans *spans, int64_t n_spans,
                                int64_t n_files, struct pulse_err *err);
void pulse_checkpoint_spans_clear(struct pulse_checkpoint_spans *spans);

/* What a file was good for; of several ranks the largest counts. */
enum pulse_checkpoint_use {
    PULSE_FILE_UNUSED = 0,
    PULSE_FILE_STALE = 1, /* spans were taken, but others are not the plan's */
    PULSE_FILE_KEPT = 2
};

/* The files that spans are taken from, and what is known of these spans; all borrowed. */
struct pulse_checkpoint_files {
    const char *location;
    const struct pulse_checkpoint_found *found;
    const struct pulse_digest *fingerprint;
    const struct pulse_span_record_shape *shape;
};

/* Reads the i-th file and takes those of its spans that are the plan's, lie in [first_span,
 * end_span) and are not done. *use is one of the above. −1 when the file, or one of these spans in
 * it, cannot be used: `err` names it, and all the others were taken. */
int pulse_checkpoint_take(const struct pulse_checkpoint_files *files, int64_t i, int64_t first_span,
                          int64_t end_span, struct pulse_checkpoint_spans *spans, int *use,
                          struct pulse_err *err);

/* Finds what other ranks of this node took and found whole, where `source` says it is: `saved`
 * alone is filled. −1 when a file is not to be read as they read it. */
int pulse_checkpoint_share(const struct pulse_checkpoint_files *files,
                           struct pulse_checkpoint_spans *spans, struct pulse_err *err);

/* Removes the files of one fingerprint, or (NULL) of all, what killed writers left half-written,
 * then the description, and the directory if that leaves it empty. −1 with what the store says. */
int pulse_checkpoint_remove(const char *location, const struct pulse_digest *fingerprint,
                            struct pulse_err *err);

/* Removes those of the files that were found which had this use (`uses`: one per file). */
int pulse_checkpoint_remove_files(const char *location, const struct pulse_checkpoint_found *found,
                                  const int *uses, enum pulse_checkpoint_use use,
                                  struct pulse_err *err);

#endif
