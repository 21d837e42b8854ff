/* interval.c: half-widths that follow the errors. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/interval.h"

enum { WIDEST = 31 };
static const double normal[PULSE_LEVELS] = {1.2815515655446004, 1.959963984540054};

static struct pulse_intervals make_intervals(enum pulse_interval kind, double halflife)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_intervals intervals;
    options.interval = kind;
    options.interval_halflife = halflife;
    assert_int_equal(pulse_intervals_init(&intervals, &options, WIDEST, &err), 0);
    return intervals;
}

/* A window of errors; inside counts |e| ≤ half-width, as judge does for a symmetric transform. */
static void window(struct pulse_intervals *intervals, const double *error, int64_t n)
{
    double copy[WIDEST];
    int64_t inside[PULSE_LEVELS] = {0, 0};
    pulse_intervals_begin(intervals);
    for (int64_t i = 0; i < n; i++) {
        copy[i] = error[i];
        for (int k = 0; k < PULSE_LEVELS; k++)
            inside[k] += fabs(error[i]) <= intervals->half[k];
    }
    pulse_intervals_end(intervals, copy, n, inside);
}

static void interval__there_is_none_before_an_error(void **state)
{
    struct pulse_intervals intervals = make_intervals(PULSE_ADAPTIVE, 1);
    const double none[2] = {0, 0};
    (void)state;
    for (int w = 0; w < 3; w++) {
        pulse_intervals_begin(&intervals);
        assert_true(isnan(intervals.sigma) && isnan(intervals.half[0]) && isnan(intervals.half[1]));
        window(&intervals, none, w == 1 ? 2 : 0); /* no rows, then two without an error */
    }
    pulse_intervals_clear(&intervals);
}

static void interval__first_hundred_values_use_normal_quantiles(void **state)
{
    struct pulse_intervals intervals = make_intervals(PULSE_ADAPTIVE, 3);
    uint64_t seed = 1;
    int64_t kept = 0;
    (void)state;
    for (int w = 0; w < 12; w++) {
        double error[20];
        for (int i = 0; i < 20; i++)
            error[i] = check_normal(&seed);
        pulse_intervals_begin(&intervals);
        for (int k = 0; w > 0 && k < PULSE_LEVELS; k++) {
            if (kept < 100)
                CHECK_BITS(intervals.half[k], intervals.sigma * normal[k]);
            else
                assert_true(intervals.half[k] != intervals.sigma * normal[k]);
        }
        kept += w > 0 ? 20 : 0; /* the first window has no σ to divide by */
        window(&intervals, error, 20);
    }
    pulse_intervals_clear(&intervals);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The last windows' |e|/σ, kept and sorted the plain way. */
struct memory {
    double value[1000][WIDEST];
    int64_t n[1000], windows;
};

static double plain_quantile(const struct memory *memory, double q, int64_t *count)
{
    static double all[PULSE_INTERVAL_WINDOWS * WIDEST];
    int64_t n = 0, w = memory->windows - PULSE_INTERVAL_WINDOWS;
    for (w = w < 0 ? 0 : w; w < memory->windows; w++)
        for (int64_t i = 0; i < memory->n[w]; i++)
            all[n++] = memory->value[w][i];
    *count = n;
    if (n == 0)
        return NAN;
    qsort(all, (size_t)n, sizeof *all, ascending);
    double at = (double)(n - 1) * q;
    int64_t i = (int64_t)at;
    return i + 1 < n ? all[i] + (at - (double)i) * (all[i + 1] - all[i]) : all[n - 1];
}

static void follow_memory(uint64_t seed, double grain)
{
    struct pulse_intervals intervals = make_intervals(PULSE_ADAPTIVE, 1 + (double)(seed % 5));
    struct memory *memory = calloc(1, sizeof *memory);
    assert_non_null(memory);
    for (int w = 0; w < 300; w++) {
        double error[WIDEST];
        int64_t n = check_below(&seed, WIDEST + 1), count;
        for (int64_t i = 0; i < n; i++) {
            double e = check_normal(&seed) * (1 + w % 50);
            error[i] = grain > 0 ? grain * round(e / grain) : e;
        }
        pulse_intervals_begin(&intervals);
        for (int k = 0; k < PULSE_LEVELS && !isnan(intervals.sigma); k++) {
            double q = plain_quantile(memory, fmin(fmax(1 - intervals.miss[k], 0.5), 1), &count);
            CHECK_CLOSE(intervals.half[k] / intervals.sigma, count < 100 ? normal[k] : q, 1e-13);
        }
        if (n > 0 && !isnan(intervals.sigma)) {
            memory->n[memory->windows] = n;
            for (int64_t i = 0; i < n; i++)
                memory->value[memory->windows][i] = fabs(error[i]) / intervals.sigma;
            memory->windows++;
        }
        window(&intervals, error, n);
    }
    free(memory);
    pulse_intervals_clear(&intervals);
}

static void interval__sliding_quantile_equals_sorting(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        follow_memory(seed, 0);
}

static void interval__sliding_quantile_equals_sorting_with_ties(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        follow_memory(seed, 0.5);
}

static void interval__scale_halves_its_memory(void **state)
{
    struct pulse_intervals intervals = make_intervals(PULSE_ADAPTIVE, 2);
    const double error[4] = {1, -1, 2, -2};
    (void)state;
    window(&intervals, error, 4);
    window(&intervals, error, 0);
    window(&intervals, error, 0); /* two windows later half is left */
    CHECK_CLOSE(intervals.errors, 5, 1e-14);
    CHECK_CLOSE(intervals.rows, 2, 1e-14);
    window(&intervals, error, 2);
    pulse_intervals_begin(&intervals);
    CHECK_CLOSE(intervals.sigma, sqrt((5 * sqrt(0.5) + 2) / (2 * sqrt(0.5) + 2)), 1e-14);
    pulse_intervals_clear(&intervals);
}

static void interval__gaussian_never_forgets(void **state)
{
    struct pulse_intervals intervals = make_intervals(PULSE_GAUSSIAN, 1);
    double error[30], squares = 0;
    uint64_t seed = 7;
    (void)state;
    for (int w = 0; w < 20; w++) {
        for (int i = 0; i < 30; i++) {
            error[i] = (w + 1) * check_normal(&seed);
            squares += error[i] * error[i];
        }
        window(&intervals, error, 30);
    }
    pulse_intervals_begin(&intervals);
    CHECK_CLOSE(intervals.sigma, sqrt(squares / 600), 1e-13);
    for (int k = 0; k < PULSE_LEVELS; k++)
        CHECK_BITS(intervals.half[k], intervals.sigma * normal[k]);
    pulse_intervals_clear(&intervals);
}

static void interval__misses_move_the_levels_within_bounds(void **state)
{
    const int64_t all[PULSE_LEVELS] = {20, 20}, none[PULSE_LEVELS] = {0, 0};
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct pulse_intervals intervals = make_intervals(PULSE_ADAPTIVE, 1e6);
        uint64_t seed = 8;
        double largest = 0, half = 0;
        for (int w = 0; w < 120; w++) {
            double error[20];
            for (int i = 0; i < 20; i++)
                error[i] = check_normal(&seed);
            pulse_intervals_begin(&intervals);
            half = intervals.half[1];
            pulse_intervals_end(&intervals, error, 20, k == 0 ? none : all);
        }
        for (int64_t i = 0; i < intervals.n; i++)
            largest = fmax(largest, intervals.sorted[i]);
        pulse_intervals_begin(&intervals);
        if (k == 0) { /* always outside: the level ends at 1, the largest error */
            CHECK_CLOSE(intervals.half[1], intervals.sigma * largest, 1e-14);
            assert_true(intervals.miss[1] < 0);
        } else { /* always inside: narrower, never below the median */
            assert_true(half < intervals.sigma * largest);
            CHECK_CLOSE(intervals.miss[1], 0.05 + 119 * 0.02 * 0.05, 1e-12);
        }
        pulse_intervals_clear(&intervals);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(interval__there_is_none_before_an_error),
        cmocka_unit_test(interval__first_hundred_values_use_normal_quantiles),
        cmocka_unit_test(interval__sliding_quantile_equals_sorting),
        cmocka_unit_test(interval__sliding_quantile_equals_sorting_with_ties),
        cmocka_unit_test(interval__scale_halves_its_memory),
        cmocka_unit_test(interval__gaussian_never_forgets),
        cmocka_unit_test(interval__misses_move_the_levels_within_bounds),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
