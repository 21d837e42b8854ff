/* interval.c: half-widths that follow the errors row by row. */
#include "check.h"

#include <math.h>

#include "judge/interval.h"

static const double normal[PULSE_LEVELS] = {1.2815515655446004, 1.959963984540054};
static const double alpha[PULSE_LEVELS] = {0.2, 0.05};

static struct pulse_intervals start(enum pulse_interval kind, double halflife)
{
    struct pulse_options options = check_options(NULL, 0);
    options.interval = kind;
    options.interval_halflife = halflife;
    return pulse_intervals_start(&options, 1);
}

static double window_squares;
static int64_t window_rows;

/* An error that is known at once, as one step ahead. */
static void take_error(struct pulse_intervals *intervals, double error, bool scored)
{
    const struct pulse_interval_error noted = pulse_intervals_note(intervals, error, scored);
    window_squares += scored ? error * error : 0;
    window_rows += scored;
    pulse_intervals_learn(intervals, &noted);
}

static void end_window(struct pulse_intervals *intervals)
{
    pulse_intervals_absorb(intervals, window_squares, window_rows);
    window_squares = 0;
    window_rows = 0;
}

static void interval__first_row_has_one_from_the_start(void **state)
{
    const struct pulse_intervals intervals = start(PULSE_ADAPTIVE, 11);
    double half[PULSE_LEVELS];
    (void)state;
    CHECK_BITS(pulse_intervals_scale(&intervals), 1);
    pulse_intervals_half(&intervals, half);
    CHECK_BITS(half[0], 1.28);
    CHECK_BITS(half[1], 2.1);
}

/* Scale and factors of row n from all errors before it, anew from the first one. */
static void check_row(const struct pulse_intervals *intervals, double halflife, double burn_in,
                      const double *error, const bool *scored, int n)
{
    double v = 1, m = burn_in, scale = 1, factor[PULSE_LEVELS] = {1.28, 2.1};
    double half[PULSE_LEVELS];
    for (int t = 0; t < n; t++) {
        for (int i = 0; i < PULSE_LEVELS && scored[t]; i++)
            factor[i] *=
                exp(fabs(error[t]) > factor[i] * scale ? 0.05 - 0.05 * alpha[i] : -0.05 * alpha[i]);
        v += (1 - pow(0.5, 1 / halflife)) * (error[t] * error[t] - v);
        m += error[t] * error[t];
        scale = fmax(sqrt(v), 0.1 * sqrt(m / (burn_in + t + 1)));
    }
    CHECK_CLOSE(pulse_intervals_scale(intervals), scale, 1e-12);
    pulse_intervals_half(intervals, half);
    for (int i = 0; i < PULSE_LEVELS; i++)
        CHECK_CLOSE(half[i], scale * factor[i], 1e-12);
}

static void interval__scale_and_factors_follow_the_formula(void **state)
{
    enum { N = 300 };
    const double halflives[] = {1, 3.5, 11};
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct pulse_intervals intervals = start(PULSE_ADAPTIVE, halflives[k]);
        uint64_t seed = 30 + (uint64_t)k;
        double error[N];
        bool scored[N];
        for (int t = 0; t < N; t++) {
            check_row(&intervals, halflives[k], 24, error, scored, t);
            error[t] = check_normal(&seed) * (t == 100 ? 1000 : 1 + t / 50);
            scored[t] = check_uniform(&seed) < 0.8;
            take_error(&intervals, error[t], scored[t]);
            if (t % 20 == 0)
                end_window(&intervals); /* windows are nothing to adaptive intervals */
        }
    }
}

static void interval__burn_in_weighs_in_the_floor(void **state)
{
    enum { N = 8 };
    struct pulse_options options = check_options(NULL, 0);
    const double error[N] = {200};
    const bool scored[N] = {true, true, true, true, true, true, true, true};
    (void)state;
    options.interval_halflife = 0.25;
    for (int64_t burn_in = 1; burn_in < 100; burn_in += 33) {
        options.burn_in = burn_in;
        struct pulse_intervals intervals = pulse_intervals_start(&options, 1);
        for (int t = 0; t < N; t++)
            take_error(&intervals, error[t], scored[t]);
        check_row(&intervals, 0.25, (double)burn_in, error, scored, N);
        CHECK_CLOSE(pulse_intervals_scale(&intervals),
                    0.1 * sqrt((40000.0 + (double)burn_in) / (double)(N + burn_in)), 1e-12);
    }
}

static void interval__scale_halves_its_memory(void **state)
{
    struct pulse_intervals intervals = start(PULSE_ADAPTIVE, 2);
    (void)state;
    take_error(&intervals, 9, true);
    const double before = pulse_intervals_scale(&intervals);
    take_error(&intervals, 0, true);
    take_error(&intervals, 0, true); /* two rows later half of the variance is left */
    CHECK_CLOSE(pulse_intervals_scale(&intervals), before * sqrt(0.5), 1e-14);
}

/* A row that had no interval says how large errors are, but not whether intervals are right. */
static void interval__unscored_rows_move_the_scale_only(void **state)
{
    struct pulse_intervals intervals = start(PULSE_ADAPTIVE, 11), scored = intervals;
    (void)state;
    take_error(&intervals, 7, false);
    take_error(&scored, 7, true);
    CHECK_BITS(pulse_intervals_scale(&intervals), pulse_intervals_scale(&scored));
    assert_true(pulse_intervals_scale(&intervals) > 1);
    for (int i = 0; i < PULSE_LEVELS; i++) {
        CHECK_CLOSE(intervals.factor[i], i == 0 ? 1.28 : 2.1, 0);
        assert_true(scored.factor[i] > intervals.factor[i]);
    }
}

/* 1.28 and 2.1 times 1: compared before the error moves scale or factor, the bound being inside. */
static void interval__misses_are_counted_by_the_interval_that_was_given(void **state)
{
    const double errors[] = {1.28, -1.28, 1.281, -1.281, 2.1, 2.101, -50};
    const int missed[][PULSE_LEVELS] = {{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}};
    (void)state;
    for (int k = 0; k < 7; k++) {
        struct pulse_intervals intervals = start(PULSE_ADAPTIVE, 0.1);
        take_error(&intervals, errors[k], true);
        for (int i = 0; i < PULSE_LEVELS; i++)
            CHECK_CLOSE(intervals.factor[i] / (i == 0 ? 1.28 : 2.1),
                        exp(0.05 * (missed[k][i] - alpha[i])), 1e-14);
    }
}

/* Whatever the errors' scale and shape, the factors end where the shares are right. */
static void interval__coverage_is_what_is_asked_for(void **state)
{
    enum { N = 20000 };
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct pulse_intervals intervals = start(PULSE_ADAPTIVE, 11);
        int inside[PULSE_LEVELS] = {0, 0};
        uint64_t seed = 60 + (uint64_t)k;
        for (int t = 0; t < N; t++) {
            double half[PULSE_LEVELS], e = check_normal(&seed) * (t / 1000 % 2 == 0 ? 0.2 : 30);
            if (k == 1)
                e = e * e * e; /* heavy tails */
            if (k == 2)
                e = e > 0 ? 1 : -1; /* the same size always */
            pulse_intervals_half(&intervals, half);
            for (int i = 0; i < PULSE_LEVELS; i++)
                inside[i] += fabs(e) <= half[i];
            take_error(&intervals, e, true);
        }
        for (int i = 0; i < PULSE_LEVELS; i++)
            assert_true(fabs(inside[i] / (double)N - (1 - alpha[i])) < 0.003);
    }
}

static void interval__gaussian_has_none_before_an_error(void **state)
{
    struct pulse_intervals intervals = start(PULSE_GAUSSIAN, 11);
    double half[PULSE_LEVELS];
    (void)state;
    for (int w = 0; w < 4; w++) { /* nothing, two rows without an error, one that has no score */
        assert_true(isnan(pulse_intervals_scale(&intervals)));
        pulse_intervals_half(&intervals, half);
        assert_true(isnan(half[0]) && isnan(half[1]));
        for (int i = 0; w == 1 && i < 2; i++)
            take_error(&intervals, 0, true);
        if (w == 2)
            take_error(&intervals, 5, false);
        end_window(&intervals);
    }
    take_error(&intervals, 4, true);
    assert_true(isnan(pulse_intervals_scale(&intervals))); /* not before its window is over */
    end_window(&intervals);
    CHECK_CLOSE(pulse_intervals_scale(&intervals), sqrt(16 / 3.0), 1e-15);
}

static void interval__gaussian_never_forgets(void **state)
{
    struct pulse_intervals intervals = start(PULSE_GAUSSIAN, 1);
    double squares = 0, half[PULSE_LEVELS];
    uint64_t seed = 7;
    (void)state;
    for (int w = 0; w < 20; w++) {
        const double scale = pulse_intervals_scale(&intervals);
        for (int i = 0; i < 30; i++) {
            const double error = (w + 1) * check_normal(&seed);
            squares += error * error;
            take_error(&intervals, error, true);
            CHECK_BITS(pulse_intervals_scale(&intervals), scale);
        }
        end_window(&intervals);
    }
    CHECK_CLOSE(pulse_intervals_scale(&intervals), sqrt(squares / 600), 1e-13);
    pulse_intervals_half(&intervals, half);
    for (int k = 0; k < PULSE_LEVELS; k++)
        CHECK_BITS(half[k], pulse_intervals_scale(&intervals) * normal[k]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(interval__first_row_has_one_from_the_start),
        cmocka_unit_test(interval__scale_and_factors_follow_the_formula),
        cmocka_unit_test(interval__burn_in_weighs_in_the_floor),
        cmocka_unit_test(interval__scale_halves_its_memory),
        cmocka_unit_test(interval__unscored_rows_move_the_scale_only),
        cmocka_unit_test(interval__misses_are_counted_by_the_interval_that_was_given),
        cmocka_unit_test(interval__coverage_is_what_is_asked_for),
        cmocka_unit_test(interval__gaussian_has_none_before_an_error),
        cmocka_unit_test(interval__gaussian_never_forgets),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
