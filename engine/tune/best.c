/* pulse-tune best: the options that the study recommends, as a command line, or run. */
#include <errno.h>
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

/* The digest of all trials that are done: of their digests, in order. */
static struct pulse_digest digest_study(const struct pulse_board *board)
{
    struct pulse_digest all = {{0, 0}};
    for (int64_t i = 0; i < board->n; i++)
        if (board->row[i].run >= 0) { /* a sum: the order of the ranks is not the study's */
            const char *digest = board->row[i].record.digest;
            const struct pulse_digest one = pulse_digest_of(digest, (int64_t)strlen(digest));
            all.word[0] += one.word[0];
            all.word[1] += one.word[1];
        }
    return all;
}

/* What the run's summary says of where its options come from, as words; n of them. */
enum { NOTES = 4 };
static int make_notes(const struct pulse_board *board, const char *output, char *note[NOTES],
                      struct pulse_err *err)
{
    char digest[PULSE_DIGEST_TEXT];
    const struct pulse_digest study = digest_study(board);
    note[0] = pulse_print(err, "--output=%s", output);
    note[1] = pulse_print(err, "--tag=study=%s", board->study);
    note[2] = pulse_print(err, "--tag=study_trials=%lld", (long long)board->done);
    note[3] = pulse_print(err, "--tag=study_digest=%s", pulse_digest_text(&study, digest));
    return err->kind == PULSE_OK ? 0 : -1;
}

/* Replaces this process by pulse-train, the one beside this program if there is one. */
static int start_training(char *const *argv, struct pulse_err *err)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        (void)strcpy(slash + 1, "pulse-train");
    (void)fflush(NULL);
    (void)execv(path, argv);
    (void)execvp("pulse-train", argv);
    return pulse_fail_errno(err, errno, "starting pulse-train");
}

/* Only after a failure does it return. */
static int train_choice(const struct pulse_board *board, const struct pulse_board_row *row,
                        const char *output, struct pulse_err *err)
{
    const struct pulse_space whole = {.has_holdout = false};
    struct pulse_trial_words words = {0};
    char *note[NOTES] = {NULL}, **argv = NULL;
    if (make_notes(board, output, note, err) == 0 &&
        pulse_trial_words_copy(&whole, row->record.words, true, &words, err) == 0)
        argv = pulse_calloc(words.argc + NOTES + 1, sizeof *argv, "a command line", err);
    if (argv != NULL) {
        memcpy(argv, words.argv, (size_t)words.argc * sizeof *argv);
        memcpy(argv + words.argc, note, sizeof note);
        (void)start_training(argv, err);
    }
    free(argv);
    for (int i = 0; i < NOTES; i++)
        free(note[i]);
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

static int print_choice(void *context, struct pulse_board *board, struct pulse_err *err)
{
    const struct arguments *arguments = context;
    int64_t choice;
    if (choose_trial(arguments, board, &choice, err) != 0)
        return -1;
    pulse_board_conclude(board, say_sentence, stderr);
    if (arguments->train)
        return train_choice(board, &board->row[choice], arguments->output, err);
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
    return pulse_tune_on_board(doc, rows, &arguments, argc, argv, print_choice);
}
