/* pulse-tune best: the options that the study recommends, as a command line, or run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
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
    "  pulse-tune best study --train --output results/best\n"
    "  pulse-tune best study --write best.json\n";

struct arguments {
    bool train, hindsight, json;
    const char *output, *write;
};

static const struct pulse_arg rows[] = {
    {"hindsight", 0, NULL, "The best trial, even where it does not surely beat the default",
     pulse_arg_read_flag, .at = offsetof(struct arguments, hindsight)},
    {"train", 't', NULL, "Run it", pulse_arg_read_flag, .at = offsetof(struct arguments, train)},
    {"write", 'w', "FILE-or-URI",
     "Write them as a file for pulse-train --config, with the study as tags, instead",
     pulse_arg_read_text, .at = offsetof(struct arguments, write)},
    {"json", 'j', NULL, "JSON instead: an object", pulse_arg_read_flag,
     .at = offsetof(struct arguments, json)},
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
            const struct pulse_digest one = pulse_digest_of_text(digest);
            all.word[0] += one.word[0];
            all.word[1] += one.word[1];
        }
    return all;
}

/* "--tag=study=STUDY"; to be freed. */
static char *name_study(const struct pulse_board *board, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "the study's name", .err = err};
    pulse_text_buffer_add(&text, "--tag=study=");
    pulse_arg_add_piece(&text, board->study);
    return pulse_text_buffer_finish(&text);
}

/* What the run's summary says of where its options come from, as words; n of them. */
enum { NOTES = 3 };
static int make_notes(const struct pulse_board *board, char *note[NOTES], struct pulse_err *err)
{
    char digest[PULSE_DIGEST_TEXT];
    const struct pulse_digest study = digest_study(board);
    note[0] = name_study(board, err);
    note[1] = pulse_print(err, "--tag=study_trials=%lld", (long long)board->done);
    note[2] = pulse_print(err, "--tag=study_digest=%s", pulse_digest_text(&study, digest));
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
    struct pulse_trial_words words = {0};
    char *note[NOTES] = {NULL}, **argv = NULL, *where = pulse_print(err, "--output=%s", output);
    if (where != NULL && make_notes(board, note, err) == 0 &&
        pulse_trial_words_copy(row->record.words, &words, err) == 0)
        argv = pulse_calloc(words.argc + 1 + NOTES + 1, sizeof *argv, "a command line", err);
    if (argv != NULL) {
        memcpy(argv, words.argv, (size_t)words.argc * sizeof *argv);
        argv[words.argc] = where;
        memcpy(argv + words.argc + 1, note, sizeof note);
        (void)start_training(argv, err);
    }
    free(argv);
    free(where);
    for (int i = 0; i < NOTES; i++)
        free(note[i]);
    pulse_trial_words_clear(&words);
    return -1;
}

/* "--NAME=VALUE" or "--NAME" as a pair; what is there already gets further values. */
static int add_option(json_t *options, const char *word, struct pulse_err *err)
{
    const size_t length = strcspn(word + 2, "=");
    const char *value = word[2 + length] == '=' ? word + 3 + length : NULL;
    const char *before = json_string_value(json_object_getn(options, word + 2, length));
    char *text = value == NULL    ? NULL
                 : before == NULL ? pulse_strdup(value, err)
                                  : pulse_print(err, "%s,%s", before, value);
    if (value == NULL || text != NULL)
        (void)json_object_setn_new(options, word + 2, length,
                                   value == NULL ? json_true() : json_string(text));
    free(text);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The options as a file of --config. */
static int write_choice(const struct pulse_board *board, const struct pulse_board_row *row,
                        const char *uri, struct pulse_err *err)
{
    char *note[NOTES] = {NULL}, *text = NULL;
    json_t *options = json_object();
    int status = make_notes(board, note, err);
    for (size_t i = 0; status == 0 && i < json_array_size(row->record.words); i++)
        status = add_option(options, json_string_value(json_array_get(row->record.words, i)), err);
    for (int i = 0; status == 0 && i < NOTES; i++)
        status = add_option(options, note[i], err);
    if (status == 0)
        text = json_dumps(options, JSON_INDENT(1));
    if (text != NULL)
        status = pulse_store_put(text, (int64_t)strlen(text), uri, err);
    else if (status == 0)
        status = pulse_fail(err, PULSE_E_MEMORY, "out of memory for %s", uri);
    if (status == 0)
        (void)printf("%s: options for pulse-train --config\n", uri);
    free(text);
    json_decref(options);
    for (int i = 0; i < NOTES; i++)
        free(note[i]);
    return status;
}

static int print_json(const struct pulse_board *board, const struct pulse_board_row *row,
                      struct pulse_err *err)
{
    json_t *root = json_pack("{s:s, s:I, s:s, s:s, s:O, s:b, s:I, s:o}", "study", board->study, "k",
                             (json_int_t)row->record.k, "digest", row->record.digest, "options",
                             row->record.options, "words", row->record.words, "beats_default",
                             board->beats ? 1 : 0, "done", (json_int_t)board->done, "conclusions",
                             pulse_board_conclusions(board));
    if (root == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for the choice as JSON");
    (void)json_dumpf(root, stdout, JSON_INDENT(1));
    (void)putchar('\n');
    json_decref(root);
    return 0;
}

static int choose_trial(const struct arguments *arguments, const struct pulse_board *board,
                        int64_t *choice, struct pulse_err *err)
{
    const char *failed = pulse_board_default_failed(board);
    *choice = arguments->hindsight ? board->winner : pulse_board_choice(board);
    if (*choice >= 0)
        return 0;
    return failed == NULL
               ? pulse_fail(err, PULSE_E_INPUT,
                            "%s: the default is not done yet: pulse-tune run %s", board->study,
                            board->study)
               : pulse_fail(err, PULSE_E_INPUT,
                            "%s: the default failed: %.400s; change the options in space.yaml, or "
                            "pulse-tune run %s --retry-failed",
                            board->study, failed, board->study);
}

/* As a shell takes it. */
static int print_command(const struct pulse_board_row *row, const char *output,
                         struct pulse_err *err)
{
    char program[] = "pulse-train", option[] = "--output";
    char *argv[] = {program, option, (char *)output, NULL};
    const struct pulse_trial_words words = {.argc = 3, .argv = argv};
    char *text = pulse_board_words(row, err);
    char *where = text == NULL ? NULL : pulse_trial_text(&words, err);
    if (where != NULL)
        (void)printf("%s %s %s\n", program, text, where);
    free(where);
    free(text);
    return where == NULL ? -1 : 0;
}

static int print_choice(void *context, struct pulse_board *board, struct pulse_err *err)
{
    const struct arguments *arguments = context;
    int64_t choice;
    if (arguments->train + arguments->json + (arguments->write != NULL) > 1)
        return pulse_fail(err, PULSE_E_USAGE, "one of --train, --write and --json, not several");
    if (choose_trial(arguments, board, &choice, err) != 0)
        return -1;
    pulse_board_conclude(board, say_sentence, stderr);
    if (arguments->train)
        return train_choice(board, &board->row[choice], arguments->output, err);
    if (arguments->write != NULL)
        return write_choice(board, &board->row[choice], arguments->write, err);
    if (arguments->json)
        return print_json(board, &board->row[choice], err);
    return print_command(&board->row[choice], arguments->output, err);
}

int pulse_tune_best(int argc, char **argv)
{
    struct arguments arguments = {.output = "results"};
    return pulse_tune_on_board(doc, rows, &arguments, argc, argv, print_choice);
}
