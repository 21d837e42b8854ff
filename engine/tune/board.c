#include "tune/board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tune/board_read.h"
#include "tune/space/trials.h"

/* ---- Scores -------------------------------------------------------------------------- */

static double read_score(const struct pulse_board *board, int64_t r)
{
    const struct pulse_run_scores *scores = &board->verdict.scores[r];
    const double score[PULSE_OBJECTIVES] = {[PULSE_OBJECTIVE_SKILL] = scores->skill,
                                            [PULSE_OBJECTIVE_WORST_SKILL] = scores->worst_skill,
                                            [PULSE_OBJECTIVE_HIT] = scores->hit,
                                            [PULSE_OBJECTIVE_SCORE_80] = scores->score[0],
                                            [PULSE_OBJECTIVE_SCORE_95] = scores->score[1]};
    return score[board->space->objective];
}

/* Of series x (K × W) of losses: means as shares of persistence's mean loss, and their standard
 * errors by the bootstrap. */
static int measure_gains(const struct pulse_verdict *verdict, int64_t K, const double *x,
                         double *mean, double *error, struct pulse_err *err)
{
    const struct pulse_bootstrap *bootstrap = &verdict->bootstrap;
    const double unit = verdict->scores[verdict->R].loss;
    double *t = pulse_calloc(K, sizeof *t, "the gains", err);
    const int status = t == NULL ? -1 : pulse_superior_certainty(bootstrap, K, x, t, err);
    for (int64_t k = 0; status == 0 && k < K; k++) {
        mean[k] = pulse_mean(x + k * bootstrap->n, bootstrap->n) / unit;
        error[k] = mean[k] == 0 ? 0 : mean[k] / t[k];
    }
    free(t);
    return status;
}

/* Gains of all runs over a model of the comparison. */
static int measure_over(const struct pulse_board *board, int64_t model, double *mean, double *error,
                        struct pulse_err *err)
{
    const int64_t R = board->comparison.R, W = board->comparison.W;
    const double *loss = board->comparison.loss;
    double *gain = pulse_calloc(R, (size_t)W * sizeof *gain, "the gains", err);
    for (int64_t r = 0; gain != NULL && r < R; r++)
        for (int64_t w = 0; w < W; w++)
            gain[r * W + w] = loss[model * W + w] - loss[r * W + w];
    const int status =
        gain == NULL ? -1 : measure_gains(&board->verdict, R, gain, mean, error, err);
    free(gain);
    return status;
}

static int score_rows(struct pulse_board *board, struct pulse_err *err)
{
    const int64_t R = board->comparison.R;
    double *mean = pulse_calloc(4 * R, sizeof *mean, "the scores", err);
    int status = mean == NULL ? -1 : measure_over(board, R, mean, mean + R, err);
    if (status == 0 && board->by_default >= 0)
        status =
            measure_over(board, board->row[board->by_default].run, mean + 2 * R, mean + 3 * R, err);
    for (int64_t i = 0; status == 0 && i < board->n; i++) {
        struct pulse_board_row *row = &board->row[i];
        if (row->run < 0)
            continue;
        row->score = read_score(board, row->run);
        row->over_persistence = mean[row->run];
        row->over_persistence_error = mean[R + row->run];
        if (board->by_default >= 0) {
            row->over_default = mean[2 * R + row->run];
            row->over_default_error = mean[3 * R + row->run];
        }
    }
    free(mean);
    return status;
}

/* ---- Order --------------------------------------------------------------------------- */

static bool more_is_better; /* what compare_rows orders by */

/* Done ones by score; then those that failed, then those that wait, by position. */
static int compare_rows(const void *a, const void *b)
{
    const struct pulse_board_row *x = a, *y = b;
    const int state_x = x->run >= 0                             ? 0
                        : x->record.state == PULSE_TRIAL_FAILED ? 1
                                                                : 2,
              state_y = y->run >= 0                             ? 0
                        : y->record.state == PULSE_TRIAL_FAILED ? 1
                                                                : 2;
    if (state_x != state_y)
        return state_x - state_y;
    if (state_x == 0 && x->score != y->score && !(isnan(x->score) && isnan(y->score))) {
        if (isnan(x->score) || isnan(y->score))
            return isnan(x->score) ? 1 : -1;
        return (x->score > y->score) == more_is_better ? -1 : 1;
    }
    if (x->record.k != y->record.k)
        return x->record.k < y->record.k ? -1 : 1;
    return strcmp(x->record.digest, y->record.digest);
}

static void sort_rows(struct pulse_board *board)
{
    more_is_better = pulse_objective_is_gain(board->space->objective);
    if (board->n > 0)
        qsort(board->row, (size_t)board->n, sizeof *board->row, compare_rows);
    for (int64_t i = 0; i < board->n && board->by_default >= 0; i++)
        if (strcmp(board->row[i].record.digest, board->default_digest) == 0)
            board->by_default = i;
    board->winner = board->n > 0 && board->row[0].run >= 0 ? 0 : -1;
}

/* ---- Choosing by the past ------------------------------------------------------------ */

/* The run that lost least before window w; `so_far` (R) has these sums. */
static int64_t find_best_so_far(const double *so_far, int64_t R, int64_t otherwise)
{
    int64_t best = otherwise;
    for (int64_t r = 0; r < R; r++)
        if (so_far[r] < so_far[best])
            best = r;
    return best;
}

/* At each window the trial that lost least in all before it, the default in the first: its gain
 * over the default. */
static int choose_by_past(struct pulse_board *board, struct pulse_err *err)
{
    const struct pulse_comparison *comparison = &board->comparison;
    const int64_t R = comparison->R, W = comparison->W;
    const int64_t base = board->row[board->by_default].run;
    double *so_far = pulse_calloc(R, sizeof *so_far, "the past", err);
    double *gain = pulse_calloc(W, sizeof *gain, "the past", err);
    for (int64_t w = 0; so_far != NULL && gain != NULL && w < W; w++) {
        const int64_t best = find_best_so_far(so_far, R, base);
        gain[w] = comparison->loss[base * W + w] - comparison->loss[best * W + w];
        for (int64_t r = 0; r < R; r++)
            so_far[r] += comparison->loss[r * W + w];
    }
    const int status =
        so_far == NULL || gain == NULL
            ? -1
            : measure_gains(&board->verdict, 1, gain, &board->past_gain, &board->past_error, err);
    free(so_far);
    free(gain);
    return status;
}

/* ---- The holdout --------------------------------------------------------------------- */

static int score_holdout(struct pulse_board *board, const struct pulse_losses runs[2],
                         struct pulse_err *err)
{
    struct pulse_comparison comparison = {0};
    struct pulse_verdict verdict = {0};
    int status =
        pulse_comparison_make(runs, 2, board->space->holdout_from, INT64_MAX, &comparison, err);
    if (status == 0)
        status = pulse_verdict_make(&comparison, 1, 1, &verdict, err);
    if (status == 0) {
        const double gain =
            (verdict.scores[1].loss - verdict.scores[0].loss) / verdict.scores[2].loss;
        board->holdout = (struct pulse_board_holdout){.there = true,
                                                      .windows = comparison.W,
                                                      .winner = verdict.scores[0].skill,
                                                      .by_default = verdict.scores[1].skill,
                                                      .gain = gain,
                                                      .error = gain / verdict.scores[0].t,
                                                      .p = verdict.scores[0].p};
    }
    pulse_verdict_clear(&verdict);
    pulse_comparison_clear(&comparison);
    return status;
}

/* Where a worker has run both over the whole period. A holdout that holds no window is none. */
static int read_holdout(struct pulse_board *board, struct pulse_err *err)
{
    struct pulse_losses runs[2] = {0};
    struct pulse_err none = {.kind = PULSE_OK};
    bool there = false;
    int status = pulse_board_read_holdout(board, runs, &there, err);
    if (status == 0 && there && score_holdout(board, runs, &none) != 0) {
        if (none.kind == PULSE_E_INPUT)
            (void)strcpy(board->holdout.why,
                         "no window with scores begins there; choose an earlier "
                         "date");
        else
            *err = none;
        status = none.kind == PULSE_E_INPUT ? 0 : -1;
    }
    pulse_losses_clear(&runs[0]);
    pulse_losses_clear(&runs[1]);
    return status;
}

/* ---- All of it ----------------------------------------------------------------------- */

/* Whether the first n runs have something in common; so they have if that cannot be said. */
static bool can_compare(const struct pulse_losses *runs, int64_t n)
{
    struct pulse_comparison comparison = {0};
    struct pulse_err why = {.kind = PULSE_OK};
    const int status = pulse_comparison_make(runs, n, INT64_MIN, INT64_MAX, &comparison, &why);
    pulse_comparison_clear(&comparison);
    return status == 0 || why.kind != PULSE_E_INPUT;
}

/* The run that has nothing in common with the default, or with all runs before it. */
static int64_t find_stranger(const struct pulse_board *board)
{
    int64_t low = 1,
            high = board->done; /* so many have something in common, and so many have not */
    for (int64_t r = 0; r < board->done && board->by_default >= 0; r++) {
        const struct pulse_losses both[] = {board->runs[board->row[board->by_default].run],
                                            board->runs[r]};
        if (!can_compare(both, 2))
            return r;
    }
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (can_compare(board->runs, middle))
            low = middle;
        else
            high = middle;
    }
    return high - 1;
}

/* Of trials that share nothing: one that is to blame, and what to do about it. */
static void explain_stranger(const struct pulse_board *board, struct pulse_err *err)
{
    const struct pulse_err why = *err;
    const int64_t stranger = find_stranger(board);
    for (int64_t i = 0; i < board->n; i++) {
        const struct pulse_trial_record *record = &board->row[i].record;
        if (board->row[i].run == stranger)
            (void)pulse_fail(
                err, PULSE_E_INPUT,
                "trial %lld (%.200s) cannot be compared with the others: %.200s; take "
                "it out of the space if it is there, and remove %.300s/" PULSE_STUDY_TRIALS "/%s",
                (long long)record->k, record->options, why.text, board->study, record->digest);
    }
}

static int compare_runs(struct pulse_board *board, struct pulse_err *err)
{
    const int64_t R = board->done;
    const int64_t base = board->by_default >= 0 ? board->row[board->by_default].run : R;
    if (pulse_comparison_make(board->runs, R, INT64_MIN, INT64_MAX, &board->comparison, err) != 0) {
        if (err->kind == PULSE_E_INPUT)
            explain_stranger(board, err);
        return -1;
    }
    if (pulse_verdict_make(&board->comparison, base, 1, &board->verdict, err) != 0 ||
        score_rows(board, err) != 0)
        return -1;
    return board->by_default < 0 ? 0 : choose_by_past(board, err);
}

/* Whether it is the winner that beats the default: the best by the objective need not be the one of
 * the largest gain, which the test for superior predictive ability looks at. */
static int test_winner(struct pulse_board *board, struct pulse_err *err)
{
    const int64_t R = board->comparison.R, W = board->comparison.W;
    if (board->by_default < 0 || board->winner == board->by_default)
        return 0;
    const int64_t base = board->row[board->by_default].run, own = board->row[board->winner].run;
    const double *loss = board->comparison.loss;
    double *gain = pulse_calloc(R - 1, (size_t)W * sizeof *gain, "the gains", err);
    for (int64_t r = 0, k = 0; gain != NULL && r < R; r++)
        if (r != base) {
            for (int64_t w = 0; w < W; w++)
                gain[k * W + w] = loss[base * W + w] - loss[r * W + w];
            k++;
        }
    const int status = gain == NULL ? -1
                                    : pulse_superior_of(&board->verdict.bootstrap, R - 1, gain,
                                                        own - (own > base), &board->winner_p, err);
    free(gain);
    board->beats = board->row[board->winner].over_default > 0 && board->winner_p <= 0.1;
    return status;
}

int pulse_board_make(const char *study, const struct pulse_space *space, struct pulse_board *board,
                     struct pulse_err *err)
{
    *board = (struct pulse_board){.space = space,
                                  .study = study,
                                  .by_default = -1,
                                  .winner = -1,
                                  .winner_p = NAN,
                                  .past_gain = NAN,
                                  .past_error = NAN};
    if (pulse_board_read_rows(board, err) != 0 ||
        (board->done > 0 && compare_runs(board, err) != 0))
        return -1;
    sort_rows(board);
    if (test_winner(board, err) != 0)
        return -1;
    return space->has_holdout && board->by_default >= 0 ? read_holdout(board, err) : 0;
}

void pulse_board_clear(struct pulse_board *board)
{
    for (int64_t i = 0; i < board->n; i++)
        pulse_trial_record_clear(&board->row[i].record);
    for (int64_t r = 0; board->runs != NULL && r < board->done; r++)
        pulse_losses_clear(&board->runs[r]);
    pulse_verdict_clear(&board->verdict);
    pulse_comparison_clear(&board->comparison);
    free(board->row);
    free(board->runs);
    *board = (struct pulse_board){0};
}

const char *pulse_board_default_failed(const struct pulse_board *board)
{
    for (int64_t i = 0; i < board->n; i++)
        if (board->row[i].record.state == PULSE_TRIAL_FAILED &&
            strcmp(board->row[i].record.digest, board->default_digest) == 0)
            return board->row[i].record.reason != NULL ? board->row[i].record.reason : "";
    return NULL;
}

int64_t pulse_board_choice(const struct pulse_board *board)
{
    return board->beats ? board->winner : board->by_default;
}

char *pulse_board_words(const struct pulse_board_row *row, struct pulse_err *err)
{
    struct pulse_trial_words words;
    char *text = NULL;
    if (pulse_trial_words_copy(row->record.words, &words, err) == 0)
        text = pulse_trial_text(&words, err);
    pulse_trial_words_clear(&words);
    return text;
}
