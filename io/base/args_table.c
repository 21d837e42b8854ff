#include "base/args_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool pulse_arg_is_end(const struct pulse_arg *arg)
{
    return arg->name == NULL && arg->letter == 0 && arg->help == NULL;
}

bool pulse_arg_is_list(const struct pulse_arg *arg)
{
    const char *dots = arg->argument == NULL ? NULL : strstr(arg->argument, "...");
    return dots != NULL && dots[3] == '\0';
}

static int64_t count_rows(const struct pulse_arg *rows)
{
    int64_t n = 0;
    while (rows != NULL && !pulse_arg_is_end(&rows[n]))
        n++;
    return n;
}

static void convert_rows(const struct pulse_arg *rows, int64_t n, struct argp_option *out)
{
    for (int64_t i = 0; i < n; i++) {
        const struct pulse_arg *arg = &rows[i];
        const bool heading = arg->name == NULL && arg->letter == 0;
        out[i] = (struct argp_option){.name = arg->name,
                                      .key = heading            ? 0
                                             : arg->letter != 0 ? arg->letter
                                                                : PULSE_ARGS_KEYS + (int)i,
                                      .arg = arg->argument,
                                      .doc = arg->help,
                                      .group = arg->group};
    }
}

struct argp_option *pulse_args_options(const struct pulse_arg *rows, const struct pulse_arg *more,
                                       struct pulse_err *err)
{
    const int64_t n = count_rows(rows), n_more = count_rows(more);
    struct argp_option *out = pulse_calloc(n + n_more + 1, sizeof *out, "the options", err);
    if (out == NULL)
        return NULL;
    convert_rows(rows, n, out);
    if (more != NULL)
        convert_rows(more, n_more, out + n);
    return out;
}

const char *pulse_args_version(const char *program)
{
    static char version[64];
    (void)snprintf(version, sizeof version, "%.*s %s", (int)strcspn(program, " "), program,
                   PULSE_VERSION);
    return version;
}

const struct pulse_arg pulse_args_help_rows[] = {
    {.name = "help", .letter = 'h', .help = "Give this help list", .group = -1},
    {.name = "usage", .help = "Give a short usage message", .group = -1},
    {.name = "version", .letter = 'V', .help = "Print program version", .group = -1},
    {0}};

void pulse_args_print(const struct pulse_args *args, const struct argp *argp, const char *name)
{
    char program[64];
    (void)snprintf(program, sizeof program, "%s", args->program);
    if (strcmp(name, "version") == 0)
        (void)printf("%s\n", pulse_args_version(args->program));
    else
        argp_help(argp, stdout,
                  (strcmp(name, "usage") == 0 ? ARGP_HELP_USAGE : ARGP_HELP_STD_HELP) &
                      ~(unsigned)(ARGP_HELP_EXIT_OK | ARGP_HELP_EXIT_ERR),
                  program);
    exit(fflush(stdout) == 0 && !ferror(stdout) ? 0 : pulse_exit_code(PULSE_E_STORAGE));
}

int pulse_args_point_to_help(const struct pulse_args *args, struct pulse_err *err)
{
    const size_t used = strlen(err->text);
    if (err->kind == PULSE_E_USAGE && strstr(err->text, " --help") == NULL)
        (void)snprintf(err->text + used, sizeof err->text - used, "%s see %s --help",
                       used > 0 && err->text[used - 1] == '?' ? "" : ";", args->program);
    return -1;
}
