#include "tune/command.h"

#include <hdf5.h>
#include <string.h>

#include "base/log.h"
#include "base/shutdown.h"
#include "store/arguments.h"
#include "store/store.h"
#include "tune/board.h"
#include "tune/study.h"

static int take_study(void *user, char **word, struct pulse_err *err)
{
    struct pulse_tune_target *target = user;
    if (target->study != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "one study only, not '%s' too", *word);
    size_t n = strlen(*word);
    while (n > 1 && (*word)[n - 1] == '/')
        (*word)[--n] = '\0';
    if (pulse_store_is_foreign(*word))
        return pulse_fail(err, PULSE_E_USAGE, "%s: expected s3://BUCKET/PREFIX or a directory",
                          *word);
    target->study = *word;
    return 0;
}

static int check_study(void *user, struct pulse_err *err)
{
    const struct pulse_tune_target *target = user;
    return target->study != NULL && target->study[0] != '\0'
               ? 0
               : pulse_fail(err, PULSE_E_USAGE,
                            "which study? name the directory, or s3://BUCKET/PREFIX, that holds "
                            "space.yaml");
}

int pulse_tune_parse(const char *doc, const struct pulse_arg *rows, void *values,
                     struct pulse_tune_target *target, int argc, char **argv, struct pulse_err *err)
{
    const struct pulse_args args = {
        .program = argv[0],
        .usage = "STUDY",
        .doc = doc,
        .tables = {{rows, values, NULL, 0},
                   {pulse_store_args, &target->store, "For s3:// studies and data:", 1}},
        .take_word = take_study,
        .check = check_study,
        .user = target};
    *target = (struct pulse_tune_target){.study = NULL};
    if (pulse_args_parse(&args, argc, argv, err) != 0)
        return -1;
    target->store.stop = pulse_shutdown_stops_waits;
    pulse_store_configure(&target->store);
    return 0;
}

int pulse_tune_on_board(const char *doc, const struct pulse_arg *rows, void *arguments, int argc,
                        char **argv, pulse_tune_use_board *use)
{
    struct pulse_tune_target target;
    struct pulse_space space = {0};
    struct pulse_board board = {0};
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const int status = pulse_tune_parse(doc, rows, arguments, &target, argc, argv, &err);
    if (status == 0)
        pulse_store_arguments_pass_on(&target.store); /* to a training that is started */
    if (status == 0 && pulse_study_read_space(target.study, &space, &err) == 0 &&
        pulse_board_make(target.study, &space, &board, &err) == 0)
        (void)use(arguments, &board, &err);
    pulse_board_clear(&board);
    pulse_space_clear(&space);
    pulse_store_finish();
    (void)H5close();
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
