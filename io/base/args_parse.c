/* A whole command line through argp. */
#include "base/args.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/args_table.h"

/* For pulse-flow, which has the command lines of all steps read before the first one starts. Not
 * among those above: what hands options on to another program cannot say that all are good. */
static const struct pulse_arg check_rows[] = {
    {.name = "check-options", .help = "Check the command line, and stop", .group = -1}, {0}};

enum { CHECK_KEY = PULSE_ARGS_KEYS + 0x80 };

struct parser;

struct table_parser {
    struct parser *parser;
    const struct pulse_args_table *table;
    struct argp argp;
    struct argp_option *options; /* owned */
};

struct parser {
    const struct pulse_args *args;
    struct pulse_err *err;
    struct table_parser tables[PULSE_ARGS_TABLES];
    struct argp argp, help;           /* of the whole, and of --help */
    struct argp_option *help_options; /* owned */
    struct argp_child children[PULSE_ARGS_TABLES + 2];
    const struct pulse_arg *list; /* the option whose further values may follow, or NULL */
    void *list_values;
    int list_next; /* the argument after its last value */
    bool only_checks;
};

/* What a parser function of argp returns after a function of ours returned `rc`. */
static error_t end_word(struct parser *parser, int rc)
{
    if (rc == 0)
        return 0;
    (void)pulse_args_point_to_help(parser->args, parser->err);
    return EINVAL;
}

/* What argp could not take: the word before the next one; or the next one, of whose letters argp
 * takes one after the other. */
static error_t refuse_word(struct parser *parser, const struct argp_state *state)
{
    for (int at = state->next - 1; at <= state->next && parser->err->kind == PULSE_OK; at++)
        if (at > 0 && at < state->argc &&
            pulse_args_diagnose(parser->args, state->argv[at], at == state->argc - 1, parser->err))
            break;
    if (parser->err->kind == PULSE_OK)
        (void)pulse_fail(parser->err, PULSE_E_USAGE, "%s: no such option",
                         state->argv[state->next > 1 ? state->next - 1 : 0]);
    return end_word(parser, -1);
}

static error_t take_word(struct parser *parser, char *arg, struct argp_state *state)
{
    const struct pulse_args *args = parser->args;
    if (parser->list != NULL && state->next == parser->list_next + 1) {
        parser->list_next = state->next;
        return end_word(parser,
                        parser->list->read(parser->list, arg, parser->list_values, parser->err));
    }
    if (args->take_word == NULL)
        return end_word(parser,
                        pulse_fail(parser->err, PULSE_E_USAGE, "unexpected argument %s", arg));
    char **word = &state->argv[state->next - 1];
    if (args->ends_at_word)
        state->next = state->argc;
    return end_word(parser, args->take_word(args->user, word, parser->err));
}

static error_t parse_words(int key, char *arg, struct argp_state *state)
{
    struct parser *parser = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->err_stream = NULL; /* or argp would end the program itself */
        for (int i = 0; parser->children[i].argp != NULL; i++)
            state->child_inputs[i] =
                parser->children[i].argp == &parser->help ? (void *)parser : &parser->tables[i];
        return 0;
    case ARGP_KEY_ERROR:
        return refuse_word(parser, state);
    case ARGP_KEY_ARG:
        return take_word(parser, arg, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct pulse_arg *find_key(const struct pulse_arg *rows, int key)
{
    for (int i = 0; key > 0 && !pulse_arg_is_end(&rows[i]); i++)
        if (key == (rows[i].letter != 0 ? rows[i].letter : PULSE_ARGS_KEYS + i))
            return &rows[i];
    return NULL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct table_parser *table = state->input;
    struct parser *parser = table->parser;
    const struct pulse_arg *row = find_key(table->table->rows, key);
    if (row == NULL)
        return ARGP_ERR_UNKNOWN;
    parser->list = pulse_arg_is_list(row) ? row : NULL;
    parser->list_values = table->table->values;
    parser->list_next = state->next;
    return end_word(parser, row->read(row, arg, table->table->values, parser->err));
}

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
    struct parser *parser = state->input;
    (void)arg;
    if (key == CHECK_KEY) {
        parser->only_checks = true;
        return 0;
    }
    for (int k = 0; key > 0 && !pulse_arg_is_end(&pulse_args_help_rows[k]); k++)
        if (key == parser->help_options[k].key)
            pulse_args_print(parser->args, &parser->argp, pulse_args_help_rows[k].name);
    return ARGP_ERR_UNKNOWN;
}

/* Options of the help table, without a letter that is another option's. */
static int prepare_help(struct parser *parser, int n_tables)
{
    int k = 0;
    parser->help_options = pulse_args_options(pulse_args_help_rows, check_rows, parser->err);
    if (parser->help_options == NULL)
        return -1;
    for (; !pulse_arg_is_end(&pulse_args_help_rows[k]); k++)
        for (int i = 0; i < n_tables; i++)
            for (const struct pulse_arg *row = parser->args->tables[i].rows; !pulse_arg_is_end(row);
                 row++)
                if (row->letter != 0 && row->letter == pulse_args_help_rows[k].letter)
                    parser->help_options[k].key = PULSE_ARGS_KEYS + k;
    parser->help_options[k].key = CHECK_KEY;
    parser->help = (struct argp){.options = parser->help_options, .parser = parse_help};
    parser->children[n_tables] = (struct argp_child){.argp = &parser->help};
    return 0;
}

static int prepare_tables(struct parser *parser)
{
    const struct pulse_args_table *tables = parser->args->tables;
    int i = 0;
    for (; i < PULSE_ARGS_TABLES && tables[i].rows != NULL; i++) {
        struct table_parser *it = &parser->tables[i];
        it->parser = parser;
        it->table = &tables[i];
        it->options = pulse_args_options(tables[i].rows, NULL, parser->err);
        if (it->options == NULL)
            return -1;
        it->argp = (struct argp){.options = it->options, .parser = parse_option};
        parser->children[i] = (struct argp_child){
            .argp = &it->argp, .header = tables[i].heading, .group = tables[i].group};
    }
    return prepare_help(parser, i);
}

/* argp_parse, but that getopt's words on standard error are left out: we say in one line what it
 * says in two. */
static error_t parse_silently(const struct argp *argp, int argc, char **argv, void *input)
{
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = dup(STDERR_FILENO);
    if (silence >= 0 && kept >= 0)
        (void)dup2(silence, STDERR_FILENO);
    error_t code = argp_parse(argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, input);
    if (silence >= 0 && kept >= 0)
        (void)dup2(kept, STDERR_FILENO);
    if (silence >= 0)
        (void)close(silence);
    if (kept >= 0)
        (void)close(kept);
    return code;
}

void pulse_args_end_check(const struct pulse_args *args)
{
    (void)printf("%s\n", pulse_args_version(args->program));
    exit(fflush(stdout) == 0 ? 0 : pulse_exit_code(PULSE_E_STORAGE));
}

int pulse_args_parse(const struct pulse_args *args, int argc, char **argv, struct pulse_err *err)
{
    struct parser parser = {.args = args, .err = err};
    parser.argp = (struct argp){.parser = parse_words,
                                .args_doc = args->usage,
                                .doc = args->doc,
                                .children = parser.children};
    int rc = prepare_tables(&parser);
    if (rc == 0) {
        const error_t code = parse_silently(&parser.argp, argc, argv, &parser);
        if (code != 0 && err->kind == PULSE_OK)
            (void)pulse_fail(err, PULSE_E_USAGE, "bad command line: %s", strerror(code));
        if (code == 0 && args->check != NULL)
            (void)args->check(args->user, err);
        rc = err->kind == PULSE_OK ? 0 : pulse_args_point_to_help(args, err);
    }
    for (int i = 0; i < PULSE_ARGS_TABLES; i++)
        free(parser.tables[i].options);
    free(parser.help_options);
    if (rc == 0 && parser.only_checks && args->only_checks == NULL)
        pulse_args_end_check(args);
    if (args->only_checks != NULL)
        *args->only_checks = parser.only_checks;
    return rc;
}
