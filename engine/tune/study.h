/* A study: a directory or S3 prefix that holds space.yaml, and of each trial that was run a folder
 * trials/DIGEST with summary.json and losses.h5. Reads and writes these; computes nothing. */
#ifndef PULSE_TUNE_STUDY_H
#define PULSE_TUNE_STUDY_H

#include <jansson.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "tune/space/space_file.h"

/* The bytes of STUDY/space.yaml, *n and a 0, to be freed. NULL: PULSE_E_USAGE where it is too
 * large, errors of the store. */
char *pulse_study_read_text(const char *study, int64_t *n, struct pulse_err *err);

/* Reads and checks them. PULSE_E_USAGE where it is none. Clear the space in every case. */
int pulse_study_parse_space(const char *study, const char *bytes, int64_t n,
                            struct pulse_space *space, struct pulse_err *err);

/* Both. */
int pulse_study_read_space(const char *study, struct pulse_space *space, struct pulse_err *err);

enum pulse_trial_state { PULSE_TRIAL_WAITING, PULSE_TRIAL_DONE, PULSE_TRIAL_FAILED };

/* What summary.json says of a trial; of one that has none, all 0. */
struct pulse_trial_record {
    enum pulse_trial_state state;
    int64_t k;     /* of the study that ran it */
    char *options; /* its own, as text; owned, as the next two */
    json_t *words; /* its command line without the program, over the whole period */
    char *reason;  /* why it failed; NULL: it did not */
    char digest[PULSE_DIGEST_TEXT], data[PULSE_DIGEST_TEXT];
    char command[PULSE_DIGEST_TEXT]; /* that ran it: the same for all workers of one array */
    double seconds;                  /* its share of the time that its family took */
    double vcpu_seconds;
    int64_t windows_failed;
};

/* The record of a trial, in STUDY/FOLDER/DIGEST; one that was never finished, or is
 * damaged, is waiting. Errors of the store. Clear in every case. */
int pulse_study_read_record(const char *study, const char *folder, const char *digest,
                            struct pulse_trial_record *record, struct pulse_err *err);
void pulse_trial_record_clear(struct pulse_trial_record *record);

/* Puts the two files of a trial, summary.json last; `losses` NULL: it has none. Errors of the
 * store. */
int pulse_study_put_trial(const char *study, const char *folder, const char *digest,
                          const json_t *summary, const void *losses, int64_t n,
                          struct pulse_err *err);

/* The folders of all trials below STUDY/FOLDER, whatever space they are of; none where nothing was
 * run. `names` (each owned) and *n; errors of the store. */
int pulse_study_list(const char *study, const char *folder, char ***names, int64_t *n,
                     struct pulse_err *err);

/* STUDY/FOLDER/DIGEST; to be freed. NULL: PULSE_E_MEMORY. */
char *pulse_study_path(const char *study, const char *folder, const char *digest,
                       struct pulse_err *err);

#endif
