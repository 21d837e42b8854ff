/* evaluate.c: one variable through its windows. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/evaluate.h"

enum { T = 400, L = 2 };

/* A random walk with holes, its candidates, and buffers for the evaluation. */
struct scene {
    double ridge[L];
    struct pulse_options options;
    struct pulse_plan plan;
    struct pulse_column column;
    double candidates[L * T], next[L];
    struct pulse_evaluation judgement;
};

static void scene_make(struct scene *scene, enum pulse_transform transform, double holes,
                       int64_t burn_in)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t *calendar = check_calendar(T), day[T], n = 0;
    double value[T], x = transform == PULSE_LEVEL ? 0.1 : 60; /* levels around 0 lose digits */
    uint64_t seed = 77;
    *scene = (struct scene){.ridge = {1, 10}, .next = {0.3, 0.1}};
    scene->options = check_options(scene->ridge, L);
    scene->options.min_history = 100;
    scene->options.transform = transform;
    scene->options.burn_in = burn_in;
    for (int64_t t = 0; t < T; t++) {
        x += check_normal(&seed);
        if (check_uniform(&seed) < holes)
            continue;
        day[n] = calendar[t];
        value[n++] = x;
    }
    assert_int_equal(pulse_column_build(&scene->column, "wind", &scene->options, T, calendar, n,
                                        day, value, &err),
                     0);
    scene->plan = check_plan(&scene->options, T, 1, NULL, 0);
    for (int64_t t = 0; t < T; t++)
        for (int l = 0; l < L; l++) {
            const bool predicted = t >= 120; /* windows from the fourth on */
            scene->candidates[l * T + t] =
                predicted ? (0.5 + 0.2 * l) * scene->column.u[t] + 0.3 * check_normal(&seed)
                          : (double)NAN;
        }
    free(calendar);
}

static void scene_judge(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    assert_int_equal(pulse_evaluation_init(&scene->judgement, &scene->plan, &scene->options, &err),
                     0);
    assert_int_equal(pulse_evaluate(&scene->judgement, &scene->plan, &scene->options,
                                    &scene->column, scene->candidates, scene->next, 1, &err),
                     0);
}

static void scene_clear(struct scene *scene)
{
    pulse_evaluation_clear(&scene->judgement);
    pulse_column_clear(&scene->column);
    pulse_plan_clear(&scene->plan);
}

static void check_all_nan(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        assert_true(isnan(values[i]));
}

static void evaluate__variable_that_never_enters_is_nan_throughout(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0, T);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    assert_false(out->summary.enters);
    assert_int_equal(out->summary.observed, T);
    check_all_nan(out->predicted, T);
    check_all_nan(out->persistence, T);
    for (int i = 0; i < PULSE_BOUNDS; i++)
        check_all_nan(out->bound[i], T);
    check_all_nan(out->weight, out->W * out->C);
    check_all_nan(out->final_weight, out->C);
    check_all_nan(out->final_factor, PULSE_LEVELS);
    assert_true(isnan(out->final_error_scale) && isnan(out->final_shrinkage));
    for (int64_t w = 0; w < out->W; w++) {
        assert_true(isnan(out->belief[w].alpha) && isnan(out->belief[w].beta));
        assert_int_equal(out->score[w].n, 0);
    }
    assert_true(isnan(out->summary.forecast.value) && isnan(out->summary.scale));
    assert_int_equal(out->summary.total.n, 0);
    scene_clear(&scene);
}

static void evaluate__untrained_windows_repeat_trust_and_hold_nothing(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0.05, 24);
    scene.plan.windows[7].status = PULSE_FAILED;
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    for (int64_t w = 0; w < out->W; w++) {
        const struct pulse_window *window = &scene.plan.windows[w];
        const bool trained = window->status == PULSE_TRAINED;
        assert_int_equal(isnan(out->weight[w * out->C]) == 0, trained);
        assert_int_equal(isnan(out->shrinkage[w]) == 0, trained);
        if (trained)
            continue;
        CHECK_BITS(out->belief[w].alpha, w == 0 ? 1 : out->belief[w - 1].alpha);
        CHECK_BITS(out->belief[w].beta, w == 0 ? 1 : out->belief[w - 1].beta);
        assert_int_equal(out->score[w].n, 0);
        check_all_nan(out->predicted + window->first_row, window->rows);
    }
    scene_clear(&scene);
}

static void evaluate__only_fresh_rows_are_scored(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0.15, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    int64_t scored = 0, predicted = 0;
    for (int64_t t = 120; t < T; t++) {
        scored += !isnan(scene.column.x[t]);
        predicted += !isnan(out->predicted[t]);
    }
    assert_true(scored < predicted); /* rows without an observation are predicted as well */
    assert_int_equal(predicted, T - 120);
    assert_int_equal(out->summary.total.n, scored);
    int64_t n = 0;
    for (int64_t w = 0; w < out->W; w++)
        n += out->score[w].n;
    assert_int_equal(n, scored);
    scene_clear(&scene);
}

static void evaluate__persistence_is_predicted_as_the_last_value_itself(void **state)
{
    (void)state;
    for (int k = PULSE_LEVEL; k <= PULSE_LOGDIFF; k++) {
        struct scene scene;
        scene_make(&scene, (enum pulse_transform)k, 0.05, 24);
        double previous = NAN;
        for (int64_t t = 0; t < T; t++) {
            double y = k == PULSE_LEVEL ? (previous - scene.column.centre) / scene.column.scale : 0;
            for (int l = 0; l < L && t >= 120; l++)
                scene.candidates[l * T + t] = y;
            previous = isnan(scene.column.x[t]) ? previous : scene.column.x[t];
        }
        scene_judge(&scene);
        for (int64_t t = 120; t < T; t++)
            CHECK_BITS(scene.judgement.predicted[t], scene.judgement.persistence[t]);
        assert_true(pulse_score_skill(&scene.judgement.summary.total) == 0);
        scene_clear(&scene);
    }
}

static void evaluate__variable_that_is_no_target_keeps_its_scale(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_LEVEL, 0.05, 24);
    scene_judge(&scene);
    struct pulse_evaluation *out = &scene.judgement;
    const int64_t observed = out->summary.observed;
    assert_int_equal(
        pulse_evaluate(out, &scene.plan, &scene.options, &scene.column, NULL, NULL, 0, &err), 0);
    assert_true(out->summary.enters);
    assert_int_equal(out->summary.observed, observed);
    CHECK_BITS(out->summary.scale, scene.column.scale);
    CHECK_BITS(out->summary.centre, scene.column.centre);
    check_all_nan(out->predicted, T);
    for (int i = 0; i < PULSE_BOUNDS; i++)
        check_all_nan(out->bound[i], T);
    check_all_nan(out->weight, out->W * out->C);
    check_all_nan(out->shrinkage, out->W);
    assert_true(isnan(out->belief[out->W - 1].alpha) && isnan(out->summary.forecast.value));
    assert_int_equal(out->summary.total.n, 0);
    CHECK_BITS(out->summary.scaled_squares, 0);
    scene_clear(&scene);
}

/* What the walk predicts is of u: times σ it is of ẑ. The last window, from its own weights. */
static void evaluate__predictions_are_multiplied_by_the_running_scale(void **state)
{
    struct scene scene;
    int64_t moved = 0;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0.05, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    const int64_t w = out->W - 1;
    assert_true(out->shrinkage[w] > 0.5);
    for (int64_t t = scene.plan.windows[w].first_row; t < T; t++) {
        double mean = 0;
        for (int l = 0; l < L; l++)
            mean += out->weight[w * out->C + l] * scene.candidates[l * T + t];
        CHECK_CLOSE(out->predicted[t],
                    out->persistence[t] +
                        scene.column.scale * scene.column.sigma[t] * out->shrinkage[w] * mean,
                    1e-13);
        moved += fabs(scene.column.sigma[t] - 1) > 0.01;
    }
    assert_true(moved > 5);
    scene_clear(&scene);
}

static void evaluate__errors_are_summed_on_the_scaled_axis_too(void **state)
{
    (void)state;
    for (int k = PULSE_LEVEL; k <= PULSE_LOGDIFF; k++) {
        struct scene scene;
        double squares = 0, persistence = 0;
        scene_make(&scene, (enum pulse_transform)k, 0.1, 24);
        scene_judge(&scene);
        const struct pulse_evaluation *out = &scene.judgement;
        const struct pulse_column *column = &scene.column;
        for (int64_t t = 120; t < T; t++) {
            const double x = column->x[t], y = out->predicted[t], before = out->persistence[t];
            if (isnan(x))
                continue;
            const double e = k == PULSE_LOGDIFF ? log(x / y) : x - y;
            const double ep = k == PULSE_LOGDIFF ? log(x / before) : x - before;
            squares += e * e / column->scale / column->scale;
            persistence += ep * ep / column->scale / column->scale;
        }
        CHECK_CLOSE(out->summary.scaled_squares / squares, 1, 1e-9);
        CHECK_CLOSE(out->summary.persistence_scaled_squares / persistence, 1, 1e-9);
        scene_clear(&scene);
    }
}

/* Bounds of every row that is predicted, observed or not; nested around the prediction. */
static void check_bounds(const struct pulse_evaluation *out, int64_t t)
{
    assert_true(out->bound[PULSE_LOWER_95][t] < out->bound[PULSE_LOWER_80][t] &&
                out->bound[PULSE_LOWER_80][t] < out->predicted[t] &&
                out->predicted[t] < out->bound[PULSE_UPPER_80][t] &&
                out->bound[PULSE_UPPER_80][t] < out->bound[PULSE_UPPER_95][t]);
}

static void evaluate__no_adaptive_interval_is_missing(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0.1, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    for (int64_t w = 0; w < out->W; w++) {
        assert_int_equal(out->score[w].interval_rows, out->score[w].n);
        assert_true(out->score[w].inside[0] <= out->score[w].inside[1]);
    }
    assert_true(out->summary.total.n > 200);
    for (int64_t t = 120; t < T; t++)
        check_bounds(out, t);
    scene_clear(&scene);
}

static void evaluate__gaussian_intervals_begin_after_the_first_scored_window(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0, 24);
    scene.options.interval = PULSE_GAUSSIAN;
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    int64_t first = 0;
    while (out->score[first].n == 0)
        first++;
    assert_int_equal(out->score[first].interval_rows, 0);
    CHECK_BITS(out->score[first].interval_score[0], 0);
    for (int64_t w = first + 1; w < out->W; w++) {
        const struct pulse_window *window = &scene.plan.windows[w];
        assert_int_equal(out->score[w].interval_rows, out->score[w].n);
        for (int64_t t = window->first_row; t < window->first_row + window->rows; t++) {
            check_bounds(out, t);
            CHECK_CLOSE(out->bound[PULSE_UPPER_95][t] - out->predicted[t],
                        out->bound[PULSE_UPPER_95][window->first_row] -
                            out->predicted[window->first_row],
                        1e-11); /* one width for a window */
        }
    }
    for (int64_t t = 0; t < T; t++)
        if (t < scene.plan.windows[first + 1].first_row)
            assert_true(isnan(out->bound[PULSE_LOWER_80][t]));
    scene_clear(&scene);
}

/* The errors' scale is that of all rows after burn-in: of persistence where nothing was predicted.
 */
static void evaluate__intervals_learn_from_rows_without_a_prediction(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct scene scene;
        scene_make(&scene, k == 0 ? PULSE_DIFF : PULSE_LEVEL, 0.1, 24);
        scene.plan.windows[7].status = PULSE_FAILED;
        scene_judge(&scene);
        const struct pulse_evaluation *out = &scene.judgement;
        const struct pulse_column *column = &scene.column;
        struct pulse_intervals intervals = pulse_intervals_start(&scene.options, 1);
        double previous = NAN, half[PULSE_LEVELS];
        for (int64_t t = 0; t < T; t++) {
            const bool predicted = !isnan(out->predicted[t]);
            const double before = predicted ? out->predicted[t] : previous;
            pulse_intervals_half(&intervals, half);
            for (int i = 0; i < PULSE_LEVELS; i++)
                CHECK_CLOSE(out->bound[2 * i + 1][t],
                            predicted ? before + column->scale * half[i] : (double)NAN, 1e-12);
            if (t >= column->burn_in_end && pulse_column_fresh(column, t, previous)) {
                const struct pulse_interval_error noted = pulse_intervals_note(
                    &intervals, (column->x[t] - before) / column->scale, predicted);
                pulse_intervals_learn(&intervals, &noted);
            }
            previous = isnan(column->x[t]) ? previous : column->x[t];
        }
        assert_true(isnan(out->predicted[215]) && !isnan(out->predicted[205]));
        CHECK_CLOSE(out->final_error_scale, pulse_intervals_scale(&intervals), 1e-12);
        for (int i = 0; i < PULSE_LEVELS; i++)
            CHECK_CLOSE(out->final_factor[i], intervals.factor[i], 1e-12);
        scene_clear(&scene);
    }
}

static void evaluate__interval_scores_are_summed_per_window(void **state)
{
    struct scene scene;
    double sum[PULSE_LEVELS] = {0, 0};
    (void)state;
    scene_make(&scene, PULSE_LOGDIFF, 0.1, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    for (int64_t w = 0; w < out->W; w++) {
        const struct pulse_window *window = &scene.plan.windows[w];
        double want[PULSE_LEVELS] = {0, 0};
        int64_t inside[PULSE_LEVELS] = {0, 0};
        for (int64_t t = window->first_row; t < window->first_row + window->rows; t++)
            for (int i = 0; i < PULSE_LEVELS; i++) {
                const double x = scene.column.x[t], low = out->bound[2 * i][t],
                             high = out->bound[2 * i + 1][t], rate = i == 0 ? 10 : 40;
                if (isnan(x) || isnan(low))
                    continue;
                want[i] += high - low + (x < low ? rate * (low - x) : 0) +
                           (x > high ? rate * (x - high) : 0);
                inside[i] += x >= low && x <= high;
            }
        for (int i = 0; i < PULSE_LEVELS; i++) {
            CHECK_CLOSE(out->score[w].interval_score[i], want[i], 1e-12);
            assert_int_equal(out->score[w].inside[i], inside[i]);
            sum[i] += want[i];
        }
    }
    for (int i = 0; i < PULSE_LEVELS; i++)
        CHECK_CLOSE(out->summary.total.interval_score[i], sum[i], 1e-12);
    assert_true(sum[0] > 0 && out->summary.total.inside[0] < out->summary.total.n);
    scene_clear(&scene);
}

static void evaluate__forecast_starts_from_the_last_observation(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_LOGDIFF, 0.05, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    const struct pulse_forecast *forecast = &out->summary.forecast;
    int64_t t = T - 1;
    while (isnan(scene.column.x[t]))
        t--;
    CHECK_BITS(forecast->previous, scene.column.x[t]);
    double mean = out->final_weight[0] * 0.3 + out->final_weight[1] * 0.1;
    CHECK_CLOSE(forecast->value,
                forecast->previous *
                    exp(scene.column.scale * scene.column.next_sigma * out->final_shrinkage * mean),
                1e-14);
    assert_true(fabs(scene.column.next_sigma - 1) > 0.01);
    const double z = log(forecast->value / forecast->previous) / scene.column.scale;
    for (int i = 0; i < PULSE_LEVELS; i++) {
        const double half = out->final_factor[i] * out->final_error_scale;
        CHECK_CLOSE(forecast->bound[2 * i],
                    forecast->previous * exp(scene.column.scale * (z - half)), 1e-12);
        CHECK_CLOSE(forecast->bound[2 * i + 1],
                    forecast->previous * exp(scene.column.scale * (z + half)), 1e-12);
    }
    assert_true(forecast->bound[PULSE_LOWER_80] < forecast->value &&
                forecast->value < forecast->bound[PULSE_UPPER_80]);
    scene_clear(&scene);
}

static void evaluate__nothing_in_a_window_depends_on_what_follows(void **state)
{
    struct scene one, other;
    (void)state;
    scene_make(&one, PULSE_DIFF, 0.05, 24);
    scene_make(&other, PULSE_DIFF, 0.05, 24);
    for (int64_t t = 300; t < T; t++) {
        other.column.x[t] += 5;
        other.column.z[t] *= -3;
        other.column.u[t] *= -3;
        if (t > 300)
            other.column.sigma[t] *= 2;
        for (int l = 0; l < L; l++)
            other.candidates[l * T + t] += 1;
    }
    scene_judge(&one);
    scene_judge(&other);
    for (int64_t t = 0; t < 300; t++) {
        CHECK_BITS(other.judgement.predicted[t], one.judgement.predicted[t]);
        for (int i = 0; i < PULSE_BOUNDS; i++)
            CHECK_BITS(other.judgement.bound[i][t], one.judgement.bound[i][t]);
    }
    for (int64_t w = 0; w < 10; w++)
        CHECK_BITS(other.judgement.belief[w].alpha, one.judgement.belief[w].alpha);
    assert_true(other.judgement.predicted[350] != one.judgement.predicted[350]);
    scene_clear(&one);
    scene_clear(&other);
}

static void evaluate__buffers_are_reused_without_a_trace(void **state)
{
    struct scene first, second;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    scene_make(&first, PULSE_LEVEL, 0.2, 30);
    scene_make(&second, PULSE_DIFF, 0.05, 24);
    scene_judge(&first);
    scene_judge(&second);
    assert_int_equal(pulse_evaluate(&first.judgement, &second.plan, &second.options, &second.column,
                                    second.candidates, second.next, 1, &err),
                     0);
    for (int64_t t = 0; t < T; t++)
        CHECK_BITS(first.judgement.predicted[t], second.judgement.predicted[t]);
    for (int64_t w = 0; w < first.judgement.W; w++) {
        assert_memory_equal(&first.judgement.score[w], &second.judgement.score[w],
                            sizeof(struct pulse_score));
        CHECK_BITS(first.judgement.shrinkage[w], second.judgement.shrinkage[w]);
    }
    CHECK_BITS(first.judgement.summary.gain_statistic, second.judgement.summary.gain_statistic);
    scene_clear(&first);
    scene_clear(&second);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(evaluate__variable_that_never_enters_is_nan_throughout),
        cmocka_unit_test(evaluate__untrained_windows_repeat_trust_and_hold_nothing),
        cmocka_unit_test(evaluate__only_fresh_rows_are_scored),
        cmocka_unit_test(evaluate__persistence_is_predicted_as_the_last_value_itself),
        cmocka_unit_test(evaluate__variable_that_is_no_target_keeps_its_scale),
        cmocka_unit_test(evaluate__predictions_are_multiplied_by_the_running_scale),
        cmocka_unit_test(evaluate__errors_are_summed_on_the_scaled_axis_too),
        cmocka_unit_test(evaluate__no_adaptive_interval_is_missing),
        cmocka_unit_test(evaluate__gaussian_intervals_begin_after_the_first_scored_window),
        cmocka_unit_test(evaluate__intervals_learn_from_rows_without_a_prediction),
        cmocka_unit_test(evaluate__interval_scores_are_summed_per_window),
        cmocka_unit_test(evaluate__forecast_starts_from_the_last_observation),
        cmocka_unit_test(evaluate__nothing_in_a_window_depends_on_what_follows),
        cmocka_unit_test(evaluate__buffers_are_reused_without_a_trace),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
