/* Zones against the C library, which reads the same database by another program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/zone.h"

static const char *const names[] = {
    "America/New_York",  "Europe/London",     "Asia/Tokyo", "Asia/Kolkata",    "Australia/Sydney",
    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Gaza",  "Europe/Dublin",   "Pacific/Apia",
    "Antarctica/Troll",  "America/Nuuk",      "Etc/GMT+5",  "Africa/Monrovia", "Asia/Tehran"};

static const struct pulse_zone *find(const char *name)
{
    const struct pulse_zone *zone = NULL;
    struct pulse_err err = {0};
    assert_int_equal(pulse_zone_find(name, &zone, &err), 0);
    return zone;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 11;
}

static void offsets_are_those_of_the_c_library(void **state)
{
    enum { TIMES = 3000 };
    uint64_t random = 1;
    (void)state;
    for (size_t z = 0; z < sizeof names / sizeof *names; z++) {
        const struct pulse_zone *zone = find(names[z]);
        assert_int_equal(setenv("TZ", names[z], 1), 0);
        tzset();
        for (int i = 0; i < TIMES; i++) {
            const time_t second =
                (time_t)(next_random(&random) % UINT64_C(17000000000)) - INT64_C(9000000000);
            struct tm tm;
            assert_non_null(localtime_r(&second, &tm));
            assert_int_equal(pulse_zone_offset(zone, second), tm.tm_gmtoff);
        }
    }
    assert_int_equal(unsetenv("TZ"), 0);
}

static void clocks_lead_back_to_their_instants(void **state)
{
    enum { TIMES = 3000 };
    uint64_t random = 2;
    (void)state;
    for (size_t z = 0; z < sizeof names / sizeof *names; z++)
        for (int i = 0; i < TIMES; i++) {
            const struct pulse_zone *zone = find(names[z]);
            const int64_t ns =
                (int64_t)(next_random(&random) * 1000) - INT64_C(4000000000000000000);
            const int64_t clock = pulse_zone_clock(zone, ns);
            assert_int_equal(pulse_zone_clock(zone, pulse_zone_instant(zone, clock)), clock);
        }
    assert_int_equal(pulse_zone_clock(find("Asia/Tokyo"), INT64_MAX), INT64_MAX);
    assert_int_equal(pulse_zone_clock(find("America/New_York"), INT64_MIN), INT64_MIN);
}

static void names_are_checked(void **state)
{
    static const char *const wrong[] = {"Mars/Olympus", "../../etc/passwd", "/etc/passwd",  "",
                                        "Asia/Tokyo\n", "+25:00",           "zone1970.tab", "Asia"};
    const struct pulse_zone *zone;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pulse_err err = {0};
        assert_int_equal(pulse_zone_find(wrong[i], &zone, &err), -1);
        assert_int_equal(err.kind, PULSE_E_INPUT);
    }
    assert_string_equal(pulse_zone_name(find("UTC-05:30")), "-05:30");
    assert_ptr_equal(find("dateutil//usr/share/zoneinfo/Asia/Tokyo"), find("Asia/Tokyo"));
    assert_true(pulse_zone_is_utc(find("UTC")) && pulse_zone_is_utc(find("Etc/UTC")) &&
                pulse_zone_is_utc(find("+00:00")) && !pulse_zone_is_utc(find("Europe/London")));
}

static void stamps_show_their_offset(void **state)
{
    char text[PULSE_INSTANT_TEXT];
    int64_t ns;
    (void)state;
    assert_string_equal(pulse_zone_format(find("-05:30"), 0, text), "1969-12-31T18:30:00-05:30");
    assert_string_equal(pulse_zone_format(NULL, 1, text), "1970-01-01T00:00:00.000000001");
    /* Local mean time: 9:18:59 ahead. */
    assert_true(pulse_parse_instant("1880-01-01T00:00:00", 19, &ns));
    assert_string_equal(pulse_zone_format(find("Asia/Tokyo"), ns, text),
                        "1880-01-01T09:18:00+09:18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(offsets_are_those_of_the_c_library),
                                       cmocka_unit_test(clocks_lead_back_to_their_instants),
                                       cmocka_unit_test(names_are_checked),
                                       cmocka_unit_test(stamps_show_their_offset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
