/* args.c, args_own.c, args_read.c: command lines by a table of options. */
#include "support.h"

#include <string.h>

#include "base/args.h"
#include "base/date.h"
#include "base/spelling.h"

enum { MOST_WORDS = 16 };
enum colour { RED = 3, GREEN = 7 };

struct values {
    bool flag;
    const char *text;
    int64_t whole, day, size;
    int count;
    double real;
    enum colour colour;
    char sign;
    int64_t n_names;
    char names[MOST_WORDS][16];
    int64_t n_words;
    char *words[MOST_WORDS];
};

#define AT(field) offsetof(struct values, field)

static int add_name(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct values *v = values;
    if (v->n_names == MOST_WORDS || strlen(text) >= sizeof v->names[0])
        return pulse_arg_refuse(arg, text, "a short name", err);
    (void)strcpy(v->names[v->n_names++], text);
    return 0;
}

static int read_names(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_name, values, err);
}

static const struct pulse_arg_choice colours[] = {{"red", RED}, {"green", GREEN}, {0}};
static const struct pulse_arg_choice signs[] = {{"plus", '+'}, {"minus", '-'}, {0}};

static const struct pulse_arg table[] = {
    {.help = "Values", .group = 1},
    {"flag", 'f', NULL, "A flag", pulse_arg_read_flag, .at = AT(flag)},
    {"text", 0, "TEXT", "A text", pulse_arg_read_text, .at = AT(text)},
    {"whole", 'n', "N", "A whole number", pulse_arg_read_int, .at = AT(whole), .least = 1,
     .most = 100},
    {"count", 0, "N", "Another", pulse_arg_read_count, .at = AT(count), .most = 10},
    {"real", 0, "X", "A number", pulse_arg_read_real, .at = AT(real), .low = 0, .high = 1},
    {"day", 0, "DATE", "A day", pulse_arg_read_day, .at = AT(day)},
    {"end", 0, "DATE", "A last day", pulse_arg_read_end, .at = AT(day)},
    {"size", 0, "SIZE", "A size", pulse_arg_read_size, .at = AT(size), .least = 1},
    {"colour", 0, "COLOUR", "red or green", pulse_arg_read_choice, .at = AT(colour),
     .choices = colours},
    {"sign", 0, "SIGN", "plus or minus", pulse_arg_read_char, .at = AT(sign), .choices = signs,
     .any_case = true},
    {"names", 0, "NAME...", "Names", read_names, .at = AT(names)},
    {0}};

static int take_word(void *user, char **word, struct pulse_err *err)
{
    struct values *v = user;
    (void)err;
    assert_true(v->n_words < MOST_WORDS);
    v->words[v->n_words++] = *word;
    return 0;
}

/* Parses `words` (up to NULL), whole or only the options of the table. */
static int parse(const char *const *words, bool own, struct values *values, struct pulse_err *err)
{
    static char program[] = "pulse-test", copies[MOST_WORDS][64];
    char *argv[MOST_WORDS + 2] = {program};
    int argc = 1;
    for (; *words != NULL; words++, argc++) {
        assert_true(argc <= MOST_WORDS && strlen(*words) < sizeof copies[0]);
        argv[argc] = strcpy(copies[argc - 1], *words);
    }
    *values = (struct values){.flag = false};
    *err = (struct pulse_err){.kind = PULSE_OK};
    const struct pulse_args args = {.program = "pulse-test",
                                    .tables = {{table, values, NULL, 0}},
                                    .take_word = take_word,
                                    .user = values};
    return own ? pulse_args_parse_own(&args, argc, argv, err)
               : pulse_args_parse(&args, argc, argv, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_refused(const char *const *words, const char *says)
{
    struct values values;
    struct pulse_err err;
    for (int own = 0; own < 2; own++) {
        assert_int_equal(parse(words, own == 1, &values, &err), -1);
        assert_int_equal(err.kind, PULSE_E_USAGE);
        assert_says(&err, says);
        assert_says(&err, "see pulse-test --help");
    }
}

static void args__days_outside_name_the_range_and_an_end_beyond_is_the_last(void **state)
{
    (void)state;
    static const char *const far[] = {"2262-04-11", "2262-04-12", "9999-12-31"};
    struct values v;
    struct pulse_err err;
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        check_refused(WORDS("--day", far[i]), "1677-09-22 to 2262-04-10");
        assert_int_equal(parse(WORDS("--end", far[i]), true, &v, &err), 0);
        assert_int_equal(v.day, PULSE_DAY_MAX);
    }
    check_refused(WORDS("--day", "1677-09-21"), "1677-09-22 to 2262-04-10");
    check_refused(WORDS("--end", "1600-01-01"), "1677-09-22 to 2262-04-10");
    check_refused(WORDS("--end", "9999-12-32"), "a date such as");
    assert_int_equal(parse(WORDS("--day", "1677-09-22"), true, &v, &err), 0);
    assert_int_equal(v.day, PULSE_DAY_MIN);
    assert_int_equal(parse(WORDS("--end", "2262-04-10"), true, &v, &err), 0);
    assert_int_equal(v.day, PULSE_DAY_MAX);
}

static void args__each_reader_stores_its_value(void **state)
{
    (void)state;
    struct values v;
    struct pulse_err err;
    for (int own = 0; own < 2; own++) {
        assert_int_equal(parse(WORDS("--flag", "--text=x y", "--whole", "100", "--count", "+7",
                                     "--real=0.5", "--day", "1970-01-03", "--size", "1.5Ki"),
                               own == 1, &v, &err),
                         0);
        assert_true(v.flag);
        assert_string_equal(v.text, "x y");
        assert_int_equal(v.whole, 100);
        assert_int_equal(v.count, 7);
        assert_true(v.real == 0.5);
        assert_int_equal(v.day, 2);
        assert_int_equal(v.size, 1536);
        assert_int_equal(parse(WORDS("--colour", "green", "--sign=MINUS"), own == 1, &v, &err), 0);
        assert_int_equal(v.colour, GREEN);
        assert_int_equal(v.sign, '-');
    }
}

static void args__an_error_names_option_value_and_what_was_expected(void **state)
{
    (void)state;
    check_refused(WORDS("--whole", "101"), "--whole 101: expected a whole number from 1 to 100");
    check_refused(WORDS("--whole", ""), "--whole '': expected");
    check_refused(WORDS("--count", "3x"), "--count 3x: expected a whole number from 0 to 10");
    check_refused(WORDS("--real", "nan"), "--real nan: expected a number from 0 to 1");
    check_refused(WORDS("--day", "1970-02-30"), "--day 1970-02-30: expected a date");
    check_refused(WORDS("--size", "4 "), "--size 4 : expected a size");
    check_refused(WORDS("--size", "0"), "--size 0: expected a size");
    check_refused(WORDS("--colour", "RED"), "--colour RED: expected red or green");
    check_refused(WORDS("--colour", "gren"), "did you mean green?");
    check_refused(WORDS("--names", ","), "--names '': expected at least one value");
}

static void args__a_list_takes_commas_and_further_words(void **state)
{
    (void)state;
    struct values v;
    struct pulse_err err;
    for (int own = 0; own < 2; own++) {
        assert_int_equal(parse(WORDS("--names", "a,b", "c", "--flag"), own == 1, &v, &err), 0);
        assert_int_equal(v.n_names, 3);
        assert_string_equal(v.names[2], "c");
        assert_int_equal(parse(WORDS("--names", ",a\\,b,,\\c\\,"), own == 1, &v, &err), 0);
        assert_int_equal(v.n_names, 2);
        assert_string_equal(v.names[0], "a,b");
        assert_string_equal(v.names[1], "\\c,");
        assert_int_equal(v.n_words, 0);
    }
}

static void args__other_words_are_handed_on(void **state)
{
    (void)state;
    struct values v;
    struct pulse_err err;
    assert_int_equal(parse(WORDS("one", "-n", "3", "two"), false, &v, &err), 0);
    assert_int_equal(v.whole, 3);
    assert_int_equal(v.n_words, 2);
    assert_int_equal(parse(WORDS("--other", "x", "--whole=3", "--more=1"), true, &v, &err), 0);
    assert_int_equal(v.whole, 3);
    assert_int_equal(v.n_words, 3);
    assert_string_equal(v.words[0], "--other");
    assert_string_equal(v.words[2], "--more=1");
}

static void args__unknown_options_and_missing_values_are_refused(void **state)
{
    (void)state;
    struct values v;
    struct pulse_err err;
    assert_int_equal(parse(WORDS("--other"), false, &v, &err), -1);
    assert_says(&err, "--other: unknown option");
    check_refused(WORDS("--whole"), "--whole needs a value (N)");
    assert_int_equal(parse(WORDS("--flag=1"), true, &v, &err), -1);
    assert_says(&err, "--flag takes no value");
    assert_int_equal(parse(WORDS("--whole", "3", "stray"), true, &v, &err), -1);
    assert_says(&err, "unexpected argument stray");
}

/* A word, and what is said of it: the option is named, and what is near to it. */
static void args__what_is_wrong_is_said_of_the_word_that_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *says;
    } all[] = {
        {{"--whol=3"}, NULL}, /* the beginning of one name alone */
        {{"--s", "3"}, "--s: which one of --size, --sign?"},
        {{"--wohle", "3"}, "--wohle: unknown option; did you mean --whole?"},
        {{"--flags"}, "--flags: unknown option; did you mean --flag?"},
        {{"--hlep"}, "did you mean --help?"},
        {{"--verion"}, "did you mean --version?"},
        {{"--nothing-like-it"}, "--nothing-like-it: unknown option; see"},
        {{"--flag=yes"}, "--flag takes no value"},
        {{"--flag", "--text"}, "--text needs a value (TEXT)"},
        {{"-f", "-n"}, "-n needs a value (N)"},
        {{"-fn"}, "-n needs a value (N)"},
        {{"-fx"}, "-fx: unknown option"},
        {{"-x", "-f"}, "-x: unknown option"},
        {{"-whole", "3"}, "-whole: unknown option; did you mean --whole?"},
        {{"-n", "many"}, "--whole many: expected"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct values v;
        struct pulse_err err;
        const int rc = parse(all[i].words, false, &v, &err);
        assert_int_equal(rc, all[i].says == NULL ? 0 : -1);
        if (all[i].says != NULL) {
            assert_int_equal(err.kind, PULSE_E_USAGE);
            assert_says(&err, all[i].says);
            assert_null(strchr(err.text, '\n'));
        }
    }
}

static void args__exchanged_letters_are_one_mistake(void **state)
{
    (void)state;
    assert_int_equal(pulse_spelling_distance("help", "help"), 0);
    assert_int_equal(pulse_spelling_distance("hlep", "help"), 1);
    assert_int_equal(pulse_spelling_distance("", "help"), 4);
    assert_int_equal(pulse_spelling_distance("elp", "help"), 1);
    assert_int_equal(pulse_spelling_distance("helpp", "help"), 1);
    assert_int_equal(pulse_spelling_distance("ab", "ba"), 1);
    assert_int_equal(pulse_spelling_distance("abcd", "badc"), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(args__each_reader_stores_its_value),
        cmocka_unit_test(args__days_outside_name_the_range_and_an_end_beyond_is_the_last),
        cmocka_unit_test(args__an_error_names_option_value_and_what_was_expected),
        cmocka_unit_test(args__a_list_takes_commas_and_further_words),
        cmocka_unit_test(args__other_words_are_handed_on),
        cmocka_unit_test(args__unknown_options_and_missing_values_are_refused),
        cmocka_unit_test(args__what_is_wrong_is_said_of_the_word_that_is_wrong),
        cmocka_unit_test(args__exchanged_letters_are_one_mistake),
    };
    return RUN_CASES(tests, argc, argv);
}
