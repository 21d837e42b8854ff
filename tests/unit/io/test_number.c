#include "support.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/number_short.h"

static uint64_t bits(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static void check_against_strtod(const char *text)
{
    char padded[128 + PULSE_NUMBER_PADDING] = {0};
    double value, expected = strtod(text, NULL);
    if (!pulse_parse_number(text, strlen(text), &value))
        fail_msg("not read: %s", text);
    if (bits(value) != bits(expected))
        fail_msg("%s: %a, strtod says %a", text, value, expected);
    (void)snprintf(padded, sizeof padded, "%s,12", text);
    if (pulse_number_quick(padded, padded + strlen(text), &value) && bits(value) != bits(expected))
        fail_msg("quickly %s: %a, strtod says %a", text, value, expected);
    for (char *p = padded; p < padded + strlen(text); p++)
        *p = (char)(*p == '.' ? ',' : *p);
    if (pulse_number_short(padded, padded + strlen(text), ',', &value) &&
        bits(value) != bits(expected))
        fail_msg("%s with a comma: %a, strtod says %a", text, value, expected);
}

/* With one character harmed it is another number or none. */
static void check_harmed(const char *text, uint64_t *seed)
{
    char padded[128 + PULSE_NUMBER_PADDING] = {0};
    const size_t length = strlen(text);
    double value;
    char *stop;
    (void)snprintf(padded, sizeof padded, "%s", text);
    padded[next_random(seed) % length] = ".,-+ex/:"[next_random(seed) % 8];
    double expected = strtod(padded, &stop);
    if (!pulse_number_quick(padded, padded + length, &value))
        return;
    if (stop != padded + length || bits(value) != bits(expected))
        fail_msg("quickly %s: %a, strtod says %a", padded, value, expected);
}

static void number__fast_path_has_the_bits_of_strtod(void **state)
{
    (void)state;
    uint64_t seed = 20240607;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 400000; i++) {
        char text[96];
        int whole = (int)(next_random(&seed) % 12), fraction = (int)(next_random(&seed) % 20);
        int n = 0;
        if (next_random(&seed) % 3 == 0)
            text[n++] = "+-"[next_random(&seed) % 2];
        for (int d = 0; d < whole; d++)
            text[n++] = (char)('0' + next_random(&seed) % 10);
        if (fraction > 0 || whole == 0)
            text[n++] = '.';
        for (int d = 0; d < fraction || (d == 0 && whole == 0); d++)
            text[n++] = (char)('0' + next_random(&seed) % 10);
        text[n] = '\0';
        if (next_random(&seed) % 4 == 0)
            (void)sprintf(text + n, "e%d", (int)(next_random(&seed) % 80) - 40);
        check_against_strtod(text);
        check_harmed(text, &seed);
    }
}

static void number__shortest_form_reads_back_as_the_same_bits(void **state)
{
    (void)state;
    uint64_t seed = 7;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 200000; i++) {
        double x;
        uint64_t b = next_random(&seed);
        memcpy(&x, &b, sizeof x);
        if (i % 2 == 0) /* prices with a few decimals, which take the quick way */
            x = (double)(int64_t)(b % 2000000000) / (double[]){1, 10, 100, 1e4, 1e6, 1e7}[i % 6];
        if (!isfinite(x))
            continue;
        char text[PULSE_NUMBER_TEXT], shorter[PULSE_NUMBER_TEXT];
        int length = pulse_format_number(x, text);
        assert_int_equal(length, strlen(text));
        check_against_strtod(text);
        assert_true(bits(strtod(text, NULL)) == bits(x));
        /* Nothing of 15 digits would have done, unless that is what was written. */
        (void)snprintf(shorter, sizeof shorter, "%.15g", x);
        if (strtod(shorter, NULL) == x)
            assert_string_equal(text, shorter);
    }
}

static void number__hard_roundings_are_right(void **state)
{
    (void)state;
    static const char *const texts[] = {"9007199254740993",
                                        "9007199254740992.5",
                                        "9007199254740991",
                                        "9007199254740993e0",
                                        "0.1",
                                        "0.30000000000000004",
                                        "1.7976931348623157e308",
                                        "2.2250738585072014e-308",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "1e23",
                                        "8.5e22",
                                        "9223372036854775807",
                                        "9999999999999999999",
                                        "99999999999999999999",
                                        "0.000000000000000000000000000123456789",
                                        "123456789012345678901234567890",
                                        "-0",
                                        "0e999",
                                        "1e-400",
                                        "100000000000000008388608.0",
                                        "6929495644600919.5",
                                        "3.518437208883201171875e13"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_against_strtod(texts[i]);
}

static void number__what_is_no_decimal_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      ".",    "-",    "e5",   "1e",  "1e+",  "0x10",
                                      "inf",   "nan",  " 1",   "1 ",   "1,5", "1..2", "--1",
                                      "1_000", "1.5f", "1e5x", "+.e1", "12a", "1-2",  "1e5.5"};
    double x;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (pulse_parse_number(bad[i], strlen(bad[i]), &x))
            fail_msg("read: '%s'", bad[i]);
    assert_true(pulse_parse_number("1e999", 5, &x) && isinf(x));
}

static void number__a_decimal_comma_locale_changes_nothing(void **state)
{
    (void)state;
    double x;
    char text[PULSE_NUMBER_TEXT];
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        print_message("no locale de_DE.UTF-8 here: only the C locale is tried\n");
    assert_true(pulse_parse_number("0.12345678901234567890123", 25, &x));
    assert_true(x == 0.12345678901234567890123);
    (void)pulse_format_number(1.0 / 3.0, text);
    assert_string_equal(text, "0.3333333333333333");
    (void)setlocale(LC_ALL, "C");
}

static void number__strict_readers_take_the_whole_text_within_the_range(void **state)
{
    (void)state;
    int64_t n = 5;
    double x = 5;
    assert_true(pulse_parse_int("-12", -12, 0, &n) && n == -12);
    assert_true(pulse_parse_int("+9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
    assert_true(pulse_parse_real("2.5e1", 0, 25, &x) && x == 25);
    n = 5;
    static const char *const bad[] = {"",   " 1", "1 ", "0x1", "1.0", "--1", "9223372036854775808",
                                      "11", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pulse_parse_int(bad[i], 0, 10, &n));
    assert_int_equal(n, 5);
    static const char *const no_real[] = {"", " 1", "1s", "0x1", "nan", "inf", "1e400", NULL};
    for (size_t i = 0; i < sizeof no_real / sizeof *no_real; i++)
        assert_false(pulse_parse_real(no_real[i], 0, 30, &x));
    assert_true(x == 25);
}

static void number__digits_are_read_up_to_what_follows(void **state)
{
    (void)state;
    int64_t n = 5;
    const char text[] = "150000 100000";
    assert_ptr_equal(pulse_parse_digits(text, &n), text + 6);
    assert_int_equal(n, 150000);
    assert_null(pulse_parse_digits("-1", &n));
    assert_null(pulse_parse_digits("", &n));
    assert_null(pulse_parse_digits("99999999999999999999", &n));
    assert_int_equal(n, 150000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__fast_path_has_the_bits_of_strtod),
        cmocka_unit_test(number__shortest_form_reads_back_as_the_same_bits),
        cmocka_unit_test(number__hard_roundings_are_right),
        cmocka_unit_test(number__what_is_no_decimal_number_is_refused),
        cmocka_unit_test(number__a_decimal_comma_locale_changes_nothing),
        cmocka_unit_test(number__strict_readers_take_the_whole_text_within_the_range),
        cmocka_unit_test(number__digits_are_read_up_to_what_follows),
    };
    return RUN_CASES(tests, argc, argv);
}
