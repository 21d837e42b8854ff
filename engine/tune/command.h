/* The subcommands of pulse-tune: each takes its own arguments (argv[0] is what messages begin with)
 * and returns the process's exit code. */
#ifndef PULSE_TUNE_COMMAND_H
#define PULSE_TUNE_COMMAND_H

#include "base/args.h"
#include "store/store.h"

int pulse_tune_plan(int argc, char **argv);
int pulse_tune_run(int argc, char **argv);
int pulse_tune_show(int argc, char **argv);
int pulse_tune_best(int argc, char **argv);
int pulse_tune_submit(int argc, char **argv);

/* What all of them are given. */
struct pulse_tune_target {
    const char *study; /* without a last slash */
    struct pulse_store_options store;
};

/* Parses "[OPTION...] STUDY": `rows` fill `values`. Configures the store. PULSE_E_USAGE. */
int pulse_tune_parse(const char *doc, const struct pulse_arg *rows, void *values,
                     struct pulse_tune_target *target, int argc, char **argv,
                     struct pulse_err *err);

/* The whole of a command that looks at a study's leaderboard: parses its command line, makes the
 * board and hands it to `use`. Returns the process's exit code. */
struct pulse_board;
typedef int pulse_tune_use_board(void *arguments, struct pulse_board *board, struct pulse_err *err);
int pulse_tune_on_board(const char *doc, const struct pulse_arg *rows, void *arguments, int argc,
                        char **argv, pulse_tune_use_board *use);

#endif
