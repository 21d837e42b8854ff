/* calendar.c: what the date of a row says of it. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "plan/calendar.h"

enum { MOST = 64, WEEK = 7 };

/* 2024-01-01 is a Monday. */
static int64_t monday(void)
{
    return pulse_days_from_civil(2024, 1, 1);
}

/* n days from Monday on whose weekday is marked; returns how many. */
static int64_t days_on(const char marked[WEEK], int64_t n, int64_t *day)
{
    int64_t rows = 0;
    for (int64_t d = 0; rows < n; d++)
        if (marked[d % WEEK] != ' ')
            day[rows++] = monday() + d;
    return rows;
}

static struct pulse_calendar decide(enum pulse_calendar_choice choice, const int64_t *day,
                                    int64_t rows)
{
    struct pulse_calendar calendar;
    pulse_calendar_decide(&calendar, choice, day, rows);
    return calendar;
}

static void calendar__business_days_have_five_columns(void **state)
{
    const char *const names[] = {"tue", "wed", "thu", "fri", "gap"};
    int64_t day[40];
    (void)state;
    for (int k = 0; k < 2; k++) {
        const struct pulse_calendar calendar = decide(
            k == 0 ? PULSE_CALENDAR_AUTO : PULSE_CALENDAR_ON, day, days_on("xxxxx  ", 40, day));
        assert_int_equal(calendar.weekdays, 5);
        assert_int_equal(calendar.columns, 5);
        for (int i = 0; i < WEEK; i++)
            assert_int_equal(calendar.counts[i], i < 5);
        for (int64_t c = 0; c < 5; c++)
            assert_string_equal(pulse_calendar_name(&calendar, c), names[c]);
    }
}

static void calendar__names_skip_weekdays_that_do_not_count(void **state)
{
    const char *const names[] = {"thu", "sat", "sun", "gap"};
    int64_t day[40];
    const struct pulse_calendar calendar =
        decide(PULSE_CALENDAR_ON, day, days_on(" x x xx", 40, day));
    (void)state;
    assert_int_equal(calendar.columns, 4);
    for (int64_t c = 0; c < 4; c++)
        assert_string_equal(pulse_calendar_name(&calendar, c), names[c]);
}

static void calendar__off_has_none(void **state)
{
    int64_t day[40];
    const struct pulse_calendar calendar =
        decide(PULSE_CALENDAR_OFF, day, days_on("xxxxx  ", 40, day));
    double out = 77;
    (void)state;
    assert_int_equal(calendar.columns, 0);
    assert_int_equal(calendar.weekdays, 0);
    pulse_calendar_row(&calendar, day[1], 1, &out);
    CHECK_BITS(out, 77);
}

static void calendar__weekly_rows_are_not_daily(void **state)
{
    int64_t day[40];
    const int64_t rows = days_on("  x    ", 40, day);
    (void)state;
    assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, rows).columns, 0);
    const struct pulse_calendar asked = decide(PULSE_CALENDAR_ON, day, rows);
    assert_int_equal(asked.weekdays, 1);
    assert_int_equal(asked.columns, 1); /* the first weekday has no column of its own */
    assert_string_equal(pulse_calendar_name(&asked, 0), "gap");
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Whether the sorted steps' median is at most 2. */
static bool is_daily(const int64_t *day, int64_t rows)
{
    int64_t step[MOST];
    const int64_t n = rows - 1;
    for (int64_t t = 1; t < rows; t++)
        step[t - 1] = day[t] - day[t - 1];
    if (n < 1)
        return false;
    qsort(step, (size_t)n, sizeof *step, ascending);
    return step[(n - 1) / 2] + step[n / 2] <= 4;
}

static void calendar__auto_asks_for_the_median_step(void **state)
{
    uint64_t seed = 4;
    int64_t daily = 0, others = 0;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        int64_t day[MOST];
        const int64_t rows = round < 1500 ? check_below(&seed, 8) : check_below(&seed, MOST);
        for (int64_t t = 0; t < rows; t++)
            day[t] = t == 0 ? monday() : day[t - 1] + 1 + check_below(&seed, 4);
        const bool want = is_daily(day, rows);
        assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, rows).columns > 0, want);
        *(want ? &daily : &others) += 1;
    }
    assert_true(daily > 500 && others > 500);
}

static void calendar__middle_steps_are_averaged(void **state)
{
    const int64_t steps[][4] = {{1, 3, 1, 3}, {2, 3, 2, 3}, {1, 4, 1, 4}, {2, 2, 9, 9}};
    const bool daily[] = {true, false, false, false};
    (void)state;
    for (int k = 0; k < 4; k++) {
        int64_t day[5] = {monday()};
        for (int t = 1; t < 5; t++)
            day[t] = day[t - 1] + steps[k][t - 1];
        assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, 5).columns > 0, daily[k]);
    }
}

static void calendar__too_few_rows_to_say(void **state)
{
    const int64_t day[] = {monday(), monday() + 2};
    (void)state;
    assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, 0).columns, 0);
    assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, 1).columns, 0);
    assert_int_equal(decide(PULSE_CALENDAR_AUTO, day, 2).columns, 2);
    assert_int_equal(decide(PULSE_CALENDAR_ON, day, 1).columns, 1);
    const struct pulse_calendar none = decide(PULSE_CALENDAR_ON, day, 0);
    assert_int_equal(none.weekdays, 0);
    assert_int_equal(none.columns, 1);
    assert_string_equal(pulse_calendar_name(&none, 0), "gap");
    assert_int_equal(pulse_calendar_next(&none, day[0]), day[0] + 1);
}

static void calendar__a_tenth_of_the_rows_makes_a_weekday(void **state)
{
    int64_t day[MOST];
    (void)state;
    for (int64_t rows = 20; rows <= 21; rows++) { /* two Saturdays in 20 rows, and in 21 */
        for (int64_t t = 0; t < rows; t++)
            day[t] = monday() + t / 5 * WEEK + t % 5;
        day[4]++, day[9]++; /* Friday is Saturday */
        const struct pulse_calendar calendar = decide(PULSE_CALENDAR_ON, day, rows);
        assert_int_equal(calendar.counts[5], rows == 20);
        assert_int_equal(calendar.counts[4], rows == 20);
    }
}

static void calendar__columns_follow_the_formula(void **state)
{
    int64_t day[40];
    const struct pulse_calendar calendar =
        decide(PULSE_CALENDAR_AUTO, day, days_on("xxxxx  ", 40, day));
    double out[5];
    (void)state;
    for (int64_t d = 0; d < 3 * (int64_t)WEEK; d++)
        for (int64_t gap = 1; gap < 9; gap++) {
            pulse_calendar_row(&calendar, monday() + d, gap, out);
            for (int64_t c = 0; c < 4; c++) /* Tuesday … Friday */
                CHECK_CLOSE(out[c], d % WEEK == c + 1 ? 1.6 : -0.4, 1e-15);
            CHECK_CLOSE(out[4], 2 * ((gap < 5 ? (double)gap : 5) - 1.4), 1e-15);
        }
}

static void calendar__weekdays_sum_to_zero_over_a_week(void **state)
{
    int64_t day[60];
    const struct pulse_calendar calendar =
        decide(PULSE_CALENDAR_AUTO, day, days_on("xxx xxx", 60, day));
    double sum[6] = {0}, out[6];
    (void)state;
    assert_int_equal(calendar.columns, 6);
    for (int64_t t = 0; t < 6; t++) {
        pulse_calendar_row(&calendar, day[t], 1, out);
        for (int c = 0; c < 5; c++)
            sum[c] += out[c];
    }
    for (int c = 0; c < 5; c++)
        CHECK_CLOSE(sum[c], 0, 1e-14);
}

static void calendar__next_row_is_on_a_weekday_that_counts(void **state)
{
    int64_t day[40];
    const struct pulse_calendar business =
        decide(PULSE_CALENDAR_AUTO, day, days_on("xxxxx  ", 40, day));
    const struct pulse_calendar weekly = decide(PULSE_CALENDAR_ON, day, days_on("  x    ", 9, day));
    const struct pulse_calendar off = decide(PULSE_CALENDAR_OFF, day, 9);
    const int64_t after[WEEK] = {1, 2, 3, 4, 7, 7, 7}, wednesday[WEEK] = {2, 2, 9, 9, 9, 9, 9};
    (void)state;
    for (int64_t d = 0; d < WEEK; d++) {
        assert_int_equal(pulse_calendar_next(&business, monday() + d), monday() + after[d]);
        assert_int_equal(pulse_calendar_next(&weekly, monday() + d), monday() + wednesday[d]);
        assert_int_equal(pulse_calendar_next(&off, monday() + d), monday() + d + 1);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(calendar__business_days_have_five_columns),
        cmocka_unit_test(calendar__names_skip_weekdays_that_do_not_count),
        cmocka_unit_test(calendar__off_has_none),
        cmocka_unit_test(calendar__weekly_rows_are_not_daily),
        cmocka_unit_test(calendar__auto_asks_for_the_median_step),
        cmocka_unit_test(calendar__middle_steps_are_averaged),
        cmocka_unit_test(calendar__too_few_rows_to_say),
        cmocka_unit_test(calendar__a_tenth_of_the_rows_makes_a_weekday),
        cmocka_unit_test(calendar__columns_follow_the_formula),
        cmocka_unit_test(calendar__weekdays_sum_to_zero_over_a_week),
        cmocka_unit_test(calendar__next_row_is_on_a_weekday_that_counts),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
