#include "tune/space/trials.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/text.h"
#include "tune/space/sample.h"

/* Points in a row that were trials already, before the space is thought to be exhausted. */
enum { MOST_REPEATS = 10000 };

/* ---- Digests ------------------------------------------------------------------------- */

/* A period that ends today ends with the data: that it is another day changes no trial. */
static struct pulse_options settle_end(const struct pulse_options *options, bool has_end)
{
    struct pulse_options settled = *options;
    if (!has_end)
        settled.end_day = PULSE_DAY_MAX;
    return settled;
}

static struct pulse_digest digest_options(const struct pulse_options *options,
                                          const struct pulse_digest *data)
{
    static const char engine[] = "pulse-train " PULSE_VERSION;
    const struct pulse_digest parts[] = {
        {{pulse_options_hash(options), 0}}, *data, pulse_digest_of(engine, sizeof engine)};
    return pulse_digest_of(parts, sizeof parts);
}

struct pulse_digest pulse_trial_digest(const struct pulse_options *options, bool has_end,
                                       const struct pulse_digest *data)
{
    const struct pulse_options settled = settle_end(options, has_end);
    return digest_options(&settled, data);
}

/* The digest of all but how candidates are judged, and of penalties that are too many to share. */
static struct pulse_digest digest_walk(const struct pulse_options *options, bool has_end,
                                       const struct pulse_digest *data)
{
    const struct pulse_options defaults = pulse_options_defaults();
    struct pulse_options walk = settle_end(options, has_end);
    walk.combine = defaults.combine;
    walk.interval = defaults.interval;
    walk.learning_rate = defaults.learning_rate;
    walk.caution = defaults.caution;
    walk.interval_halflife = defaults.interval_halflife;
    walk.trust = defaults.trust;
    walk.trust_decay = defaults.trust_decay;
    walk.blocks = defaults.blocks;
    if (options->n_ridge <= PULSE_FAMILY_PENALTIES)
        walk.n_ridge = 0;
    return digest_options(&walk, data);
}

static bool has_end(const struct pulse_trial_words *words)
{
    return pulse_args_find(words->argv, "end-date") != NULL;
}

/* ---- The list ------------------------------------------------------------------------ */

/* Whether a trial's penalties and the family's are few enough together, which then has them all,
 * and as many blocks. */
static bool join_candidates(struct pulse_trial_family *family, const struct pulse_options *options)
{
    struct pulse_trial_family joined = *family;
    for (int64_t l = 0; options->n_ridge <= PULSE_FAMILY_PENALTIES && l < options->n_ridge; l++) {
        int64_t at = 0;
        while (at < joined.n_ridge && joined.ridge[at] != options->ridge[l])
            at++;
        if (at == PULSE_FAMILY_PENALTIES)
            return false;
        joined.ridge[at] = options->ridge[l];
        joined.n_ridge += at == joined.n_ridge;
    }
    if (joined.blocks < pulse_options_blocks(options))
        joined.blocks = pulse_options_blocks(options);
    *family = joined;
    return true;
}

/* The first family that has room for a trial, in the order of trials: more of them change nothing
 * of the families that there are but that they grow. */
static int64_t find_family(struct pulse_trials *trials, const struct pulse_options *options,
                           const struct pulse_digest *walk)
{
    for (int64_t f = 0; f < trials->n_families; f++)
        if (pulse_digest_equal(&trials->family[f].walk, walk) &&
            join_candidates(&trials->family[f], options))
            return f;
    const struct pulse_digest name[] = {*walk, trials->trial[trials->n].digest};
    struct pulse_trial_family *made = &trials->family[trials->n_families];
    *made =
        (struct pulse_trial_family){.digest = pulse_digest_of(name, sizeof name), .walk = *walk};
    (void)join_candidates(made, options);
    return trials->n_families++;
}

static bool is_there(const struct pulse_trials *trials, const struct pulse_digest *digest)
{
    for (int64_t i = 0; i < trials->n; i++)
        if (pulse_digest_equal(&trials->trial[i].digest, digest))
            return true;
    return false;
}

/* Adds the trial of these values (NULL: the default) unless it is there; takes the words over, or
 * clears them. */
static int add_trial(struct pulse_trials *trials, struct pulse_trial_words *words,
                     const struct pulse_digest *data, bool *added, struct pulse_err *err)
{
    struct pulse_options options = {0};
    int status = pulse_trial_words_parse(words, &options, err);
    *added = false;
    if (status == 0) {
        const bool end = has_end(words);
        const struct pulse_digest digest = pulse_trial_digest(&options, end, data),
                                  walk = digest_walk(&options, end, data);
        if (!is_there(trials, &digest)) {
            struct pulse_trial *trial = &trials->trial[trials->n];
            *trial = (struct pulse_trial){.k = trials->n, .words = *words, .digest = digest};
            trial->family = find_family(trials, &options, &walk);
            trials->n++;
            *added = true;
        }
    }
    pulse_options_clear(&options);
    if (!*added)
        pulse_trial_words_clear(words);
    return status;
}

/* Says which values they were that do not go together. */
static int explain_refusal(const struct pulse_space *space, char *const *value,
                           struct pulse_err *err)
{
    struct pulse_err why = *err;
    char text[400] = "";
    for (int64_t i = 0; i < space->n_search; i++) {
        const size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, " --%s=%s", space->search[i].option,
                       value[i]);
    }
    return pulse_fail(err, why.kind, "the trial%s: %s", text, why.text);
}

static int add_point(const struct pulse_space *space, int64_t point,
                     const struct pulse_digest *data, struct pulse_trials *trials, bool *added,
                     struct pulse_err *err)
{
    char *value[PULSE_MOST_SEARCHED];
    struct pulse_trial_words words = {0};
    if (pulse_sample_point(space, point, value, err) != 0)
        return -1;
    int status = pulse_trial_words_make(space, value, false, &words, err);
    if (status != 0)
        pulse_trial_words_clear(&words);
    else if (add_trial(trials, &words, data, added, err) != 0)
        status = explain_refusal(space, value, err);
    for (int64_t i = 0; i < space->n_search; i++)
        free(value[i]);
    return status;
}

/* As many as are wanted beside the default. */
static int add_points(const struct pulse_space *space, const struct pulse_digest *data,
                      int64_t wanted, struct pulse_trials *trials, struct pulse_err *err)
{
    const int64_t points = space->random ? INT64_MAX : pulse_sample_grid_points(space);
    int64_t repeats = 0;
    for (int64_t point = 0; trials->n <= wanted && point < points && repeats < MOST_REPEATS;
         point++) {
        bool added;
        if (add_point(space, point, data, trials, &added, err) != 0)
            return -1;
        repeats = added ? 0 : repeats + 1;
    }
    trials->exhausted = trials->n <= wanted;
    return 0;
}

/* How many trials there are at most, beside the default. */
static int count_wanted(const struct pulse_space *space, int64_t *wanted, struct pulse_err *err)
{
    const int64_t points = space->random ? space->trials : pulse_sample_grid_points(space);
    *wanted = space->trials > 0 && space->trials < points ? space->trials : points;
    return *wanted <= PULSE_MOST_TRIALS
               ? 0
               : pulse_fail(err, PULSE_E_USAGE,
                            "the grid has more than %d points: take fewer values, trials: N for "
                            "the first N of them, or strategy: random",
                            PULSE_MOST_TRIALS);
}

int pulse_trials_make(const struct pulse_space *space, const struct pulse_digest *data,
                      struct pulse_trials *trials, struct pulse_err *err)
{
    struct pulse_trial_words words = {0};
    int64_t wanted;
    bool added;
    *trials = (struct pulse_trials){0};
    if (count_wanted(space, &wanted, err) != 0)
        return -1;
    trials->trial = pulse_calloc(wanted + 1, sizeof *trials->trial, "the trials", err);
    trials->family = pulse_calloc(wanted + 1, sizeof *trials->family, "the trials", err);
    if (trials->trial == NULL || trials->family == NULL)
        return -1;
    if (pulse_trial_words_make(space, NULL, false, &words, err) != 0) {
        pulse_trial_words_clear(&words);
        return -1;
    }
    return add_trial(trials, &words, data, &added, err) != 0
               ? -1
               : add_points(space, data, wanted, trials, err);
}

void pulse_trials_clear(struct pulse_trials *trials)
{
    for (int64_t i = 0; i < trials->n; i++)
        pulse_trial_words_clear(&trials->trial[i].words);
    free(trials->trial);
    free(trials->family);
    *trials = (struct pulse_trials){0};
}

/* ---- Text ---------------------------------------------------------------------------- */

static char *join_words(const struct pulse_trial_words *words, int first, int n,
                        const char *otherwise, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a trial", .err = err};
    for (int i = first; i < first + n; i++) {
        pulse_text_buffer_add(&text, i == first ? "" : " ");
        pulse_text_buffer_add_word(&text, words->argv[i]);
    }
    if (n == 0)
        pulse_text_buffer_add(&text, otherwise);
    return pulse_text_buffer_finish(&text);
}

char *pulse_trial_text(const struct pulse_trial_words *words, struct pulse_err *err)
{
    return join_words(words, 1, words->argc - 1, "", err);
}

char *pulse_trial_own_text(const struct pulse_trial_words *words, struct pulse_err *err)
{
    return join_words(words, words->own, words->own_n, "default", err);
}
