/* features.c and sizes.h: what a model learns from. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/features.h"
#include "plan/sizes.h"

static struct pulse_features parse(const char *text)
{
    struct pulse_features features;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_features_parse(text, &features, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return features;
}

static void features__words_become_families_and_blocks(void **state)
{
    const struct pulse_features features = parse("lag1,ewma4+lag7+ewma2.5,ewma16");
    const int64_t lag[] = {1, 0, 7, 0, 0}, end[] = {1, 4, 5};
    const double halflife[] = {0, 4, 0, 2.5, 16};
    (void)state;
    assert_int_equal(features.n, 5);
    assert_int_equal(features.n_blocks, 3);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(features.family[i].lag, lag[i]);
        CHECK_BITS(features.family[i].halflife, halflife[i]);
    }
    for (int b = 0; b < 3; b++)
        assert_int_equal(features.block_end[b], end[b]);
}

static void features__default_is_that_of_the_spec(void **state)
{
    const struct pulse_features features = pulse_features_default(),
                                said = parse("lag1,ewma4,ewma16");
    (void)state;
    assert_memory_equal(&features, &said, sizeof features);
}

static void features__lags_are_one_block(void **state)
{
    struct pulse_features lags;
    const struct pulse_features said = parse("lag1+lag2+lag3");
    (void)state;
    pulse_features_lags(3, &lags);
    assert_memory_equal(&lags, &said, sizeof lags);
    pulse_features_lags(PULSE_MOST_FAMILIES, &lags);
    assert_int_equal(lags.n, PULSE_MOST_FAMILIES);
    assert_int_equal(pulse_features_first_row(&lags), PULSE_MOST_FAMILIES);
}

/* What is written is what was read; a block is named by the first letters of it. */
static void features__text_is_what_was_said(void **state)
{
    const char *const texts[] = {"lag1",
                                 "ewma4",
                                 "lag1,ewma4,ewma16",
                                 "lag1+lag2+lag3",
                                 "lag1,lag2+lag5,ewma2.5",
                                 "ewma1+ewma1000000,lag1000000",
                                 "ewma1.23456789012345,lag12"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        const struct pulse_features features = parse(texts[i]);
        char *text = pulse_features_text(&features, &err);
        assert_non_null(text);
        assert_string_equal(text, texts[i]);
        const char *end = texts[i];
        for (int64_t b = 0; b < features.n_blocks; b++, end++) {
            end += strcspn(end, ",");
            assert_int_equal(pulse_features_block_length(&features, b), end - texts[i]);
        }
        free(text);
    }
}

static void features__name_is_what_the_command_line_uses(void **state)
{
    char name[PULSE_FAMILY_NAME];
    (void)state;
    assert_string_equal(pulse_family_name(&(struct pulse_family){.lag = 12}, name), "lag12");
    assert_string_equal(pulse_family_name(&(struct pulse_family){.halflife = 4}, name), "ewma4");
    assert_string_equal(pulse_family_name(&(struct pulse_family){.halflife = 0.1 + 2}, name),
                        "ewma2.1");
}

/* The text is refused, with a message that names the word and says why. */
static void refused(const char *text, const char *word, const char *why)
{
    struct pulse_features features;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char quoted[80];
    if (pulse_features_parse(text, &features, &err) != -1)
        fail_msg("'%s' was taken", text);
    (void)snprintf(quoted, sizeof quoted, "'%s'", word);
    check_error(&err, PULSE_E_USAGE, "--features", quoted, why, NULL);
}

static void features__wrong_words_are_named(void **state)
{
    (void)state;
    refused("", "", "no family");
    refused(",", "", "no family");
    refused("lag1,", "", "no family");
    refused("lag1+", "", "no family");
    refused("+lag1", "", "no family");
    refused("lag1,,ewma4", "", "no family");
    refused("lag1 ewma4", "lag1 ewma4", "no whole lag");
    refused("lag1,mean4", "mean4", "no family");
    refused("LAG1", "LAG1", "no family");
    refused("ewm4", "ewm4", "no family");
    refused("lag", "lag", "no whole lag");
    refused("lag-1", "lag-1", "no whole lag");
    refused("lag 1", "lag 1", "no whole lag");
    refused("ewma", "ewma", "no half-life");
    refused("ewmanan", "ewmanan", "no half-life");
    refused("ewma-4", "ewma-4", "no half-life");
    refused("lag1x", "lag1x", "no whole lag");
    refused("lag0", "lag0", "no whole lag");
    refused("ewma0", "ewma0", "no half-life");
    refused("ewma4h", "ewma4h", "no half-life");
}

static void features__numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    refused("ewma4+lag1.5", "lag1.5", "no whole lag");
    refused("lag1000001", "lag1000001", "no whole lag");
    refused("lag1e400", "lag1e400", "no whole lag");
    refused("ewma0.5", "ewma0.5", "no half-life");
    refused("ewma1000001", "ewma1000001", "no half-life");
    refused("ewma1e400", "ewma1e400", "no half-life");
    refused("lag0x10", "lag0x10", "no whole lag");
    refused("ewma4.00000000000000000000000000000000000000000000000000000000000000x",
            "ewma4.000000000000000000000000000000000000000000000000000000000", "too long");
}

static void features__a_family_named_twice_is_refused(void **state)
{
    (void)state;
    refused("lag1+lag1", "lag1", "named twice");
    refused("lag1,ewma4,lag1", "lag1", "named twice");
    refused("ewma4,ewma16,ewma4.0", "ewma4.0", "named twice");
    assert_int_equal(parse("lag4,ewma4").n, 2); /* alike in nothing but the number */
}

static void features__there_may_be_256_families(void **state)
{
    enum { MOST = PULSE_MOST_FAMILIES };
    char text[(MOST + 2) * 8] = "lag1";
    (void)state;
    for (int i = 2; i <= MOST; i++)
        (void)snprintf(text + strlen(text), 16, "%clag%d", i % 2 == 0 ? ',' : '+', i);
    const struct pulse_features features = parse(text);
    assert_int_equal(features.n, MOST);
    assert_int_equal(features.n_blocks, MOST / 2 + 1);
    (void)snprintf(text + strlen(text), 16, ",lag%d", MOST + 1);
    refused(text, "lag257", "256");
}

static void features__first_row_is_the_largest_lag(void **state)
{
    const struct {
        const char *text;
        int64_t first, averages;
        enum pulse_gram_form form;
    } cases[] = {{"lag1", 1, 0, PULSE_GRAM_LAGS},
                 {"lag1+lag2+lag3", 3, 0, PULSE_GRAM_LAGS},
                 {"lag1,lag2", 2, 0, PULSE_GRAM_LAGS},
                 {"lag2+lag1", 2, 0, PULSE_GRAM_PLAIN},
                 {"lag1+lag3", 3, 0, PULSE_GRAM_PLAIN},
                 {"lag2", 2, 0, PULSE_GRAM_PLAIN},
                 {"ewma4", 1, 1, PULSE_GRAM_AVERAGES},
                 {"lag1,ewma4,ewma16", 1, 2, PULSE_GRAM_AVERAGES},
                 {"ewma300+lag1", 1, 1, PULSE_GRAM_AVERAGES},
                 {"lag1,lag2,ewma4", 2, 1, PULSE_GRAM_PLAIN},
                 {"ewma4,lag7,ewma16", 7, 2, PULSE_GRAM_PLAIN}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pulse_features features = parse(cases[i].text);
        assert_int_equal(pulse_features_first_row(&features), cases[i].first);
        assert_int_equal(pulse_features_averages(&features), cases[i].averages);
        assert_int_equal(pulse_features_form(&features), cases[i].form);
    }
}

static void features__averages_halve_and_keep_the_variance_of_noise(void **state)
{
    const double halflives[] = {1, 2.5, 4, 16, 1000, 1e6};
    (void)state;
    for (size_t i = 0; i < sizeof halflives / sizeof *halflives; i++) {
        const struct pulse_family family = {.halflife = halflives[i]};
        const double r = pulse_family_decay(&family), c = pulse_family_gain(&family);
        CHECK_CLOSE(pow(r, halflives[i]), 0.5, 1e-9);
        CHECK_CLOSE(r * r + c * c, 1, 1e-15); /* Σ c² r^2k = c² / (1 − r²) */
        CHECK_CLOSE(c * c / -expm1(-2 * log(2) / halflives[i]), 1, 1e-9);
    }
    const struct pulse_family lag = {.lag = 1};
    CHECK_BITS(pulse_family_decay(&lag), 0);
    CHECK_BITS(pulse_family_gain(&lag), 1);
}

static void features__sizes_follow(void **state)
{
    const struct pulse_features features = parse("lag1,ewma4+lag3,ewma16");
    const struct pulse_sizes sizes = pulse_sizes_of(&features, 4, 500, 7, 5);
    (void)state;
    assert_int_equal(sizes.T, 500);
    assert_int_equal(sizes.E, 7);
    assert_int_equal(sizes.p, 3);
    assert_int_equal(sizes.fixed, 6);
    assert_int_equal(sizes.d, 6 + 4 * 7);
    assert_int_equal(sizes.L, 4);
    assert_int_equal(sizes.B, 3);
    assert_int_equal(sizes.C, 12);
    assert_int_equal(pulse_sizes_block(&sizes, 0), 6 + 7);
    assert_int_equal(pulse_sizes_block(&sizes, 1), 6 + 3 * 7);
    assert_int_equal(pulse_sizes_block(&sizes, 2), sizes.d);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(features__words_become_families_and_blocks),
        cmocka_unit_test(features__default_is_that_of_the_spec),
        cmocka_unit_test(features__lags_are_one_block),
        cmocka_unit_test(features__text_is_what_was_said),
        cmocka_unit_test(features__name_is_what_the_command_line_uses),
        cmocka_unit_test(features__wrong_words_are_named),
        cmocka_unit_test(features__numbers_out_of_range_are_refused),
        cmocka_unit_test(features__a_family_named_twice_is_refused),
        cmocka_unit_test(features__there_may_be_256_families),
        cmocka_unit_test(features__first_row_is_the_largest_lag),
        cmocka_unit_test(features__averages_halve_and_keep_the_variance_of_noise),
        cmocka_unit_test(features__sizes_follow),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
