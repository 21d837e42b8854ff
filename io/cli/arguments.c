#include "cli/arguments.h"

#include "base/shutdown.h"
#include "data/common/arguments.h"
#include "store/arguments.h"

/* ---- The store --------------------------------------------------------------------- */

/* Every command may be given an s3 URI. What stands before the command's name counts for it too. */
static struct pulse_store_options store;

static void add_table(struct pulse_args *args, struct pulse_args_table table)
{
    struct pulse_args_table *at = args->tables;
    while (at->rows != NULL)
        at++;
    *at = table;
}

int pulse_arguments_parse(const struct pulse_args *args, int argc, char **argv,
                          struct pulse_err *err)
{
    struct pulse_args whole = *args;
    add_table(&whole, (struct pulse_args_table){pulse_store_args, &store, "For s3:// URIs:", 1});
    if (pulse_args_parse(&whole, argc, argv, err) != 0)
        return -1;
    store.stop = pulse_shutdown_stops_waits;
    pulse_store_configure(&store);
    return 0;
}

/* ---- Reading ----------------------------------------------------------------------- */

const struct pulse_arg pulse_arguments_reading_args[] = {
    {"time-unit", 0, "UNIT", "Unit of integer timestamps since 1970: s, ms, us or ns",
     pulse_arg_read_choice, .at = offsetof(struct pulse_read_options, time_unit),
     .choices = pulse_time_unit_choices},
    {"decimal", 0, "SIGN", "Decimal separator in text: point or comma (in CSV detected)",
     pulse_arg_read_char, .at = offsetof(struct pulse_read_options, decimal),
     .choices = pulse_decimal_choices},
    PULSE_READING_ARGS(0),
    {0}};

/* ---- One FILE ---------------------------------------------------------------------- */

static int take_file(void *user, char **word, struct pulse_err *err)
{
    struct pulse_arguments_file *file = user;
    if (file->uri != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "one file or directory only, not '%s' too", *word);
    file->uri = *word;
    return 0;
}

static int check_file(void *user, struct pulse_err *err)
{
    const struct pulse_arguments_file *file = user;
    return file->uri != NULL ? 0 : pulse_fail(err, PULSE_E_USAGE, "which file?");
}

int pulse_arguments_parse_file(const struct pulse_args *args, struct pulse_arguments_file *file,
                               int argc, char **argv, struct pulse_err *err)
{
    struct pulse_args whole = *args;
    *file = (struct pulse_arguments_file){.reading = pulse_read_options_or_all(NULL)};
    add_table(&whole,
              (struct pulse_args_table){pulse_arguments_reading_args, &file->reading, 0, 0});
    whole.take_word = take_file;
    whole.check = check_file;
    whole.user = file;
    return pulse_arguments_parse(&whole, argc, argv, err);
}

/* ---- Many names -------------------------------------------------------------------- */

struct names_parser {
    const struct pulse_arguments_names_help *help;
    struct pulse_arguments_names *names;
};

static int take_name(void *user, char **word, struct pulse_err *err)
{
    struct pulse_arguments_names *names = ((struct names_parser *)user)->names;
    if (names->n == PULSE_ARGUMENTS_NAMES)
        return pulse_fail(err, PULSE_E_USAGE, "more than %d names", PULSE_ARGUMENTS_NAMES);
    names->name[names->n++] = *word;
    return 0;
}

static int check_names(void *user, struct pulse_err *err)
{
    const struct names_parser *parser = user;
    return parser->names->n >= parser->help->least
               ? 0
               : pulse_fail(err, PULSE_E_USAGE, "%s", parser->help->missing);
}

int pulse_arguments_parse_names(const struct pulse_arguments_names_help *help,
                                struct pulse_arguments_names *names, int argc, char **argv,
                                struct pulse_err *err)
{
    const struct pulse_arg rows[] = {{"recursive", 'r', NULL, help->recursive, pulse_arg_read_flag,
                                      .at = offsetof(struct pulse_arguments_names, recursive)},
                                     {"dry-run", 'n', NULL, help->dry_run, pulse_arg_read_flag,
                                      .at = offsetof(struct pulse_arguments_names, dry_run)},
                                     {0}};
    struct names_parser parser = {help, names};
    const struct pulse_args args = {.program = argv[0],
                                    .usage = help->usage,
                                    .doc = help->doc,
                                    .tables = {{rows, names, NULL, 0}},
                                    .take_word = take_name,
                                    .check = check_names,
                                    .user = &parser};
    return pulse_arguments_parse(&args, argc, argv, err);
}
