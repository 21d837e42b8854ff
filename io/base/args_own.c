/* Command lines that hold options of another program too, which argp knows no way to hand on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args_table.h"
#include "base/spelling.h"

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The row that "--name" or "--name=value" belongs to, and its table; NULL where it is no option of
 * ours. The beginning of a name will do where that is one alone, and nobody else's option. */
static const struct pulse_arg *find_name(const struct pulse_args *args, const char *word,
                                         const struct pulse_args_table **table)
{
    const struct pulse_arg *begins = NULL;
    const struct pulse_args_table *its = NULL;
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
        return NULL;
    const size_t length = strcspn(word + 2, "=");
    bool one = args->is_other != NULL && !args->is_other(word);
    for (*table = args->tables; *table < args->tables + PULSE_ARGS_TABLES && (*table)->rows != NULL;
         ++*table)
        for (const struct pulse_arg *row = (*table)->rows; !pulse_arg_is_end(row); row++) {
            if (row->name == NULL || row->read == NULL || strncmp(row->name, word + 2, length) != 0)
                continue;
            if (strlen(row->name) == length)
                return row;
            one = one && begins == NULL;
            begins = row;
            its = *table;
        }
    *table = its;
    return one ? begins : NULL;
}

/* Prints what --help, --usage or --version asks for, and ends the program; returns for any other
 * word. */
static int print_if_asked(const struct pulse_args *args, const char *word, struct pulse_err *err)
{
    for (const struct pulse_arg *row = pulse_args_help_rows; !pulse_arg_is_end(row); row++) {
        const bool asked =
            word[0] == '-' &&
            (word[1] == '-' ? strcmp(word + 2, row->name) == 0
                            : row->letter != 0 && word[1] == row->letter && word[2] == '\0');
        if (!asked)
            continue;
        struct argp_option *options =
            pulse_args_options(args->tables[0].rows, pulse_args_help_rows, err);
        if (options == NULL)
            return -1;
        const struct argp argp = {.options = options, .args_doc = args->usage, .doc = args->doc};
        pulse_args_print(args, &argp, row->name);
    }
    return 0;
}

/* Takes the option at argv[*at], with its values, and moves *at past them. */
static int take_option(const struct pulse_arg *row, void *values, int argc, char **argv, int *at,
                       struct pulse_err *err)
{
    char *equals = strchr(argv[*at], '=');
    char *value = equals == NULL ? NULL : equals + 1;
    const bool list = pulse_arg_is_list(row);
    ++*at;
    if (row->argument == NULL) {
        if (value != NULL)
            return pulse_fail(err, PULSE_E_USAGE, "--%s takes no value", row->name);
        return row->read(row, NULL, values, err);
    }
    if (value == NULL && *at < argc && (!list || !is_option(argv[*at])))
        value = argv[(*at)++];
    if (value == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "--%s needs a value (%s)", row->name, row->argument);
    int rc = row->read(row, value, values, err);
    while (rc == 0 && list && *at < argc && !is_option(argv[*at]))
        rc = row->read(row, argv[(*at)++], values, err);
    return rc;
}

/* A word that is to be handed on, where nobody knows it: an error if it is one letter off one of
 * our own names, or begins several. */
static int refuse_misspelt(const struct pulse_args *args, const char *word, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    char name[64];
    if (args->is_other == NULL || strncmp(word, "--", 2) != 0 || args->is_other(word))
        return 0;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (const struct pulse_arg *row = args->tables[0].rows; !pulse_arg_is_end(row); row++)
        if (row->name != NULL && pulse_spelling_distance(name, row->name) <= 1)
            return pulse_fail(err, PULSE_E_USAGE, "--%s: unknown option; did you mean --%s?", name,
                              row->name);
    if (!pulse_args_diagnose(args, word, false, &why) || strstr(why.text, "which one") == NULL)
        return 0;
    *err = why;
    return -1;
}

static int parse_own(const struct pulse_args *args, int argc, char **argv, struct pulse_err *err)
{
    bool after_own = false;
    for (int at = 1; at < argc;) {
        const struct pulse_args_table *table = NULL;
        const struct pulse_arg *row = find_name(args, argv[at], &table);
        if (print_if_asked(args, argv[at], err) != 0)
            return -1;
        if (row != NULL) {
            if (take_option(row, table->values, argc, argv, &at, err) != 0)
                return -1;
        } else if (args->ends_at_word)
            return args->take_word(args->user, &argv[at], err);
        else if (after_own && !is_option(argv[at]))
            return pulse_fail(err, PULSE_E_USAGE, "unexpected argument %s", argv[at]);
        else if (refuse_misspelt(args, argv[at], err) != 0 ||
                 args->take_word(args->user, &argv[at++], err) != 0)
            return -1;
        after_own = row != NULL;
    }
    return 0;
}

int pulse_args_parse_own(const struct pulse_args *args, int argc, char **argv,
                         struct pulse_err *err)
{
    int rc = parse_own(args, argc, argv, err);
    if (rc == 0 && args->check != NULL)
        rc = args->check(args->user, err);
    return rc == 0 ? 0 : pulse_args_point_to_help(args, err);
}

const char *pulse_args_find(char *const *argv, const char *name)
{
    const char *found = NULL;
    const size_t length = strlen(name);
    for (; *argv != NULL; argv++) {
        const char *word = *argv;
        if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, length) != 0)
            continue;
        if (word[2 + length] == '=')
            found = word + 2 + length + 1;
        else if (word[2 + length] == '\0' && argv[1] != NULL)
            found = argv[1];
    }
    return found;
}

bool pulse_args_find_flag(char *const *argv, const char *name)
{
    bool found = false;
    for (; *argv != NULL && !found; argv++)
        found = strncmp(*argv, "--", 2) == 0 && strcmp(*argv + 2, name) == 0;
    return found;
}
