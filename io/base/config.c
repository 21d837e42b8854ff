#include "base/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base/args_diagnose.h"
#include "base/args_table.h"
#include "base/mem.h"
#include "base/text.h"

/* A file in hand, and what becomes of it. */
struct reading {
    const char *path;
    const struct pulse_args *args;
    char *const *argv;
    yaml_document_t document;
    bool summary; /* it is a run's summary.json */
    struct pulse_config *config;
    struct pulse_err *err;
};

static int fail_at(const struct reading *reading, const yaml_node_t *node, const char *what,
                   const char *text)
{
    return pulse_fail(reading->err, PULSE_E_USAGE, "--config %s, line %zu: %s %s", reading->path,
                      node->start_mark.line + 1, what, text);
}

/* ---- The file ---------------------------------------------------------------------- */

static int load_document(struct reading *reading, FILE *file)
{
    enum { MOST_BYTES = 64 << 20 };
    struct stat info;
    yaml_parser_t parser;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode))
        return pulse_fail(reading->err, PULSE_E_USAGE, "--config %s: it is no file", reading->path);
    if (info.st_size > MOST_BYTES)
        return pulse_fail(reading->err, PULSE_E_USAGE, "--config %s: larger than 64 MiB",
                          reading->path);
    if (!yaml_parser_initialize(&parser))
        return pulse_fail(reading->err, PULSE_E_MEMORY, "out of memory for --config");
    yaml_parser_set_input_file(&parser, file);
    int status = 0;
    if (!yaml_parser_load(&parser, &reading->document))
        status = pulse_fail(reading->err, PULSE_E_USAGE, "--config %s, line %zu: %s", reading->path,
                            parser.problem_mark.line + 1,
                            parser.problem != NULL ? parser.problem : "no YAML");
    yaml_parser_delete(&parser);
    return status;
}

static yaml_node_t *find_node(struct reading *reading, int index)
{
    return yaml_document_get_node(&reading->document, index);
}

/* The text of a scalar; NULL of any other node. */
static const char *find_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static yaml_node_t *find_value(struct reading *reading, const yaml_node_t *mapping,
                               const char *wanted)
{
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const char *key = find_text(find_node(reading, pair->key));
        if (key != NULL && strcmp(key, wanted) == 0)
            return find_node(reading, pair->value);
    }
    return NULL;
}

/* The mapping that holds the options: the whole file, or "config" of a summary.json. NULL: neither.
 */
static const yaml_node_t *find_options(struct reading *reading)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    if (root == NULL || root->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_t *config = find_value(reading, root, "config");
    reading->summary = config != NULL && config->type == YAML_MAPPING_NODE &&
                       find_value(reading, root, "schema_version") != NULL;
    return reading->summary ? config : root;
}

/* ---- Options ----------------------------------------------------------------------- */

/* The row of a long option that has a reader; NULL: there is none. */
static const struct pulse_arg *find_row(const struct pulse_args *args, const char *name)
{
    for (int t = 0; t < PULSE_ARGS_TABLES && args->tables[t].rows != NULL; t++)
        for (const struct pulse_arg *row = args->tables[t].rows; !pulse_arg_is_end(row); row++)
            if (row->name != NULL && row->read != NULL && strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

static bool is_word(const char *word, const struct pulse_arg *row)
{
    const size_t length = strlen(row->name);
    if (strncmp(word, "--", 2) == 0)
        return strncmp(word + 2, row->name, length) == 0 &&
               (word[2 + length] == '\0' || word[2 + length] == '=');
    return row->letter != 0 && word[0] == '-' && word[1] == row->letter;
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

/* Appends what stands for a node within a list; nothing holds another list. */
static int add_piece(const struct reading *reading, struct pulse_text_buffer *text,
                     const yaml_node_t *node, const char *sign)
{
    const char *piece = find_text(node);
    if (piece == NULL || strchr(piece, ',') != NULL)
        return fail_at(reading, node, "expected a word without commas, not",
                       piece == NULL ? "a list" : piece);
    pulse_text_buffer_add(text, sign);
    pulse_text_buffer_add(text, piece);
    return 0;
}

static int join_list(struct reading *reading, const yaml_node_t *node,
                     struct pulse_text_buffer *text)
{
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++)
        if (add_piece(reading, text, find_node(reading, *item), text->n == 0 ? "" : ",") != 0)
            return -1;
    return 0;
}

/* Whether all values of a mapping are the same text, *one. */
static bool has_one_value(struct reading *reading, const yaml_node_t *node, const char **one)
{
    *one = NULL;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *text = find_text(find_node(reading, pair->value));
        if (text == NULL || (*one != NULL && strcmp(*one, text) != 0))
            return false;
        *one = text;
    }
    return *one != NULL;
}

/* k=v,k=v; of a summary.json, which names every variable, v alone where all have the same. */
static int join_mapping(struct reading *reading, const yaml_node_t *node,
                        struct pulse_text_buffer *text)
{
    const char *one;
    if (reading->summary && has_one_value(reading, node, &one)) {
        pulse_text_buffer_add(text, one);
        return 0;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (add_piece(reading, text, find_node(reading, pair->key), text->n == 0 ? "" : ",") != 0 ||
            add_piece(reading, text, find_node(reading, pair->value), "=") != 0)
            return -1;
    return 0;
}

/* An option with a value. */
static int add_value(struct reading *reading, const struct pulse_arg *row, const yaml_node_t *node)
{
    struct pulse_text_buffer text = {.what = "--config", .err = reading->err};
    int status = 0;
    if (node->type == YAML_SCALAR_NODE)
        pulse_text_buffer_add(&text, find_text(node));
    else if (node->type == YAML_SEQUENCE_NODE)
        status = join_list(reading, node, &text);
    else
        status = join_mapping(reading, node, &text);
    if (status == 0 && text.n > 0)
        status = add_word(reading, row->name, text.bytes);
    pulse_text_buffer_clear(&text);
    return text.failed ? -1 : status;
}

/* An option without one: true or false. */
static int add_flag(struct reading *reading, const struct pulse_arg *row, const yaml_node_t *node)
{
    const char *text = find_text(node);
    if (text != NULL && strcmp(text, "true") == 0)
        return add_word(reading, row->name, NULL);
    if (text != NULL && strcmp(text, "false") == 0)
        return 0;
    return fail_at(reading, node, "expected true or false for", row->name);
}

static bool is_nothing(const yaml_node_t *node)
{
    const char *text = find_text(node);
    return text != NULL && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* What a summary.json holds of a run that is no option of it, or does not say how to repeat it. */
static bool is_of_the_run(struct reading *reading, const yaml_node_t *options, const char *name,
                          const yaml_node_t *value)
{
    const char *text = find_text(value);
    if (!reading->summary)
        return false;
    if (strcmp(name, "variables") == 0) {
        const yaml_node_t *all = find_value(reading, options, "all_variables");
        return all != NULL && find_text(all) != NULL && strcmp(find_text(all), "true") == 0;
    }
    if (strcmp(name, "batch-limit") == 0)
        return text != NULL && strcmp(text, "0") == 0; /* none */
    return strcmp(name, "all-variables") == 0 || strcmp(name, "calendar-columns") == 0 ||
           strcmp(name, "output") == 0;
}

static int fail_unknown(const struct reading *reading, const yaml_node_t *key, const char *name)
{
    const struct pulse_arg *near = pulse_args_nearest(reading->args, name, strlen(name));
    return pulse_fail(reading->err, PULSE_E_USAGE,
                      "--config %s, line %zu: %s is no option of %s%s%s%s", reading->path,
                      key->start_mark.line + 1, find_text(key), reading->args->program,
                      near == NULL ? "" : "; did you mean ", near == NULL ? "" : near->name,
                      near == NULL ? "" : "?");
}

static int take_option(struct reading *reading, const yaml_node_t *options,
                       const yaml_node_pair_t *pair)
{
    char name[64];
    const yaml_node_t *key = find_node(reading, pair->key);
    const yaml_node_t *value = find_node(reading, pair->value);
    const char *text = find_text(key);
    if (text == NULL || strlen(text) >= sizeof name)
        return fail_at(reading, key, "expected", "a long option as key");
    (void)strcpy(name, text);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    if (is_of_the_run(reading, options, name, value) || is_nothing(value))
        return 0;
    const struct pulse_arg *row = find_row(reading->args, name);
    if (row == NULL)
        return fail_unknown(reading, key, name);
    if (strcmp(name, "config") == 0)
        return fail_at(reading, key, "a file of options names no other one:", text);
    if (is_given(reading, row))
        return 0;
    return row->argument == NULL ? add_flag(reading, row, value) : add_value(reading, row, value);
}

static int take_options(struct reading *reading)
{
    const yaml_node_t *options = find_options(reading);
    if (options == NULL)
        return pulse_fail(reading->err, PULSE_E_USAGE,
                          "--config %s: expected long options and their values, such as "
                          "\"ridge: [100, 1000]\"",
                          reading->path);
    const yaml_node_pair_t *first = options->data.mapping.pairs.start;
    const yaml_node_pair_t *end = options->data.mapping.pairs.top;
    reading->config->added =
        pulse_calloc(end - first, sizeof *reading->config->added, "--config", reading->err);
    if (reading->config->added == NULL)
        return -1;
    for (; first < end; first++)
        if (take_option(reading, options, first) != 0)
            return -1;
    return 0;
}

static int read_file(struct reading *reading)
{
    int status;
    FILE *file = fopen(reading->path, "rbe");
    if (file == NULL)
        return pulse_fail(reading->err, PULSE_E_USAGE, "--config %s: %s", reading->path,
                          strerror(errno));
    status = load_document(reading, file);
    (void)fclose(file);
    if (status != 0)
        return -1;
    status = take_options(reading);
    yaml_document_delete(&reading->document);
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
                        struct pulse_config *config, struct pulse_err *err)
{
    struct reading reading = {.path = pulse_args_find(argv, "config"),
                              .args = args,
                              .argv = argv,
                              .config = config,
                              .err = err};
    *config = (struct pulse_config){0};
    if (reading.path != NULL && read_file(&reading) != 0)
        return -1;
    return join_words(argc, argv, config, err);
}

void pulse_config_clear(struct pulse_config *config)
{
    for (int i = 0; i < config->n_added; i++)
        free(config->added[i]);
    free(config->added);
    free(config->argv);
    *config = (struct pulse_config){0};
}
