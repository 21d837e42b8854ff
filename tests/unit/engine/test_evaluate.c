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
    for (int64_t t = 0; t < T; t++) {
        x += check_normal(&seed);
        if (check_uniform(&seed) < holes)
            continue;
        day[n] = calendar[t];
        value[n++] = x;
    }
    assert_int_equal(pulse_column_build(&scene->column, "wind", transform, burn_in, T, calendar, n,
                                        day, value, &err),
                     0);
    scene->plan = check_plan(&scene->options, T, 1, NULL, 0);
    for (int64_t t = 0; t < T; t++)
        for (int l = 0; l < L; l++) {
            bool predicted = t >= scene->options.lags && t >= 120; /* windows from the fourth on */
            scene->candidates[l * T + t] =
                predicted ? (0.5 + 0.2 * l) * scene->column.z[t] + 0.3 * check_normal(&seed)
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

static void evaluate__intervals_begin_after_the_first_scored_window(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene, PULSE_DIFF, 0, 24);
    scene_judge(&scene);
    const struct pulse_evaluation *out = &scene.judgement;
    int64_t first = 0;
    while (out->score[first].n == 0)
        first++;
    assert_int_equal(out->score[first].interval_rows, 0);
    assert_true(isnan(out->half[0][first]));
    for (int64_t w = first + 1; w < out->W; w++) {
        assert_int_equal(out->score[w].interval_rows, out->score[w].n);
        assert_true(out->half[0][w] > 0 && out->half[1][w] > out->half[0][w]);
        assert_true(out->score[w].inside[0] <= out->score[w].inside[1]);
    }
    for (int64_t t = 0; t < T; t++)
        if (!isnan(out->bound[PULSE_LOWER_80][t]))
            assert_true(out->bound[PULSE_LOWER_95][t] < out->bound[PULSE_LOWER_80][t] &&
                        out->bound[PULSE_LOWER_80][t] < out->predicted[t] &&
                        out->predicted[t] < out->bound[PULSE_UPPER_80][t] &&
                        out->bound[PULSE_UPPER_80][t] < out->bound[PULSE_UPPER_95][t]);
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
                forecast->previous * exp(scene.column.scale * out->final_shrinkage * mean), 1e-14);
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
        cmocka_unit_test(evaluate__intervals_begin_after_the_first_scored_window),
        cmocka_unit_test(evaluate__forecast_starts_from_the_last_observation),
        cmocka_unit_test(evaluate__nothing_in_a_window_depends_on_what_follows),
        cmocka_unit_test(evaluate__buffers_are_reused_without_a_trace),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
