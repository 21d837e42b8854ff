/* systems.c: which targets share a system. */
#include "check.h"

#include <math.h>

#include <stdlib.h>

#include "plan/systems.h"

enum { T = 40, P = 3, BYTES = (T + 7) / 8 };

static void mark(uint8_t *rowset, int64_t e, int64_t t)
{
    rowset[e * BYTES + t / 8] |= (uint8_t)(1U << (t % 8));
}

/* Target e has its burn-in behind it at row 9 − e (0 for the later ones). */
static struct pulse_system *group_predicted(int64_t E, const bool *predicted, const bool *dense,
                                            const uint8_t *rowset, int64_t *n)
{
    int64_t burn_in_end[64];
    for (int64_t e = 0; e < E; e++)
        burn_in_end[e] = e < 9 ? 9 - e : 0;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_system *systems = NULL;
    const struct pulse_grouping grouping = {E, 1, predicted, dense, burn_in_end, T, P, rowset};
    assert_int_equal(pulse_systems_group(&grouping, &systems, n, &err), 0);
    return systems;
}

/* All variables are targets. */
static struct pulse_system *group(int64_t E, const bool *dense, const uint8_t *rowset, int64_t *n)
{
    bool all[64];
    for (int64_t e = 0; e < E; e++)
        all[e] = true;
    return group_predicted(E, all, dense, rowset, n);
}

static void systems__dense_targets_are_together_and_first(void **state)
{
    const bool dense[] = {false, true, false, true};
    uint8_t rowset[4 * BYTES] = {0};
    int64_t n;
    (void)state;
    mark(rowset, 0, 10);
    mark(rowset, 2, 11);
    struct pulse_system *systems = group(4, dense, rowset, &n);
    assert_int_equal(n, 3);
    assert_null(systems[0].row);
    assert_int_equal(systems[0].q, 2);
    assert_int_equal(systems[0].target[0], 1);
    assert_int_equal(systems[0].target[1], 3);
    assert_int_equal(systems[1].target[0], 0);
    assert_int_equal(systems[2].target[0], 2);
    pulse_systems_free(systems, n);
}

static void systems__same_rows_share(void **state)
{
    const bool dense[] = {false, false, false, false, false};
    uint8_t rowset[5 * BYTES] = {0};
    int64_t n;
    (void)state;
    for (int64_t e = 0; e < 5; e++)
        for (int64_t t = e % 2 == 0 ? 5 : 6; t < T; t += 10)
            mark(rowset, e, t);
    mark(rowset, 4, T - 1); /* one row more than 0 and 2 have */
    struct pulse_system *systems = group(5, dense, rowset, &n);
    assert_int_equal(n, 3);
    assert_int_equal(systems[0].q, 2);
    assert_int_equal(systems[0].target[1], 2);
    assert_int_equal(systems[1].q, 2);
    assert_int_equal(systems[1].target[0], 1);
    assert_int_equal(systems[1].target[1], 3);
    assert_int_equal(systems[2].q, 1);
    assert_int_equal(systems[2].n, 5);
    assert_int_equal(systems[2].row[4], T - 1);
    pulse_systems_free(systems, n);
}

static void systems__variables_that_are_no_target_are_in_none(void **state)
{
    const bool dense[] = {true, false, true, false, false},
               predicted[] = {false, false, true, true, true};
    uint8_t rowset[5 * BYTES] = {0};
    int64_t n;
    (void)state;
    mark(rowset, 1, 10); /* like variable 3, which is a target */
    mark(rowset, 3, 10);
    mark(rowset, 4, 12);
    struct pulse_system *systems = group_predicted(5, predicted, dense, rowset, &n);
    assert_int_equal(n, 3);
    assert_int_equal(systems[0].q, 1);
    assert_int_equal(systems[0].target[0], 2);
    assert_int_equal(systems[0].from, 7); /* not that of variable 0, which ends later */
    assert_int_equal(systems[1].q, 1);
    assert_int_equal(systems[1].target[0], 3);
    assert_int_equal(systems[2].target[0], 4);
    pulse_systems_free(systems, n);
}

static void systems__without_a_dense_target_there_are_sparse_ones_only(void **state)
{
    const bool dense[] = {true, false}, predicted[] = {false, true}, nothing[] = {false, false};
    uint8_t rowset[2 * BYTES] = {0};
    int64_t n;
    (void)state;
    mark(rowset, 1, 10);
    struct pulse_system *systems = group_predicted(2, predicted, dense, rowset, &n);
    assert_int_equal(n, 1);
    assert_non_null(systems[0].row);
    assert_int_equal(systems[0].target[0], 1);
    pulse_systems_free(systems, n);
    systems = group_predicted(2, nothing, dense, rowset, &n);
    assert_int_equal(n, 0);
    pulse_systems_free(systems, n);
}

static void systems__begin_with_the_first_burn_in_to_end(void **state)
{
    const bool dense[] = {false, true, false, true};
    uint8_t rowset[4 * BYTES] = {0};
    int64_t n;
    (void)state;
    mark(rowset, 0, 10);
    mark(rowset, 2, 10);
    struct pulse_system *systems = group(4, dense, rowset, &n);
    assert_int_equal(n, 2);
    assert_int_equal(systems[0].from, 6); /* targets 1 and 3: rows 8 and 6 */
    assert_int_equal(systems[1].from, 7); /* targets 0 and 2: rows 9 and 7 */
    pulse_systems_free(systems, n);
}

static void systems__rows_without_lags_are_left_out(void **state)
{
    const bool dense[] = {false};
    uint8_t rowset[BYTES] = {0};
    int64_t n;
    (void)state;
    for (int64_t t = 0; t < T; t++)
        mark(rowset, 0, t);
    struct pulse_system *systems = group(1, dense, rowset, &n);
    assert_int_equal(systems[0].n, T - P);
    for (int64_t i = 0; i < systems[0].n; i++)
        assert_int_equal(systems[0].row[i], P + i);
    pulse_systems_free(systems, n);
}

static void systems__sparse_target_without_a_row_has_a_system_of_none(void **state)
{
    const bool dense[] = {true, false};
    const uint8_t rowset[2 * BYTES] = {0};
    int64_t n;
    (void)state;
    struct pulse_system *systems = group(2, dense, rowset, &n);
    assert_int_equal(n, 2);
    assert_non_null(systems[1].row);
    assert_int_equal(systems[1].n, 0);
    assert_int_equal(systems[1].q, 1);
    pulse_systems_free(systems, n);
}

static void systems__every_target_is_in_one_system(void **state)
{
    enum { E = 60 };
    bool dense[E];
    uint8_t rowset[E * BYTES] = {0};
    int seen[E] = {0};
    uint64_t seed = 3;
    int64_t n;
    (void)state;
    for (int64_t e = 0; e < E; e++) {
        dense[e] = check_uniform(&seed) < 0.3;
        int64_t kind = check_below(&seed, 5);
        for (int64_t t = kind; t < T; t += 5 + kind)
            mark(rowset, e, t);
    }
    struct pulse_system *systems = group(E, dense, rowset, &n);
    for (int64_t s = 0; s < n; s++)
        for (int64_t k = 0; k < systems[s].q; k++) {
            seen[systems[s].target[k]]++;
            assert_true(k == 0 || systems[s].target[k - 1] < systems[s].target[k]);
            assert_int_equal(dense[systems[s].target[k]], systems[s].row == NULL);
        }
    for (int64_t e = 0; e < E; e++)
        assert_int_equal(seen[e], 1);
    assert_true(n <= 6);
    pulse_systems_free(systems, n);
}

/* Whether a system of n rows beside 1001 features and 5000 calendar rows is solved by its rows. */
static bool chosen(int64_t n, const struct pulse_options *options, double energy)
{
    const struct pulse_sizes sizes =
        pulse_sizes_of(&options->features, options->n_ridge, 5000, 200, 0);
    int64_t row = 0;
    struct pulse_system both[2] = {{.q = 190, .n = 4995}, {.q = 2, .n = n, .row = &row}};
    pulse_systems_choose(both, 2, &sizes, options, energy);
    assert_false(both[0].kernel_ridge || both[1].shared); /* more rows than features */
    return both[1].kernel_ridge;
}

static void systems__few_rows_are_solved_by_rows(void **state)
{
    double ridge[] = {10, 1000};
    struct pulse_options options = check_options(ridge, 2);
    (void)state;
    assert_true(chosen(1, &options, 5000));
    assert_true(chosen(240, &options, 5000));
    assert_false(chosen(3900, &options, 5000)); /* dearer than by features */
    assert_false(chosen(0, &options, 5000));    /* nothing to solve */
}

/* A factor of the kernel for each block, but one of the sums for all. */
static void systems__blocks_make_rows_dearer(void **state)
{
    double ridge[] = {10, 1000};
    struct pulse_options options = check_options(ridge, 2);
    int64_t most[2] = {0, 0};
    (void)state;
    for (int k = 0; k < 2; k++) {
        for (int64_t n = 100; n < 4000; n += 100)
            most[k] = chosen(n, &options, 5000) ? n : most[k];
        options.features.n_blocks = 5;
        for (int64_t b = 0; b < 5; b++)
            options.features.block_end[b] = b + 1;
    }
    assert_true(most[1] > 0 && most[1] < most[0]);
}

static void systems__what_could_fail_is_solved_by_features(void **state)
{
    double none[] = {0, 10}, small[] = {1e-6};
    struct pulse_options options = check_options(none, 2);
    (void)state;
    assert_false(chosen(240, &options, 5000));
    options = check_options(small, 1);
    assert_true(chosen(240, &options, 10));
    assert_false(chosen(240, &options, 1e6));
    assert_false(chosen(240, &options, INFINITY));
}

static void systems__other_histories_are_refitted(void **state)
{
    double ridge[] = {10};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.refit = true;
    assert_false(chosen(240, &options, 5000));
    options.refit = false;
    options.history = PULSE_HALFLIFE;
    options.history_halflife = 5;
    assert_false(chosen(240, &options, 5000));
}

/* Whether the dense system of 3000 features and n rows is solved by its rows, by all ranks. */
static bool wide(int64_t n, const struct pulse_options *options)
{
    const struct pulse_sizes sizes = pulse_sizes_of(&options->features, options->n_ridge, n + 1,
                                                    (int64_t)3000 / options->features.n, 0);
    struct pulse_system system = {.q = 20, .n = n};
    pulse_systems_choose(&system, 1, &sizes, options, (double)n);
    assert_int_equal(system.kernel_ridge, system.shared);
    return system.shared;
}

/* Of three quarters of the rows, which would else go by its features. */
static void systems__beside_a_wide_panel_sparse_ones_are_solved_by_rows(void **state)
{
    double ridge[] = {10, 100, 1000};
    struct pulse_options options = check_options(ridge, 3);
    options.features.n_blocks = 5;
    for (int64_t b = 0; b < 5; b++)
        options.features.block_end[b] = b + 1;
    const struct pulse_sizes sizes =
        pulse_sizes_of(&options.features, 3, 2501, 3000 / options.features.n, 0);
    int64_t row = 0;
    struct pulse_system both[] = {
        {.q = 20, .n = 2500}, {.q = 1, .n = 1900, .row = &row}, {.q = 1, .n = 0, .row = &row}};
    (void)state;
    pulse_systems_choose(both + 1, 2, &sizes, &options, 2500);
    assert_false(both[1].kernel_ridge);
    pulse_systems_choose(both, 3, &sizes, &options, 2500);
    assert_true(both[0].shared && both[1].kernel_ridge);
    assert_false(both[2].kernel_ridge); /* nothing to solve */
}

static void systems__wide_panels_are_solved_by_rows(void **state)
{
    double ridge[] = {10, 1000}, none[] = {0, 10};
    struct pulse_options options = check_options(ridge, 2);
    (void)state;
    assert_true(wide(1, &options));
    assert_true(wide(500, &options));
    assert_true(wide(2500, &options));
    assert_false(wide(3100, &options)); /* its tests may do without a penalty */
    options.history = PULSE_ROLLING;
    options.rolling_windows = 3;
    assert_false(wide(500, &options));
    options = check_options(none, 2);
    assert_false(wide(500, &options));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(systems__dense_targets_are_together_and_first),
        cmocka_unit_test(systems__same_rows_share),
        cmocka_unit_test(systems__variables_that_are_no_target_are_in_none),
        cmocka_unit_test(systems__without_a_dense_target_there_are_sparse_ones_only),
        cmocka_unit_test(systems__begin_with_the_first_burn_in_to_end),
        cmocka_unit_test(systems__rows_without_lags_are_left_out),
        cmocka_unit_test(systems__sparse_target_without_a_row_has_a_system_of_none),
        cmocka_unit_test(systems__every_target_is_in_one_system),
        cmocka_unit_test(systems__few_rows_are_solved_by_rows),
        cmocka_unit_test(systems__blocks_make_rows_dearer),
        cmocka_unit_test(systems__what_could_fail_is_solved_by_features),
        cmocka_unit_test(systems__other_histories_are_refitted),
        cmocka_unit_test(systems__wide_panels_are_solved_by_rows),
        cmocka_unit_test(systems__beside_a_wide_panel_sparse_ones_are_solved_by_rows),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
