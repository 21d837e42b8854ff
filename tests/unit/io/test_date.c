#include "support.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

static int64_t parsed(const char *text)
{
    int64_t ns;
    if (!pulse_parse_instant(text, strlen(text), &ns))
        fail_msg("not read: %s", text);
    return ns;
}

static void date__every_day_round_trips_and_agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t day = PULSE_DAY_MIN; day <= PULSE_DAY_MAX; day++) {
        int64_t year;
        int month, dom;
        time_t seconds = (time_t)(day * 86400);
        struct tm utc;
        assert_non_null(gmtime_r(&seconds, &utc));
        pulse_civil_from_days(day, &year, &month, &dom);
        assert_int_equal(year, utc.tm_year + 1900);
        assert_int_equal(month, utc.tm_mon + 1);
        assert_int_equal(dom, utc.tm_mday);
        assert_int_equal(pulse_weekday(day), utc.tm_wday);
        assert_int_equal(pulse_days_from_civil(year, month, dom), day);
    }
}

static void date__iso_forms_are_read(void **state)
{
    (void)state;
    const int64_t day = INT64_C(17165) * PULSE_NS_PER_DAY; /* 2016-12-30 */
    const int64_t hour = 3600 * PULSE_NS_PER_SECOND;
    assert_int_equal(parsed("2016-12-30"), day);
    assert_int_equal(parsed("20161230"), day);
    assert_int_equal(parsed("2016-12-30T16:00"), day + 16 * hour);
    assert_int_equal(parsed("2016-12-30 16:00:01"), day + 16 * hour + PULSE_NS_PER_SECOND);
    assert_int_equal(parsed("2016-12-30T16"), day + 16 * hour);
    assert_int_equal(parsed("20161230T16Z"), day + 16 * hour);
    assert_int_equal(parsed("2016-12-30T16-05:00"), day + 21 * hour);
    assert_int_equal(parsed("2016-12-30T16:00:00Z"), day + 16 * hour);
    assert_int_equal(parsed("2016-12-30T16:00:00-05:00"), day + 21 * hour);
    assert_int_equal(parsed("2016-12-30T16:00:00+0530"), day + 10 * hour + hour / 2);
    assert_int_equal(parsed("2016-12-30T16:00:00+01"), day + 15 * hour);
    assert_int_equal(parsed("2016-12-30T00:00:00.5"), day + PULSE_NS_PER_SECOND / 2);
    assert_int_equal(parsed("2016-12-30T00:00:00.1234567891"), day + 123456789);
    assert_int_equal(parsed("1969-12-31T23:59:59.999999999"), -1);
}

static void date__iso_8601_is_read_in_full(void **state)
{
    (void)state;
    assert_int_equal(parsed("2016-12"), parsed("2016-12-01"));
    assert_int_equal(parsed("2018-W01"), parsed("2018-01-01"));
    assert_int_equal(parsed("2020-W53-5"), parsed("2021-01-01"));
    assert_int_equal(parsed("2016W527"), parsed("2017-01-01"));
    assert_int_equal(parsed("2016W01"), parsed("2016-01-04"));
    assert_int_equal(parsed("2016-366"), parsed("2016-12-31"));
    assert_int_equal(parsed("2017-001"), parsed("2017-01-01"));
    assert_int_equal(parsed("20161230T160001Z"), parsed("2016-12-30T16:00:01Z"));
    assert_int_equal(parsed("20161230T1600+0100"), parsed("2016-12-30T15:00"));
    static const char *const bad[] = {"2018-W53", "2018-W00", "2018-W01-8", "2017-366",
                                      "2017-000", "2016-W1",  "201612",     "2016-13"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns;
        if (pulse_parse_instant(bad[i], strlen(bad[i]), &ns))
            fail_msg("read: %s", bad[i]);
    }
}

static void date__a_format_is_read_as_strptime_does(void **state)
{
    (void)state;
    struct pulse_shown_offset offset;
    int64_t ns;
    assert_true(pulse_parse_formatted("31.12.2016", 10, "%d.%m.%Y", &ns, &offset));
    assert_int_equal(ns, parsed("2016-12-31"));
    assert_true(pulse_parse_formatted("12/31/2016 16:30", 16, "%m/%d/%Y %H:%M", &ns, &offset));
    assert_int_equal(ns, parsed("2016-12-31T16:30"));
    assert_true(pulse_parse_formatted("Dec 2016", 8, "%b %Y", &ns, &offset));
    assert_int_equal(ns, parsed("2016-12-01"));
    assert_false(pulse_parse_formatted("31.02.2016", 10, "%d.%m.%Y", &ns, &offset));
    assert_false(pulse_parse_formatted("31.12.2016x", 11, "%d.%m.%Y", &ns, &offset));
    assert_false(pulse_parse_formatted("31.12.3016", 10, "%d.%m.%Y", &ns, &offset));
    assert_true(pulse_parse_formatted("30.12.2016 10 -0500", 19, "%d.%m.%Y %H %z", &ns, &offset));
    assert_true(offset.shown && offset.ns == -5 * 3600 * PULSE_NS_PER_SECOND);
    (void)pulse_read_stamp("2016-12-30T10:00-05:30", 22, &ns, &offset);
    assert_true(offset.shown &&
                offset.ns == -5 * 3600 * PULSE_NS_PER_SECOND - 1800 * PULSE_NS_PER_SECOND);
    (void)pulse_read_stamp("20161230T100000Z", 16, &ns, &offset);
    assert_true(offset.shown && offset.ns == 0);
    (void)pulse_read_stamp("2016-12-30T10:00:00", 19, &ns, &offset);
    assert_false(offset.shown);
    (void)pulse_read_stamp("2016-12-30", 10, &ns, &offset);
    assert_false(offset.shown);
}

static void date__what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2016",
                                      "2016-13-01",
                                      "2016-02-30",
                                      "2015-02-29",
                                      "1900-02-29",
                                      "2016-12-30T",
                                      "2016-12-30T24:00",
                                      "2016-12-30T1:00",
                                      "2016-1-3",
                                      "12/30/2016",
                                      "2016-12-30x",
                                      "2016-12-30T10:60",
                                      "2016-12-30T10:00:60",
                                      "20161230T",
                                      "2016-12-30 ",
                                      "2016-12-30T10:00:",
                                      "2016-12-30T10:00.",
                                      "2016-12-30T10:00:00.",
                                      "1234567890",
                                      "1600-01-01",
                                      "2300-01-01",
                                      "2016-12-30T10:00+",
                                      "2016-12-30T10:00+24:00",
                                      "2016-1230",
                                      "2016-12-30 10",
                                      "2016-12-30T1",
                                      "2016-12-30T10:",
                                      "2016-12-30T10.5",
                                      "2016-12-30T100",
                                      "-016-12-30",
                                      "9999-12-31",
                                      "0000-01-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns;
        if (pulse_parse_instant(bad[i], strlen(bad[i]), &ns))
            fail_msg("read: %s", bad[i]);
    }
    assert_int_equal(parsed("2016-02-29"), INT64_C(16860) * PULSE_NS_PER_DAY);
    assert_int_equal(parsed("2000-02-29"), INT64_C(11016) * PULSE_NS_PER_DAY);
}

static void date__reads_no_further_than_the_length(void **state)
{
    (void)state;
    int64_t ns;
    assert_true(pulse_parse_instant("2016-12-30T99:99", 10, &ns));
    assert_false(pulse_parse_instant("2016-12-30", 9, &ns));
}

static void date__instants_are_written_with_their_digits(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2016-12-30T00:00:00",        "2016-12-30T23:59:59.500", "1969-12-31T23:59:59.999999999",
        "1969-12-31T00:00:00.000001", "1677-09-22T00:00:00",     "2262-04-10T23:59:59.999999999"};
    char out[PULSE_INSTANT_TEXT];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(pulse_format_instant(parsed(texts[i]), out), texts[i]);
    (void)pulse_format_instant(INT64_MIN, out);
    (void)pulse_format_instant(INT64_MAX, out);
    assert_string_equal(pulse_format_day(PULSE_DAY_MIN, out), "1677-09-22");
    assert_string_equal(pulse_format_day(PULSE_DAY_MAX, out), "2262-04-10");
}

static void date__day_of_an_instant_is_the_floor(void **state)
{
    (void)state;
    assert_int_equal(pulse_day_of_ns(0), 0);
    assert_int_equal(pulse_day_of_ns(-1), -1);
    assert_int_equal(pulse_day_of_ns(PULSE_NS_PER_DAY - 1), 0);
    assert_int_equal(pulse_day_of_ns(-PULSE_NS_PER_DAY), -1);
    assert_int_equal(pulse_today(), (int64_t)time(NULL) / 86400);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date__every_day_round_trips_and_agrees_with_libc),
        cmocka_unit_test(date__iso_forms_are_read),
        cmocka_unit_test(date__iso_8601_is_read_in_full),
        cmocka_unit_test(date__a_format_is_read_as_strptime_does),
        cmocka_unit_test(date__what_is_no_instant_is_refused),
        cmocka_unit_test(date__reads_no_further_than_the_length),
        cmocka_unit_test(date__instants_are_written_with_their_digits),
        cmocka_unit_test(date__day_of_an_instant_is_the_floor),
    };
    return RUN_CASES(tests, argc, argv);
}
