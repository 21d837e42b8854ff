/* score.c: what happened against what was predicted. */
#include "check.h"

#include <math.h>

#include "judge/score.h"

static void score__sums_are_those_of_the_errors(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_row(&score, 10, 12, 7, 1); /* off by 2, persistence by 3, direction right */
    pulse_score_row(&score, 4, 5, 6, 1);   /* off by 1, persistence by 2, direction wrong */
    assert_int_equal(score.n, 2);
    CHECK_BITS(score.abs_error, 3);
    CHECK_BITS(score.squared_error, 5);
    CHECK_BITS(score.persistence_abs_error, 5);
    CHECK_BITS(score.persistence_squared_error, 13);
    assert_int_equal(score.moves, 2);
    assert_int_equal(score.hits, 1);
    assert_int_equal(score.closer, 2);
    assert_int_equal(score.farther, 0);
    CHECK_CLOSE(pulse_score_skill(&score), 1 - 5.0 / 13, 1e-15);
}

static void score__direction_of_zero_is_no_hit(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_row(&score, 2, 1, 1, 0);
    pulse_score_row(&score, 2, 1, 1, -0.0);
    assert_int_equal(score.moves, 2);
    assert_int_equal(score.hits, 0);
}

static void score__a_value_that_stays_is_no_move(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_row(&score, 1, 1.5, 1, 1);
    pulse_score_row(&score, 1, 1, 1, 0);
    assert_int_equal(score.n, 2);
    assert_int_equal(score.moves, 0);
    assert_int_equal(score.hits, 0);
    assert_int_equal(score.farther, 1);
    assert_true(isnan(pulse_score_skill(&score)));
}

static void score__equal_errors_are_neither_closer_nor_farther(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_row(&score, 2, 3, 1, 1);
    assert_int_equal(score.closer + score.farther, 0);
}

static void score__interval_pays_for_width_and_for_what_lies_outside(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_interval(&score, 0, 5, 2, 6); /* inside: its width */
    CHECK_BITS(score.interval_score[0], 4);
    assert_int_equal(score.inside[0], 1);
    pulse_score_interval(&score, 0, 1, 2, 6); /* 1 below: 2 / 0.2 of it */
    CHECK_CLOSE(score.interval_score[0], 4 + 4 + 10, 1e-14);
    assert_int_equal(score.inside[0], 1);
    pulse_score_interval(&score, 0, 9, 2, 6); /* 3 above */
    CHECK_CLOSE(score.interval_score[0], 18 + 4 + 30, 1e-14);
    assert_int_equal(score.inside[0], 1);
    CHECK_BITS(score.interval_score[1], 0);
    assert_int_equal(score.inside[1], 0);
    pulse_score_interval(&score, 1, 6.5, 2, 6); /* half above: 2 / 0.05 of it */
    CHECK_CLOSE(score.interval_score[1], 4 + 20, 1e-14);
    CHECK_CLOSE(score.interval_score[0], 52, 1e-14);
}

static void score__bounds_belong_to_the_interval(void **state)
{
    struct pulse_score score = {0};
    (void)state;
    pulse_score_interval(&score, 1, 2, 2, 6);
    pulse_score_interval(&score, 1, 6, 2, 6);
    assert_int_equal(score.inside[1], 2);
    CHECK_BITS(score.interval_score[1], 8);
}

static void score__windows_add_up(void **state)
{
    struct pulse_score whole = {0}, total = {0};
    uint64_t seed = 2;
    (void)state;
    for (int w = 0; w < 5; w++) {
        struct pulse_score part = {
            .interval_rows = w, .inside = {w, 2 * w}, .interval_score = {3 * w, 4 * w}};
        for (int i = 0; i < 10; i++) {
            double x = (double)check_below(&seed, 9), y = (double)check_below(&seed, 9);
            double before = (double)check_below(&seed, 9), way = check_normal(&seed);
            pulse_score_row(&part, x, y, before, way);
            pulse_score_row(&whole, x, y, before, way);
        }
        pulse_score_add(&total, &part);
    }
    assert_int_equal(total.n, whole.n);
    CHECK_BITS(total.abs_error, whole.abs_error);
    CHECK_BITS(total.squared_error, whole.squared_error);
    CHECK_BITS(total.persistence_abs_error, whole.persistence_abs_error);
    CHECK_BITS(total.persistence_squared_error, whole.persistence_squared_error);
    assert_int_equal(total.hits, whole.hits);
    assert_int_equal(total.moves, whole.moves);
    assert_int_equal(total.closer, whole.closer);
    assert_int_equal(total.farther, whole.farther);
    assert_int_equal(total.interval_rows, 10);
    assert_int_equal(total.inside[0], 10);
    assert_int_equal(total.inside[1], 20);
    CHECK_BITS(total.interval_score[0], 30);
    CHECK_BITS(total.interval_score[1], 40);
}

static void score__gain_statistic_equals_two_passes(void **state)
{
    enum { N = 500 };
    double delta[N], mean = 0, squares = 0;
    struct pulse_gain gain = {0};
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < N; i++) {
        double x = 1e4 + check_normal(&seed), y = x + check_normal(&seed);
        double before = x + 1.2 * check_normal(&seed);
        delta[i] = (x - before) * (x - before) - (x - y) * (x - y);
        mean += delta[i] / N;
        pulse_gain_row(&gain, x, y, before);
    }
    for (int i = 0; i < N; i++)
        squares += (delta[i] - mean) * (delta[i] - mean);
    CHECK_CLOSE(pulse_gain_statistic(&gain), mean / sqrt(squares / (N - 1) / N), 1e-10);
}

static void score__gain_needs_two_rows_that_differ(void **state)
{
    struct pulse_gain gain = {0};
    (void)state;
    assert_true(isnan(pulse_gain_statistic(&gain)));
    pulse_gain_row(&gain, 3, 2, 1);
    assert_true(isnan(pulse_gain_statistic(&gain)));
    pulse_gain_row(&gain, 3, 2, 1);
    assert_true(isnan(pulse_gain_statistic(&gain)));
    pulse_gain_row(&gain, 3, 2.5, 1);
    assert_true(pulse_gain_statistic(&gain) > 0);
}

static void score__normal_tail_at_known_points(void **state)
{
    (void)state;
    CHECK_BITS(pulse_normal_tail(0), 0.5);
    CHECK_CLOSE(pulse_normal_tail(1.959963984540054), 0.025, 1e-15);
    CHECK_CLOSE(pulse_normal_tail(-1.2815515655446004), 0.9, 1e-15);
    assert_true(pulse_normal_tail(38) > 0 && pulse_normal_tail(38) < 1e-300);
    assert_true(isnan(pulse_normal_tail(NAN)));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(score__sums_are_those_of_the_errors),
        cmocka_unit_test(score__direction_of_zero_is_no_hit),
        cmocka_unit_test(score__a_value_that_stays_is_no_move),
        cmocka_unit_test(score__equal_errors_are_neither_closer_nor_farther),
        cmocka_unit_test(score__interval_pays_for_width_and_for_what_lies_outside),
        cmocka_unit_test(score__bounds_belong_to_the_interval),
        cmocka_unit_test(score__windows_add_up),
        cmocka_unit_test(score__gain_statistic_equals_two_passes),
        cmocka_unit_test(score__gain_needs_two_rows_that_differ),
        cmocka_unit_test(score__normal_tail_at_known_points),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
