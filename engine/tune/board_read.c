#include "tune/board_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "tune/space/data_digest.h"
#include "tune/space/trials.h"
#include "tune/study_lease.h"

/* ---- What was run -------------------------------------------------------------------- */

static int add_row(struct pulse_board *board, struct pulse_trial_record *record,
                   struct pulse_err *err)
{
    if (pulse_grow(&board->row, &board->capacity, board->n + 1, sizeof *board->row, "the trials",
                   err) != 0) {
        pulse_trial_record_clear(record);
        return -1;
    }
    board->row[board->n++] = (struct pulse_board_row){.record = *record,
                                                      .run = -1,
                                                      .score = NAN,
                                                      .over_persistence = NAN,
                                                      .over_persistence_error = NAN,
                                                      .over_default = NAN,
                                                      .over_default_error = NAN};
    return 0;
}

/* Rows of all trials that have a result, of whatever data. */
static int read_records(struct pulse_board *board, struct pulse_err *err)
{
    char **names;
    int64_t n;
    int status = pulse_study_list(board->study, PULSE_STUDY_TRIALS, &names, &n, err);
    for (int64_t i = 0; status == 0 && i < n; i++) {
        struct pulse_trial_record record;
        status = pulse_study_read_record(board->study, PULSE_STUDY_TRIALS, names[i], &record, err);
        if (status == 0 && record.state != PULSE_TRIAL_WAITING &&
            strcmp(record.digest, names[i]) == 0)
            status = add_row(board, &record, err);
        else
            pulse_trial_record_clear(&record);
    }
    for (int64_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return status;
}

static bool is_mixed(const struct pulse_board *board)
{
    for (int64_t i = 1; i < board->n; i++)
        if (strcmp(board->row[i].record.data, board->row[0].record.data) != 0)
            return true;
    return false;
}

/* The row of a trial on the data as they are now; NULL where there is none, or nobody knows. */
static const struct pulse_board_row *find_present(const struct pulse_board *board)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_digest digest;
    char data[PULSE_DIGEST_TEXT];
    if (pulse_data_digest_default(board->space, &digest, &ignored) != 0)
        return NULL;
    (void)pulse_digest_text(&digest, data);
    for (int64_t i = 0; i < board->n; i++)
        if (strcmp(board->row[i].record.data, data) == 0)
            return &board->row[i];
    return NULL;
}

/* Where trials are of several data, those as they are now, else those that most trials are of; ""
 * where there are no trials. */
static const char *find_data(const struct pulse_board *board)
{
    const struct pulse_board_row *present = is_mixed(board) ? find_present(board) : NULL;
    const char *data = "";
    if (present != NULL)
        return present->record.data;
    int64_t most = 0;
    for (int64_t i = 0; i < board->n; i++) {
        int64_t same = 0;
        for (int64_t j = 0; j < board->n; j++)
            same += strcmp(board->row[i].record.data, board->row[j].record.data) == 0;
        if (same > most) {
            most = same;
            data = board->row[i].record.data;
        }
    }
    return data;
}

/* Leaves the rows of these data. */
static void keep_data(struct pulse_board *board, const char *data)
{
    int64_t n = 0;
    for (int64_t i = 0; i < board->n; i++)
        if (strcmp(board->row[i].record.data, data) == 0)
            board->row[n++] = board->row[i];
        else
            pulse_trial_record_clear(&board->row[i].record);
    if (n < board->n)
        pulse_warn("%lld trials are of other data than the %lld that are shown",
                   (long long)(board->n - n), (long long)n);
    board->n = n;
}

/* ---- What is still to be run --------------------------------------------------------- */

static bool read_digest(const char *text, struct pulse_digest *out)
{
    char half[17] = "";
    *out = (struct pulse_digest){{0, 0}};
    if (strlen(text) != PULSE_DIGEST_TEXT - 1)
        return false;
    for (int i = 0; i < 2; i++) {
        memcpy(half, text + 16 * i, 16);
        out->word[1 - i] = strtoull(half, NULL, 16);
    }
    return true;
}

static bool is_there(const struct pulse_board *board, int64_t n, const char *digest)
{
    for (int64_t i = 0; i < n; i++)
        if (strcmp(board->row[i].record.digest, digest) == 0)
            return true;
    return false;
}

static int add_waiting(struct pulse_board *board, const struct pulse_trials *trials,
                       struct pulse_err *err)
{
    const int64_t n = board->n;
    for (int64_t i = 0; i < trials->n; i++) {
        const struct pulse_trial *trial = &trials->trial[i];
        struct pulse_trial_record record = {.k = trial->k};
        char family[PULSE_DIGEST_TEXT];
        if (is_there(board, n, pulse_digest_text(&trial->digest, record.digest)))
            continue;
        record.options = pulse_trial_own_text(&trial->words, err);
        if (record.options == NULL || add_row(board, &record, err) != 0)
            return -1;
        board->row[board->n - 1].held = pulse_study_lease_is_held(
            board->study, pulse_digest_text(&trials->family[trial->family].digest, family));
    }
    return 0;
}

/* Those of the space that have no row yet; and which is the default. */
static int read_planned(struct pulse_board *board, const char *data, struct pulse_err *err)
{
    struct pulse_trials trials = {0};
    struct pulse_digest digest;
    (void)read_digest(data, &digest);
    int status = pulse_trials_make(board->space, &digest, &trials, err);
    if (status == 0) {
        (void)pulse_digest_text(&trials.trial[0].digest, board->default_digest);
        for (int64_t i = 0; i < board->n; i++)
            if (strcmp(board->row[i].record.digest, board->default_digest) == 0 &&
                board->row[i].record.state == PULSE_TRIAL_DONE)
                board->by_default = i;
        status = add_waiting(board, &trials, err);
    }
    pulse_trials_clear(&trials);
    return status;
}

/* ---- Losses -------------------------------------------------------------------------- */

/* Files of the right length whose content is another stop all that look at the study: what is said
 * of them ends with what makes them anew. */
static int read_losses(const struct pulse_board *board, const char *folder, const char *digest,
                       const char *label, struct pulse_losses *losses, struct pulse_err *err)
{
    char *path = pulse_study_path(board->study, folder, digest, err);
    const int status = path == NULL ? -1 : pulse_losses_read(label, path, false, losses, err);
    if (path != NULL && status != 0 && err->kind == PULSE_E_INPUT) {
        const struct pulse_err why = *err;
        (void)pulse_fail(err, why.kind,
                         "%s: remove %s, and pulse-tune run %s runs this trial again", why.text,
                         path, board->study);
    }
    free(path);
    return status;
}

static int read_runs(struct pulse_board *board, struct pulse_err *err)
{
    board->runs = pulse_calloc(board->n, sizeof *board->runs, "the trials", err);
    for (int64_t i = 0; board->runs != NULL && i < board->n; i++) {
        struct pulse_board_row *row = &board->row[i];
        board->failed += row->record.state == PULSE_TRIAL_FAILED;
        board->waiting += row->record.state == PULSE_TRIAL_WAITING;
        board->vcpu_seconds += row->record.vcpu_seconds;
        if (row->record.state != PULSE_TRIAL_DONE)
            continue;
        row->run = board->done++;
        if (read_losses(board, PULSE_STUDY_TRIALS, row->record.digest, row->record.options,
                        &board->runs[row->run], err) != 0)
            return -1;
    }
    return board->runs == NULL ? -1 : 0;
}

int pulse_board_read_rows(struct pulse_board *board, struct pulse_err *err)
{
    char data[PULSE_DIGEST_TEXT];
    if (read_records(board, err) != 0)
        return -1;
    (void)strcpy(data, find_data(board));
    keep_data(board, data);
    return read_planned(board, data, err) != 0 ? -1 : read_runs(board, err);
}

/* ---- The holdout --------------------------------------------------------------------- */

/* The trial of a row over the whole period, with its digest; `words` are to be cleared. */
static int make_whole_trial(const struct pulse_board_row *row, struct pulse_trial *trial,
                            struct pulse_err *err)
{
    struct pulse_options options = {0};
    struct pulse_digest data;
    (void)read_digest(row->record.data, &data);
    *trial = (struct pulse_trial){.k = row->record.k};
    int status = pulse_trial_words_copy(row->record.words, &trial->words, err);
    if (status == 0)
        status = pulse_trial_words_parse(&trial->words, &options, err);
    if (status == 0)
        trial->digest = pulse_trial_digest(
            &options, pulse_args_find(trial->words.argv, "end-date") != NULL, &data);
    pulse_options_clear(&options);
    return status;
}

int pulse_board_read_whole(const struct pulse_board *board, const struct pulse_board_row *row,
                           char digest[PULSE_DIGEST_TEXT], struct pulse_trial_record *record,
                           struct pulse_err *err)
{
    struct pulse_trial trial;
    int status = make_whole_trial(row, &trial, err);
    if (status == 0)
        status = pulse_study_read_record(board->study, PULSE_STUDY_HOLDOUT,
                                         pulse_digest_text(&trial.digest, digest), record, err);
    pulse_trial_words_clear(&trial.words);
    return status;
}

/* Of one row; *there is false where it was not run, or failed. */
static int read_whole(struct pulse_board *board, const struct pulse_board_row *row,
                      const char *label, struct pulse_losses *losses, bool *there,
                      struct pulse_err *err)
{
    struct pulse_trial_record record = {0};
    char digest[PULSE_DIGEST_TEXT];
    int status = pulse_board_read_whole(board, row, digest, &record, err);
    *there = status == 0 && record.state == PULSE_TRIAL_DONE;
    if (status == 0 && record.state == PULSE_TRIAL_FAILED)
        (void)snprintf(board->holdout.why, sizeof board->holdout.why,
                       "over the whole period the %s failed: %s",
                       row == &board->row[board->by_default] ? "default" : "best trial",
                       record.reason == NULL ? "for no reason that is known" : record.reason);
    if (*there)
        status = read_losses(board, PULSE_STUDY_HOLDOUT, digest, label, losses, err);
    pulse_trial_record_clear(&record);
    return status;
}

int pulse_board_read_holdout(struct pulse_board *board, struct pulse_losses runs[2], bool *there,
                             struct pulse_err *err)
{
    if (read_whole(board, &board->row[board->winner], "winner", &runs[0], there, err) != 0)
        return -1;
    return !*there
               ? 0
               : read_whole(board, &board->row[board->by_default], "default", &runs[1], there, err);
}
