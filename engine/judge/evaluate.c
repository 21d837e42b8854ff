#include "judge/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/adjust.h"
#include "math/beta.h"

int pulse_evaluation_init(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                          const struct pulse_options *options, struct pulse_err *err)
{
    const int64_t T = plan->sizes.T, W = plan->n_windows;
    const int64_t C = pulse_combine_candidates(options);
    *evaluation = (struct pulse_evaluation){.T = T, .W = W, .C = C, .horizon = 1};
    double *rows = pulse_calloc(T * (3 + PULSE_BOUNDS), sizeof(double), "a variable's rows", err);
    double *windows = pulse_calloc(W * (C + 2) + C, sizeof(double), "a variable's windows", err);
    evaluation->score = pulse_calloc(W, sizeof *evaluation->score, "a variable's scores", err);
    evaluation->belief = pulse_calloc(W, sizeof *evaluation->belief, "a variable's trust", err);
    evaluation->noted =
        pulse_calloc(PULSE_LONGEST_HORIZON, sizeof *evaluation->noted, "a variable's errors", err);
    evaluation->predicted = rows;
    evaluation->weight = windows;
    if (rows == NULL || windows == NULL || evaluation->score == NULL ||
        evaluation->belief == NULL || evaluation->noted == NULL)
        return -1;
    evaluation->persistence = rows + T;
    for (int i = 0; i < PULSE_BOUNDS; i++)
        evaluation->bound[i] = rows + T * (2 + i);
    evaluation->delta = rows + T * (2 + PULSE_BOUNDS);
    evaluation->shrinkage = windows + W * C;
    evaluation->final_weight = windows + W * (C + 1);
    evaluation->window_squares = windows + W * (C + 1) + C;
    return 0;
}

void pulse_evaluation_clear(struct pulse_evaluation *evaluation)
{
    free(evaluation->predicted);
    free(evaluation->weight);
    free(evaluation->score);
    free(evaluation->belief);
    free(evaluation->noted);
    *evaluation = (struct pulse_evaluation){0};
}

/* One variable while it is being evaluated. */
struct session {
    struct pulse_evaluation *out;
    const struct pulse_plan *plan;
    const struct pulse_options *options;
    const struct pulse_column *column;
    const double *candidates;
    struct pulse_combiner combiner;
    struct pulse_intervals intervals;
    struct pulse_gain gain;
    struct pulse_belief belief;
    int64_t horizon;
    double root;     /* √h; 1 for level: predictions are of u over it */
    int64_t known;   /* windows whose targets are all known */
    double *model;   /* what the walk's models predict of the row in hand, in units of ẑ */
    double previous; /* last observation before the row in hand */
};

/* A scaled retrodiction in original units. */
static double in_units(const struct pulse_column *column, double previous, double z)
{
    switch (column->transform) {
    case PULSE_DIFF:
        return previous + column->scale * z;
    case PULSE_LOGDIFF:
        return previous * exp(column->scale * z);
    case PULSE_LEVEL:
    default:
        return column->centre + column->scale * z;
    }
}

static double persistence_scaled(const struct pulse_column *column, double previous)
{
    return column->transform == PULSE_LEVEL ? (previous - column->centre) / column->scale : 0;
}

/* A combined retrodiction in original units; exactly the last observation when it is persistence,
 * which back and forth through the scale would miss by a rounding. */
static double predict_in_units(const struct pulse_column *column, double previous, double z,
                               double persistence)
{
    return z == persistence ? previous : in_units(column, previous, z);
}

static void set_nan(double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = NAN;
}

static void blank_evaluation(struct pulse_evaluation *out)
{
    set_nan(out->predicted, out->T * (2 + PULSE_BOUNDS));
    set_nan(out->weight, out->W * (out->C + 1) + out->C);
    memset(out->noted, 0, PULSE_LONGEST_HORIZON * sizeof *out->noted);
    for (int64_t w = 0; w < out->W; w++) {
        out->window_squares[w] = 0;
        out->score[w] = (struct pulse_score){0};
        out->belief[w] = (struct pulse_belief){NAN, NAN};
    }
    out->final_shrinkage = out->final_error_scale = NAN;
    set_nan(out->final_factor, PULSE_LEVELS);
    out->summary = (struct pulse_variable_summary){.gain_statistic = NAN,
                                                   .gain_p_adjusted = NAN,
                                                   .belief = {NAN, NAN},
                                                   .trust_low = NAN,
                                                   .trust_high = NAN,
                                                   .forecast = {NAN, NAN, {NAN, NAN, NAN, NAN}}};
}

static void bounds_of(const struct session *session, double value, double bound[PULSE_BOUNDS])
{
    double half[PULSE_LEVELS];
    pulse_intervals_half(&session->intervals, half);
    for (int i = 0; i < PULSE_LEVELS; i++) {
        bound[2 * i] = in_units(session->column, session->previous, value - half[i]);
        bound[2 * i + 1] = in_units(session->column, session->previous, value + half[i]);
    }
}

/* The models' predictions at `from` (stride `step`), of u, in units of ẑ. */
static void scale_models(struct session *session, const double *from, int64_t step, double sigma)
{
    for (int64_t c = 0; c < session->combiner.models; c++)
        session->model[c] = sigma * session->root * from[c * step];
}

/* ---- Rows ----------------------------------------------------------------------- */

/* Whether the value ahead of row t will be there, and fresh. */
static bool is_fresh_ahead(const struct session *session, int64_t t)
{
    const int64_t ahead = t + session->horizon - 1;
    return ahead < session->out->T && pulse_column_fresh(session->column, ahead, session->previous);
}

/* The error of row t − h has come to be known before row t. */
static void learn_error(struct session *session, int64_t t)
{
    struct pulse_interval_error *noted = &session->out->noted[t % session->horizon];
    if (noted->known)
        pulse_intervals_learn(&session->intervals, noted);
    *noted = (struct pulse_interval_error){0};
}

/* What will be known of row t of window w, which has a prediction, once the value ahead is. */
static void score_row(struct session *session, int64_t w, int64_t t,
                      const struct pulse_combined *combined, double persistence)
{
    struct pulse_evaluation *out = session->out;
    struct pulse_variable_summary *summary = &out->summary;
    struct pulse_score *score = &out->score[w];
    const int64_t ahead = t + session->horizon - 1;
    const double x = session->column->x[ahead];
    const double z = pulse_column_ahead(session->column, t, session->horizon);
    const double e = z - combined->value, ep = z - persistence;
    pulse_combiner_score(&session->combiner, w, session->model, persistence, combined, z);
    pulse_score_row(score, x, out->predicted[ahead], session->previous, combined->direction);
    pulse_gain_row(&session->gain, x, out->predicted[ahead], session->previous);
    summary->scaled_squares += e * e;
    summary->persistence_scaled_squares += ep * ep;
    out->window_squares[w] += e * e;
    if (!isnan(out->bound[0][ahead])) {
        score->interval_rows++;
        for (int i = 0; i < PULSE_LEVELS; i++)
            pulse_score_interval(score, i, x, out->bound[2 * i][ahead],
                                 out->bound[2 * i + 1][ahead]);
    }
    out->noted[t % session->horizon] = pulse_intervals_note(&session->intervals, e, true);
}

/* Row t of trained window w that has a prediction. */
static void evaluate_row(struct session *session, int64_t w, int64_t t)
{
    struct pulse_evaluation *out = session->out;
    const struct pulse_column *column = session->column;
    const double persistence = persistence_scaled(column, session->previous);
    const int64_t ahead = t + session->horizon - 1;
    double bound[PULSE_BOUNDS];
    scale_models(session, session->candidates + t, out->T, column->sigma[t]);
    const struct pulse_combined combined =
        pulse_combiner_row(&session->combiner, session->model, persistence);
    bounds_of(session, combined.value, bound);
    out->predicted[ahead] =
        predict_in_units(column, session->previous, combined.value, persistence);
    out->persistence[ahead] = session->previous;
    for (int i = 0; i < PULSE_BOUNDS; i++)
        out->bound[i][ahead] = bound[i];
    if (is_fresh_ahead(session, t))
        score_row(session, w, t, &combined, persistence);
}

/* A row without a prediction: the intervals learn from the error of persistence. */
static void pass_unpredicted(struct session *session, int64_t t)
{
    const struct pulse_column *column = session->column;
    if (t >= column->burn_in_end && is_fresh_ahead(session, t))
        session->out->noted[t % session->horizon] =
            pulse_intervals_note(&session->intervals,
                                 pulse_column_ahead(column, t, session->horizon) -
                                     persistence_scaled(column, session->previous),
                                 false);
}

static void pass_row(struct session *session, int64_t t)
{
    if (!isnan(session->column->x[t])) {
        session->previous = session->column->x[t];
        session->out->summary.observed++;
    }
}

/* ---- Windows -------------------------------------------------------------------- */

/* All windows whose last target is known before `row` count from now on. */
static void absorb_windows(struct session *session, int64_t row)
{
    const struct pulse_plan *plan = session->plan;
    while (session->known < plan->n_windows) {
        const int64_t w = session->known;
        const struct pulse_window *window = &plan->windows[w];
        if (window->first_row + window->rows + session->horizon - 1 > row)
            break;
        if (window->status == PULSE_TRAINED)
            pulse_intervals_absorb(&session->intervals, session->out->window_squares[w],
                                   session->out->score[w].n);
        session->known++;
    }
    pulse_combiner_begin(&session->combiner, session->known);
}

static void begin_window(struct session *session, int64_t w)
{
    struct pulse_evaluation *out = session->out;
    absorb_windows(session, session->plan->windows[w].first_row);
    for (int64_t c = 0; c < out->C; c++)
        out->weight[w * out->C + c] = session->combiner.weight[c];
    out->shrinkage[w] = session->combiner.shrinkage;
}

static void evaluate_window(struct session *session, int64_t w)
{
    struct pulse_evaluation *out = session->out;
    const struct pulse_window *window = &session->plan->windows[w];
    const bool trained = window->status == PULSE_TRAINED;
    if (trained)
        begin_window(session, w);
    for (int64_t t = window->first_row; t < window->first_row + window->rows; t++) {
        learn_error(session, t);
        if (trained && t >= session->column->burn_in_end && t + session->horizon <= out->T &&
            !isnan(session->candidates[t]))
            evaluate_row(session, w, t);
        else
            pass_unpredicted(session, t);
        pass_row(session, t);
    }
    if (trained) {
        pulse_belief_update(&session->belief, session->options, &out->score[w]);
        pulse_score_add(&out->summary.total, &out->score[w]);
    }
    out->belief[w] = session->belief;
}

static void conclude_variable(struct session *session, const double *next, int64_t next_step)
{
    struct pulse_evaluation *out = session->out;
    struct pulse_variable_summary *summary = &out->summary;
    summary->gain_statistic = pulse_gain_statistic(&session->gain);
    summary->belief = session->belief;
    summary->trust_low = pulse_beta_quantile(0.025, session->belief.alpha, session->belief.beta);
    summary->trust_high = pulse_beta_quantile(0.975, session->belief.alpha, session->belief.beta);

    learn_error(session, out->T);
    absorb_windows(session, out->T);
    for (int64_t c = 0; c < out->C; c++)
        out->final_weight[c] = session->combiner.weight[c];
    out->final_shrinkage = session->combiner.shrinkage;
    out->final_error_scale = pulse_intervals_scale(&session->intervals);
    for (int i = 0; i < PULSE_LEVELS; i++)
        out->final_factor[i] = session->intervals.factor[i];
    summary->forecast.previous = session->previous;
    const double persistence = persistence_scaled(session->column, session->previous);
    scale_models(session, next, next_step, session->column->next_sigma);
    const struct pulse_combined combined =
        pulse_combiner_row(&session->combiner, session->model, persistence);
    summary->forecast.value =
        predict_in_units(session->column, session->previous, combined.value, persistence);
    bounds_of(session, combined.value, summary->forecast.bound);
}

static int64_t count_below_zero(const struct pulse_evaluation *evaluation,
                                const struct pulse_column *column)
{
    int64_t n = 0;
    if (column->transform != PULSE_DIFF)
        return 0;
    for (int64_t t = 0; t < evaluation->T; t++) {
        if (column->x[t] <= 0)
            return 0;
        n += evaluation->bound[PULSE_LOWER_95][t] < 0;
    }
    return n;
}

int pulse_evaluate(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                   const struct pulse_options *options, const struct pulse_column *column,
                   const double *candidates, const double *next, int64_t next_step,
                   struct pulse_err *err)
{
    struct session session = {
        .out = evaluation,
        .plan = plan,
        .options = options,
        .column = column,
        .candidates = candidates,
        .intervals = pulse_intervals_start(options, evaluation->horizon),
        .gain = {.delta = evaluation->delta, .lags = evaluation->horizon - 1},
        .belief = pulse_belief_start(),
        .horizon = evaluation->horizon,
        .root = column->transform == PULSE_LEVEL ? 1 : sqrt((double)evaluation->horizon),
        .previous = NAN};
    int status = -1;
    blank_evaluation(evaluation);
    evaluation->summary.enters = column->enters;
    evaluation->summary.dense = column->dense;
    evaluation->summary.scale = column->enters ? column->scale : (double)NAN;
    evaluation->summary.centre = column->enters ? column->centre : (double)NAN;
    if (!column->enters || candidates == NULL) {
        for (int64_t t = 0; t < evaluation->T; t++)
            pass_row(&session, t);
        return 0;
    }
    session.model = pulse_calloc(plan->sizes.C, sizeof *session.model, "a row's models", err);
    if (session.model == NULL ||
        pulse_combiner_init(&session.combiner, options, session.horizon, plan->n_windows, err) != 0)
        goto done;
    for (int64_t w = 0; w < plan->n_windows; w++)
        evaluate_window(&session, w);
    conclude_variable(&session, next, next_step);
    evaluation->summary.below_zero = count_below_zero(evaluation, column);
    status = 0;
done:
    pulse_combiner_clear(&session.combiner);
    free(session.model);
    return status;
}

int pulse_gains_adjust(struct pulse_variable_summary *summaries, int64_t V, struct pulse_err *err)
{
    double *p = pulse_calloc(V, sizeof *p, "the p-values", err);
    if (p == NULL)
        return -1;
    for (int64_t v = 0; v < V; v++)
        p[v] = pulse_normal_tail(summaries[v].gain_statistic);
    const int status = pulse_adjust_p_values(p, V, err);
    for (int64_t v = 0; v < V; v++)
        summaries[v].gain_p_adjusted = p[v];
    free(p);
    return status;
}
