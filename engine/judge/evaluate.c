#include "judge/evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/beta.h"

int pulse_evaluation_init(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                          const struct pulse_options *options, struct pulse_err *err)
{
    const int64_t T = plan->sizes.T, W = plan->n_windows;
    const int64_t C = pulse_combine_candidates(options);
    *evaluation = (struct pulse_evaluation){.T = T, .W = W, .C = C};
    double *rows = pulse_calloc(T * (2 + PULSE_BOUNDS), sizeof(double), "a variable's rows", err);
    double *windows =
        pulse_calloc(W * (C + 1 + PULSE_LEVELS) + C, sizeof(double), "a variable's windows", err);
    evaluation->score = pulse_calloc(W, sizeof *evaluation->score, "a variable's scores", err);
    evaluation->belief = pulse_calloc(W, sizeof *evaluation->belief, "a variable's trust", err);
    evaluation->predicted = rows;
    evaluation->weight = windows;
    if (rows == NULL || windows == NULL || evaluation->score == NULL || evaluation->belief == NULL)
        return -1;
    evaluation->persistence = rows + T;
    for (int i = 0; i < PULSE_BOUNDS; i++)
        evaluation->bound[i] = rows + T * (2 + i);
    evaluation->shrinkage = windows + W * C;
    for (int i = 0; i < PULSE_LEVELS; i++)
        evaluation->half[i] = windows + W * (C + 1 + i);
    evaluation->final_weight = windows + W * (C + 1 + PULSE_LEVELS);
    return 0;
}

void pulse_evaluation_clear(struct pulse_evaluation *evaluation)
{
    free(evaluation->predicted);
    free(evaluation->weight);
    free(evaluation->score);
    free(evaluation->belief);
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
    double *error;   /* of the scored rows of a window */
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
    set_nan(out->weight, out->W * (out->C + 1 + PULSE_LEVELS) + out->C);
    for (int64_t w = 0; w < out->W; w++) {
        out->score[w] = (struct pulse_score){0};
        out->belief[w] = (struct pulse_belief){NAN, NAN};
    }
    out->final_shrinkage = out->final_sigma = NAN;
    set_nan(out->final_half, PULSE_LEVELS);
    out->summary = (struct pulse_variable_summary){.gain_statistic = NAN,
                                                   .belief = {NAN, NAN},
                                                   .trust_low = NAN,
                                                   .trust_high = NAN,
                                                   .forecast = {NAN, NAN, {NAN, NAN, NAN, NAN}}};
}

static void bounds_of(const struct session *session, double value, double bound[PULSE_BOUNDS])
{
    for (int i = 0; i < PULSE_LEVELS; i++) {
        double half = session->intervals.half[i];
        bound[2 * i] = in_units(session->column, session->previous, value - half);
        bound[2 * i + 1] = in_units(session->column, session->previous, value + half);
    }
}

static void evaluate_row(struct session *session, int64_t t, struct pulse_score *score)
{
    struct pulse_evaluation *out = session->out;
    const struct pulse_column *column = session->column;
    const double *y = session->candidates + t;
    const double persistence = persistence_scaled(column, session->previous);
    struct pulse_combined combined = pulse_combiner_row(&session->combiner, y, out->T, persistence);
    double bound[PULSE_BOUNDS];
    bounds_of(session, combined.value, bound);
    out->predicted[t] = predict_in_units(column, session->previous, combined.value, persistence);
    out->persistence[t] = session->previous;
    for (int i = 0; i < PULSE_BOUNDS; i++)
        out->bound[i][t] = bound[i];
    if (!pulse_column_fresh(column, t, session->previous))
        return;

    const double x = column->x[t];
    session->error[score->n] = column->z[t] - combined.value;
    pulse_combiner_score(&session->combiner, y, out->T, persistence, &combined, column->z[t]);
    pulse_score_row(score, x, out->predicted[t], session->previous, combined.direction);
    pulse_gain_row(&session->gain, x, out->predicted[t], session->previous);
    score->interval_rows += !isnan(session->intervals.sigma);
    for (int i = 0; i < PULSE_LEVELS; i++)
        score->inside[i] += bound[2 * i] <= x && x <= bound[2 * i + 1];
}

static void pass_row(struct session *session, int64_t t)
{
    if (!isnan(session->column->x[t])) {
        session->previous = session->column->x[t];
        session->out->summary.observed++;
    }
}

static void evaluate_window(struct session *session, int64_t w)
{
    struct pulse_evaluation *out = session->out;
    const struct pulse_window *window = &session->plan->windows[w];
    const bool trained = window->status == PULSE_TRAINED;
    struct pulse_score *score = &out->score[w];
    if (trained) {
        pulse_combiner_begin(&session->combiner);
        pulse_intervals_begin(&session->intervals);
        for (int64_t c = 0; c < out->C; c++)
            out->weight[w * out->C + c] = session->combiner.weight[c];
        out->shrinkage[w] = session->combiner.shrinkage;
        for (int i = 0; i < PULSE_LEVELS; i++)
            out->half[i][w] = session->intervals.half[i];
    }
    for (int64_t t = window->first_row; t < window->first_row + window->rows; t++) {
        if (trained && t >= session->column->burn_in_end && !isnan(session->candidates[t]))
            evaluate_row(session, t, score);
        pass_row(session, t);
    }
    if (trained) {
        pulse_combiner_end(&session->combiner);
        pulse_intervals_end(&session->intervals, session->error, score->n, score->inside);
        pulse_belief_update(&session->belief, session->options, score);
        pulse_score_add(&out->summary.total, score);
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

    pulse_combiner_begin(&session->combiner);
    pulse_intervals_begin(&session->intervals);
    for (int64_t c = 0; c < out->C; c++)
        out->final_weight[c] = session->combiner.weight[c];
    out->final_shrinkage = session->combiner.shrinkage;
    out->final_sigma = session->intervals.sigma;
    for (int i = 0; i < PULSE_LEVELS; i++)
        out->final_half[i] = session->intervals.half[i];
    summary->forecast.previous = session->previous;
    const double persistence = persistence_scaled(session->column, session->previous);
    struct pulse_combined combined =
        pulse_combiner_row(&session->combiner, next, next_step, persistence);
    summary->forecast.value =
        predict_in_units(session->column, session->previous, combined.value, persistence);
    bounds_of(session, combined.value, summary->forecast.bound);
}

static int64_t widest_window(const struct pulse_plan *plan)
{
    int64_t most = 1;
    for (int64_t w = 0; w < plan->n_windows; w++)
        most = plan->windows[w].rows > most ? plan->windows[w].rows : most;
    return most;
}

int pulse_evaluate(struct pulse_evaluation *evaluation, const struct pulse_plan *plan,
                   const struct pulse_options *options, const struct pulse_column *column,
                   const double *candidates, const double *next, int64_t next_step,
                   struct pulse_err *err)
{
    struct session session = {.out = evaluation,
                              .plan = plan,
                              .options = options,
                              .column = column,
                              .candidates = candidates,
                              .belief = pulse_belief_start(),
                              .previous = NAN};
    const int64_t widest = widest_window(plan);
    int status = -1;
    blank_evaluation(evaluation);
    evaluation->summary.enters = column->enters;
    evaluation->summary.dense = column->dense;
    evaluation->summary.scale = column->enters ? column->scale : (double)NAN;
    evaluation->summary.centre = column->enters ? column->centre : (double)NAN;
    if (!column->enters) {
        for (int64_t t = 0; t < evaluation->T; t++)
            pass_row(&session, t);
        return 0;
    }
    session.error = pulse_calloc(widest, sizeof *session.error, "a window's errors", err);
    if (session.error == NULL || pulse_combiner_init(&session.combiner, options, err) != 0 ||
        pulse_intervals_init(&session.intervals, options, widest, err) != 0)
        goto done;
    for (int64_t w = 0; w < plan->n_windows; w++)
        evaluate_window(&session, w);
    conclude_variable(&session, next, next_step);
    status = 0;
done:
    pulse_intervals_clear(&session.intervals);
    pulse_combiner_clear(&session.combiner);
    free(session.error);
    return status;
}
