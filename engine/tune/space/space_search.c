#include "tune/space/space_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "tune/space/trial_words.h"

/* Options that a study decides itself. */
static const char *const not_of_a_study[] = {"output",
                                             "output-file",
                                             "s3-output-file",
                                             "s3-results-bucket",
                                             "s3-results-prefix",
                                             "config",
                                             "dry-run",
                                             "ranks",
                                             "checkpoint",
                                             "no-checkpoint",
                                             "keep-checkpoint",
                                             "checkpoint-seconds",
                                             "progress-file",
                                             "no-progress",
                                             "no-report",
                                             "whole-results",
                                             "log-level",
                                             "log-dir",
                                             "json",
                                             "predictions",
                                             NULL};

/* Options that trials may differ in and still be compared. */
static const char *const searchable[] = {"variables",
                                         "history",
                                         "min-history",
                                         "transform",
                                         "features",
                                         "lags",
                                         "blocks",
                                         "calendar",
                                         "scale-halflife",
                                         "clip",
                                         "ridge",
                                         "burn-in",
                                         "combine",
                                         "caution",
                                         "learning-rate",
                                         "interval",
                                         "interval-halflife",
                                         "trust",
                                         "trust-decay",
                                         "refit",
                                         NULL};

static bool is_listed(const char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

int pulse_space_expect_once(const struct pulse_space_reading *reading, const yaml_node_t *mapping,
                            const yaml_node_pair_t *pair, struct pulse_err *err)
{
    const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
    const char *name = pulse_yaml_text(key);
    return pulse_yaml_find(&reading->yaml, mapping, name) ==
                   pulse_yaml_node(&reading->yaml, pair->value)
               ? 0
               : pulse_yaml_fail(&reading->yaml, key, err, "%s is here a second time", name);
}

/* ---- options ------------------------------------------------------------------------- */

/* The words one by one, for the line of the one that is refused. */
static int check_word(const struct pulse_space_reading *reading, const yaml_node_t *key,
                      const char *word, struct pulse_err *err)
{
    const bool is_data = strncmp(word, "--data=", 7) == 0;
    char program[] = "pulse-train", data[] = "--data=x", *copy = pulse_strdup(word, err);
    char *argv[] = {program, copy, is_data ? NULL : data, NULL};
    struct pulse_options options;
    struct pulse_err why = {.kind = PULSE_OK};
    if (copy == NULL)
        return -1;
    const int status = pulse_options_parse(&options, is_data ? 2 : 3, argv, &why);
    pulse_options_clear(&options);
    free(copy);
    return status == 0 ? 0 : pulse_yaml_fail(&reading->yaml, key, err, "%s", why.text);
}

/* Whether a word gives the option of a key, in which underscores are dashes. */
static bool is_of_key(const char *word, const char *key)
{
    for (word += 2; *key != '\0'; word++, key++)
        if (*word != *key && !(*word == '-' && *key == '_'))
            return false;
    return *word == '\0' || *word == '=';
}

static bool is_s3_data(const char *word)
{
    return strncmp(word, "--s3-data", 9) == 0;
}

static int check_options(const struct pulse_space_reading *reading, const yaml_node_t *node,
                         const struct pulse_config *config, struct pulse_err *err)
{
    int n = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && n < config->n_added; pair++) {
        const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
        const char *word = config->added[n], *name = pulse_yaml_text(key);
        if (!is_of_key(word, name))
            continue; /* a flag that is false, and the like */
        n++;
        for (int i = 0; not_of_a_study[i] != NULL; i++)
            if (is_of_key(word, not_of_a_study[i]))
                return pulse_yaml_fail(&reading->yaml, key, err,
                                       "%s is for the study to say, not for its trials", name);
        if (!is_s3_data(word) && check_word(reading, key, word, err) != 0)
            return -1;
    }
    return 0;
}

int pulse_space_read_options(struct pulse_space_reading *reading, const yaml_node_t *node,
                             struct pulse_err *err)
{
    struct pulse_options options = {0};
    struct pulse_config config = {0};
    const struct pulse_args args = pulse_options_args(&options);
    struct pulse_space *space = reading->space;
    int status = -1;
    if (node->type != YAML_MAPPING_NODE)
        return pulse_yaml_fail(&reading->yaml, node, err,
                               "options: expected options of pulse-train, each with its value");
    if (pulse_config_take(&args, &reading->yaml, node, &config, err) == 0 &&
        check_options(reading, node, &config, err) == 0) {
        space->fixed = config.added;
        space->n_fixed = config.n_added;
        config.added = NULL;
        config.n_added = 0;
        status = 0;
    }
    pulse_config_clear(&config);
    return status;
}

/* ---- search -------------------------------------------------------------------------- */

/* Whether pulse-train takes a value, with the fixed options. */
static int check_value(struct pulse_space_reading *reading, const yaml_node_t *node,
                       struct pulse_search *search, char *value, struct pulse_err *err)
{
    struct pulse_space alone = *reading->space;
    struct pulse_trial_words words;
    struct pulse_options options = {0};
    struct pulse_err why = {.kind = PULSE_OK};
    alone.search = search;
    alone.n_search = 1;
    alone.has_holdout = false;
    if (search->flag && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return pulse_yaml_fail(&reading->yaml, node, err, "%s: expected true or false",
                               search->option);
    int status = pulse_trial_words_make(&alone, &value, true, &words, err);
    if (status == 0 && pulse_trial_words_parse(&words, &options, &why) != 0)
        status = pulse_yaml_fail(&reading->yaml, node, err, "%s", why.text);
    pulse_options_clear(&options);
    pulse_trial_words_clear(&words);
    return status;
}

static int read_list(struct pulse_space_reading *reading, const yaml_node_t *node, bool escapes,
                     struct pulse_search *search, struct pulse_err *err)
{
    const yaml_node_item_t *first = node->data.sequence.items.start;
    const int64_t n = node->data.sequence.items.top - first;
    if (n == 0)
        return pulse_yaml_fail(&reading->yaml, node, err, "%s: the list is empty", search->option);
    search->value = pulse_calloc(n, sizeof *search->value, search->option, err);
    if (search->value == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        const yaml_node_t *item = pulse_yaml_node(&reading->yaml, first[i]);
        search->value[i] = pulse_yaml_join(&reading->yaml, item, escapes, err);
        if (search->value[i] == NULL)
            return -1;
        search->n = i + 1;
        if (check_value(reading, item, search, search->value[i], err) != 0)
            return -1;
    }
    return 0;
}

/* The number under a key of a range; `absent` where there is none. */
static int read_number(const struct pulse_space_reading *reading, const yaml_node_t *range,
                       const char *key, double absent, double *out, struct pulse_err *err)
{
    const yaml_node_t *node = pulse_yaml_find(&reading->yaml, range, key);
    *out = absent;
    if (node == NULL)
        return isnan(absent) ? pulse_yaml_fail(&reading->yaml, range, err, "a range needs %s", key)
                             : 0;
    const char *text = pulse_yaml_text(node);
    return text != NULL && pulse_parse_real(text, -1e300, 1e300, out)
               ? 0
               : pulse_yaml_fail(&reading->yaml, node, err, "%s: expected a number", key);
}

static int read_log(const struct pulse_space_reading *reading, const yaml_node_t *range, bool *out,
                    struct pulse_err *err)
{
    const yaml_node_t *node = pulse_yaml_find(&reading->yaml, range, "log");
    const char *text = pulse_yaml_text(node);
    *out = text != NULL && strcmp(text, "true") == 0;
    if (node == NULL || *out || (text != NULL && strcmp(text, "false") == 0))
        return 0;
    return pulse_yaml_fail(&reading->yaml, node, err, "log: expected true or false");
}

static int check_range_keys(const struct pulse_space_reading *reading, const yaml_node_t *node,
                            struct pulse_err *err)
{
    static const char *const known[] = {"min", "max", "step", "log", NULL};
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
        const char *name = pulse_yaml_text(key);
        if (name == NULL || !is_listed(known, name))
            return pulse_yaml_fail(&reading->yaml, key, err, "a range has min, max, step and log");
        if (pulse_space_expect_once(reading, node, pair, err) != 0)
            return -1;
    }
    return 0;
}

/* The values that a range has, once its ends are known. */
static int count_steps(const struct pulse_space_reading *reading, const yaml_node_t *node,
                       struct pulse_search *search, struct pulse_err *err)
{
    if (!(search->low <= search->high))
        return pulse_yaml_fail(&reading->yaml, node, err, "%s: the range is empty: min above max",
                               search->option);
    if (search->log && (search->low <= 0 || search->step > 0))
        return pulse_yaml_fail(&reading->yaml, node, err, "%s: log needs %s", search->option,
                               search->step > 0 ? "no step" : "a min above 0");
    if (search->whole &&
        (search->low != floor(search->low) || search->high != floor(search->high) ||
         search->step != floor(search->step)))
        return pulse_yaml_fail(&reading->yaml, node, err,
                               "%s takes whole numbers: min, max and step must be such",
                               search->option);
    if (search->whole && search->step == 0 && !search->log)
        search->step = 1;
    if (search->step == 0)
        return 0;
    const double steps = floor((search->high - search->low) / search->step + 1e-9) + 1;
    if (!(search->step > 0) || steps > 1e9)
        return pulse_yaml_fail(&reading->yaml, node, err, "%s: step: expected a number above 0%s",
                               search->option, search->step > 0 ? ", and fewer steps" : "");
    search->n = (int64_t)steps;
    return 0;
}

static int read_range(struct pulse_space_reading *reading, const yaml_node_t *node,
                      struct pulse_search *search, struct pulse_err *err)
{
    if (check_range_keys(reading, node, err) != 0 ||
        read_number(reading, node, "min", NAN, &search->low, err) != 0 ||
        read_number(reading, node, "max", NAN, &search->high, err) != 0 ||
        read_number(reading, node, "step", 0, &search->step, err) != 0 ||
        read_log(reading, node, &search->log, err) != 0 ||
        count_steps(reading, node, search, err) != 0)
        return -1;
    for (int end = 0; end < 2; end++) {
        char *value = pulse_print(err, search->whole ? "%.0f" : "%.9g",
                                  end == 0 ? search->low : search->high);
        const int status = value == NULL ? -1 : check_value(reading, node, search, value, err);
        free(value);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int check_searchable(const struct pulse_space_reading *reading, const yaml_node_t *key,
                            const struct pulse_args *args, const char *name, struct pulse_err *err)
{
    const struct pulse_arg *row = pulse_args_row(args, name);
    const struct pulse_space *space = reading->space;
    if (row == NULL) {
        const struct pulse_arg *near = pulse_args_nearest(args, name, strlen(name));
        return pulse_yaml_fail(&reading->yaml, key, err, "%s is no option of pulse-train%s%s%s",
                               name, near == NULL ? "" : "; did you mean ",
                               near == NULL ? "" : near->name, near == NULL ? "" : "?");
    }
    if (!is_listed(searchable, name))
        return pulse_yaml_fail(&reading->yaml, key, err,
                               "%s cannot be searched over: trials that differ in it are not "
                               "compared; put it under options",
                               name);
    for (int64_t i = 0; i < space->n_search; i++)
        if (pulse_trial_is_same_option(pulse_args_row(args, space->search[i].option), row))
            return pulse_yaml_fail(&reading->yaml, key, err, "%s and %s say the same thing",
                                   space->search[i].option, name);
    if (space->n_search == PULSE_MOST_SEARCHED)
        return pulse_yaml_fail(&reading->yaml, key, err, "search: more than %d options",
                               PULSE_MOST_SEARCHED);
    return 0;
}

static int read_searched(struct pulse_space_reading *reading, const struct pulse_args *args,
                         const yaml_node_pair_t *pair, struct pulse_err *err)
{
    const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
    const yaml_node_t *node = pulse_yaml_node(&reading->yaml, pair->value);
    struct pulse_space *space = reading->space;
    const char *text = pulse_yaml_text(key);
    if (text == NULL)
        return pulse_yaml_fail(&reading->yaml, key, err, "expected a long option as key");
    char *name = pulse_strdup(text, err);
    for (char *at = name; name != NULL && *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    if (name == NULL || check_searchable(reading, key, args, name, err) != 0) {
        free(name);
        return -1;
    }
    const struct pulse_arg *row = pulse_args_row(args, name);
    struct pulse_search *search = &space->search[space->n_search++];
    *search = (struct pulse_search){
        .option = name, .flag = row->argument == NULL, .whole = row->most > 0};
    if (node->type == YAML_SEQUENCE_NODE)
        return read_list(reading, node, pulse_arg_escapes(row), search, err);
    if (node->type == YAML_MAPPING_NODE)
        return read_range(reading, node, search, err);
    return pulse_yaml_fail(&reading->yaml, node, err,
                           "%s: expected a list of values, or a range such as {min: 1, max: 9}",
                           name);
}

int pulse_space_read_search(struct pulse_space_reading *reading, const yaml_node_t *node,
                            struct pulse_err *err)
{
    struct pulse_options options = {0};
    const struct pulse_args args = pulse_options_args(&options);
    reading->space->search =
        pulse_calloc(PULSE_MOST_SEARCHED, sizeof *reading->space->search, "search", err);
    if (reading->space->search == NULL)
        return -1;
    if (node->type != YAML_MAPPING_NODE ||
        node->data.mapping.pairs.top == node->data.mapping.pairs.start)
        return pulse_yaml_fail(&reading->yaml, node, err,
                               "search: expected options, each with a list of values or a range");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (read_searched(reading, &args, pair, err) != 0)
            return -1;
    return 0;
}
