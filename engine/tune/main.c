/* pulse-tune: studies of many trials, and what can be learned from them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "math/blas_kernels.h"
#include "tune/command.h"

static const char doc[] =
    "Choose options of pulse-train by evidence: run a study of many trials, and say honestly "
    "whether any of them beats the default. A study is a directory or s3://BUCKET/PREFIX that "
    "holds space.yaml: which options are fixed, and which are searched over."
    "\v"
    "Commands:\n"
    "  plan STUDY    how many trials, and what they cost\n"
    "  run STUDY     run those that are not done: one worker\n"
    "  show STUDY    the leaderboard, and whether anything beats the default\n"
    "  submit STUDY  workers as an array job of AWS Batch\n"
    "  best STUDY    the options to use, as a command line of pulse-train\n"
    "\n"
    "Examples:\n"
    "  pulse-tune plan study\n"
    "  mpirun -n 4 pulse-tune run study\n"
    "  pulse-tune show study --html study.html\n"
    "\n"
    "space.yaml:\n"
    "  options:\n"
    "    data: market.csv\n"
    "  search:\n"
    "    features: [lag1, \"lag1,ewma4,ewma16\"]\n"
    "    learning-rate: {min: 0.01, max: 1, log: true}\n"
    "  strategy: random\n"
    "  trials: 50\n"
    "\n"
    "Exit codes: 0 done, 2 bad command line, space.yaml or data, 3 storage refused, 75 temporary "
    "failure (try again), 130 and 143 interrupted.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"plan", pulse_tune_plan},
                {"run", pulse_tune_run},
                {"show", pulse_tune_show},
                {"best", pulse_tune_best},
                {"submit", pulse_tune_submit}};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *name_command(int i)
{
    return i < COMMANDS ? commands[i].name : NULL;
}

static int run_command(int i, int argc, char **argv)
{
    char title[64];
    (void)snprintf(title, sizeof title, "pulse-tune %s", argv[0]);
    argv[0] = title;
    return commands[i].run(argc, argv);
}

int main(int argc, char **argv)
{
    struct pulse_args_command line = {.name = name_command};
    const struct pulse_args args = {.program = "pulse-tune",
                                    .usage = "COMMAND STUDY",
                                    .doc = doc,
                                    .take_word = pulse_args_take_command,
                                    .ends_at_word = true,
                                    .check = pulse_args_check_command,
                                    .user = &line};
    struct pulse_err err = {0};
    pulse_file_begin_process();
    pulse_blas_choose_kernels(argv);
    if (pulse_args_parse(&args, argc, argv, &err) != 0) {
        pulse_log_error(&err);
        return pulse_exit_code(err.kind);
    }
    return pulse_log_check_output(
        run_command(line.chosen, argc - (int)(line.words - argv), line.words));
}
