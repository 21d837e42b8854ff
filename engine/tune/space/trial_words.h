/* A trial as a command line of pulse-train: the fixed words of the space, but for those that the
 * trial's own replace. Knows neither digests nor where trials lie. */
#ifndef PULSE_TUNE_TRIAL_WORDS_H
#define PULSE_TUNE_TRIAL_WORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "plan/options.h"
#include "tune/space/space.h"

/* A command line; `argv` ends with NULL. */
struct pulse_trial_words {
    int argc;
    char **argv; /* argv[0] is "pulse-train"; all owned */
    int own;     /* of the trial itself are own_n words from this one on */
    int own_n;
};

/* Whether two options are one, or say the same thing: they fill one field. NULL is none. */
bool pulse_trial_is_same_option(const struct pulse_arg *a, const struct pulse_arg *b);

/* With a value for each option that is searched over, n_search texts; NULL: none, the default.
 * Where the space has a holdout, the period ends before it unless `whole`. PULSE_E_MEMORY. Clear in
 * every case. */
int pulse_trial_words_make(const struct pulse_space *space, char *const *value, bool whole,
                           struct pulse_trial_words *words, struct pulse_err *err);

/* The words of a list of strings (a record's), over the whole period. PULSE_E_INPUT where it is
 * none, PULSE_E_MEMORY. Clear in every case. */
int pulse_trial_words_copy(const json_t *list, struct pulse_trial_words *words,
                           struct pulse_err *err);

/* That list: the words over the whole period, without the program. NULL: out of memory. */
json_t *pulse_trial_words_list(const struct pulse_space *space,
                               const struct pulse_trial_words *words);

void pulse_trial_words_clear(struct pulse_trial_words *words);

/* The words through pulse-train's parser. The options borrow from the words; clear them in every
 * case. */
int pulse_trial_words_parse(const struct pulse_trial_words *words, struct pulse_options *options,
                            struct pulse_err *err);

#endif
