/* Every allocation of the pure modules fails once: the error says so, nothing crashes, nothing
 * leaks. */
#include "allocations.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fit/final.h"
#include "fit/kernel_ridge.h"
#include "fit/walk.h"
#include "judge/evaluate.h"
#include "panel/column.h"
#include "plan/systems.h"

/* Calls `work`, which clears all it made, with its first, second … allocation failing until it gets
 * through; it has to ask for memory at least `least` times. */
static void fail_each(int (*work)(struct pulse_err *err), int least)
{
    for (int k = 0;; k++) {
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        const int64_t before = allocations.alive;
        allocations_fail_once(k);
        int status = work(&err);
        allocations_succeed();
        if (allocations.alive != before)
            fail_msg("allocation %d failed and %lld blocks were left", k,
                     (long long)(allocations.alive - before));
        if (!allocations.failed) {
            assert_int_equal(status, 0);
            assert_int_equal(err.kind, PULSE_OK);
            assert_true(k >= least);
            return;
        }
        if (status != -1)
            fail_msg("allocation %d failed and nobody said so", k);
        check_error(&err, PULSE_E_MEMORY, "out of memory", NULL);
    }
}

enum { T = 200, E = 2, L = 2, P = 2 };
static double ridge[L] = {1, 10};
static int64_t calendar[T];
static double values[T];

static struct pulse_options quick_options(void)
{
    struct pulse_options options = check_options(ridge, L);
    options.min_history = 60;
    options.features = (struct pulse_features){
        .n = 2, .family = {{.lag = P}, {.halflife = 4}}, .n_blocks = 2, .block_end = {1, 2}};
    options.calendar = PULSE_CALENDAR_ON;
    options.end_day = T - 1;
    return options;
}

static int parse_options(struct pulse_err *err)
{
    char *argv[] = {(char[]){"pulse-train"},
                    (char[]){"--data"},
                    (char[]){"d"},
                    (char[]){"--variables"},
                    (char[]){"a,b"},
                    (char[]){"c"},
                    (char[]){"--transform"},
                    (char[]){"a=level,diff"},
                    (char[]){"--ridge"},
                    (char[]){"3,1,2"},
                    (char[]){"--targets"},
                    (char[]){"a"},
                    NULL};
    struct pulse_options parsed;
    int status = pulse_options_parse(&parsed, 12, argv, err);
    pulse_options_clear(&parsed);
    return status;
}

static void memory__options_survive_failed_allocations(void **state)
{
    (void)state;
    fail_each(parse_options, 12);
}

static int build_column(struct pulse_err *err)
{
    const struct pulse_options quick = quick_options();
    struct pulse_column built;
    int status = pulse_column_build(&built, "wind", &quick, T, calendar, T, calendar, values, err);
    pulse_column_clear(&built);
    return status;
}

static void memory__column_survives_failed_allocations(void **state)
{
    (void)state;
    fail_each(build_column, 4);
}

static int group_systems(struct pulse_err *err)
{
    enum { MANY = 40 };
    bool dense[MANY], predicted[MANY];
    const int64_t burn_in_end[MANY] = {0};
    uint8_t rowset[MANY * ((T + 7) / 8)] = {0};
    struct pulse_system *systems = NULL;
    int64_t n = 0;
    for (int e = 0; e < MANY; e++) {
        predicted[e] = e != 7;
        dense[e] = e % 2 == 0; /* more than 16 targets, so that their list grows twice */
        rowset[e * ((T + 7) / 8) + 1 + e % 3] = 1;
    }
    const struct pulse_grouping grouping = {MANY, 1, predicted, dense, burn_in_end, T, P, rowset};
    int status = pulse_systems_group(&grouping, &systems, &n, err);
    pulse_systems_free(systems, n);
    return status;
}

static void memory__systems_survive_failed_allocations(void **state)
{
    (void)state;
    fail_each(group_systems, 8);
}

static int make_plan(struct pulse_err *err)
{
    const struct pulse_options quick = quick_options();
    struct pulse_plan made = {0};
    int64_t rows = T;
    int status = pulse_plan_windows(&made, &quick, 0, calendar, &rows, err);
    const struct pulse_sizes sizes =
        pulse_sizes_of(&quick.features, L, T, E, made.calendar.columns);
    if (status == 0)
        status = pulse_plan_spans(&made, &quick, &sizes, NULL, 0, err);
    pulse_plan_clear(&made);
    return status;
}

static void memory__plan_survives_failed_allocations(void **state)
{
    (void)state;
    fail_each(make_plan, 3);
}

/* A plan and a column, made while allocations still succeed. */
static struct pulse_plan plan;
static struct pulse_options options;
static struct pulse_column column;

static void prepare(const struct pulse_system *systems, int64_t n)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t rows = T;
    assert_int_equal(pulse_plan_windows(&plan, &options, 0, calendar, &rows, &err), 0);
    const struct pulse_sizes sizes =
        pulse_sizes_of(&options.features, L, T, E, plan.calendar.columns);
    assert_int_equal(pulse_plan_spans(&plan, &options, &sizes, systems, n, &err), 0);
    assert_int_equal(
        pulse_column_build(&column, "wind", &options, T, calendar, T, calendar, values, &err), 0);
}

static void release_run(void)
{
    pulse_column_clear(&column);
    pulse_plan_clear(&plan);
}

static int judge_column(struct pulse_err *err)
{
    double candidates[2 * L * T], next[2 * L] = {0};
    struct pulse_evaluation judgement;
    for (int i = 0; i < 2 * L * T; i++)
        candidates[i] = 0.1;
    int status = pulse_evaluation_init(&judgement, &plan, &options, err);
    if (status == 0)
        status = pulse_evaluate(&judgement, &plan, &options, &column, candidates, next, 1, err);
    pulse_evaluation_clear(&judgement);
    return status;
}

static void memory__evaluation_survives_failed_allocations(void **state)
{
    (void)state;
    options = quick_options();
    prepare(NULL, 0);
    fail_each(judge_column, 6);
    release_run();
}

static double panel[T * E], averages[(T + 1) * E];
static int64_t targets[E] = {0, 1};
static const int64_t slot[E] = {0, 1};
static const struct pulse_system dense_system = {.q = E, .target = targets};

static struct pulse_row_block all_rows(void)
{
    struct pulse_row_block rows = {.end = T,
                                   .E = E,
                                   .u = panel,
                                   .features = &options.features,
                                   .averages = pulse_features_averages(&options.features),
                                   .average = averages,
                                   .columns = plan.calendar.columns,
                                   .calendar = plan.calendar_rows};
    pulse_row_block_average(&rows);
    return rows;
}

/* All rows are the prefix as well: who asks for its first ones finds them. */
static struct pulse_fit_input input_of(const struct pulse_row_block *rows)
{
    return (struct pulse_fit_input){.plan = &plan,
                                    .options = &options,
                                    .systems = &dense_system,
                                    .n_systems = 1,
                                    .n_targets = E,
                                    .slot = slot,
                                    .rows = rows,
                                    .lag_prefix = rows,
                                    .end_span = plan.n_spans};
}

/* Totals only: in the scan and after it a rank without memory ends the job. */
static int sum_totals(struct pulse_err *err)
{
    const struct pulse_row_block rows = all_rows();
    const struct pulse_fit_input input = input_of(&rows);
    struct pulse_sums sums;
    int status = pulse_sums_total(&input, &sums, err);
    pulse_sums_clear(&sums, 1);
    return status;
}

static void memory__totals_survive_failed_allocations(void **state)
{
    (void)state;
    options = quick_options();
    options.features = pulse_features_default();
    options.features.n = options.features.n_blocks = 2; /* sums that P follows from */
    prepare(&dense_system, 1);
    assert_true(plan.by_totals);
    fail_each(sum_totals, 3);
    release_run();
}

/* Refits of a rolling history need no sums beforehand. */
static int run_walk(struct pulse_err *err)
{
    const struct pulse_comm alone = {.size = 1};
    const struct pulse_row_block rows = all_rows();
    const struct pulse_fit_input input = input_of(&rows);
    const struct pulse_sums none = {0};
    struct pulse_candidates candidates = {0};
    struct pulse_final final = {0};
    int status = pulse_candidates_init(&candidates, &input, NULL, err);
    if (status == 0)
        status = pulse_walk_run(&alone, &input, &none, NULL, &candidates, err);
    if (status == 0)
        status = pulse_final_fit(&input, &none, true, &final, err);
    pulse_candidates_clear(&candidates);
    pulse_final_clear(&final);
    return status;
}

static void memory__walk_survives_failed_allocations(void **state)
{
    (void)state;
    options = quick_options();
    options.history = PULSE_ROLLING;
    options.rolling_windows = 3;
    prepare(&dense_system, 1);
    fail_each(run_walk, 19);
    release_run();
}

static int solve_by_rows(struct pulse_err *err)
{
    enum { N = 6, D = 4, Q = 1, B = 2 };
    static double predicted[N * Q * B], coefficients[D * Q * B];
    const double lambda = 3;
    const int64_t cut[] = {0, 2, N}, block[B] = {2, D};
    const struct pulse_kernel_ridge problem = {.n = N,
                                               .d = D,
                                               .q = Q,
                                               .L = 1,
                                               .B = B,
                                               .rows = panel,
                                               .ridge = &lambda,
                                               .block = block,
                                               .steps = 2,
                                               .cut = cut,
                                               .known = cut};
    return pulse_kernel_ridge_solve(&problem, predicted, coefficients, err);
}

static void memory__kernel_ridge_survives_failed_allocations(void **state)
{
    (void)state;
    fail_each(solve_by_rows, 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(memory__options_survive_failed_allocations),
        cmocka_unit_test(memory__column_survives_failed_allocations),
        cmocka_unit_test(memory__systems_survive_failed_allocations),
        cmocka_unit_test(memory__plan_survives_failed_allocations),
        cmocka_unit_test(memory__evaluation_survives_failed_allocations),
        cmocka_unit_test(memory__totals_survive_failed_allocations),
        cmocka_unit_test(memory__walk_survives_failed_allocations),
        cmocka_unit_test(memory__kernel_ridge_survives_failed_allocations),
    };
    uint64_t seed = 9;
    for (int t = 0; t < T; t++) {
        calendar[t] = t;
        values[t] = check_normal(&seed);
    }
    for (int i = 0; i < T * E; i++)
        panel[i] = check_normal(&seed);
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
