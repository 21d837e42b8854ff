/* Command lines that hold options of another program too, which argp knows no way to hand on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args_table.h"

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The row that "--name" or "--name=value" belongs to, and its table; NULL where it is no option of
 * ours. */
static const struct pulse_arg *find_name(const struct pulse_args *args, const char *word,
                                         const struct pulse_args_table **table)
{
    if (strncmp(word, "--", 2) != 0)
        return NULL;
    const size_t length = strcspn(word + 2, "=");
    for (*table = args->tables; *table < args->tables + PULSE_ARGS_TABLES && (*table)->rows != NULL;
         ++*table)
        for (const struct pulse_arg *row = (*table)->rows; !pulse_arg_is_end(row); row++)
            if (row->name != NULL && row->read != NULL && strlen(row->name) == length &&
                strncmp(row->name, word + 2, length) == 0)
                return row;
    return NULL;
}

/* argp adds these two where it parses; here it only prints. The groups below 0 come last. */
static const struct pulse_arg help_rows[] = {
    {.name = "help", .help = "Give this help list", .group = -1},
    {.name = "version", .help = "Print program version", .group = -1},
    {0}};

/* Prints what --help or --version asks for, and ends the program; returns for any other word. */
static int print_if_asked(const struct pulse_args *args, const char *word, struct pulse_err *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s", args->program);
    if (strcmp(word, "--help") == 0) {
        struct argp_option *options = pulse_args_options(args->tables[0].rows, help_rows, err);
        if (options == NULL)
            return -1;
        const struct argp argp = {.options = options, .args_doc = args->usage, .doc = args->doc};
        argp_help(&argp, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, name);
        free(options);
    } else if (strcmp(word, "--version") == 0)
        (void)printf("%s\n", pulse_args_version(args->program));
    else
        return 0;
    exit(fflush(stdout) == 0 ? 0 : 3);
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
        else if (args->take_word(args->user, &argv[at++], err) != 0)
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
