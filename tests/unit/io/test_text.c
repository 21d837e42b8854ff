/* text.c: a text that grows, and the first error that it keeps. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

static void text__is_all_that_was_appended(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_text_buffer text = {.what = "a text", .err = &err};
    for (int i = 0; i < 1000; i++) {
        pulse_text_buffer_add(&text, "ab");
        pulse_text_buffer_print(&text, "%03d", i);
        assert_int_equal(pulse_text_buffer_add_bytes(&text, "\0", 1), 0);
    }
    assert_int_equal(text.n, 6000);
    char *all = pulse_text_buffer_finish(&text);
    assert_non_null(all);
    for (int i = 0; i < 1000; i++) {
        char want[6] = "";
        (void)snprintf(want, sizeof want, "ab%03d", i % 1000);
        assert_memory_equal(all + (ptrdiff_t)i * 6, want, 6);
    }
    assert_int_equal(all[6000], '\0');
    assert_int_equal(err.kind, PULSE_OK);
    free(all);
}

static void text__without_anything_is_empty(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_text_buffer text = {.what = "a text", .err = &err};
    char *all = pulse_text_buffer_finish(&text);
    assert_string_equal(all, "");
    free(all);
    pulse_text_buffer_clear(&text);
}

/* Also what would have fitted. */
static void text__that_failed_once_has_failed(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_text_buffer text = {.what = "a text", .err = &err};
    pulse_text_buffer_add(&text, "a");
    assert_int_equal(pulse_text_buffer_reserve(&text, INT64_MAX / 2), -1);
    assert_int_equal(err.kind, PULSE_E_MEMORY);
    assert_says(&err, "a text");
    pulse_text_buffer_add(&text, "b");
    pulse_text_buffer_print(&text, "%d", 1);
    assert_int_equal(text.n, 1);
    assert_null(pulse_text_buffer_finish(&text));
}

/* RFC 3629: nothing longer than need be, no halves of pairs, nothing beyond U+10FFFF. */
static void text__only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xe0\xa0",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(pulse_utf8_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[8];
        assert_false(pulse_utf8_valid(bad[i]));
        (void)snprintf(text, sizeof text, "%s", bad[i]);
        pulse_utf8_repair(text);
        assert_true(pulse_utf8_valid(text) && text[0] == '?');
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__is_all_that_was_appended),
        cmocka_unit_test(text__without_anything_is_empty),
        cmocka_unit_test(text__that_failed_once_has_failed),
        cmocka_unit_test(text__only_well_formed_utf8_is_valid),
    };
    return RUN_CASES(tests, argc, argv);
}
