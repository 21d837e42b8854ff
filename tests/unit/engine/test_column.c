/* column.c: one variable on the calendar. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "panel/column.h"

enum { MOST = 400 };

/* Builds a column from T values on consecutive days, NaN where there is no observation. */
static int build(struct pulse_column *column, enum pulse_transform transform, int64_t burn_in,
                 int64_t T, const double *x, struct pulse_err *err)
{
    int64_t *calendar = check_calendar(T), day[MOST], n = 0;
    double value[MOST];
    for (int64_t t = 0; t < T; t++)
        if (!isnan(x[t])) {
            day[n] = calendar[t];
            value[n++] = x[t];
        }
    *err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
    int status =
        pulse_column_build(column, "wind", transform, burn_in, T, calendar, n, day, value, err);
    free(calendar);
    return status;
}

static void fill_series(double *x, int64_t T, uint64_t seed, double holes)
{
    for (int64_t t = 0; t < T; t++)
        x[t] = check_uniform(&seed) < holes ? (double)NAN : 50 + 3 * check_normal(&seed);
}

static void column__nothing_after_burn_in_touches_scale(void **state)
{
    (void)state;
    for (int k = PULSE_LEVEL; k <= PULSE_LOGDIFF; k++) {
        struct pulse_column one, other;
        struct pulse_err err;
        double x[MOST];
        fill_series(x, MOST, 5, 0.1);
        assert_int_equal(build(&one, (enum pulse_transform)k, 24, MOST, x, &err), 0);
        for (int64_t t = one.burn_in_end; t < MOST; t++)
            x[t] *= 1.5;
        assert_int_equal(build(&other, (enum pulse_transform)k, 24, MOST, x, &err), 0);
        CHECK_BITS(other.scale, one.scale);
        CHECK_BITS(other.centre, one.centre);
        assert_int_equal(other.burn_in_end, one.burn_in_end);
        pulse_column_clear(&one);
        pulse_column_clear(&other);
    }
}

static void column__no_scaled_value_sees_a_later_one(void **state)
{
    (void)state;
    for (int k = PULSE_LEVEL; k <= PULSE_LOGDIFF; k++) {
        struct pulse_column one, other;
        struct pulse_err err;
        double x[MOST];
        fill_series(x, MOST, 6, 0.3);
        assert_int_equal(build(&one, (enum pulse_transform)k, 24, MOST, x, &err), 0);
        for (int64_t t = 200; t < MOST; t++)
            x[t] = t % 3 == 0 ? 7 : (double)NAN;
        assert_int_equal(build(&other, (enum pulse_transform)k, 24, MOST, x, &err), 0);
        for (int64_t t = 0; t < 200; t++)
            CHECK_BITS(other.z[t], one.z[t]);
        pulse_column_clear(&one);
        pulse_column_clear(&other);
    }
}

static void column__scale_is_the_population_deviation(void **state)
{
    const double x[] = {1, 3, 2, 6, 5, 9};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_DIFF, 4, 6, x, &err), 0); /* 2, −1, 4, −1: mean 1 */
    CHECK_CLOSE(column.scale, sqrt((1 + 4 + 9 + 4) / 4.0), 1e-15);
    CHECK_BITS(column.centre, 0);
    assert_int_equal(column.burn_in_end, 5);
    CHECK_CLOSE(column.z[5], 4 / column.scale, 1e-15);
    pulse_column_clear(&column);

    assert_int_equal(build(&column, PULSE_LEVEL, 4, 6, x, &err), 0); /* 1, 3, 2, 6: mean 3 */
    CHECK_CLOSE(column.scale, sqrt((4 + 0 + 1 + 9) / 4.0), 1e-15);
    CHECK_BITS(column.centre, 3);
    CHECK_CLOSE(column.z[4], 2 / column.scale, 1e-15);
    pulse_column_clear(&column);
}

static void column__constant_burn_in_gives_scale_one(void **state)
{
    const double x[] = {4, 4, 4, 4, 6, 4.5};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_DIFF, 3, 6, x, &err), 0);
    CHECK_BITS(column.scale, 1);
    CHECK_BITS(column.z[4], 2);
    CHECK_BITS(column.z[5], -1.5);
    pulse_column_clear(&column);
}

static void column__values_until_the_end_of_burn_in_are_zero(void **state)
{
    struct pulse_column column;
    struct pulse_err err;
    double x[60];
    (void)state;
    fill_series(x, 60, 8, 0);
    assert_int_equal(build(&column, PULSE_LEVEL, 24, 60, x, &err), 0);
    assert_int_equal(column.burn_in_end, 24);
    for (int t = 0; t < 24; t++)
        CHECK_BITS(column.z[t], 0);
    assert_true(column.z[24] != 0);
    pulse_column_clear(&column);
}

static void column__differences_bridge_missing_rows(void **state)
{
    const double x[] = {1, 2, 4, 7, NAN, NAN, 10, 10};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_DIFF, 2, 8, x, &err), 0);
    CHECK_CLOSE(column.z[3] * column.scale, 3, 1e-15);
    CHECK_BITS(column.z[4], 0);
    CHECK_BITS(column.z[5], 0);
    CHECK_CLOSE(column.z[6] * column.scale, 3, 1e-15);
    assert_false(pulse_column_fresh(&column, 4, 7));
    assert_true(pulse_column_fresh(&column, 6, 7));
    assert_int_equal(column.fresh, 5);
    pulse_column_clear(&column);
}

static void column__level_carries_the_last_value(void **state)
{
    const double x[] = {1, 2, 4, NAN, NAN, 7};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_LEVEL, 2, 6, x, &err), 0);
    CHECK_BITS(column.z[3], column.z[2]);
    CHECK_BITS(column.z[4], column.z[2]);
    assert_int_equal(column.fresh, 4);
    pulse_column_clear(&column);
}

static void column__first_observation_is_no_fresh_difference(void **state)
{
    const double x[] = {NAN, 5, 6, 8};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_DIFF, 1, 4, x, &err), 0);
    assert_int_equal(column.fresh, 2);
    assert_int_equal(column.burn_in_end, 3);
    pulse_column_clear(&column);
    assert_int_equal(build(&column, PULSE_LEVEL, 1, 4, x, &err), 0);
    assert_int_equal(column.fresh, 3);
    assert_int_equal(column.burn_in_end, 2);
    pulse_column_clear(&column);
}

static void column__logdiff_of_no_positive_value_names_variable_and_date(void **state)
{
    double x[] = {1, 2, 4, 0, 7};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    for (int k = 0; k < 2; k++) {
        x[3] = k == 0 ? 0 : -2.5;
        assert_int_equal(build(&column, PULSE_LOGDIFF, 2, 5, x, &err), -1);
        check_error(&err, PULSE_E_INPUT, "wind", "2001-01-04", k == 0 ? "0" : "-2.5", NULL);
        pulse_column_clear(&column);
    }
}

static void column__logdiff_is_the_ratio(void **state)
{
    const double x[] = {1, 2, 6, 3};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_LOGDIFF, 2, 4, x, &err), 0);
    CHECK_CLOSE(column.scale, (log(3) - log(2)) / 2, 1e-14);
    CHECK_CLOSE(column.z[3] * column.scale, -log(2), 1e-15);
    pulse_column_clear(&column);
}

static void column__too_few_values_never_enter(void **state)
{
    struct pulse_column column;
    struct pulse_err err;
    double x[25];
    (void)state;
    fill_series(x, 25, 9, 0);
    assert_int_equal(build(&column, PULSE_DIFF, 25, 25, x, &err), 0);
    assert_false(column.enters || column.dense);
    assert_int_equal(column.burn_in_end, 25);
    for (int t = 0; t < 25; t++)
        CHECK_BITS(column.z[t], 0);
    pulse_column_clear(&column);

    assert_int_equal(build(&column, PULSE_DIFF, 24, 25, x, &err), 0); /* exactly enough */
    assert_true(column.enters);
    assert_int_equal(column.burn_in_end, 25);
    pulse_column_clear(&column);
}

static void column__dense_begins_at_four_fifths(void **state)
{
    struct pulse_column column;
    struct pulse_err err;
    double x[54];
    (void)state;
    fill_series(x, 54, 10, 0);
    for (int t = 44; t < 54; t++) /* 50 rows after the burn-in, 40 of them fresh */
        x[t] = NAN;
    assert_int_equal(build(&column, PULSE_LEVEL, 4, 54, x, &err), 0);
    assert_true(column.dense);
    pulse_column_clear(&column);
    x[20] = NAN;
    assert_int_equal(build(&column, PULSE_LEVEL, 4, 54, x, &err), 0);
    assert_false(column.dense);
    pulse_column_clear(&column);
}

static void column__value_that_cannot_be_scaled_is_refused(void **state)
{
    double x[] = {0, 1e-150, 0, 1e-150, 5e200, 1};
    struct pulse_column column;
    struct pulse_err err;
    (void)state;
    assert_int_equal(build(&column, PULSE_DIFF, 3, 6, x, &err), -1);
    check_error(&err, PULSE_E_INPUT, "wind", "2001-01-05", NULL);
    pulse_column_clear(&column);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(column__nothing_after_burn_in_touches_scale),
        cmocka_unit_test(column__no_scaled_value_sees_a_later_one),
        cmocka_unit_test(column__scale_is_the_population_deviation),
        cmocka_unit_test(column__constant_burn_in_gives_scale_one),
        cmocka_unit_test(column__values_until_the_end_of_burn_in_are_zero),
        cmocka_unit_test(column__differences_bridge_missing_rows),
        cmocka_unit_test(column__level_carries_the_last_value),
        cmocka_unit_test(column__first_observation_is_no_fresh_difference),
        cmocka_unit_test(column__logdiff_of_no_positive_value_names_variable_and_date),
        cmocka_unit_test(column__logdiff_is_the_ratio),
        cmocka_unit_test(column__too_few_values_never_enter),
        cmocka_unit_test(column__dense_begins_at_four_fifths),
        cmocka_unit_test(column__value_that_cannot_be_scaled_is_refused),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
