/* What the command lines of pulse-data's commands have in common: the options of the store, those
 * of reading, one FILE, or many names. Knows no command. */
#ifndef PULSE_CLI_ARGUMENTS_H
#define PULSE_CLI_ARGUMENTS_H

#include "base/args.h"
#include "data/dataset.h"

/* pulse_args_parse with the options of the object store behind the tables, of which one must be
 * left free; they are in force afterwards. */
int pulse_arguments_parse(const struct pulse_args *args, int argc, char **argv,
                          struct pulse_err *err);

/* --time-unit and --decimal: rows whose values are a struct pulse_read_options. */
extern const struct pulse_arg pulse_arguments_reading_args[];

/* One FILE and how it is read. Strings are borrowed from argv. */
struct pulse_arguments_file {
    const char *uri;
    struct pulse_read_options reading;
};

/* Parses the options of args' one table (which may be none), those of reading, and exactly one
 * word. */
int pulse_arguments_parse_file(const struct pulse_args *args, struct pulse_arguments_file *file,
                               int argc, char **argv, struct pulse_err *err);

enum { PULSE_ARGUMENTS_NAMES = 4096 };

/* Many names, -r and -n. Strings are borrowed from argv. */
struct pulse_arguments_names {
    const char *name[PULSE_ARGUMENTS_NAMES];
    int n;
    bool recursive, dry_run;
};

/* What a command that takes them says of itself. */
struct pulse_arguments_names_help {
    const char *usage, *doc;         /* as in pulse_args */
    const char *recursive, *dry_run; /* what -r and -n do */
    const char *missing;             /* the error about fewer than `least` names */
    int least;
};

/* Parses -r, -n and the names. `names` must be zero. */
int pulse_arguments_parse_names(const struct pulse_arguments_names_help *help,
                                struct pulse_arguments_names *names, int argc, char **argv,
                                struct pulse_err *err);

#endif
