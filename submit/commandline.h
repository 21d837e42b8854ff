/* Command lines of programs that hand most of their options on to another one: options of a table
 * are taken, all other words are kept as they are. Pure but for --help and --version. */
#ifndef PULSE_SUBMIT_COMMANDLINE_H
#define PULSE_SUBMIT_COMMANDLINE_H

#include <argp.h>

#include "base/error.h"

/* Key of options that stand in the table for --help alone: they are words like any other. */
enum { PULSE_OPTION_PASSED = 1 };

struct pulse_commandline {
    const struct argp *argp; /* whose options (long names only) make the table and --help */
    const char *program;     /* "pulse-submit" */
    /* Takes an option's value (NULL: it has none); of one whose argument is called "X..." each of
     * its values. 0, or -1 with an error. */
    int (*take)(void *user, int key, char *value, struct pulse_err *err);
    /* Takes any other word. */
    int (*other)(void *user, char *word, struct pulse_err *err);
    void *user;
};

/* PULSE_E_USAGE when an option lacks its value or has one too many. --help and --version print and
 * end the program. */
int pulse_commandline_parse(const struct pulse_commandline *words, int argc, char **argv,
                            struct pulse_err *err);

/* Values: a whole number in a range, a number in one; PULSE_E_USAGE names the option. */
int pulse_commandline_int(const char *option, const char *text, long long least, long long most,
                          long long *out, struct pulse_err *err);
int pulse_commandline_number(const char *option, const char *text, double least, double most,
                             double *out, struct pulse_err *err);

#endif
