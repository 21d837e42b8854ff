#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

int check_main(const struct CMUnitTest *cases, size_t n, int argc, char **argv)
{
    if (argc < 2)
        return _cmocka_run_group_tests("all", cases, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        if (strcmp(cases[i].name, argv[1]) == 0)
            return _cmocka_run_group_tests(argv[1], cases + i, 1, NULL, NULL);
    (void)fprintf(stderr, "there is no case %s\n", argv[1]);
    return 2;
}

void check_close(double a, double b, double tolerance, const char *what, const char *file, int line)
{
    const double size = fabs(b) > 1 ? fabs(b) : 1;
    if ((isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * size)
        return;
    print_error("%s is %.17g, not %.17g\n", what, a, b);
    _fail(file, line);
}

void check_bits(double a, double b, const char *what, const char *file, int line)
{
    uint64_t bits_a, bits_b;
    memcpy(&bits_a, &a, sizeof a);
    memcpy(&bits_b, &b, sizeof b);
    if (bits_a == bits_b || (isnan(a) && isnan(b)))
        return;
    print_error("%s is %.17g, not %.17g\n", what, a, b);
    _fail(file, line);
}

void check_error(const struct pulse_err *err, enum pulse_kind kind, ...)
{
    va_list words;
    va_start(words, kind);
    if (err->kind != kind)
        fail_msg("kind %d, not %d: %s", (int)err->kind, (int)kind, err->text);
    for (const char *word = va_arg(words, const char *); word != NULL;
         word = va_arg(words, const char *))
        if (strstr(err->text, word) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err->text, word);
    va_end(words);
    assert_null(strchr(err->text, '\n'));
}

/* SplitMix64. */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double check_uniform(uint64_t *state)
{
    return (double)(next_bits(state) >> 11) * 0x1p-53;
}

double check_normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += check_uniform(state);
    return sum;
}

int64_t check_below(uint64_t *state, int64_t n)
{
    return (int64_t)(check_uniform(state) * (double)n);
}

struct pulse_options check_options(double *ridge, int64_t n)
{
    struct pulse_options options = {.data = "data.csv",
                                    .output = "results",
                                    .batch_size_days = 30,
                                    .min_history = 250,
                                    .horizons = {.n = 1, .step = {1}},
                                    .transform = PULSE_DIFF,
                                    .burn_in = 24,
                                    .ridge = ridge,
                                    .n_ridge = n,
                                    .scale_halflife = 33,
                                    .clip = 5,
                                    .calendar = PULSE_CALENDAR_OFF,
                                    .learning_rate = 0.15,
                                    .caution = 1,
                                    .interval_halflife = 11,
                                    .trust_decay = 1,
                                    .threads = 1};
    pulse_features_lags(5, &options.features);
    return options;
}

int64_t *check_calendar(int64_t T)
{
    int64_t *calendar = malloc((size_t)(T > 0 ? T : 1) * sizeof *calendar);
    assert_non_null(calendar);
    for (int64_t t = 0; t < T; t++)
        calendar[t] = pulse_days_from_civil(2001, 1, 1) + t;
    return calendar;
}

struct pulse_plan check_plan(const struct pulse_options *options, int64_t T, int64_t E,
                             const struct pulse_system *systems, int64_t n_systems)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_plan plan = {0};
    struct pulse_options dated = *options;
    int64_t *calendar = check_calendar(T);
    dated.end_day = calendar[T - 1];
    assert_int_equal(pulse_plan_windows(&plan, &dated, calendar[0], calendar, &T, &err), 0);
    const struct pulse_sizes sizes =
        pulse_sizes_of(&options->features, options->n_ridge, T, E, plan.calendar.columns);
    assert_int_equal(pulse_plan_spans(&plan, options, &sizes, systems, n_systems, &err), 0);
    free(calendar);
    return plan;
}
