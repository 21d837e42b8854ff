/* pulse-tune show: the leaderboard. */
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"
#include "tune/board.h"
#include "tune/board_output.h"
#include "tune/board_page.h"
#include "tune/command.h"

static const char doc[] =
    "Show what the trials of a study came to, at any time: score, standard error, gain over the "
    "default, cost; and whether any beats the default, given how many were tried."
    "\v"
    "Examples:\n"
    "  pulse-tune show study\n"
    "  pulse-tune show study --html study.html --csv study.csv\n";

struct arguments {
    int64_t top;
    bool draws;
    const char *json, *csv, *html; /* where to; NULL: not */
};

static const struct pulse_arg rows[] = {
    {"top", 'n', "N", "Show the best N trials, and the default (20)", pulse_arg_read_int,
     .at = offsetof(struct arguments, top), .least = 1, .most = INT64_MAX},
    {"json", 'j', "FILE-or-URI", "Write everything as JSON; - prints it", pulse_arg_read_text,
     .at = offsetof(struct arguments, json)},
    {"draws", 0, NULL, "In JSON also losses of each window, and the bootstrap's draws",
     pulse_arg_read_flag, .at = offsetof(struct arguments, draws)},
    {"csv", 'c', "FILE-or-URI", "Write a row a trial as CSV; - prints it", pulse_arg_read_text,
     .at = offsetof(struct arguments, csv)},
    {"html", 'H', "FILE-or-URI", "Write a page with a table and pictures", pulse_arg_read_text,
     .at = offsetof(struct arguments, html)},
    {0}};

typedef int write_form(const struct arguments *arguments, const struct pulse_board *board,
                       FILE *out, struct pulse_err *err);

static int write_json(const struct arguments *arguments, const struct pulse_board *board, FILE *out,
                      struct pulse_err *err)
{
    json_t *root = pulse_board_json(board, arguments->draws);
    if (root == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for the leaderboard's JSON");
    (void)json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(17)); /* errors stay in it */
    (void)fputc('\n', out);
    json_decref(root);
    return 0;
}

static int write_csv(const struct arguments *arguments, const struct pulse_board *board, FILE *out,
                     struct pulse_err *err)
{
    (void)arguments;
    (void)err;
    pulse_board_csv(board, out);
    return 0;
}

static int write_page(const struct arguments *arguments, const struct pulse_board *board, FILE *out,
                      struct pulse_err *err)
{
    (void)arguments;
    return pulse_board_page(board, out, err);
}

/* One form of it, to a file, an object or standard output; NULL: nowhere. */
static int deliver(const struct arguments *arguments, const struct pulse_board *board,
                   write_form *write, const char *to, struct pulse_err *err)
{
    struct pulse_store_text text;
    if (to == NULL)
        return 0;
    if (pulse_store_text_open(to, &text, err) != 0)
        return -1;
    return pulse_store_text_close(&text, write(arguments, board, text.out, err), err);
}

/* No output over another one, or over the space. */
static int check_outputs(const struct arguments *arguments, const struct pulse_board *board,
                         struct pulse_err *err)
{
    char *space = pulse_store_join(board->study, PULSE_STUDY_SPACE, err);
    const struct pulse_store_use uses[] = {{.what = "--json", .path = arguments->json},
                                           {.what = "--csv", .path = arguments->csv},
                                           {.what = "--html", .path = arguments->html},
                                           {.what = "the space", .path = space, .read = true}};
    const int status =
        space == NULL ? -1 : pulse_store_refuse_shared(uses, sizeof uses / sizeof *uses, err);
    free(space);
    return status;
}

static int show_board(void *context, struct pulse_board *board, struct pulse_err *err)
{
    const struct arguments *arguments = context;
    if (check_outputs(arguments, board, err) != 0)
        return -1;
    if (!pulse_store_is_output(arguments->json) && !pulse_store_is_output(arguments->csv))
        pulse_board_print(board, arguments->top, stdout);
    return deliver(arguments, board, write_json, arguments->json, err) != 0 ||
                   deliver(arguments, board, write_csv, arguments->csv, err) != 0 ||
                   deliver(arguments, board, write_page, arguments->html, err) != 0
               ? -1
               : 0;
}

int pulse_tune_show(int argc, char **argv)
{
    struct arguments arguments = {.top = 20};
    return pulse_tune_on_board(doc, rows, &arguments, argc, argv, show_board);
}
