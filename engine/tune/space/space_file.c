#include "tune/space/space_file.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "base/number.h"
#include "tune/space/space_search.h"
#include "tune/space/trial_words.h"

/* ---- Values of single keys ---------------------------------------------------------- */

typedef int key_reader(struct pulse_space_reading *reading, const yaml_node_t *node,
                       struct pulse_err *err);

static int read_whole(const struct pulse_space_reading *reading, const yaml_node_t *node,
                      const char *key, int64_t most, int64_t *out, struct pulse_err *err)
{
    const int64_t least = strcmp(key, "seed") == 0 ? 0 : 1;
    const char *text = pulse_yaml_text(node);
    if (text != NULL && pulse_parse_int(text, least, most, out))
        return 0;
    return pulse_yaml_fail(&reading->yaml, node, err,
                           "%s: expected a whole number from %lld to %lld", key, (long long)least,
                           (long long)most);
}

static int read_strategy(struct pulse_space_reading *reading, const yaml_node_t *node,
                         struct pulse_err *err)
{
    const char *text = pulse_yaml_text(node);
    if (text == NULL || (strcmp(text, "grid") != 0 && strcmp(text, "random") != 0))
        return pulse_yaml_fail(&reading->yaml, node, err, "strategy: expected grid or random");
    reading->space->random = text[0] == 'r';
    return 0;
}

static int read_trials(struct pulse_space_reading *reading, const yaml_node_t *node,
                       struct pulse_err *err)
{
    return read_whole(reading, node, "trials", PULSE_MOST_TRIALS, &reading->space->trials, err);
}

static int read_seed(struct pulse_space_reading *reading, const yaml_node_t *node,
                     struct pulse_err *err)
{
    return read_whole(reading, node, "seed", INT64_MAX, &reading->space->seed, err);
}

static int read_objective(struct pulse_space_reading *reading, const yaml_node_t *node,
                          struct pulse_err *err)
{
    const char *text = pulse_yaml_text(node);
    for (int i = 0; i < PULSE_OBJECTIVES; i++)
        if (text != NULL && strcmp(text, pulse_objective_name((enum pulse_objective)i)) == 0) {
            reading->space->objective = (enum pulse_objective)i;
            return 0;
        }
    return pulse_yaml_fail(
        &reading->yaml, node, err,
        "objective: expected skill, worst_skill, hit, interval_score_80 or interval_score_95");
}

static int read_holdout(struct pulse_space_reading *reading, const yaml_node_t *node,
                        struct pulse_err *err)
{
    const char *text = pulse_yaml_text(node);
    int64_t ns;
    if (text != NULL && pulse_parse_instant(text, strlen(text), &ns)) {
        reading->space->has_holdout = true;
        reading->space->holdout_from = pulse_day_of_ns(ns);
        return 0;
    }
    return pulse_yaml_fail(&reading->yaml, node, err, "holdout_from: expected a date, YYYY-MM-DD");
}

static int read_limit(const struct pulse_space_reading *reading, const yaml_node_pair_t *pair,
                      struct pulse_err *err)
{
    const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
    const yaml_node_t *node = pulse_yaml_node(&reading->yaml, pair->value);
    const char *name = pulse_yaml_text(key), *text = pulse_yaml_text(node);
    struct pulse_space *space = reading->space;
    if (name != NULL && strcmp(name, "trials") == 0)
        return read_whole(reading, node, "limits, trials", INT64_MAX, &space->most_trials, err);
    double *const limit = name == NULL                      ? NULL
                          : strcmp(name, "vcpu_hours") == 0 ? &space->vcpu_hours
                          : strcmp(name, "hours") == 0      ? &space->hours
                                                            : NULL;
    if (limit == NULL)
        return pulse_yaml_fail(&reading->yaml, key, err,
                               "limits: expected vcpu_hours, hours or trials");
    return text != NULL && pulse_parse_real(text, 0, 1e12, limit)
               ? 0
               : pulse_yaml_fail(&reading->yaml, node, err,
                                 "limits, %s: expected a number of hours", name);
}

static int read_limits(struct pulse_space_reading *reading, const yaml_node_t *node,
                       struct pulse_err *err)
{
    if (node->type != YAML_MAPPING_NODE)
        return pulse_yaml_fail(&reading->yaml, node, err,
                               "limits: expected vcpu_hours, hours or trials, each with its value");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (read_limit(reading, pair, err) != 0 ||
            pulse_space_expect_once(reading, node, pair, err) != 0)
            return -1;
    return 0;
}

/* ---- The whole file ------------------------------------------------------------------ */

/* In the order in which they are read: what is searched is looked at with the options at hand. */
static const struct {
    const char *name;
    key_reader *read;
} keys[] = {{"options", pulse_space_read_options},
            {"search", pulse_space_read_search},
            {"strategy", read_strategy},
            {"trials", read_trials},
            {"seed", read_seed},
            {"objective", read_objective},
            {"holdout_from", read_holdout},
            {"limits", read_limits}};

enum { KEYS = sizeof keys / sizeof *keys };

static int check_key(const struct pulse_space_reading *reading, const yaml_node_t *root,
                     const yaml_node_pair_t *pair, struct pulse_err *err)
{
    const yaml_node_t *key = pulse_yaml_node(&reading->yaml, pair->key);
    const char *name = pulse_yaml_text(key);
    int known = -1;
    for (int i = 0; name != NULL && i < KEYS; i++)
        if (strcmp(name, keys[i].name) == 0)
            known = i;
    if (known < 0)
        return pulse_yaml_fail(&reading->yaml, key, err,
                               "%s is no key of a space file: options, search, strategy, trials, "
                               "seed, objective, holdout_from, limits",
                               name == NULL ? "a list" : name);
    return pulse_space_expect_once(reading, root, pair, err);
}

static int read_keys(struct pulse_space_reading *reading, struct pulse_err *err)
{
    const yaml_node_t *root = pulse_yaml_root(&reading->yaml);
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: expected the keys options and search, each with options of "
                          "pulse-train",
                          reading->yaml.name);
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++)
        if (check_key(reading, root, pair, err) != 0)
            return -1;
    for (int i = 0; i < KEYS; i++) {
        const yaml_node_t *node = pulse_yaml_find(&reading->yaml, root, keys[i].name);
        if (node != NULL && keys[i].read(reading, node, err) != 0)
            return -1;
        if (node == NULL && i < 2)
            return pulse_fail(err, PULSE_E_USAGE, "%s: %s is missing", reading->yaml.name,
                              keys[i].name);
    }
    return 0;
}

/* A grid has steps in all its directions, and an end. */
static int check_strategy(const struct pulse_space_reading *reading, struct pulse_err *err)
{
    const struct pulse_space *space = reading->space;
    for (int64_t i = 0; !space->random && i < space->n_search; i++)
        if (space->search[i].n == 0)
            return pulse_fail(err, PULSE_E_USAGE,
                              "%s: a grid needs a list of values, or a step, for %s; or take "
                              "strategy: random",
                              reading->yaml.name, space->search[i].option);
    if (space->random && space->trials == 0)
        return pulse_fail(err, PULSE_E_USAGE, "%s: strategy: random needs trials, how many",
                          reading->yaml.name);
    return 0;
}

/* A holdout that begins after the data end would give trials more than they are to have. */
static int check_holdout(const struct pulse_space_reading *reading, struct pulse_err *err)
{
    const struct pulse_space *space = reading->space;
    struct pulse_trial_words words = {0};
    struct pulse_options options = {0};
    char end[PULSE_DATE_TEXT];
    if (!space->has_holdout)
        return 0;
    int status = pulse_trial_words_make(space, NULL, true, &words, err);
    if (status == 0)
        status = pulse_trial_words_parse(&words, &options, err);
    if (status == 0 && space->holdout_from > options.end_day)
        status = pulse_yaml_fail(
            &reading->yaml,
            pulse_yaml_find(&reading->yaml, pulse_yaml_root(&reading->yaml), "holdout_from"), err,
            "holdout_from: expected a date of the data's period, which ends on %s",
            pulse_format_day(options.end_day, end));
    pulse_options_clear(&options);
    pulse_trial_words_clear(&words);
    return status;
}

int pulse_space_read(const char *name, const char *bytes, int64_t n, struct pulse_space *space,
                     struct pulse_err *err)
{
    struct pulse_space_reading reading = {.space = space};
    *space = (struct pulse_space){
        .seed = 1, .vcpu_hours = INFINITY, .hours = INFINITY, .most_trials = INT64_MAX};
    const int status =
        pulse_yaml_load(&reading.yaml, name, bytes, n, err) != 0 || read_keys(&reading, err) != 0 ||
                check_strategy(&reading, err) != 0 || check_holdout(&reading, err) != 0
            ? -1
            : 0;
    pulse_yaml_clear(&reading.yaml);
    return status;
}
