#include "tune/holdout.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tune/board.h"
#include "tune/board_read.h"
#include "tune/runner.h"
#include "tune/study.h"
#include "tune/study_lease.h"

/* ---- What is to be run, on rank 0 ---------------------------------------------------- */

/* Appends a row's words unless it was run over the whole period already. */
static int add_unless_done(const struct pulse_board *board, int64_t i, json_t *list,
                           struct pulse_err *err)
{
    const struct pulse_board_row *row = &board->row[i];
    struct pulse_trial_record record = {0};
    char digest[PULSE_DIGEST_TEXT];
    int status = pulse_board_read_whole(board, row, digest, &record, err);
    if (status == 0 && record.state == PULSE_TRIAL_WAITING)
        (void)json_array_append(list, row->record.words);
    pulse_trial_record_clear(&record);
    return status;
}

/* The words of those that are missing, as JSON; to be freed. */
static char *list_missing(const char *study, const struct pulse_space *space, struct pulse_err *err)
{
    struct pulse_board board = {0};
    json_t *list = json_array();
    char *text = NULL;
    int status = pulse_board_make(study, space, &board, err);
    if (status == 0 && board.by_default >= 0) {
        status = add_unless_done(&board, board.winner, list, err);
        if (status == 0 && board.winner != board.by_default)
            status = add_unless_done(&board, board.by_default, list, err);
    }
    if (status == 0)
        text = json_dumps(list, JSON_COMPACT);
    if (status == 0 && text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the holdout");
    json_decref(list);
    pulse_board_clear(&board);
    return text;
}

/* ---- Running it ---------------------------------------------------------------------- */

/* Collective: one of them. */
static int run_whole(struct pulse_runner *runner, const json_t *words, struct pulse_err *err)
{
    struct pulse_options options = {0};
    struct pulse_trial trial = {.k = 0};
    const struct pulse_trial *list[] = {&trial};
    if (pulse_trial_words_copy(words, &trial.words, err) == 0 &&
        pulse_trial_words_parse(&trial.words, &options, err) == 0)
        trial.digest = pulse_trial_digest(
            &options, pulse_args_find(trial.words.argv, "end-date") != NULL, runner->data);
    pulse_options_clear(&options);
    int status = pulse_comm_agree(runner->comm, err);
    if (status == 0)
        status = pulse_runner_run(runner, list, 1, err);
    pulse_trial_words_clear(&trial.words);
    return status;
}

/* Collective: those of the list. */
static int run_listed(const struct pulse_comm *comm, const char *study,
                      const struct pulse_opened *opened, const struct pulse_study_lease *lease,
                      const char *text, struct pulse_err *err)
{
    struct pulse_space whole = opened->space; /* borrowed; its trials have all of the period */
    whole.has_holdout = false;
    struct pulse_runner runner = {.comm = comm,
                                  .study = study,
                                  .folder = PULSE_STUDY_HOLDOUT,
                                  .space = &whole,
                                  .data = &opened->data,
                                  .lease = lease};
    json_t *list = json_loads(text, 0, NULL);
    int status = 0;
    for (size_t i = 0; status == 0 && i < json_array_size(list); i++)
        status = run_whole(&runner, json_array_get(list, i), err);
    json_decref(list);
    pulse_runner_clear(&runner);
    return status;
}

int pulse_holdout_run(const struct pulse_comm *comm, const char *study,
                      const struct pulse_opened *opened, struct pulse_err *err)
{
    struct pulse_study_lease lease = {0};
    bool taken = false;
    char *text = NULL;
    int64_t n = 0;
    if (comm->rank == 0 &&
        pulse_study_lease_take(study, PULSE_STUDY_HOLDOUT, &lease, &taken, err) == 0)
        text = taken ? list_missing(study, &opened->space, err) : pulse_strdup("[]", err);
    if (text != NULL)
        n = (int64_t)strlen(text);
    int status = pulse_share_text(comm, &text, &n, err);
    if (status == 0)
        status = run_listed(comm, study, opened, &lease, text, err);
    pulse_study_lease_release(&lease);
    free(text);
    return status;
}
