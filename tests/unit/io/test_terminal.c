/* terminal.c: whatever the text, nothing of it drives the terminal. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "base/utf8.h"

/* NOLINTBEGIN(misc-misleading-bidirectional): such characters are what is tested. */
static const struct {
    const char *raw, *escaped;
} examples[] = {
    {"", ""},
    {"plain \\ text", "plain \\ text"},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82"},
    {"\033[31mred\033]0;title\a", "\\x1b[31mred\\x1b]0;title\\x07"},
    {"two\nlines\r\t", "two\\nlines\\r\\t"},
    {"\x7f\xc2\x9b", "\\x7f\\u009b"},
    {"\xe2\x80\xaertl\xe2\x81\xa6\xe2\x81\xa9", "\\u202ertl\\u2066\\u2069"},
    {"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8\xe2\x80\xa9",
     "\\u200e\\u200f\\u061c\\u2028\\u2029"},
    {"\xff\xc3(\xe2\x80", "\\xff\\xc3(\\xe2\\x80"},
};

static void terminal__foreign_text_is_escaped(void **state)
{
    (void)state;
    char out[200];
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        assert_string_equal(pulse_terminal_escape(examples[i].raw, out, sizeof out),
                            examples[i].escaped);
}

static void terminal__escapes_are_cut_whole(void **state)
{
    (void)state;
    char out[12];
    assert_string_equal(pulse_terminal_escape("ab\xe2\x80\xae"
                                              "cd",
                                              out, 8),
                        "ab");
    assert_string_equal(pulse_terminal_escape("ab\xe2\x80\xae"
                                              "cd",
                                              out, 9),
                        "ab\\u202e");
    assert_string_equal(pulse_terminal_escape("abc", out, 1), "");
}
/* NOLINTEND(misc-misleading-bidirectional) */

static void terminal__writing_pads_by_characters(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    assert_non_null(to);
    pulse_terminal_write(to, "\xc3\xa4\n", 6);
    pulse_terminal_write(to, "longer", 3);
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, "\xc3\xa4\\n   longer");
    free(text);
}

static void terminal__writing_pads_by_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } words[] = {{"abc", 3},
                 {"\xc3\xa4", 1},                               /* of two bytes */
                 {"a\xcc\x88", 1},                              /* a mark upon a letter */
                 {"\xe6\x97\xa5\xe6\x9c\xac", 4},               /* two wide ones */
                 {"\xef\xbd\xb1", 1},                           /* one of half width */
                 {"\xf0\x9f\x93\x88", 2},                       /* beyond U+FFFF */
                 {"\xed\x9f\xbf", 1},                           /* nothing: counts as one */
                 {"\xe6\xff", 8},                               /* bytes of no character */
                 {"\xe3\x82\xab\xe3\x82\x99 \xe2\x82\xac", 4}}; /* a mark, a blank, a sign */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *text = NULL;
        size_t n = 0;
        assert_int_equal(pulse_terminal_columns(words[i].text), words[i].columns);
        FILE *to = open_memstream(&text, &n);
        assert_non_null(to);
        pulse_terminal_write(to, words[i].text, 10);
        assert_int_equal(fclose(to), 0);
        assert_int_equal(pulse_terminal_columns(text), 10);
        free(text);
    }
}

static void terminal__copies_keep_what_they_must(void **state)
{
    (void)state;
    char *text = pulse_terminal_copy("a\tb\nc\x1b\xc2\x9b", "\t");
    assert_string_equal(text, "a\tb\\nc\\x1b\\u009b");
    assert_int_equal(pulse_terminal_columns("\xc3\xa4\x1b"), 5);
    free(text);
}

static void terminal__errors_hold_nothing_that_drives_it(void **state)
{
    (void)state;
    struct pulse_err err;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        (void)pulse_fail(&err, PULSE_E_INPUT, "%s", examples[i].raw);
        for (const char *at = err.text; *at != '\0'; at += pulse_utf8_next(at))
            assert_int_equal(pulse_utf8_control(at), 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal__foreign_text_is_escaped),
        cmocka_unit_test(terminal__escapes_are_cut_whole),
        cmocka_unit_test(terminal__writing_pads_by_characters),
        cmocka_unit_test(terminal__writing_pads_by_columns),
        cmocka_unit_test(terminal__copies_keep_what_they_must),
        cmocka_unit_test(terminal__errors_hold_nothing_that_drives_it),
    };
    return RUN_CASES(tests, argc, argv);
}
