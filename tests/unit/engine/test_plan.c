/* plan.c: windows, spans, shares. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"

static void plan__window_ids_have_four_digits(void **state)
{
    char id[32];
    (void)state;
    assert_string_equal(pulse_window_id(0, id), "batch_0000");
    assert_string_equal(pulse_window_id(417, id), "batch_0417");
    assert_string_equal(pulse_window_id(12345, id), "batch_12345");
}

/* Windows over rows that leave days out, with the period wider than the rows. */
static struct pulse_plan scattered(const struct pulse_options *options, const int64_t *day,
                                   int64_t *T)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_plan plan = {0};
    assert_int_equal(pulse_plan_windows(&plan, options, 1000, day, T, &err), 0);
    return plan;
}

static void plan__windows_hold_every_day_and_row_once(void **state)
{
    (void)state;
    for (int64_t size = 1; size <= 40; size++) {
        uint64_t seed = (uint64_t)size;
        int64_t day[200], T = 0, row = 0;
        struct pulse_options options = check_options(NULL, 0);
        options.batch_size_days = size;
        options.end_day = 1250;
        for (int64_t d = 1003; d <= 1240 && T < 200; d++)
            if (check_uniform(&seed) < 0.6)
                day[T++] = d;
        struct pulse_plan plan = scattered(&options, day, &T);
        int64_t next = 1000;
        for (int64_t w = 0; w < plan.n_windows; w++) {
            const struct pulse_window *window = &plan.windows[w];
            assert_int_equal(window->start_day, next);
            assert_true(window->end_day >= window->start_day);
            assert_true(window->end_day - window->start_day < size);
            assert_int_equal(window->first_row, row);
            for (int64_t i = 0; i < window->rows; i++, row++)
                assert_in_range(day[row], window->start_day, window->end_day);
            next = window->end_day + 1;
        }
        /* The last window is that of the last row, and ends with it or with the period. */
        assert_int_equal(plan.last_row_window, plan.n_windows - 1);
        assert_int_equal(plan.n_windows, (day[T - 1] - 1000) / size + 1);
        assert_true(next > day[T - 1] && next <= options.end_day + 1);
        assert_int_equal(row, T);
        pulse_plan_clear(&plan);
    }
}

static void plan__last_window_may_be_short(void **state)
{
    const int64_t day[] = {1000, 1029, 1030, 1060};
    struct pulse_options options = check_options(NULL, 0);
    int64_t T = 4;
    (void)state;
    options.end_day = 1061;
    struct pulse_plan plan = scattered(&options, day, &T);
    assert_int_equal(plan.n_windows, 3);
    assert_int_equal(plan.windows[2].start_day, 1060);
    assert_int_equal(plan.windows[2].end_day, 1061);
    assert_int_equal(plan.windows[0].rows, 2);
    assert_int_equal(plan.windows[2].rows, 1);
    pulse_plan_clear(&plan);

    options.end_day = 1059; /* the period ends with a window: none of no days follows */
    plan = scattered(&options, day, &T);
    assert_int_equal(plan.n_windows, 2);
    assert_int_equal(T, 3); /* the row after it is gone */
    pulse_plan_clear(&plan);

    T = 4;
    options.end_day = 5000; /* the last window is whole, though nothing is in most of it */
    plan = scattered(&options, day, &T);
    assert_int_equal(plan.n_windows, 3);
    assert_int_equal(plan.windows[2].end_day, 1089);
    pulse_plan_clear(&plan);
}

static void plan__batch_limit_drops_rows_after_it(void **state)
{
    const int64_t day[] = {1000, 1029, 1030, 1061};
    struct pulse_options options = check_options(NULL, 0);
    int64_t T = 4;
    (void)state;
    options.end_day = 5000;
    options.batch_limit = 2;
    struct pulse_plan plan = scattered(&options, day, &T);
    assert_int_equal(plan.n_windows, 2);
    assert_int_equal(T, 3);
    assert_int_equal(plan.last_row_window, 1);
    pulse_plan_clear(&plan);
}

static void plan__windows_end_with_the_last_row(void **state)
{
    const int64_t day[] = {1000, 1100};
    struct pulse_options options = check_options(NULL, 0);
    int64_t T = 2;
    (void)state;
    options.end_day = 1500;
    struct pulse_plan plan = scattered(&options, day, &T);
    assert_int_equal(plan.last_row_window, 3);
    assert_int_equal(plan.n_windows, 4);
    pulse_plan_clear(&plan);

    options.batch_limit = 3; /* the first three of these, though two of them have no row */
    plan = scattered(&options, day, &T);
    assert_int_equal(plan.last_row_window, 0);
    assert_int_equal(plan.n_windows, 3);
    assert_int_equal(T, 1);
    pulse_plan_clear(&plan);

    T = 0; /* nothing to say: the period's windows are all there */
    plan = scattered(&options, day, &T);
    assert_int_equal(plan.last_row_window, -1);
    assert_int_equal(plan.n_windows, 3);
    pulse_plan_clear(&plan);
}

/* The calendar's columns of a plan over business days from Monday 2024-01-01 on, with a holiday. */
static struct pulse_plan business(struct pulse_options *options, int64_t *day, int64_t *T)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_plan plan = {0};
    const int64_t monday = pulse_days_from_civil(2024, 1, 1);
    int64_t n = 0;
    for (int64_t d = 0; n < *T; d++)
        if (d % 7 < 5 && d != 35) /* a Monday is missing */
            day[n++] = monday + d;
    options->end_day = day[n - 1];
    options->batch_size_days = 7;
    assert_int_equal(pulse_plan_windows(&plan, options, monday, day, T, &err), 0);
    return plan;
}

static void plan__calendar_rows_are_those_of_the_days(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    int64_t day[100], T = 100;
    double want[5];
    (void)state;
    options.calendar = PULSE_CALENDAR_AUTO;
    options.min_history = 20;
    struct pulse_plan plan = business(&options, day, &T);
    assert_int_equal(plan.calendar.columns, 5);
    for (int64_t t = 0; t <= T; t++) { /* the next row is that of the next business day */
        const int64_t date = t < T ? day[t] : pulse_calendar_next(&plan.calendar, day[T - 1]);
        pulse_calendar_row(&plan.calendar, date, t == 0 ? 1 : date - day[t - 1], want);
        for (int64_t c = 0; c < 5; c++)
            CHECK_BITS(plan.calendar_rows[5 * t + c], want[c]);
    }
    CHECK_CLOSE(plan.calendar_rows[5 * 25 + 4], 2 * (4 - 1.4), 1e-15); /* over the holiday */
    pulse_plan_clear(&plan);
}

/* Which weekdays count is decided before the first trained window; what comes later says nothing.
 */
static void plan__calendar_is_decided_from_the_rows_before_training(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct pulse_options options = check_options(NULL, 0);
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        struct pulse_plan plan = {0};
        int64_t day[200], T = 200;
        options.calendar = PULSE_CALENDAR_AUTO;
        options.min_history = k == 2 ? 1000 : 40; /* 1000: none is trained, all rows are known */
        options.batch_size_days = 10;
        for (int64_t t = 0; t < T; t++) /* weekly after the first 60 rows, or before */
            day[t] = t == 0 ? 1000 : day[t - 1] + ((t >= 60) == (k != 1) ? 7 : 1);
        options.end_day = day[T - 1];
        assert_int_equal(pulse_plan_windows(&plan, &options, 1000, day, &T, &err), 0);
        assert_int_equal(plan.calendar.columns, k == 0 ? 7 : 0);
        pulse_plan_clear(&plan);
    }
}

/* The first trained window's own rows are not known: 20 daily rows before 100 weekly ones. */
static void plan__calendar_does_not_look_into_the_first_trained_window(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct pulse_plan plan = {0};
    int64_t day[120], T = 120;
    (void)state;
    options.calendar = PULSE_CALENDAR_AUTO;
    options.min_history = 10;
    options.batch_size_days = 1000;
    for (int64_t t = 0; t < T; t++)
        day[t] = t < 20 ? 1000 + t : 2000 + 7 * (t - 20);
    options.end_day = day[T - 1];
    assert_int_equal(pulse_plan_windows(&plan, &options, 1000, day, &T, &err), 0);
    assert_int_equal(plan.windows[1].status, PULSE_TRAINED);
    assert_int_equal(plan.calendar.columns, 7);
    pulse_plan_clear(&plan);
}

static void plan__calendar_is_off_when_asked_for(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    int64_t day[100], T = 100;
    (void)state;
    options.calendar = PULSE_CALENDAR_OFF;
    struct pulse_plan plan = business(&options, day, &T);
    assert_int_equal(plan.calendar.columns, 0);
    pulse_plan_clear(&plan);
}

static void decide(struct pulse_plan *plan, const struct pulse_options *options, int64_t T,
                   int64_t E)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const struct pulse_sizes sizes = pulse_sizes_of(&options->features, options->n_ridge, T, E, 0);
    assert_int_equal(pulse_plan_spans(plan, options, &sizes, NULL, 0, &err), 0);
}

static void plan__window_without_rows_is_skipped(void **state)
{
    const int64_t day[] = {1000, 1001, 1002, 1090};
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    int64_t T = 4;
    (void)state;
    options.end_day = 1100;
    options.min_history = 0;
    pulse_features_lags(1, &options.features);
    struct pulse_plan plan = scattered(&options, day, &T);
    decide(&plan, &options, T, 1);
    assert_int_equal(plan.windows[0].status, PULSE_TRAINED);
    assert_int_equal(plan.windows[1].status, PULSE_SKIPPED);
    assert_non_null(strstr(plan.windows[1].reason, "no rows"));
    assert_int_equal(plan.windows[3].status, PULSE_TRAINED);
    assert_string_equal(plan.windows[3].reason, "");
    pulse_plan_clear(&plan);
}

static void plan__too_little_history_is_skipped_with_the_numbers(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.min_history = 85; /* 90 rows before the fourth window, less 5 lags */
    struct pulse_plan plan = check_plan(&options, 150, 2, NULL, 0);
    assert_int_equal(plan.windows[2].status, PULSE_SKIPPED);
    assert_non_null(strstr(plan.windows[2].reason, "55"));
    assert_non_null(strstr(plan.windows[2].reason, "85"));
    assert_int_equal(plan.windows[3].history_rows, 85);
    assert_int_equal(plan.windows[3].status, PULSE_TRAINED);
    pulse_plan_clear(&plan);
}

static void plan__averages_lose_one_row_only(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.min_history = 90;
    options.features = pulse_features_default();
    struct pulse_plan plan = check_plan(&options, 150, 2, NULL, 0);
    assert_int_equal(plan.windows[3].history_rows, 89);
    assert_int_equal(plan.windows[3].status, PULSE_SKIPPED);
    assert_int_equal(plan.windows[4].status, PULSE_TRAINED);
    pulse_plan_clear(&plan);
}

static void plan__rolling_history_counts_skipped_windows(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.history = PULSE_ROLLING;
    options.rolling_windows = 2;
    options.min_history = 50;
    struct pulse_plan plan = check_plan(&options, 200, 2, NULL, 0);
    assert_int_equal(pulse_plan_history_first(&plan, &options, 1), 0);
    assert_int_equal(pulse_plan_history_first(&plan, &options, 2), 0);
    assert_int_equal(pulse_plan_history_first(&plan, &options, 5), 90);
    assert_int_equal(plan.windows[1].status, PULSE_SKIPPED);
    assert_int_equal(plan.windows[2].history_rows, 55); /* rows 0 … 4 have no lags */
    assert_int_equal(plan.windows[3].history_rows, 60);
    pulse_plan_clear(&plan);
}

static void check_spans(const struct pulse_plan *plan)
{
    int64_t window = 0, row = 0;
    for (int64_t s = 0; s < plan->n_spans; s++) {
        const struct pulse_span *span = &plan->spans[s];
        bool trains = false;
        assert_int_equal(span->first_window, window);
        assert_int_equal(span->first_row, row);
        assert_true(span->windows > 0);
        for (int64_t i = 0; i < span->windows; i++, window++) {
            row += plan->windows[window].rows;
            trains = trains || plan->windows[window].status == PULSE_TRAINED;
        }
        assert_int_equal(span->rows, row - span->first_row);
        assert_int_equal(span->trains, trains);
        assert_true(span->flops >= 0);
    }
    assert_int_equal(window, plan->n_windows);
}

static void plan__spans_hold_every_window_once_in_order(void **state)
{
    double ridge[] = {1, 10};
    int64_t targets[] = {0, 1, 2};
    const struct pulse_system dense = {.q = 3, .target = targets};
    (void)state;
    for (int64_t size = 1; size <= 64; size *= 2)
        for (int64_t least = 0; least <= 400; least += 100) {
            struct pulse_options options = check_options(ridge, 2);
            options.batch_size_days = size;
            options.min_history = least;
            struct pulse_plan plan = check_plan(&options, 700, 3, &dense, 1);
            check_spans(&plan);
            pulse_plan_clear(&plan);
        }
}

static void plan__hash_changes_with_windows_spans_and_systems(void **state)
{
    double ridge[] = {1};
    int64_t targets[] = {0, 1, 2}, row[] = {20, 30, 40};
    struct pulse_system systems[] = {{.q = 2, .target = targets},
                                     {.q = 1, .target = targets + 2, .n = 3, .row = row}};
    struct pulse_options options = check_options(ridge, 1);
    struct pulse_plan plan = check_plan(&options, 700, 3, systems, 2);
    const uint64_t first = pulse_plan_hash(&plan, systems, 2);
    (void)state;
    assert_true(pulse_plan_hash(&plan, systems, 2) == first);
    assert_true(pulse_plan_hash(&plan, systems, 1) != first);
    row[2]++;
    assert_true(pulse_plan_hash(&plan, systems, 2) != first);
    row[2]--;
    systems[1].from++;
    assert_true(pulse_plan_hash(&plan, systems, 2) != first);
    systems[1].from--;
    plan.windows[3].history_rows++;
    assert_true(pulse_plan_hash(&plan, systems, 2) != first);
    plan.windows[3].history_rows--;
    plan.spans[0].flops++;
    assert_true(pulse_plan_hash(&plan, systems, 2) != first);
    plan.spans[0].flops--;
    assert_true(pulse_plan_hash(&plan, systems, 2) == first);
    pulse_plan_clear(&plan);
}

static void plan__first_trained_window_begins_a_span(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.batch_size_days = 10;
    struct pulse_plan plan = check_plan(&options, 900, 40, NULL, 0);
    int64_t s = 0;
    while (!plan.spans[s].trains)
        s++;
    assert_true(s > 0);
    assert_int_equal(plan.windows[plan.spans[s].first_window].status, PULSE_TRAINED);
    assert_int_equal(plan.windows[plan.spans[s].first_window - 1].status, PULSE_SKIPPED);
    pulse_plan_clear(&plan);
}

static void plan__span_windows_is_obeyed(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.batch_size_days = 10;
    options.span_windows = 7;
    struct pulse_plan plan = check_plan(&options, 1000, 2, NULL, 0);
    for (int64_t s = 0; s + 1 < plan.n_spans; s++)
        assert_true(plan.spans[s].windows == 7 || !plan.spans[s].trains);
    check_spans(&plan);
    pulse_plan_clear(&plan);
}

static void plan__totals_need_features_that_follow_from_each_other(void **state)
{
    const char *const texts[] = {"lag1,ewma4,ewma16", "lag1+lag2", "lag2", "lag1,lag2,ewma4"};
    double ridge[] = {1};
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct pulse_options options = check_options(ridge, 1);
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        assert_int_equal(pulse_features_parse(texts[i % 4], &options.features, &err), 0);
        options.refit = i >= 4;
        struct pulse_plan plan = check_plan(&options, 400, 2, NULL, 0);
        assert_int_equal(plan.innovations, i < 4);
        assert_int_equal(plan.by_totals, i < 2);
        pulse_plan_clear(&plan);
    }
}

/* A factor serves all blocks of a penalty: more blocks cost more, but not a factor each. */
static void plan__blocks_cost_less_than_penalties(void **state)
{
    double ridge[] = {1, 2, 3};
    int64_t targets[40];
    double flops[3];
    const struct pulse_system dense = {.q = 40, .target = targets};
    (void)state;
    for (int64_t e = 0; e < 40; e++)
        targets[e] = e;
    for (int k = 0; k < 3; k++) { /* one of one, three blocks, three penalties */
        struct pulse_options options = check_options(ridge, k == 2 ? 3 : 1);
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        assert_int_equal(pulse_features_parse(k == 1 ? "lag1,ewma4,ewma16" : "lag1+ewma4+ewma16",
                                              &options.features, &err),
                         0);
        options.span_windows = 2;
        struct pulse_plan plan = check_plan(&options, 2000, 40, &dense, 1);
        flops[k] = 0;
        for (int64_t s = 0; s < plan.n_spans; s++)
            flops[k] += plan.spans[s].flops;
        pulse_plan_clear(&plan);
    }
    assert_true(flops[0] < flops[1] && flops[1] < 0.6 * flops[2]);
}

static void plan__innovations_are_for_histories_whose_rows_weigh_the_same(void **state)
{
    double ridge[] = {1};
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct pulse_options options = check_options(ridge, 1);
        options.history = i == 1 ? PULSE_ROLLING : i == 2 ? PULSE_HALFLIFE : PULSE_EXPANDING;
        options.rolling_windows = 3;
        options.history_halflife = 3;
        options.refit = i == 3;
        struct pulse_plan plan = check_plan(&options, 400, 2, NULL, 0);
        assert_int_equal(plan.innovations, i < 2);
        assert_true(!plan.by_totals || i == 0);
        pulse_plan_clear(&plan);
    }
}

enum { MOST_SPANS = 60, MOST_RANKS = 70 };

/* A plan of n spans of random work, some of them none. */
static struct pulse_plan worked(struct pulse_span *spans, int64_t n, uint64_t *seed)
{
    for (int64_t s = 0; s < n; s++)
        spans[s] =
            (struct pulse_span){.flops = check_uniform(seed) < 0.2 ? 0 : 1e9 * check_uniform(seed)};
    return (struct pulse_plan){.n_spans = n, .spans = spans};
}

static void plan__shares_cover_all_spans_for_any_rank_count(void **state)
{
    struct pulse_span spans[MOST_SPANS];
    uint64_t seed = 11;
    (void)state;
    for (int64_t n = 0; n <= MOST_SPANS; n++) {
        struct pulse_plan plan = worked(spans, n, &seed);
        for (int ranks = 1; ranks <= MOST_RANKS; ranks++) {
            int64_t first[MOST_RANKS + 1];
            pulse_plan_distribute(&plan, ranks, first);
            assert_int_equal(first[0], 0);
            assert_int_equal(first[ranks], n);
            for (int r = 0; r < ranks; r++)
                assert_true(first[r] <= first[r + 1]);
        }
    }
}

static void plan__no_share_exceeds_an_equal_part_by_more_than_a_span(void **state)
{
    struct pulse_span spans[MOST_SPANS];
    uint64_t seed = 12;
    (void)state;
    struct pulse_plan plan = worked(spans, MOST_SPANS, &seed);
    double total = 0, largest = 0;
    for (int64_t s = 0; s < plan.n_spans; s++) {
        total += spans[s].flops;
        largest = spans[s].flops > largest ? spans[s].flops : largest;
    }
    for (int ranks = 1; ranks <= MOST_RANKS; ranks++) {
        int64_t first[MOST_RANKS + 1];
        pulse_plan_distribute(&plan, ranks, first);
        for (int r = 0; r < ranks; r++) {
            double work = 0;
            for (int64_t s = first[r]; s < first[r + 1]; s++)
                work += spans[s].flops;
            assert_true(work <= total / ranks + largest * 1.0000001);
        }
    }
}

static void plan__halo_reaches_lags_and_rolling_history(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    (void)state;
    options.min_history = 40;
    pulse_features_lags(7, &options.features);
    struct pulse_plan plan = check_plan(&options, 600, 2, NULL, 0);
    assert_int_equal(pulse_plan_halo(&plan, &options, 0), 0);
    for (int64_t s = 1; s < plan.n_spans; s++)
        assert_int_equal(pulse_plan_halo(&plan, &options, s), plan.spans[s].first_row - 7);
    pulse_plan_clear(&plan);

    options.history = PULSE_ROLLING;
    options.rolling_windows = 2;
    plan = check_plan(&options, 600, 2, NULL, 0);
    for (int64_t s = 0; s < plan.n_spans; s++) {
        int64_t want = plan.spans[pulse_plan_fresh_span(s)].first_row - 60 - 7;
        assert_int_equal(pulse_plan_halo(&plan, &options, s), want < 0 ? 0 : want);
    }
    pulse_plan_clear(&plan);
}

static void plan__final_fit_of_rolling_takes_the_last_windows(void **state)
{
    double ridge[] = {1};
    struct pulse_options options = check_options(ridge, 1);
    int64_t first, end;
    (void)state;
    struct pulse_plan plan = check_plan(&options, 200, 2, NULL, 0);
    pulse_plan_final_rows(&plan, &options, &first, &end);
    assert_int_equal(first, 0);
    assert_int_equal(end, 200);
    pulse_plan_clear(&plan);

    options.history = PULSE_ROLLING;
    options.rolling_windows = 2;
    plan = check_plan(&options, 200, 2, NULL, 0);
    pulse_plan_final_rows(&plan, &options, &first, &end);
    assert_int_equal(first, 150); /* the seventh window is short: 180 … 199 */
    assert_int_equal(end, 200);
    pulse_plan_clear(&plan);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(plan__window_ids_have_four_digits),
        cmocka_unit_test(plan__windows_hold_every_day_and_row_once),
        cmocka_unit_test(plan__last_window_may_be_short),
        cmocka_unit_test(plan__batch_limit_drops_rows_after_it),
        cmocka_unit_test(plan__windows_end_with_the_last_row),
        cmocka_unit_test(plan__calendar_rows_are_those_of_the_days),
        cmocka_unit_test(plan__calendar_is_decided_from_the_rows_before_training),
        cmocka_unit_test(plan__calendar_does_not_look_into_the_first_trained_window),
        cmocka_unit_test(plan__calendar_is_off_when_asked_for),
        cmocka_unit_test(plan__window_without_rows_is_skipped),
        cmocka_unit_test(plan__too_little_history_is_skipped_with_the_numbers),
        cmocka_unit_test(plan__averages_lose_one_row_only),
        cmocka_unit_test(plan__rolling_history_counts_skipped_windows),
        cmocka_unit_test(plan__spans_hold_every_window_once_in_order),
        cmocka_unit_test(plan__hash_changes_with_windows_spans_and_systems),
        cmocka_unit_test(plan__first_trained_window_begins_a_span),
        cmocka_unit_test(plan__span_windows_is_obeyed),
        cmocka_unit_test(plan__totals_need_features_that_follow_from_each_other),
        cmocka_unit_test(plan__blocks_cost_less_than_penalties),
        cmocka_unit_test(plan__innovations_are_for_histories_whose_rows_weigh_the_same),
        cmocka_unit_test(plan__shares_cover_all_spans_for_any_rank_count),
        cmocka_unit_test(plan__no_share_exceeds_an_equal_part_by_more_than_a_span),
        cmocka_unit_test(plan__halo_reaches_lags_and_rolling_history),
        cmocka_unit_test(plan__final_fit_of_rolling_takes_the_last_windows),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
