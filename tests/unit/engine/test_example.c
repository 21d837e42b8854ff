/* Columns, features, walk and evaluation of a small panel against numbers of the reference, which
 * was written from the definitions alone (tests/reference). */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "example.h"
#include "fit/final.h"
#include "fit/walk.h"
#include "judge/evaluate.h"
#include "panel/column.h"
#include "plan/systems.h"

static struct pulse_comm comm;
static double ridge[] = {1, 10};
static char name_c[] = "c";
static struct pulse_transform_of level_of_c = {.variable = name_c, .transform = PULSE_LEVEL};
static const int64_t slot[V] = {0, 1, 2};

struct scene {
    struct pulse_options options;
    int64_t day[T];
    struct pulse_column column[V];
    struct pulse_system *systems;
    int64_t n_systems;
    struct pulse_plan plan;
    double u[T * V], average[(T + 1) * V];
    struct pulse_row_block rows, lag_prefix;
    struct pulse_fit_input input;
    struct pulse_candidates out;
    struct pulse_final final;
};

static void build_columns(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    bool dense[V], predicted[V] = {true, true, true};
    int64_t burn_in_end[V];
    const uint8_t no_rows[V * ((T + 7) / 8)] = {0};
    for (int v = 0; v < V; v++) {
        struct pulse_column *column = &scene->column[v];
        double value[T];
        int64_t day[T], n = 0;
        for (int64_t t = 0; t < T; t++)
            if (!isnan(examples[v].x[t])) {
                day[n] = scene->day[t];
                value[n++] = examples[v].x[t];
            }
        assert_int_equal(pulse_column_build(column, examples[v].name, &scene->options, T,
                                            scene->day, n, day, value, &err),
                         0);
        dense[v] = column->dense;
        burn_in_end[v] = column->burn_in_end;
        for (int64_t t = 0; t < T; t++)
            scene->u[t * V + v] = column->u[t];
    }
    const struct pulse_grouping grouping = {V, 1, predicted, dense, burn_in_end, T, 1, no_rows};
    assert_int_equal(pulse_systems_group(&grouping, &scene->systems, &scene->n_systems, &err), 0);
}

static void scene_make(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const int64_t first = pulse_days_from_civil(2024, 1, 2);
    int64_t rows = 0;
    memset(scene, 0, sizeof *scene);
    scene->options = check_options(ridge, 2);
    assert_int_equal(pulse_features_parse("lag1,ewma2", &scene->options.features, &err), 0);
    scene->options.transform_of = &level_of_c;
    scene->options.n_transform_of = 1;
    scene->options.batch_size_days = 7;
    scene->options.min_history = 12;
    scene->options.burn_in = 4;
    scene->options.scale_halflife = 3;
    scene->options.clip = 2;
    scene->options.calendar = PULSE_CALENDAR_ON;
    scene->options.interval_halflife = 3;
    scene->options.end_day = pulse_days_from_civil(2024, 3, 31);
    for (int64_t day = first; rows < T; day++)
        if (pulse_weekday(day) % 6 != 0)
            scene->day[rows++] = day;
    build_columns(scene);
    assert_int_equal(
        pulse_plan_windows(&scene->plan, &scene->options, first, scene->day, &rows, &err), 0);
    const struct pulse_sizes sizes =
        pulse_sizes_of(&scene->options.features, 2, T, V, scene->plan.calendar.columns);
    assert_int_equal(pulse_plan_spans(&scene->plan, &scene->options, &sizes, scene->systems,
                                      scene->n_systems, &err),
                     0);
    scene->rows = (struct pulse_row_block){.end = T,
                                           .E = V,
                                           .u = scene->u,
                                           .features = &scene->options.features,
                                           .averages = 1,
                                           .average = scene->average,
                                           .columns = scene->plan.calendar.columns,
                                           .calendar = scene->plan.calendar_rows};
    pulse_row_block_average(&scene->rows);
}

static void scene_walk(struct scene *scene)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_sums sums;
    scene->lag_prefix = scene->rows;
    scene->lag_prefix.end = 1;
    scene->input = (struct pulse_fit_input){.plan = &scene->plan,
                                            .options = &scene->options,
                                            .systems = scene->systems,
                                            .n_systems = scene->n_systems,
                                            .n_targets = V,
                                            .slot = slot,
                                            .rows = &scene->rows,
                                            .lag_prefix = &scene->lag_prefix,
                                            .end_span = scene->plan.n_spans};
    assert_int_equal(pulse_sums_total(&scene->input, &sums, &err), 0);
    assert_int_equal(pulse_sums_scan(&comm, &scene->input, &sums, &err), 0);
    assert_int_equal(pulse_candidates_init(&scene->out, &scene->input, NULL, &err), 0);
    assert_int_equal(pulse_walk_run(&comm, &scene->input, &sums, NULL, &scene->out, &err), 0);
    assert_int_equal(pulse_final_fit(&scene->input, &sums, true, &scene->final, &err), 0);
    pulse_sums_clear(&sums, scene->n_systems);
}

static void scene_clear(struct scene *scene)
{
    for (int v = 0; v < V; v++)
        pulse_column_clear(&scene->column[v]);
    pulse_candidates_clear(&scene->out);
    pulse_final_clear(&scene->final);
    pulse_plan_clear(&scene->plan);
    pulse_systems_free(scene->systems, scene->n_systems);
}

static void example__columns_are_those_of_the_reference(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene);
    for (int v = 0; v < V; v++) {
        const struct pulse_column *column = &scene.column[v];
        const struct example *want = &examples[v];
        assert_true(column->enters && column->dense);
        assert_int_equal(column->burn_in_end, want->burn_in_end);
        CHECK_CLOSE(column->scale, want->scale, 1e-14);
        CHECK_CLOSE(column->centre, want->centre, 1e-14);
        for (int64_t t = 0; t < T; t++) {
            CHECK_CLOSE(column->sigma[t], want->sigma[t], 1e-13);
            CHECK_CLOSE(column->u[t], want->u[t], 1e-13);
        }
        CHECK_CLOSE(column->next_sigma, want->sigma[T], 1e-13);
    }
    scene_clear(&scene);
}

static void example__features_are_those_of_the_reference(void **state)
{
    struct scene scene;
    (void)state;
    scene_make(&scene);
    assert_int_equal(scene.plan.sizes.d, D);
    assert_int_equal(scene.plan.sizes.C, C);
    for (int64_t t = FROM; t <= T; t++) {
        double x[D];
        pulse_row_block_features(&scene.rows, t, x);
        for (int i = 0; i < D; i++)
            CHECK_CLOSE(x[i], example_features[(t - FROM) * D + i], 1e-13);
    }
    scene_clear(&scene);
}

static void example__candidates_are_those_of_the_reference(void **state)
{
    struct scene scene;
    (void)state;
    for (int k = 0; k < 2; k++) { /* by innovations and by refits */
        scene_make(&scene);
        scene.options.refit = k == 1;
        scene.plan.innovations = scene.plan.by_totals = k == 0;
        scene_walk(&scene);
        assert_int_equal(scene.plan.n_windows, W);
        for (int64_t w = 0; w < W; w++)
            assert_int_equal(scene.plan.windows[w].status,
                             w < SKIPPED ? PULSE_SKIPPED : PULSE_TRAINED);
        for (int v = 0; v < V; v++) {
            double candidates[C * T];
            pulse_candidates_read(&scene.out, v, 0, T, T, candidates);
            for (int64_t c = 0; c < C; c++)
                for (int64_t t = 0; t < T; t++)
                    CHECK_CLOSE(scene.column[v].sigma[t] * candidates[c * T + t],
                                t < FROM ? (double)NAN
                                         : examples[v].candidate[c * SCORED + t - FROM],
                                1e-11);
        }
        scene_clear(&scene);
    }
}

static void check_evaluation(const struct pulse_evaluation *out, const struct example *want)
{
    for (int64_t w = SKIPPED; w < W; w++) {
        for (int64_t i = 0; i <= C; i++)
            CHECK_CLOSE(out->weight[w * (C + 1) + i], want->weight[(w - SKIPPED) * (C + 1) + i],
                        1e-10);
        CHECK_CLOSE(out->shrinkage[w], want->shrinkage[w - SKIPPED], 1e-10);
        CHECK_CLOSE(out->score[w].interval_score[0], want->interval_score[w - SKIPPED], 1e-10);
    }
    for (int64_t t = FROM; t < T; t++) {
        CHECK_CLOSE(out->predicted[t], want->predicted[t - FROM], 1e-10);
        for (int i = 0; i < PULSE_BOUNDS; i++)
            CHECK_CLOSE(out->bound[i][t], want->bound[i][t - FROM], 1e-10);
    }
    CHECK_CLOSE(out->summary.forecast.value, want->forecast, 1e-10);
    for (int i = 0; i < PULSE_BOUNDS; i++)
        CHECK_CLOSE(out->summary.forecast.bound[i], want->forecast_bound[i], 1e-10);
}

static void example__evaluation_is_that_of_the_reference(void **state)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_evaluation evaluation;
    struct scene scene;
    (void)state;
    scene_make(&scene);
    scene_walk(&scene);
    assert_int_equal(pulse_evaluation_init(&evaluation, &scene.plan, &scene.options, &err), 0);
    for (int v = 0; v < V; v++) {
        double candidates[C * T];
        pulse_candidates_read(&scene.out, v, 0, T, T, candidates);
        assert_int_equal(pulse_evaluate(&evaluation, &scene.plan, &scene.options, &scene.column[v],
                                        candidates, scene.final.next + v, V, &err),
                         0);
        check_evaluation(&evaluation, &examples[v]);
    }
    pulse_evaluation_clear(&evaluation);
    scene_clear(&scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(example__columns_are_those_of_the_reference),
        cmocka_unit_test(example__features_are_those_of_the_reference),
        cmocka_unit_test(example__candidates_are_those_of_the_reference),
        cmocka_unit_test(example__evaluation_is_that_of_the_reference),
    };
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_comm_init(&comm, &err) != 0)
        return 1;
    int failed = check_main(cases, sizeof cases / sizeof *cases, argc, argv);
    pulse_comm_finalize(&comm);
    return failed;
}
