/* The location that --output names: made and looked at before the work, filled at its end with what
 * was made in a private directory. A directory's files are replaced in one step (replace.h); in an
 * s3 prefix each run's objects have names of their own, and summary.json, the last, names them.
 * Local, rank 0 where it does not say otherwise. Does not know what the files hold. */
#ifndef PULSE_RESULTS_OUTPUT_H
#define PULSE_RESULTS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "results/part_name.h"
#include "store/lease.h"
#include "store/store.h"

/* Of summary.json and results.h5: raised when a reader of the old ones would go wrong. */
#define PULSE_SCHEMA_VERSION "2"

enum { PULSE_OUTPUT_TEXT = 4000 };

struct pulse_output {
    char directory[PULSE_OUTPUT_TEXT]; /* where files are made */
    bool staged;                       /* and uploaded from, at the end */
    bool report, predictions;          /* there are such files to deliver */
    bool named;    /* though it failed, summary.json may name what was delivered */
    bool copied;   /* the names that everybody knows have copies too */
    int64_t bytes; /* of results.h5, once it was delivered */
    uint64_t run;  /* in names that are beside those of other runs */
    char name[PULSE_FILES][PULSE_PART_NAME];
    /* Of rank 0: what no other run may use meanwhile. */
    int lock;                  /* the open directory; 0: none */
    struct pulse_lease *lease; /* on the s3 prefix; NULL: none */
};

/* Makes the directory (and those above it). PULSE_E_STORAGE when results cannot be written there or
 * to --output-file: before anything was computed in vain. PULSE_E_TEMPORARY when another run is at
 * work there: the directory is locked, or the lease on the prefix taken (store/lease.h), until the
 * output is cleared or the process ends. */
int pulse_output_prepare(const struct pulse_options *options, struct pulse_output *out,
                         struct pulse_err *err);

/* PULSE_E_STORAGE when the directory's disk has less space than `bytes`. `where`: " of HOST" for
 * the message, or "". On any rank. */
int pulse_output_check_space(const char *directory, const char *where, int64_t bytes,
                             struct pulse_err *err);

/* Makes a private directory in TMPDIR, whose name goes into `directory`, a buffer of `n` bytes, and
 * removes those of runs that were killed. Returns a descriptor, as pulse_temporary_make does, that
 * may stay open. On any rank. PULSE_E_STORAGE. */
int pulse_output_stage(char *directory, size_t n, struct pulse_err *err);

/* Whether the location is still ours: it may be lost while the process is suspended. -1 with
 * PULSE_E_TEMPORARY, and what was staged is gone. */
int pulse_output_check(const struct pulse_output *output, struct pulse_err *err);

/* Writes the report into the directory. -1 with what the store says. */
int pulse_output_report(struct pulse_output *output, const char *html, int64_t bytes,
                        struct pulse_err *err);

/* Whether there is such a file to deliver. */
bool pulse_output_has(const struct pulse_output *output, int file);

/* Uploads one file that was made in `directory`. On any rank. -1 with what the store says. */
int pulse_output_deliver_one(const char *directory, const char *name, const char *uri,
                             struct pulse_err *err);

/* What earlier runs have left where the output is; and removes of it, once summary.json names
 * others, their results, and uploads that were not completed. What cannot be listed or removed
 * stays, and disturbs nobody. */
void pulse_output_find_old(const struct pulse_options *options, struct pulse_listing *old);
void pulse_output_remove_old(const struct pulse_options *options, const struct pulse_output *output,
                             const struct pulse_listing *old);

/* Removes one of the results, where the output is. On any rank. What cannot be removed stays. */
void pulse_output_remove_one(const char *output, const char *name);

/* In S3, once summary.json names what was delivered: copies of the objects under the names that
 * everybody knows, for a summary that names those. Then the names are these, and the others'
 * objects are to be removed. -1 without a message: it is not to be had, and all stays as it is. */
int pulse_output_copy_to_known(const struct pulse_options *options, struct pulse_output *output);
void pulse_output_take_known(const struct pulse_options *options, struct pulse_output *output);

/* Brings what was made to where it belongs; until the last step, the old results are there. On
 * failure what was uploaded goes, if nothing can name it; it is kept on this disk, and a warning
 * says where, unless the location has become another run's. */
int pulse_output_deliver(const struct pulse_options *options, struct pulse_output *output,
                         struct pulse_err *err);

/* Removes what was made, with its directory. */
void pulse_output_discard(const struct pulse_output *output);

/* Removes the directory of what was made, if it is empty, and releases the lock. */
void pulse_output_clear(const struct pulse_output *output);

#endif
