/* options.c: the command line as a struct. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

enum { MOST_WORDS = 16 };

/* Parses "pulse-train --data d.csv" followed by `words` (up to NULL). */
static int parse_words(struct pulse_options *options, struct pulse_err *err,
                       const char *const *words)
{
    static char program[] = "pulse-train", flag[] = "--data", data[] = "d.csv";
    static char copies[MOST_WORDS][160];
    char *argv[MOST_WORDS + 4] = {program, flag, data};
    int argc = 3;
    for (; words != NULL && *words != NULL; words++, argc++) {
        assert_true(argc - 3 < MOST_WORDS && strlen(*words) < sizeof copies[0]);
        argv[argc] = strcpy(copies[argc - 3], *words);
    }
    *err = (struct pulse_err){.kind = PULSE_OK, .text = ""};
    return pulse_options_parse(options, argc, argv, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* These words are refused, with a message that says `want`. */
static void refused(const char *const *words, const char *want)
{
    struct pulse_options options;
    struct pulse_err err;
    if (parse_words(&options, &err, words) != -1)
        fail_msg("%s %s was taken", words[0], words[1]);
    check_error(&err, PULSE_E_USAGE, words[0], want, NULL);
    pulse_options_clear(&options);
}

static void options__defaults_are_those_of_the_spec(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(parse_words(&o, &err, NULL), 0);
    assert_string_equal(o.data, "d.csv");
    assert_false(o.has_start);
    assert_true(o.end_day == pulse_today() || o.end_day == pulse_today() - 1);
    assert_int_equal(o.batch_size_days, 30);
    assert_int_equal(o.batch_limit, 0);
    assert_int_equal(o.history, PULSE_EXPANDING);
    assert_int_equal(o.min_history, 250);
    assert_int_equal(o.transform, PULSE_DIFF);
    assert_int_equal(o.burn_in, 24);
    CHECK_BITS(o.scale_halflife, 33);
    CHECK_BITS(o.clip, 5);
    assert_int_equal(o.calendar, PULSE_CALENDAR_AUTO);
    assert_null(o.targets);
    const struct pulse_features features = pulse_features_default();
    assert_memory_equal(&o.features, &features, sizeof features);
    assert_int_equal(o.n_ridge, 3);
    for (int i = 0; i < 3; i++)
        CHECK_BITS(o.ridge[i], pow(10, 2 + i));
    assert_int_equal(o.combine, PULSE_AVERAGE);
    CHECK_BITS(o.learning_rate, 0.15);
    CHECK_BITS(o.caution, 1);
    assert_int_equal(o.interval, PULSE_ADAPTIVE);
    CHECK_BITS(o.interval_halflife, 11);
    assert_int_equal(o.trust, PULSE_TRUST_DIRECTION);
    CHECK_BITS(o.trust_decay, 1);
    assert_int_equal(o.whole_results, INT64_C(4) << 30);
    assert_false(o.refit || o.dry_run || o.no_progress);
    pulse_options_clear(&o);
}

static void options__lists_take_words_and_commas(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(
        parse_words(&o, &err,
                    WORDS("--variables", "a", "b,c", "d", "--targets", "d", "b", "--burn-in", "2")),
        0);
    assert_int_equal(o.n_variables, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(o.variables[i][0], 'a' + i);
    assert_int_equal(o.n_targets, 2);
    assert_string_equal(o.targets[0], "b");
    assert_string_equal(o.targets[1], "d");
    assert_int_equal(o.burn_in, 2);
    pulse_options_clear(&o);
}

static void options__variable_named_twice_is_refused(void **state)
{
    (void)state;
    refused(WORDS("--variables", "a", "b", "a"), "a is named twice");
    refused(WORDS("--variables", "a,a"), "a is named twice");
    refused(WORDS("--targets", "a", "b,a"), "a is named twice");
}

static void options__empty_list_is_refused(void **state)
{
    (void)state;
    refused(WORDS("--variables", ""), "--variables");
    refused(WORDS("--variables", ","), "--variables");
    refused(WORDS("--targets", ""), "--targets");
    refused(WORDS("--features", ""), "no family");
    refused(WORDS("--ridge", ""), "--ridge");
    refused(WORDS("--transform", ","), "--transform");
}

static void options__unknown_word_names_choices(void **state)
{
    (void)state;
    refused(WORDS("--combine", "mean"), "average or select");
    refused(WORDS("--interval", "wide"), "adaptive or gaussian");
    refused(WORDS("--calendar", "yes"), "auto, on or off");
    refused(WORDS("--features", "lag1,mean4"), "'mean4' is no family");
    refused(WORDS("--trust", "no"), "direction or persistence");
    refused(WORDS("--transform", "log"), "level, diff or logdiff");
    refused(WORDS("--transform", "a=log"), "level, diff or logdiff");
    refused(WORDS("--history", "all"), "expanding, rolling:N or halflife:H");
    refused(WORDS("--log-level", "loud"), "debug, info, warning or error");
}

static void options__log_levels_are_read_in_any_case(void **state)
{
    const char *const words[] = {"WARNING", "Debug"};
    const enum pulse_log_level levels[] = {PULSE_LOG_WARNING, PULSE_LOG_DEBUG};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pulse_options o;
        struct pulse_err err;
        assert_int_equal(parse_words(&o, &err, WORDS("--log-level", words[i])), 0);
        assert_int_equal(o.log_level, levels[i]);
        pulse_options_clear(&o);
    }
    refused(WORDS("--log-level", "loud"), "debug, info, warning or error");
    refused(WORDS("--log-level", ""), "debug, info, warning or error");
}

static void options__a_word_nearly_right_is_suggested(void **state)
{
    (void)state;
    refused(WORDS("--combine", "avarage"), "did you mean average?");
    refused(WORDS("--transform", "logdif"), "did you mean logdiff?");
}

static void options__bad_numbers_are_refused(void **state)
{
    (void)state;
    refused(WORDS("--lags", "0"), "whole number");
    refused(WORDS("--lags", "two"), "whole number");
    refused(WORDS("--lags", "2.5"), "whole number");
    refused(WORDS("--lags", "2x"), "whole number");
    refused(WORDS("--lags", ""), "whole number");
    refused(WORDS("--lags", "99999999999999999999"), "whole number");
    refused(WORDS("--lags", "257"), "whole number");
    refused(WORDS("--scale-halflife", "-1"), "0 or more");
    refused(WORDS("--scale-halflife", "nan"), "0 or more");
    refused(WORDS("--clip", "-0.5"), "0 or more");
    refused(WORDS("--clip", "five"), "0 or more");
    refused(WORDS("--caution", "-1"), "0 or more");
    refused(WORDS("--caution", "inf"), "0 or more");
    refused(WORDS("--batch-size-days", "0"), "whole number");
    refused(WORDS("--batch-limit", "-1"), "whole number");
    refused(WORDS("--min-history", "-1"), "whole number");
    refused(WORDS("--burn-in", "0"), "whole number");
    refused(WORDS("--threads", "0"), "whole number");
    refused(WORDS("--history", "rolling:0"), "--history rolling:0: expected rolling:N");
    refused(WORDS("--history", "rolling:"), "rolling:N");
    refused(WORDS("--history", "halflife:0"), "halflife:H");
    refused(WORDS("--history", "halflife:nan"), "halflife:H");
    refused(WORDS("--whole-results", "4X"), "500M or 4G");
    refused(WORDS("--whole-results", "-1"), "500M or 4G");
    refused(WORDS("--ridge", "-1"), "0 or more");
    refused(WORDS("--ridge", "10,nan"), "0 or more");
    refused(WORDS("--ridge", "inf"), "0 or more");
    refused(WORDS("--learning-rate", "-0.1"), "0 or more");
    refused(WORDS("--interval-halflife", "0"), "above 0");
    refused(WORDS("--trust-decay", "1.01"), "0 to 1");
    refused(WORDS("--start-date", "2001-02-30"), "2016-12-30");
    refused(WORDS("--end-date", "yesterday"), "2016-12-30");
}

/* The text of the features that these words ask for. */
static void check_features(const char *const *words, const char *want)
{
    struct pulse_options o;
    struct pulse_err err;
    assert_int_equal(parse_words(&o, &err, words), 0);
    char *text = pulse_features_text(&o.features, &err);
    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
    pulse_options_clear(&o);
}

static void options__lags_are_a_shorthand_for_features(void **state)
{
    (void)state;
    check_features(WORDS("--lags", "3"), "lag1+lag2+lag3");
    check_features(WORDS("--features", "lag1+lag2,ewma4"), "lag1+lag2,ewma4");
    check_features(WORDS("--features", "lag1", "--features", "ewma8"), "ewma8"); /* the last one */
    check_features(WORDS("--lags", "3", "--lags", "2"), "lag1+lag2");
    refused(WORDS("--lags", "3", "--features", "lag1"), "give one of them");
    refused(WORDS("--features", "lag1", "--lags", "3"), "give one of them");
}

static void options__nothing_may_be_scaled_or_cut(void **state)
{
    const char *const names[] = {"auto", "on", "off"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pulse_options o;
        struct pulse_err err;
        assert_int_equal(parse_words(&o, &err,
                                     WORDS("--calendar", names[i], "--scale-halflife", "0",
                                           "--clip", "0", "--caution", "0")),
                         0);
        assert_int_equal(o.calendar, i == 0   ? PULSE_CALENDAR_AUTO
                                     : i == 1 ? PULSE_CALENDAR_ON
                                              : PULSE_CALENDAR_OFF);
        CHECK_BITS(o.scale_halflife, 0);
        CHECK_BITS(o.clip, 0);
        CHECK_BITS(o.caution, 0);
        pulse_options_clear(&o);
    }
}

static void options__reversed_dates_are_refused(void **state)
{
    (void)state;
    refused(WORDS("--start-date", "2005-01-02", "--end-date", "2005-01-01"), "2005-01-01");
}

static void options__a_single_day_is_a_period(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(
        parse_words(&o, &err, WORDS("--start-date", "2005-01-02", "--end-date", "2005-01-02")), 0);
    assert_true(o.has_start);
    assert_int_equal(o.start_day, o.end_day);
    pulse_options_clear(&o);
}

static void options__stray_argument_is_refused(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(parse_words(&o, &err, WORDS("--lags", "2", "3")), -1);
    check_error(&err, PULSE_E_USAGE, "unexpected argument 3", NULL);
    pulse_options_clear(&o);
}

static void options__missing_data_is_refused(void **state)
{
    char program[] = "pulse-train", *argv[] = {program, NULL};
    struct pulse_options o;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    (void)state;
    assert_int_equal(pulse_options_parse(&o, 1, argv, &err), -1);
    check_error(&err, PULSE_E_USAGE, "--data is missing", NULL);
    pulse_options_clear(&o);
}

static void options__transform_of_a_variable_overrides_the_default(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(parse_words(&o, &err,
                                 WORDS("--transform", "a=diff", "level", "b=c=logdiff",
                                       "--transform", "a=logdiff")),
                     0);
    assert_int_equal(pulse_options_transform(&o, "x"), PULSE_LEVEL);
    assert_int_equal(pulse_options_transform(&o, "a"), PULSE_LOGDIFF); /* the last word counts */
    assert_int_equal(pulse_options_transform(&o, "b=c"), PULSE_LOGDIFF);
    assert_int_equal(pulse_options_transform(&o, "b"), PULSE_LEVEL);
    pulse_options_clear(&o);
}

static void options__ridge_is_sorted_without_doubles(void **state)
{
    struct pulse_options o;
    struct pulse_err err;
    (void)state;
    assert_int_equal(parse_words(&o, &err, WORDS("--ridge", "30,0", "1e2", "30.0", "--ridge", "5")),
                     0);
    const double want[] = {0, 5, 30, 100};
    assert_int_equal(o.n_ridge, 4);
    for (int i = 0; i < 4; i++)
        CHECK_BITS(o.ridge[i], want[i]);
    pulse_options_clear(&o);
}

static void options__history_name_is_what_was_asked_for(void **state)
{
    const char *const names[] = {"expanding", "rolling:12", "halflife:24", "halflife:0.5",
                                 "halflife:0.12345678901234568"};
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct pulse_options o;
        struct pulse_err err;
        char name[48];
        assert_int_equal(parse_words(&o, &err, WORDS("--history", names[i])), 0);
        assert_string_equal(pulse_history_name(&o, name), names[i]);
        pulse_options_clear(&o);
    }
}

static uint64_t hash_with(uint64_t (*hash_options)(const struct pulse_options *),
                          const char *const *words)
{
    struct pulse_options o;
    struct pulse_err err;
    assert_int_equal(parse_words(&o, &err, words), 0);
    uint64_t hash = hash_options(&o);
    pulse_options_clear(&o);
    return hash;
}

static uint64_t hash_of(const char *const *words)
{
    return hash_with(pulse_options_hash, words);
}

static void options__hash_changes_with_every_number(void **state)
{
    const char *const *const changes[] = {WORDS("--start-date", "2001-01-01"),
                                          WORDS("--end-date", "2020-01-01"),
                                          WORDS("--batch-size-days", "29"),
                                          WORDS("--batch-limit", "7"),
                                          WORDS("--history", "rolling:3"),
                                          WORDS("--history", "rolling:4"),
                                          WORDS("--history", "halflife:3"),
                                          WORDS("--min-history", "100"),
                                          WORDS("--transform", "level"),
                                          WORDS("--transform", "a=level"),
                                          WORDS("--burn-in", "23"),
                                          WORDS("--lags", "4"),
                                          WORDS("--lags", "5"),
                                          WORDS("--features", "lag1,ewma4"),
                                          WORDS("--features", "lag1+ewma4"),
                                          WORDS("--features", "lag1,ewma5"),
                                          WORDS("--features", "ewma5,lag1"),
                                          WORDS("--calendar", "on"),
                                          WORDS("--calendar", "off"),
                                          WORDS("--scale-halflife", "5"),
                                          WORDS("--clip", "6"),
                                          WORDS("--caution", "2"),
                                          WORDS("--targets", "a"),
                                          WORDS("--targets", "b"),
                                          WORDS("--targets", "a", "b"),
                                          WORDS("--ridge", "10"),
                                          WORDS("--combine", "select"),
                                          WORDS("--learning-rate", "0.2"),
                                          WORDS("--interval", "gaussian"),
                                          WORDS("--interval-halflife", "2"),
                                          WORDS("--trust", "persistence"),
                                          WORDS("--trust-decay", "0.9"),
                                          WORDS("--variables", "a"),
                                          WORDS("--variables", "b"),
                                          WORDS("--refit")};
    enum { N = sizeof changes / sizeof *changes };
    uint64_t hash[N + 1] = {hash_of(NULL)};
    (void)state;
    for (int i = 0; i < N; i++) {
        hash[i + 1] = hash_of(changes[i]);
        for (int j = 0; j <= i; j++)
            if (hash[j] == hash[i + 1])
                fail_msg("%s hashes like case %d", changes[i][0], j);
    }
}

static void options__hash_ignores_where_results_go(void **state)
{
    (void)state;
    assert_true(hash_of(NULL) ==
                hash_of(WORDS("--output", "x", "--output-file", "y", "--log-level", "debug")));
}

/* Each option changes it, and is no other's. */
static void options__hash_of_all_changes_with_every_option(void **state)
{
    const char *const *const changes[] = {WORDS("--burn-in", "23"),
                                          WORDS("--data", "x"),
                                          WORDS("--output", "x"),
                                          WORDS("--output-file", "x"),
                                          WORDS("--checkpoint", "x"),
                                          WORDS("--progress-file", "x"),
                                          WORDS("--log-dir", "x"),
                                          WORDS("--cache-dir", "x"),
                                          WORDS("--aws-region", "x"),
                                          WORDS("--endpoint-url", "http://x"),
                                          WORDS("--no-cache"),
                                          WORDS("--cache-size", "7M"),
                                          WORDS("--s3-concurrency", "3"),
                                          WORDS("--log-level", "debug"),
                                          WORDS("--whole-results", "7M"),
                                          WORDS("--checkpoint-seconds", "7"),
                                          WORDS("--no-checkpoint"),
                                          WORDS("--keep-checkpoint"),
                                          WORDS("--no-progress"),
                                          WORDS("--no-report"),
                                          WORDS("--dry-run")};
    enum { N = sizeof changes / sizeof *changes };
    uint64_t hash[N + 1] = {hash_with(pulse_options_hash_all, NULL)};
    (void)state;
    for (int i = 0; i < N; i++) {
        hash[i + 1] = hash_with(pulse_options_hash_all, changes[i]);
        assert_true(hash[i + 1] == hash_with(pulse_options_hash_all, changes[i]));
        for (int j = 0; j <= i; j++)
            if (hash[j] == hash[i + 1])
                fail_msg("%s hashes like case %d", changes[i][0], j);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(options__defaults_are_those_of_the_spec),
        cmocka_unit_test(options__lists_take_words_and_commas),
        cmocka_unit_test(options__variable_named_twice_is_refused),
        cmocka_unit_test(options__empty_list_is_refused),
        cmocka_unit_test(options__unknown_word_names_choices),
        cmocka_unit_test(options__log_levels_are_read_in_any_case),
        cmocka_unit_test(options__a_word_nearly_right_is_suggested),
        cmocka_unit_test(options__bad_numbers_are_refused),
        cmocka_unit_test(options__lags_are_a_shorthand_for_features),
        cmocka_unit_test(options__nothing_may_be_scaled_or_cut),
        cmocka_unit_test(options__reversed_dates_are_refused),
        cmocka_unit_test(options__a_single_day_is_a_period),
        cmocka_unit_test(options__stray_argument_is_refused),
        cmocka_unit_test(options__missing_data_is_refused),
        cmocka_unit_test(options__transform_of_a_variable_overrides_the_default),
        cmocka_unit_test(options__ridge_is_sorted_without_doubles),
        cmocka_unit_test(options__history_name_is_what_was_asked_for),
        cmocka_unit_test(options__hash_changes_with_every_number),
        cmocka_unit_test(options__hash_of_all_changes_with_every_option),
        cmocka_unit_test(options__hash_ignores_where_results_go),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
