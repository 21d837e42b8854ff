/* What the two ways through a command line share: rows as argp has them, what is wrong with a word
 * that neither takes (args_diagnose.c), and errors that end with where the help is. Internal to
 * args, and to config, which reads the same options from a file. */
#ifndef PULSE_BASE_ARGS_TABLE_H
#define PULSE_BASE_ARGS_TABLE_H

#include <argp.h>
#include <stdbool.h>

#include "base/args.h"

/* The key of a row without a letter is its index in the table, added to this one. */
enum { PULSE_ARGS_KEYS = 0x100 };

/* Whether this row ends the table; whether further words may follow the option. */
bool pulse_arg_is_end(const struct pulse_arg *arg);
bool pulse_arg_is_list(const struct pulse_arg *arg);

/* A table as argp wants it, followed by those of `more` that are not NULL. To be freed; NULL with
 * PULSE_E_MEMORY. */
struct argp_option *pulse_args_options(const struct pulse_arg *rows, const struct pulse_arg *more,
                                       struct pulse_err *err);

/* --help, --usage and --version, which every program has; -V is --version's where no option of the
 * program has that letter. Not in the tables: they end the program. */
extern const struct pulse_arg pulse_args_help_rows[];

/* What they print, by their names, with the text of argp's `state`; ends the program. */
_Noreturn void pulse_args_print(const struct pulse_args *args, const struct argp *argp,
                                const char *name);

/* The version that --version prints: "pulse-data 1.2.3" for "pulse-data cat". */
const char *pulse_args_version(const char *program);

/* Adds "; see PROGRAM --help" to a usage error that does not say so yet. Returns -1. */
int pulse_args_point_to_help(const struct pulse_args *args, struct pulse_err *err);

/* ---- A word that no parser takes --------------------------------------------------- */

/* Fills `err` with PULSE_E_USAGE and true if the word, which begins with '-', is no option as it
 * stands: unknown (the nearest is named), ambiguous, without its value (`last`: none follows), or
 * with one that it does not take. */
bool pulse_args_diagnose(const struct pulse_args *args, const char *word, bool last,
                         struct pulse_err *err);

#endif
