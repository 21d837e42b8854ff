#include "tune/board_output.h"

#include <math.h>

#include "base/date.h"
#include "base/json.h"
#include "base/terminal.h"
#include "data/csv/write.h"
#include "evaluate/output.h"
#include "tune/board.h"

const char *pulse_board_state(const struct pulse_board_row *row)
{
    return row->record.state == PULSE_TRIAL_DONE     ? "done"
           : row->record.state == PULSE_TRIAL_FAILED ? "failed"
           : row->held                               ? "running"
                                                     : "waiting";
}

/* ---- Conclusions --------------------------------------------------------------------- */

enum { SENTENCE = 400, CELL = 32 };

typedef void say_sentence(void *context, const char *sentence);

static const char *format_gain(double gain, double error, char out[2 * CELL])
{
    if (isnan(gain))
        return "-";
    if (isnan(error))
        (void)snprintf(out, 2 * CELL, "%+.2f %%", 100 * gain);
    else
        (void)snprintf(out, 2 * CELL, "%+.2f %% (standard error %.2f)", 100 * gain, 100 * error);
    return out;
}

static void conclude_best(const struct pulse_board *board, say_sentence *say, void *context)
{
    const struct pulse_superior *p = &board->verdict.superior;
    char text[SENTENCE], own[CELL] = "";
    if (board->winner_p > p->consistent)
        (void)snprintf(own, sizeof own, ", of trial %lld p = %.3f",
                       (long long)board->row[board->winner].record.k, board->winner_p);
    if (isnan(p->consistent))
        (void)snprintf(text, sizeof text,
                       "There are too few windows or trials to say whether any beats the default: "
                       "keep the default.");
    else if (board->beats)
        (void)snprintf(text, sizeof text,
                       "Trial %lld beats the default, also given that %lld were tried: p = %.3f "
                       "(%.3f to %.3f) of the test for superior predictive ability%s.",
                       (long long)board->row[board->winner].record.k, (long long)board->done,
                       p->consistent, p->lower, p->upper, own);
    else if (p->consistent <= 0.1)
        (void)snprintf(
            text, sizeof text,
            "Some trial beats the default, given that %lld were tried: p = %.3f (%.3f to "
            "%.3f) of the test for superior predictive ability; but not surely the best "
            "by %s%s. Keep the default.",
            (long long)board->done, p->consistent, p->lower, p->upper,
            pulse_objective_name(board->space->objective), own);
    else
        (void)snprintf(text, sizeof text,
                       "Nothing beats the default, given that %lld trials were tried: p = %.3f "
                       "(%.3f to %.3f) of the test for superior predictive ability. Keep the "
                       "default.",
                       (long long)board->done, p->consistent, p->lower, p->upper);
    say(context, text);
}

static void conclude_past(const struct pulse_board *board, say_sentence *say, void *context)
{
    const struct pulse_board_row *winner = &board->row[board->winner];
    char text[SENTENCE], a[2 * CELL], b[2 * CELL];
    (void)snprintf(text, sizeof text,
                   "In hindsight the best trial gains %s over the default; choosing at each window "
                   "the trial that was best so far gains %s.",
                   format_gain(winner->over_default, winner->over_default_error, a),
                   format_gain(board->past_gain, board->past_error, b));
    say(context, text);
}

static void conclude_set(const struct pulse_board *board, say_sentence *say, void *context)
{
    char text[SENTENCE];
    int64_t members = 0;
    for (int64_t r = 0; r < board->done; r++)
        members += board->verdict.scores[r].in_set;
    (void)snprintf(
        text, sizeof text,
        "%lld of %lld trials cannot be distinguished from the best (model confidence set "
        "at 90 %%)%s.",
        (long long)members, (long long)board->done,
        board->by_default >= 0 && board->verdict.scores[board->row[board->by_default].run].in_set
            ? ", the default among them"
            : "");
    say(context, text);
}

static void conclude_holdout(const struct pulse_board *board, say_sentence *say, void *context)
{
    const struct pulse_board_holdout *holdout = &board->holdout;
    char text[SENTENCE], a[2 * CELL], day[PULSE_DATE_TEXT];
    if (!board->space->has_holdout)
        return;
    (void)pulse_format_day(board->space->holdout_from, day);
    if (!holdout->there && holdout->why[0] != '\0')
        (void)snprintf(text, sizeof text, "The holdout from %s has no score: %s.", day,
                       holdout->why);
    else if (!holdout->there)
        (void)snprintf(text, sizeof text,
                       "The holdout from %s has not been scored: pulse-tune run does so when all "
                       "trials are done.",
                       day);
    else if (board->winner == board->by_default)
        (void)snprintf(text, sizeof text,
                       "In the holdout from %s (%lld windows) the default's skill is %.2f %%.", day,
                       (long long)holdout->windows, 100 * holdout->by_default);
    else
        (void)snprintf(text, sizeof text,
                       "In the holdout from %s (%lld windows) the best trial's skill is %.2f %%, "
                       "the default's %.2f %%: a gain of %s, p = %.3f.",
                       day, (long long)holdout->windows, 100 * holdout->winner,
                       100 * holdout->by_default, format_gain(holdout->gain, holdout->error, a),
                       holdout->p);
    say(context, text);
}

void pulse_board_conclude(const struct pulse_board *board, say_sentence *say, void *context)
{
    if (pulse_board_default_failed(board) != NULL)
        say(context, "The default failed: nothing can be compared with it.");
    else if (board->done == 0)
        say(context, "No trial is done yet.");
    else if (board->by_default < 0)
        say(context, "The default is not done yet: nothing can be compared with it.");
    else {
        conclude_best(board, say, context);
        conclude_past(board, say, context);
        conclude_set(board, say, context);
        conclude_holdout(board, say, context);
    }
}

/* ---- For people ---------------------------------------------------------------------- */

static const char *format_percent(double x, int decimals, char out[CELL])
{
    if (isnan(x))
        return "-";
    (void)snprintf(out, CELL, "%.*f%%", decimals, 100 * x);
    return out;
}

static const char *format_score(const struct pulse_board *board, double score, char out[CELL])
{
    const enum pulse_objective objective = board->space->objective;
    if (objective == PULSE_OBJECTIVE_SKILL || objective == PULSE_OBJECTIVE_WORST_SKILL ||
        isnan(score))
        return format_percent(score, 2, out);
    (void)snprintf(out, CELL, "%.4f", score);
    return out;
}

static void print_done(const struct pulse_board *board, int64_t rank,
                       const struct pulse_board_row *row, FILE *out)
{
    char a[5][CELL];
    (void)fprintf(out, "%4lld %6lld %8s %7s %9s %9s  %-3s %8.2f  ", (long long)rank + 1,
                  (long long)row->record.k, format_score(board, row->score, a[0]),
                  format_percent(row->over_persistence_error, 2, a[1]),
                  format_percent(row->over_default, 2, a[2]),
                  format_percent(row->over_default_error, 2, a[3]),
                  board->verdict.scores[row->run].in_set ? "yes" : "no", row->record.vcpu_seconds);
    pulse_terminal_write(out, row->record.options, 0);
    if (row->record.windows_failed > 0)
        (void)fprintf(out, " (%lld windows failed)", (long long)row->record.windows_failed);
    (void)fputc('\n', out);
}

static void print_other(const struct pulse_board_row *row, FILE *out)
{
    (void)fprintf(out, "%4s %6lld %8s %47s  ", "", (long long)row->record.k, pulse_board_state(row),
                  "");
    pulse_terminal_write(out, row->record.options, 0);
    if (row->record.reason != NULL) {
        (void)fputs(": ", out);
        pulse_terminal_write(out, row->record.reason, 0);
    }
    (void)fputc('\n', out);
}

static void print_sentence(void *context, const char *sentence)
{
    (void)fprintf(context, "%s\n", sentence);
}

static void print_period(const struct pulse_board *board, FILE *out)
{
    const struct pulse_comparison *comparison = &board->comparison;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT];
    (void)fprintf(out, "\n%lld trials done, %lld failed, %lld left; %.3g vCPU hours\n",
                  (long long)board->done, (long long)board->failed, (long long)board->waiting,
                  board->vcpu_seconds / 3600);
    if (board->done == 0)
        return;
    (void)fprintf(out, "compared on %lld windows and %lld variables, %s to %s\n",
                  (long long)comparison->W, (long long)comparison->scored,
                  pulse_format_day(comparison->windows[0].start, first),
                  pulse_format_day(comparison->windows[comparison->W - 1].end, last));
    if (comparison->uneven > 0)
        (void)fprintf(out,
                      "left out: %lld pairs of window and variable, where trials score different "
                      "numbers of rows\n",
                      (long long)comparison->uneven);
}

void pulse_board_print(const struct pulse_board *board, int64_t most, FILE *out)
{
    int64_t shown = 0;
    (void)fprintf(out, "%4s %6s %8s %7s %9s %9s  %-3s %8s  %s\n", "rank", "trial",
                  board->space->objective <= PULSE_OBJECTIVE_HIT
                      ? pulse_objective_name(board->space->objective)
                      : "score",
                  "error", "default", "error", "set", "vCPU s", "options");
    for (int64_t i = 0; i < board->n; i++) {
        const struct pulse_board_row *row = &board->row[i];
        if (shown >= most && i != board->by_default)
            continue;
        shown++;
        if (row->run >= 0)
            print_done(board, i, row, out);
        else
            print_other(row, out);
    }
    if (shown < board->n)
        (void)fprintf(out, "     and %lld more; --top %lld shows them\n",
                      (long long)(board->n - shown), (long long)board->n);
    print_period(board, out);
    (void)fputc('\n', out);
    pulse_board_conclude(board, print_sentence, out);
}

/* ---- CSV ----------------------------------------------------------------------------- */

static void put_number(FILE *out, double x)
{
    (void)fputc(',', out);
    if (!isnan(x))
        pulse_csv_put_number(out, x);
}

void pulse_board_csv(const struct pulse_board *board, FILE *out)
{
    (void)fputs("rank,trial,state,score,skill,over_persistence,over_persistence_error,over_default,"
                "over_default_error,set_p,vcpu_seconds,digest,options,reason\n",
                out);
    for (int64_t i = 0; i < board->n; i++) {
        const struct pulse_board_row *row = &board->row[i];
        const struct pulse_run_scores *scores =
            row->run < 0 ? NULL : &board->verdict.scores[row->run];
        (void)fprintf(out, "%lld,%lld,%s", (long long)i + 1, (long long)row->record.k,
                      pulse_board_state(row));
        put_number(out, row->score);
        put_number(out, scores == NULL ? (double)NAN : scores->skill);
        put_number(out, row->over_persistence);
        put_number(out, row->over_persistence_error);
        put_number(out, row->over_default);
        put_number(out, row->over_default_error);
        put_number(out, scores == NULL ? (double)NAN : scores->membership);
        put_number(out, row->record.vcpu_seconds);
        (void)fprintf(out, ",%s,", row->record.digest);
        pulse_csv_put_name(out, row->record.options, 0);
        (void)fputc(',', out);
        if (row->record.reason != NULL)
            pulse_csv_put_name(out, row->record.reason, 0);
        (void)fputc('\n', out);
    }
}

/* ---- JSON ---------------------------------------------------------------------------- */

static json_t *list_losses(const struct pulse_comparison *comparison, int64_t model)
{
    json_t *list = json_array();
    for (int64_t w = 0; w < comparison->W; w++)
        (void)json_array_append_new(list,
                                    pulse_json_number(comparison->loss[model * comparison->W + w]));
    return list;
}

static void add_scores(json_t *object, const struct pulse_board *board,
                       const struct pulse_board_row *row, bool draws)
{
    const struct pulse_run_scores *scores = &board->verdict.scores[row->run];
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "score",
        pulse_json_number(row->score), "skill", pulse_json_number(scores->skill), "worst_skill",
        pulse_json_number(scores->worst_skill), "hit", pulse_json_number(scores->hit),
        "over_persistence", pulse_json_number(row->over_persistence), "over_persistence_error",
        pulse_json_number(row->over_persistence_error), "over_default",
        pulse_json_number(row->over_default), "over_default_error",
        pulse_json_number(row->over_default_error), "p", pulse_json_number(scores->p), "set_p",
        pulse_json_number(scores->membership), "in_confidence_set", scores->in_set ? 1 : 0);
    (void)json_object_update(object, more);
    json_decref(more);
    if (draws)
        (void)json_object_set_new(object, "losses", list_losses(&board->comparison, row->run));
}

static json_t *build_row(const struct pulse_board *board, int64_t i, bool draws)
{
    const struct pulse_board_row *row = &board->row[i];
    json_t *object = json_pack("{s:I, s:s, s:s, s:s, s:s?, s:f}", "k", (json_int_t)row->record.k,
                               "digest", row->record.digest, "state", pulse_board_state(row),
                               "options", row->record.options, "reason", row->record.reason,
                               "vcpu_seconds", row->record.vcpu_seconds);
    if (row->record.words != NULL)
        (void)json_object_set(object, "words", row->record.words);
    if (row->run >= 0)
        add_scores(object, board, row, draws);
    return object;
}

static void append_sentence(void *context, const char *sentence)
{
    (void)json_array_append_new(context, json_string(sentence));
}

json_t *pulse_board_conclusions(const struct pulse_board *board)
{
    json_t *sentences = json_array();
    pulse_board_conclude(board, append_sentence, sentences);
    return sentences;
}

static json_t *build_holdout(const struct pulse_board *board)
{
    const struct pulse_board_holdout *holdout = &board->holdout;
    if (!holdout->there)
        return json_null();
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "from", pulse_json_day(board->space->holdout_from),
        "windows", (json_int_t)holdout->windows, "winner_skill", pulse_json_number(holdout->winner),
        "default_skill", pulse_json_number(holdout->by_default), "gain",
        pulse_json_number(holdout->gain), "gain_error", pulse_json_number(holdout->error), "p",
        pulse_json_number(holdout->p));
}

/* The digest of a row, or null. */
static json_t *name_row(const struct pulse_board *board, int64_t i)
{
    return i < 0 ? json_null() : json_string(board->row[i].record.digest);
}

json_t *pulse_board_json(const struct pulse_board *board, bool draws)
{
    const struct pulse_superior *p = &board->verdict.superior;
    const bool tested = board->by_default >= 0 && board->done > 0;
    json_t *trials = json_array();
    for (int64_t i = 0; i < board->n; i++)
        (void)json_array_append_new(trials, build_row(board, i, draws));
    json_t *root = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:f, s:I, s:I, s:o, s:o, s:b, s:{s:o, s:o, s:o}, s:{s:o, s:o}, "
        "s:o, s:o, s:o, s:o}",
        "study", board->study, "objective", pulse_objective_name(board->space->objective), "done",
        (json_int_t)board->done, "failed", (json_int_t)board->failed, "left",
        (json_int_t)board->waiting, "vcpu_hours", board->vcpu_seconds / 3600, "windows",
        (json_int_t)board->comparison.W, "variables", (json_int_t)board->comparison.scored,
        "default", name_row(board, board->by_default), "winner", name_row(board, board->winner),
        "beats_default", board->beats ? 1 : 0, "superior_predictive_ability", "lower",
        tested ? pulse_json_number(p->lower) : json_null(), "consistent",
        tested ? pulse_json_number(p->consistent) : json_null(), "upper",
        tested ? pulse_json_number(p->upper) : json_null(), "choosing_by_the_past", "over_default",
        pulse_json_number(board->past_gain), "over_default_error",
        pulse_json_number(board->past_error), "holdout", build_holdout(board), "conclusions",
        pulse_board_conclusions(board), "winner_p", pulse_json_number(board->winner_p), "trials",
        trials);
    if (root != NULL && draws && board->done > 0) {
        (void)json_object_set_new(root, "persistence_losses",
                                  list_losses(&board->comparison, board->comparison.R));
        (void)json_object_set_new(root, "bootstrap",
                                  pulse_evaluation_bootstrap(&board->verdict.bootstrap));
    }
    return root;
}
