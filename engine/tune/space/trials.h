/* The trials of a study: the default and those that the space gives, each once, with its digest;
 * and which of them share a walk. Pure; knows nothing of what was run. */
#ifndef PULSE_TUNE_TRIALS_H
#define PULSE_TUNE_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "tune/space/space.h"
#include "tune/space/trial_words.h"

struct pulse_trial {
    int64_t k;                      /* 0: the default; its position otherwise */
    struct pulse_trial_words words; /* of the command line; owned */
    struct pulse_digest digest;     /* of effective options, data and engine */
    int64_t family;
};

/* Penalties that the trials of a family have together, at most: with more of them a family is those
 * of one trial, so that there are families enough for many workers. */
enum { PULSE_FAMILY_PENALTIES = 8 };

/* Trials that share a walk: they differ in judging, and in which penalties and how many blocks of
 * the family they take. */
struct pulse_trial_family {
    struct pulse_digest digest; /* its name */
    struct pulse_digest walk;   /* of what all walks of such trials have in common */
    int64_t n_ridge;            /* 0: all its trials have the same ones */
    double ridge[PULSE_FAMILY_PENALTIES];
    int64_t blocks; /* of features that a trial has at most */
};

struct pulse_trials {
    struct pulse_trial *trial; /* n, the default first; owned */
    int64_t n, capacity;
    struct pulse_trial_family *family; /* n_families; owned */
    int64_t n_families;
    bool exhausted; /* the space has no more that are different */
};

/* The default, and space->trials more; of a grid all. Trial k depends on the space without its
 * number of trials, on k, and on nothing else: a longer list begins with a shorter one. A point
 * that is a trial already, however it is spelled, is replaced by the next one. `data` is the digest
 * of the data (data_digest.h). PULSE_E_USAGE names the values that pulse-train does not take
 * together; PULSE_E_MEMORY. Clear in every case. */
int pulse_trials_make(const struct pulse_space *space, const struct pulse_digest *data,
                      struct pulse_trials *trials, struct pulse_err *err);
void pulse_trials_clear(struct pulse_trials *trials);

/* The digest of a trial over other data: effective options + data + the engine's version. */
struct pulse_digest pulse_trial_digest(const struct pulse_options *options, bool has_end,
                                       const struct pulse_digest *data);

/* The options of a trial as a command line prints them, without the program: "--data=x --lags=5";
 * to be freed. NULL: PULSE_E_MEMORY. */
char *pulse_trial_text(const struct pulse_trial_words *words, struct pulse_err *err);

/* The same of its own options alone, those that the default has not; "default" where it has none.
 */
char *pulse_trial_own_text(const struct pulse_trial_words *words, struct pulse_err *err);

#endif
