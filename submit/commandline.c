#include "submit/commandline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool is_list(const struct argp_option *option)
{
    const char *dots = option->arg == NULL ? NULL : strstr(option->arg, "...");
    return dots != NULL && dots[3] == '\0';
}

/* The row that "--name" or "--name=value" belongs to. */
static const struct argp_option *find(const struct argp_option *table, const char *word,
                                      size_t length)
{
    for (; table->name != NULL || table->doc != NULL; table++)
        if (table->name != NULL && strlen(table->name) == length &&
            strncmp(table->name, word, length) == 0 && table->key != PULSE_OPTION_PASSED)
            return table;
    return NULL;
}

static void help_or_version(const struct pulse_commandline *words, const char *word)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s", words->program);
    if (strcmp(word, "--help") == 0)
        argp_help(words->argp, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, name);
    else if (strcmp(word, "--version") == 0)
        (void)printf("%s %s\n", words->program, PULSE_VERSION);
    else
        return;
    exit(fflush(stdout) == 0 ? 0 : 3);
}

/* The option at *at, with its values; *at is moved past them. */
static int take_option(const struct pulse_commandline *words, const struct argp_option *option,
                       int argc, char **argv, int *at, struct pulse_err *err)
{
    char *equals = strchr(argv[*at], '=');
    char *value = equals == NULL ? NULL : equals + 1;
    ++*at;
    if (option->arg == NULL) {
        if (value != NULL)
            return pulse_fail(err, PULSE_E_USAGE, "--%s takes no value; see %s --help",
                              option->name, words->program);
        return words->take(words->user, option->key, NULL, err);
    }
    if (value == NULL && *at < argc && (!is_list(option) || !is_option(argv[*at])))
        value = argv[(*at)++];
    if (value == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "--%s needs a value (%s); see %s --help",
                          option->name, option->arg, words->program);
    int rc = words->take(words->user, option->key, value, err);
    while (rc == 0 && is_list(option) && *at < argc && !is_option(argv[*at]))
        rc = words->take(words->user, option->key, argv[(*at)++], err);
    return rc;
}

int pulse_commandline_parse(const struct pulse_commandline *words, int argc, char **argv,
                            struct pulse_err *err)
{
    bool after_own = false;
    for (int at = 1; at < argc;) {
        char *word = argv[at];
        const bool own = strncmp(word, "--", 2) == 0;
        const struct argp_option *option =
            own ? find(words->argp->options, word + 2, strcspn(word + 2, "=")) : NULL;
        help_or_version(words, word);
        if (option != NULL) {
            if (take_option(words, option, argc, argv, &at, err) != 0)
                return -1;
        } else if (after_own && !is_option(word))
            return pulse_fail(err, PULSE_E_USAGE, "unexpected argument %s; see %s --help", word,
                              words->program);
        else if (words->other(words->user, argv[at++], err) != 0)
            return -1;
        after_own = option != NULL;
    }
    return 0;
}

int pulse_commandline_int(const char *option, const char *text, long long least, long long most,
                          long long *out, struct pulse_err *err)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *out < least || *out > most)
        return pulse_fail(err, PULSE_E_USAGE, "--%s %s: expected a whole number from %lld to %lld",
                          option, text, least, most);
    return 0;
}

int pulse_commandline_number(const char *option, const char *text, double least, double most,
                             double *out, struct pulse_err *err)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out >= least && *out <= most))
        return pulse_fail(err, PULSE_E_USAGE, "--%s %s: expected a number from %g to %g", option,
                          text, least, most);
    return 0;
}
