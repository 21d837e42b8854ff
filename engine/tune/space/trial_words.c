#include "tune/space/trial_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"

/* The row of the option that a word "--NAME=..." gives. */
static const struct pulse_arg *find_row(const struct pulse_args *args, const char *word)
{
    char name[64];
    const size_t length = strcspn(word + 2, "=");
    if (length >= sizeof name)
        return NULL;
    memcpy(name, word + 2, length);
    name[length] = '\0';
    return pulse_args_row(args, name);
}

bool pulse_trial_is_same_option(const struct pulse_arg *a, const struct pulse_arg *b)
{
    return a == b || (a != NULL && b != NULL && a->at != 0 && a->at == b->at &&
                      a->read != pulse_arg_read_flag);
}

/* Whether the trial says otherwise than a fixed word. */
static bool is_replaced(const struct pulse_space *space, const struct pulse_args *args,
                        const char *word)
{
    const struct pulse_arg *row = find_row(args, word);
    for (int64_t i = 0; i < space->n_search; i++)
        if (pulse_trial_is_same_option(row, pulse_args_row(args, space->search[i].option)))
            return true;
    return false;
}

static int add_word(struct pulse_trial_words *words, char *word)
{
    if (word != NULL)
        words->argv[words->argc++] = word;
    return word != NULL ? 0 : -1;
}

/* The word of an option that is searched over; nothing for a flag that is false. */
static int add_value(struct pulse_trial_words *words, const struct pulse_search *search,
                     const char *value, struct pulse_err *err)
{
    if (!search->flag)
        return add_word(words, pulse_print(err, "--%s=%s", search->option, value));
    return strcmp(value, "true") == 0 ? add_word(words, pulse_print(err, "--%s", search->option))
                                      : 0;
}

static int add_holdout(struct pulse_trial_words *words, const struct pulse_space *space,
                       struct pulse_err *err)
{
    char day[PULSE_DATE_TEXT];
    return add_word(
        words, pulse_print(err, "--end-date=%s", pulse_format_day(space->holdout_from - 1, day)));
}

int pulse_trial_words_make(const struct pulse_space *space, char *const *value, bool whole,
                           struct pulse_trial_words *words, struct pulse_err *err)
{
    struct pulse_options options = {0};
    const struct pulse_args args = pulse_options_args(&options);
    *words = (struct pulse_trial_words){0};
    words->argv = pulse_calloc(space->n_fixed + space->n_search + 3, sizeof *words->argv,
                               "a trial's options", err);
    if (words->argv == NULL || add_word(words, pulse_strdup("pulse-train", err)) != 0)
        return -1;
    for (int64_t i = 0; i < space->n_fixed; i++)
        if ((value == NULL || !is_replaced(space, &args, space->fixed[i])) &&
            add_word(words, pulse_strdup(space->fixed[i], err)) != 0)
            return -1;
    words->own = words->argc;
    for (int64_t i = 0; value != NULL && i < space->n_search; i++)
        if (add_value(words, &space->search[i], value[i], err) != 0)
            return -1;
    words->own_n = words->argc - words->own;
    return space->has_holdout && !whole ? add_holdout(words, space, err) : 0;
}

int pulse_trial_words_copy(const json_t *list, struct pulse_trial_words *words,
                           struct pulse_err *err)
{
    const size_t n = json_array_size(list);
    *words = (struct pulse_trial_words){0};
    words->argv = pulse_calloc((int64_t)n + 2, sizeof *words->argv, "a trial's options", err);
    if (words->argv == NULL || add_word(words, pulse_strdup("pulse-train", err)) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word == NULL)
            return pulse_fail(err, PULSE_E_INPUT, "a trial's summary does not name its options");
        if (add_word(words, pulse_strdup(word, err)) != 0)
            return -1;
    }
    return 0;
}

json_t *pulse_trial_words_list(const struct pulse_space *space,
                               const struct pulse_trial_words *words)
{
    json_t *list = json_array();
    for (int i = 1; i < words->argc - (space->has_holdout ? 1 : 0); i++)
        (void)json_array_append_new(list, json_string(words->argv[i]));
    return list;
}

void pulse_trial_words_clear(struct pulse_trial_words *words)
{
    for (int i = 0; words->argv != NULL && i < words->argc; i++)
        free(words->argv[i]);
    free(words->argv);
    *words = (struct pulse_trial_words){0};
}

int pulse_trial_words_parse(const struct pulse_trial_words *words, struct pulse_options *options,
                            struct pulse_err *err)
{
    return pulse_options_parse(options, words->argc, words->argv, err);
}
