#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/args_table.h"
#include "base/mem.h"
#include "config/yaml.h"

/* A file in hand, and what becomes of it. */
struct reading {
    const struct pulse_args *args;
    char *const *argv;
    const struct pulse_yaml *yaml;
    bool summary; /* it is a run's summary.json */
    struct pulse_config *config;
    struct pulse_err *err;
};

/* The mapping that holds the options: the whole file, or "config" of a summary.json. NULL: neither.
 */
static const yaml_node_t *find_options(struct reading *reading)
{
    const yaml_node_t *root = pulse_yaml_root(reading->yaml);
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_t *config = pulse_yaml_find(reading->yaml, root, "config");
    reading->summary = config != NULL && config->type == YAML_MAPPING_NODE &&
                       pulse_yaml_find(reading->yaml, root, "schema_version") != NULL;
    return reading->summary ? config : root;
}

/* ---- Options ----------------------------------------------------------------------- */

static bool is_word(const char *word, const struct pulse_arg *row)
{
    const size_t length = strlen(row->name);
    if (strncmp(word, "--", 2) == 0)
        return strncmp(word + 2, row->name, length) == 0 &&
               (word[2 + length] == '\0' || word[2 + length] == '=');
    return row->letter != 0 && word[0] == '-' && word[1] == row->letter;
}

static bool is_added(const struct pulse_config *config, const struct pulse_arg *row)
{
    for (int i = 0; i < config->n_added; i++)
        if (is_word(config->added[i], row))
            return true;
    return false;
}

/* Whether the command line itself gives an option, or another one that fills the same field. */
static bool is_given(const struct reading *reading, const struct pulse_arg *option)
{
    for (int t = 0; t < PULSE_ARGS_TABLES && reading->args->tables[t].rows != NULL; t++)
        for (const struct pulse_arg *row = reading->args->tables[t].rows; !pulse_arg_is_end(row);
             row++) {
            if (row != option &&
                (row->name == NULL || row->at == 0 || row->at != option->at || row->read == NULL))
                continue;
            for (char *const *word = reading->argv + 1; *word != NULL; word++)
                if (is_word(*word, row))
                    return true;
        }
    return false;
}

static int add_word(struct reading *reading, const char *name, const char *value)
{
    struct pulse_config *config = reading->config;
    char *word = value == NULL ? pulse_print(reading->err, "--%s", name)
                               : pulse_print(reading->err, "--%s=%s", name, value);
    if (word == NULL)
        return -1;
    config->added[config->n_added++] = word;
    return 0;
}

/* Whether all values of a mapping are the same text, *one. */
static bool has_one_value(struct reading *reading, const yaml_node_t *node, const char **one)
{
    *one = NULL;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *text = pulse_yaml_text(pulse_yaml_node(reading->yaml, pair->value));
        if (text == NULL || (*one != NULL && strcmp(*one, text) != 0))
            return false;
        *one = text;
    }
    return *one != NULL;
}

/* An option with a value. A summary.json names every variable: of a mapping in which all have the
 * same value that one alone. */
static int add_value(struct reading *reading, const struct pulse_arg *row, const yaml_node_t *node)
{
    const char *one = NULL;
    if (node->type == YAML_MAPPING_NODE && reading->summary && has_one_value(reading, node, &one))
        return add_word(reading, row->name, one);
    if (node->type != YAML_SCALAR_NODE && row->read == pulse_arg_read_text)
        return pulse_yaml_fail(reading->yaml, node, reading->err, "%s: expected one text, no list",
                               row->name);
    char *value = pulse_yaml_join(reading->yaml, node, pulse_arg_escapes(row), reading->err);
    const int status = value == NULL ? -1
                       : pulse_yaml_is_empty_list(node) || (reading->summary && *value == '\0')
                           ? 0
                           : add_word(reading, row->name, value);
    free(value);
    return status;
}

/* An option without one: true or false. */
static int add_flag(struct reading *reading, const struct pulse_arg *row, const yaml_node_t *node)
{
    const char *text = pulse_yaml_text(node);
    if (text != NULL && strcmp(text, "true") == 0)
        return add_word(reading, row->name, NULL);
    if (text != NULL && strcmp(text, "false") == 0)
        return 0;
    return pulse_yaml_fail(reading->yaml, node, reading->err, "%s %s", "expected true or false for",
                           row->name);
}

static bool is_nothing(const yaml_node_t *node)
{
    const char *text = pulse_yaml_text(node);
    return text != NULL && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* What a summary.json holds of a run that is no option of it, or does not say how to repeat it. */
static bool is_of_the_run(struct reading *reading, const yaml_node_t *options, const char *name,
                          const yaml_node_t *value)
{
    const char *text = pulse_yaml_text(value);
    if (!reading->summary)
        return false;
    if (strcmp(name, "variables") == 0) {
        const yaml_node_t *all = pulse_yaml_find(reading->yaml, options, "all_variables");
        return all != NULL && pulse_yaml_text(all) != NULL &&
               strcmp(pulse_yaml_text(all), "true") == 0;
    }
    if (strcmp(name, "batch-limit") == 0)
        return text != NULL && strcmp(text, "0") == 0; /* none */
    return strcmp(name, "all-variables") == 0 || strcmp(name, "calendar-columns") == 0 ||
           strcmp(name, "output") == 0;
}

static int fail_unknown(const struct reading *reading, const yaml_node_t *key, const char *name)
{
    const struct pulse_arg *near = pulse_args_nearest(reading->args, name, strlen(name));
    if (near != NULL && strcmp(near->name, name) == 0) /* --help, --version */
        return pulse_yaml_fail(reading->yaml, key, reading->err, "%s %s", name,
                               "is for the command line alone");
    return pulse_yaml_fail(reading->yaml, key, reading->err, "%s is no option of %s%s%s%s",
                           pulse_yaml_text(key), reading->args->program,
                           near == NULL ? "" : "; did you mean ", near == NULL ? "" : near->name,
                           near == NULL ? "" : "?");
}

static int take_option(struct reading *reading, const yaml_node_t *options,
                       const yaml_node_pair_t *pair)
{
    char name[64];
    const yaml_node_t *key = pulse_yaml_node(reading->yaml, pair->key);
    const yaml_node_t *value = pulse_yaml_node(reading->yaml, pair->value);
    const char *text = pulse_yaml_text(key);
    if (text == NULL || strlen(text) >= sizeof name)
        return pulse_yaml_fail(reading->yaml, key, reading->err, "%s %s", "expected",
                               "a long option as key");
    (void)strcpy(name, text);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    if (is_of_the_run(reading, options, name, value))
        return 0;
    const struct pulse_arg *row = pulse_args_row(reading->args, name);
    if (row == NULL)
        return fail_unknown(reading, key, name);
    if (is_nothing(value))
        return 0;
    if (strcmp(name, "config") == 0)
        return pulse_yaml_fail(reading->yaml, key, reading->err, "%s %s",
                               "a file of options names no other one:", text);
    if (is_added(reading->config, row))
        return pulse_yaml_fail(reading->yaml, key, reading->err, "%s stands here twice", text);
    if (is_given(reading, row))
        return 0;
    return row->argument == NULL ? add_flag(reading, row, value) : add_value(reading, row, value);
}

static int take_options(struct reading *reading, const yaml_node_t *options)
{
    const yaml_node_pair_t *first = options->data.mapping.pairs.start;
    const yaml_node_pair_t *end = options->data.mapping.pairs.top;
    reading->config->added = pulse_calloc(end - first, sizeof *reading->config->added,
                                          reading->yaml->name, reading->err);
    if (reading->config->added == NULL)
        return -1;
    for (; first < end; first++)
        if (take_option(reading, options, first) != 0)
            return -1;
    return 0;
}

static int take_file(struct reading *reading)
{
    const yaml_node_t *options = find_options(reading);
    if (options == NULL)
        return pulse_fail(reading->err, PULSE_E_USAGE,
                          "%s: expected long options and their values, such as "
                          "\"ridge: [100, 1000]\"",
                          reading->yaml->name);
    return take_options(reading, options);
}

static int read_file(struct reading *reading, const char *path,
                     const struct pulse_config_text *text)
{
    struct pulse_yaml yaml = {0};
    char *name = pulse_print(reading->err, "--config %s", path);
    int status = name == NULL   ? -1
                 : text != NULL ? pulse_yaml_load(&yaml, name, text->bytes, text->n, reading->err)
                                : pulse_yaml_load_file(&yaml, path, name, reading->err);
    reading->yaml = &yaml;
    if (status == 0)
        status = take_file(reading);
    reading->yaml = NULL;
    pulse_yaml_clear(&yaml);
    free(name);
    return status;
}

/* The program's name, the words from the file, those of the command line without --config FILE. */
static int join_words(int argc, char **argv, struct pulse_config *config, struct pulse_err *err)
{
    config->argv = pulse_calloc(argc + config->n_added + 1, sizeof *config->argv, "--config", err);
    if (config->argv == NULL)
        return -1;
    config->argv[config->argc++] = argv[0];
    for (int i = 0; i < config->n_added; i++)
        config->argv[config->argc++] = config->added[i];
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            i++;
        else if (strncmp(argv[i], "--config=", 9) != 0)
            config->argv[config->argc++] = argv[i];
    return 0;
}

int pulse_config_expand(const struct pulse_args *args, int argc, char **argv,
                        const struct pulse_config_text *text, struct pulse_config *config,
                        struct pulse_err *err)
{
    const char *path = pulse_args_find(argv, "config");
    struct reading reading = {.args = args, .argv = argv, .config = config, .err = err};
    *config = (struct pulse_config){0};
    if (path != NULL && read_file(&reading, path, text) != 0)
        return -1;
    return join_words(argc, argv, config, err);
}

int pulse_config_take(const struct pulse_args *args, const struct pulse_yaml *yaml,
                      const yaml_node_t *options, struct pulse_config *config,
                      struct pulse_err *err)
{
    char *none[] = {NULL, NULL};
    struct reading reading = {
        .args = args, .argv = none, .yaml = yaml, .config = config, .err = err};
    *config = (struct pulse_config){0};
    return take_options(&reading, options);
}

void pulse_config_clear(struct pulse_config *config)
{
    for (int i = 0; i < config->n_added; i++)
        free(config->added[i]);
    free(config->added);
    free(config->argv);
    *config = (struct pulse_config){0};
}
