/* column.c: one variable on the calendar. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "panel/column.h"

enum { MOST = 400 };

/* Builds a column from T values on consecutive days, NaN where there is no observation. */
static int build_with(struct pulse_column *column, const struct pulse_options *options, int64_t T,
                      const double *x, struct pulse_err *err)
{
    int64_t *calendar = check_calendar(T), day[MOST], n = 0;
    double value[MOST];
    for (int64_t t = 0; t < T; t++)
        if (!isnan(x[t])) {
            day[n] = calendar[t];
            value[n++] = x[t];
        }
    *err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
    int status = pulse_column_build(column, "wind", options, T, calendar, n, day, value, err);
    free(calendar);
    return status;
}

/* The same with a transform, a burn-in and the defaults. */
static int build(struct pulse_column *column, enum pulse_transform transform, int64_t burn_in,
                 int64_t T, const double *x, struct pulse_err *err)
{
    struct pulse_options options = check_options(NULL, 0);
    options.transform = transform;
    options.burn_in = burn_in;
    return build_with(column, &options, T, x, err);
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
        for (int64_t t = 0; t < 200; t++) {
            CHECK_BITS(other.z[t], one.z[t]);
            CHECK_BITS(other.u[t], one.u[t]);
        }
        for (int64_t t = 0; t <= 200; t++) /* the scale of a row is known before it */
            CHECK_BITS(other.sigma[t], one.sigma[t]);
        assert_int_equal(other.sigma[202] == one.sigma[202], k == PULSE_LEVEL);
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

/* As text has them: numbers, steps and ratios that are equal but for rounding. */
static void column__burn_in_that_is_constant_but_for_rounding_gives_scale_one(void **state)
{
    enum { BURN_IN = 24, T = 40 };
    (void)state;
    for (int k = 1; k <= 300; k++)
        for (int kind = 0; kind < 3; kind++) {
            const enum pulse_transform transform[] = {PULSE_LEVEL, PULSE_DIFF, PULSE_LOGDIFF};
            double x[T], u = 0.01 * k;
            struct pulse_column column;
            struct pulse_err err;
            for (int t = 0; t < T; t++)
                x[t] = kind == 0 ? u : kind == 1 ? 100 + u * t : u * pow(1.01, t);
            x[T - 1] *= 1.5;
            assert_int_equal(build(&column, transform[kind], BURN_IN, T, x, &err), 0);
            CHECK_BITS(column.scale, 1);
            pulse_column_clear(&column);
            x[3] *= 1 + 1e-9;
            assert_int_equal(build(&column, transform[kind], BURN_IN, T, x, &err), 0);
            assert_true(column.scale < 1e-5);
            pulse_column_clear(&column);
        }
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
    for (int t = 0; t < 24; t++) {
        CHECK_BITS(column.z[t], 0);
        CHECK_BITS(column.u[t], 0);
    }
    assert_true(column.z[24] != 0 && column.u[24] != 0);
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

/* The running scale of DEFINITIONS §3.4 from ẑ alone: σ(0) … σ(T), and u. */
static void check_running(const struct pulse_column *column, const struct pulse_options *options,
                          int64_t T, const double *x)
{
    const double n0 = (double)options->burn_in, c = options->clip > 0 ? options->clip : INFINITY;
    for (int64_t t = 0; t <= T; t++) { /* anew from the start for each row */
        double v = 1, m = n0, k = n0, sigma = 1, previous = NAN;
        for (int64_t s = 0; s < t; s++) {
            const bool row = s >= column->burn_in_end && pulse_column_fresh(column, s, previous);
            previous = isnan(x[s]) ? previous : x[s];
            if (!row)
                continue;
            const double z = column->z[s], cut = fmin(fabs(z), c * sigma);
            v = v + (1 - pow(0.5, 1 / options->scale_halflife)) * (cut * cut - v);
            m += z * z;
            k += 1;
            sigma = fmax(sqrt(v), 0.1 * sqrt(m / k));
        }
        CHECK_CLOSE(t < T ? column->sigma[t] : column->next_sigma, sigma, 1e-12);
        if (t == T)
            break;
        const bool row = t >= column->burn_in_end && pulse_column_fresh(column, t, previous);
        CHECK_CLOSE(column->u[t], row ? fmax(-c, fmin(c, column->z[t] / sigma)) : 0, 1e-12);
    }
}

static void column__running_scale_follows_the_formula(void **state)
{
    const enum pulse_transform transforms[] = {PULSE_DIFF, PULSE_LOGDIFF};
    (void)state;
    for (int k = 0; k < 8; k++) {
        struct pulse_options options = check_options(NULL, 0);
        struct pulse_column column;
        struct pulse_err err;
        double x[MOST];
        options.transform = transforms[k % 2];
        options.scale_halflife = k < 4 ? 7 : 33;
        options.clip = k % 4 < 2 ? 2.5 : 0;
        fill_series(x, MOST, 40 + (uint64_t)k, 0.2);
        for (int64_t t = 200; t < MOST; t++)
            x[t] += 5000; /* a jump that is cut */
        assert_int_equal(build_with(&column, &options, MOST, x, &err), 0);
        check_running(&column, &options, MOST, x);
        int64_t cut = 0;
        for (int64_t t = 0; t < MOST; t++) {
            cut += options.clip > 0 && fabs(column.u[t]) == options.clip;
            assert_true(options.clip == 0 || fabs(column.u[t]) <= options.clip);
        }
        assert_int_equal(cut > 0, options.clip > 0);
        pulse_column_clear(&column);
    }
}

/* A jump that is cut moves v by little, but the floor knows all of it. */
static void column__scale_has_a_floor(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_column column;
    struct pulse_err err;
    double x[100], m = 4;
    (void)state;
    options.burn_in = 4;
    options.scale_halflife = 3;
    options.clip = 5;
    for (int t = 0; t < 100; t++) /* changes of ±1, then a jump of 1000 and no move any more */
        x[t] = t < 50 ? t % 2 : 1000;
    assert_int_equal(build_with(&column, &options, 100, x, &err), 0);
    CHECK_CLOSE(column.scale, 1, 0); /* ±1 with mean 0 */
    for (int t = 5; t < 50; t++)
        m += 1;
    const double jump = x[50] - x[49];
    m += jump * jump;
    CHECK_CLOSE(column.u[50], 5, 0);
    for (int t = 51; t < 100; t++) { /* v is at most 25: the floor binds at once */
        CHECK_CLOSE(column.sigma[t], 0.1 * sqrt(m / (t - 1)), 1e-13);
        CHECK_BITS(column.u[t], 0);
    }
    pulse_column_clear(&column);
}

static void column__no_halflife_leaves_the_clip(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    (void)state;
    options.scale_halflife = 0;
    for (int k = 0; k < 2; k++) {
        struct pulse_column column;
        struct pulse_err err;
        double x[MOST];
        int64_t cut = 0;
        options.clip = k == 0 ? 1.5 : 0;
        fill_series(x, MOST, 50, 0.1);
        assert_int_equal(build_with(&column, &options, MOST, x, &err), 0);
        for (int64_t t = 0; t < MOST; t++) {
            CHECK_BITS(column.sigma[t], 1);
            const double z = column.z[t];
            cut += fabs(z) > 1.5;
            CHECK_BITS(column.u[t], k == 0 && fabs(z) > 1.5 ? copysign(1.5, z) : z);
        }
        CHECK_BITS(column.next_sigma, 1);
        assert_true(cut > 10);
        pulse_column_clear(&column);
    }
}

static void column__level_has_no_running_scale(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_column column;
    struct pulse_err err;
    double x[MOST];
    int64_t large = 0;
    (void)state;
    options.transform = PULSE_LEVEL;
    options.clip = 0.5;
    fill_series(x, MOST, 51, 0.1);
    assert_int_equal(build_with(&column, &options, MOST, x, &err), 0);
    for (int64_t t = 0; t < MOST; t++) {
        CHECK_BITS(column.sigma[t], 1);
        CHECK_BITS(column.u[t], column.z[t]); /* carried on rows without an observation as well */
        large += fabs(column.u[t]) > 0.5;
    }
    CHECK_BITS(column.next_sigma, 1);
    assert_true(large > 100);
    pulse_column_clear(&column);
}

static void column__next_scale_is_that_of_the_row_to_come(void **state)
{
    struct pulse_column shorter, longer;
    struct pulse_err err;
    double x[MOST];
    (void)state;
    fill_series(x, MOST, 52, 0.3);
    assert_int_equal(build(&longer, PULSE_DIFF, 24, MOST, x, &err), 0);
    for (int64_t T = 30; T < MOST; T += 7) {
        assert_int_equal(build(&shorter, PULSE_DIFF, 24, T, x, &err), 0);
        CHECK_BITS(shorter.next_sigma, longer.sigma[T]);
        pulse_column_clear(&shorter);
    }
    pulse_column_clear(&longer);
}

static void column__variable_s_own_transform_counts(void **state)
{
    struct pulse_transform_of own = {.variable = (char[]){"wind"}, .transform = PULSE_LEVEL};
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_column column;
    struct pulse_err err;
    double x[60];
    (void)state;
    options.transform_of = &own;
    options.n_transform_of = 1;
    fill_series(x, 60, 53, 0);
    assert_int_equal(build_with(&column, &options, 60, x, &err), 0);
    assert_int_equal(column.transform, PULSE_LEVEL);
    pulse_column_clear(&column);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(column__nothing_after_burn_in_touches_scale),
        cmocka_unit_test(column__no_scaled_value_sees_a_later_one),
        cmocka_unit_test(column__scale_is_the_population_deviation),
        cmocka_unit_test(column__constant_burn_in_gives_scale_one),
        cmocka_unit_test(column__burn_in_that_is_constant_but_for_rounding_gives_scale_one),
        cmocka_unit_test(column__values_until_the_end_of_burn_in_are_zero),
        cmocka_unit_test(column__differences_bridge_missing_rows),
        cmocka_unit_test(column__level_carries_the_last_value),
        cmocka_unit_test(column__first_observation_is_no_fresh_difference),
        cmocka_unit_test(column__logdiff_of_no_positive_value_names_variable_and_date),
        cmocka_unit_test(column__logdiff_is_the_ratio),
        cmocka_unit_test(column__too_few_values_never_enter),
        cmocka_unit_test(column__dense_begins_at_four_fifths),
        cmocka_unit_test(column__value_that_cannot_be_scaled_is_refused),
        cmocka_unit_test(column__running_scale_follows_the_formula),
        cmocka_unit_test(column__scale_has_a_floor),
        cmocka_unit_test(column__no_halflife_leaves_the_clip),
        cmocka_unit_test(column__level_has_no_running_scale),
        cmocka_unit_test(column__next_scale_is_that_of_the_row_to_come),
        cmocka_unit_test(column__variable_s_own_transform_counts),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
