/* pulse-tune best: the options that the study recommends, as a command line, or run. */
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "tune/board.h"
#include "tune/board_output.h"
#include "tune/command.h"

static const char doc[] =
    "Print the options that a study recommends as a command line of pulse-train, over the whole "
    "period: those of the best trial where it beats the default, given how many were tried; else "
    "the default's. On standard error it says why."
    "\v"
    "Examples:\n"
    "  pulse-tune best study\n"
    "  pulse-tune best study --train --output results/best\n";

struct arguments {
    bool train, hindsight;
    const char *output;
};

static const struct pulse_arg rows[] = {
    {"hindsight", 0, NULL, "The best trial, even where it does not surely beat the default",
     pulse_arg_read_flag, .at = offsetof(struct arguments, hindsight)},
    {"train", 't', NULL, "Run it", pulse_arg_read_flag, .at = offsetof(struct arguments, train)},
    {"output", 'o', "DIR-or-URI", "Where results go (results)", pulse_arg_read_text,
     .at = offsetof(struct arguments, output)},
    {0}};

static void say_sentence(void *context, const char *sentence)
{
    (void)fprintf(context, "%s\n", sentence);
}

/* Becomes pulse-train, the one beside this program if there is one. */
static int become_training(const struct pulse_board_row *row, const char *output,
                           struct pulse_err *err)
{
    const struct pulse_space whole = {.has_holdout = false};
    struct pulse_trial_words words = {0};
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
    char *to = pulse_print(err, "--output=%s", output);
    if (to != NULL && pulse_trial_words_copy(&whole, row->record.words, true, &words, err) == 0) {
        words.argv[words.argc++] = to; /* there is space for it; argv ends with NULL */
        to = NULL;
        path[n > 0 ? n : 0] = '\0';
        char *slash = strrchr(path, '/');
        if (slash != NULL)
            (void)strcpy(slash + 1, "pulse-train");
        (void)fflush(NULL);
        (void)execv(path, words.argv);
        (void)execvp("pulse-train", words.argv);
        (void)pulse_fail_errno(err, errno, "starting pulse-train");
    }
    free(to);
    pulse_trial_words_clear(&words);
    return -1;
}

static int choose_trial(const struct arguments *arguments, const struct pulse_board *board,
                        int64_t *choice, struct pulse_err *err)
{
    *choice = arguments->hindsight ? board->winner : pulse_board_choice(board);
    return *choice >= 0 ? 0
                        : pulse_fail(err, PULSE_E_INPUT,
                                     "%s: the default is not done yet: pulse-tune run %s",
                                     board->study, board->study);
}

static int print_choice(const struct arguments *arguments, const struct pulse_board *board,
                        struct pulse_err *err)
{
    int64_t choice;
    if (choose_trial(arguments, board, &choice, err) != 0)
        return -1;
    pulse_board_conclude(board, say_sentence, stderr);
    if (arguments->train)
        return become_training(&board->row[choice], arguments->output, err);
    char *text = pulse_board_words(&board->row[choice], err);
    if (text == NULL)
        return -1;
    (void)printf("pulse-train %s --output %s\n", text, arguments->output);
    free(text);
    return 0;
}

int pulse_tune_best(int argc, char **argv)
{
    struct arguments arguments = {.output = "results"};
    struct pulse_tune_target target;
    struct pulse_space space = {0};
    struct pulse_board board = {0};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_tune_parse(doc, rows, &arguments, &target, argc, argv, &err) == 0 &&
        pulse_study_read_space(target.study, &space, &err) == 0 &&
        pulse_board_make(target.study, &space, &board, &err) == 0)
        (void)print_choice(&arguments, &board, &err);
    pulse_board_clear(&board);
    pulse_space_clear(&space);
    pulse_store_finish();
    (void)H5close();
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
