#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static char *read_log(const char *dir)
{
    char *path, *text = calloc(1, 4096);
    assert_true(asprintf(&path, "%s/deep/er/run.log", dir) > 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 4095, file) > 0);
    (void)fclose(file);
    free(path);
    return text;
}

static void log__file_has_every_level_one_line_each(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    char *dir = make_directory(), *deep;
    assert_true(asprintf(&deep, "%s/deep/er", dir) > 0);
    pulse_log_set_level(PULSE_LOG_SILENT);
    assert_int_equal(pulse_log_open(deep, "run", &err), 0);
    pulse_debug("fine %d", 1);
    pulse_warn("two\nlines");
    pulse_log_close();
    pulse_warn("after closing");
    char *text = read_log(dir);
    assert_non_null(strstr(text, "debug 2"));
    assert_non_null(strstr(text, "Z fine 1\n"));
    assert_non_null(strstr(text, "Z two\\nlines\n"));
    assert_null(strstr(text, "after"));
    free(text);
    free(deep);
    remove_directory(dir);
}

static void log__errors_and_warnings_drive_no_terminal(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    (void)pulse_fail(&err, PULSE_E_INPUT, "%s",
                     "a\x1b[2J\t\x7f\xc2\x9b"
                     "2J \xc2\xa0\xc3\xbc");
    assert_string_equal(err.text, "a\\x1b[2J\\t\\x7f\\u009b2J \xc2\xa0\xc3\xbc");
}

static void log__a_directory_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_text(dir, "file", ""), *below;
    assert_true(asprintf(&below, "%s/sub", path) > 0);
    assert_int_equal(pulse_log_open(below, "run", &err), -1);
    assert_says(&err, below);
    free(below);
    free(path);
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log__file_has_every_level_one_line_each),
        cmocka_unit_test(log__errors_and_warnings_drive_no_terminal),
        cmocka_unit_test(log__a_directory_that_cannot_be_made_is_an_error),
    };
    return RUN_CASES(tests, argc, argv);
}
