#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/date.h"
#include "data/dataset.h"

static const char rows[] = "timestamp,value\n1970-01-02,1\n1970-01-03,\n1970-01-01,3\n";

static void catalog__directory_lists_datasets_in_name_order(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char *dir = make_directory(), *sub;
    free(write_text(dir, "historical_zz.csv", rows));
    free(write_text(dir, "historical_bb.csv", rows));
    free(write_text(dir, "aa.csv", rows));
    free(write_text(dir, "historical_cc.parquet", "PAR1"));
    free(write_text(dir, ".historical_dd.csv", rows));
    free(write_text(dir, "notes.txt", "hello"));
    assert_true(asprintf(&sub, "%s/historical_ee.csv", dir) > 0);
    assert_int_equal(mkdir(sub, 0777), 0);
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), 0);
    assert_false(catalog.wide);
    assert_int_equal(catalog.n, 4);
    static const char *const names[] = {"aa", "bb", "cc", "zz"};
    for (int i = 0; i < 4; i++)
        assert_string_equal(catalog.entries[i].name, names[i]);
    assert_non_null(strstr(catalog.entries[1].uri, "/historical_bb.csv"));
    assert_int_equal(catalog.entries[0].bytes, sizeof rows - 1);
    pulse_catalog_clear(&catalog);
    free(sub);
    remove_directory(dir);
}

static void catalog__two_formats_of_one_name_are_an_error(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char *dir = make_directory();
    free(write_text(dir, "historical_a.csv", rows));
    free(write_text(dir, "historical_a.h5", rows));
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "historical_a.csv and historical_a.h5 are both the variable a");
    free(write_text(dir, "b.csv", rows));
    free(write_text(dir, "historical_b.csv", rows));
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), -1);
    assert_says(&err, "are both the variable");
    remove_directory(dir);
    dir = make_directory();
    free(write_text(dir, "historical_b.csv", rows));
    free(write_text(dir, "b.csv", rows));
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), -1);
    assert_says(&err, "b.csv and historical_b.csv are both the variable b");
    remove_directory(dir);
}

static void catalog__nothing_usable_says_what_was_found(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char *dir = make_directory();
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), -1);
    assert_says(&err, "holds no files");
    free(write_text(dir, "notes.txt", "hello"));
    assert_int_equal(pulse_catalog_open(dir, NULL, &catalog, &err), -1);
    assert_says(&err, dir);
    assert_says(&err, "notes.txt");
    assert_int_equal(pulse_catalog_open("no/such/directory", NULL, &catalog, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "no/such/directory");
    remove_directory(dir);
}

static void catalog__formats_that_are_not_read_are_errors_when_chosen(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    struct pulse_series series;
    int64_t bytes = 0;
    char *dir = make_directory(), *path = write_text(dir, "historical_a.doc", "");
    assert_int_equal(pulse_series_read(path, "a", NULL, &series, &bytes, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, "no known format");
    assert_int_equal(pulse_catalog_open(path, NULL, &catalog, &err), -1);
    assert_says(&err, "no known format");
    free(path);
    remove_directory(dir);
}

/* Checks the one value that `text` gives for the variable `a`, or that it fails saying `part`. */
static void check_series(const char *text, double expected, const char *part)
{
    struct pulse_err err = {0};
    struct pulse_series series;
    int64_t bytes = 0;
    char *dir = make_directory(), *path = write_text(dir, "historical_a.csv", text);
    int rc = pulse_series_read(path, "a", NULL, &series, &bytes, &err);
    if (part != NULL) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.kind, PULSE_E_INPUT);
        assert_says(&err, part);
    } else {
        if (rc != 0)
            fail_msg("%s", err.text);
        assert_int_equal(series.n, 1);
        assert_true(series.value[0] == expected);
        assert_int_equal(bytes >= (int64_t)strlen(text), 1);
    }
    pulse_series_clear(&series);
    free(path);
    remove_directory(dir);
}

static void series__value_column_is_found(void **state)
{
    (void)state;
    check_series("date,x,value\n1970-01-02,1,2\n", 2, NULL);
    check_series("date,Close,x\n1970-01-02,1,2\n", 1, NULL);
    check_series("date,x,A\n1970-01-02,1,2\n", 2, NULL);
    check_series("date,anything,text\n1970-01-02,1,hm\n", 1, NULL);
    check_series("Date,Open,High,Low,Close,Adj Close,Volume\n1970-01-02,1,2,3,4,5,6\n", 4, NULL);
    check_series("DATE,DGS10\n1970-01-02,.\n1970-01-03,2.5\n", 2.5, NULL);
}

static void series__an_ambiguous_value_column_is_an_error_with_the_columns(void **state)
{
    (void)state;
    check_series("date,x,y\n1970-01-02,1,2\n", 0, "(columns: date, x, y)");
    check_series("date,value,close\n1970-01-02,1,2\n", 0, "several columns");
    check_series("date,text\n1970-01-02,hm\n", 0, "no numeric column");
}

static void series__observed_rows_come_in_file_order(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_series series;
    int64_t bytes = 0;
    char *dir = make_directory(), *path = write_text(dir, "historical_a.csv", rows);
    assert_int_equal(pulse_series_read(path, "a", NULL, &series, &bytes, &err), 0);
    assert_int_equal(series.n, 2);
    assert_int_equal(series.time_ns[0], PULSE_NS_PER_DAY);
    assert_int_equal(series.time_ns[1], 0);
    assert_true(series.value[0] == 1 && series.value[1] == 3);
    pulse_series_clear(&series);
    free(path);
    remove_directory(dir);
}

static void catalog__a_long_file_is_a_wide_file_of_one_variable(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char *dir = make_directory(), *path = write_text(dir, "historical_spx_close.csv", rows);
    assert_int_equal(pulse_catalog_open(path, NULL, &catalog, &err), 0);
    assert_true(catalog.wide);
    assert_int_equal(catalog.n, 1);
    assert_string_equal(catalog.entries[0].name, "spx_close");
    pulse_catalog_clear(&catalog);
    free(path);
    path = write_text(dir, "DGS10.csv", "DATE,DGS10_rate\n1970-01-02,1\n");
    assert_int_equal(pulse_catalog_open(path, NULL, &catalog, &err), 0);
    assert_string_equal(catalog.entries[0].name, "DGS10_rate");
    pulse_catalog_clear(&catalog);
    free(path);
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalog__directory_lists_datasets_in_name_order),
        cmocka_unit_test(catalog__two_formats_of_one_name_are_an_error),
        cmocka_unit_test(catalog__nothing_usable_says_what_was_found),
        cmocka_unit_test(catalog__formats_that_are_not_read_are_errors_when_chosen),
        cmocka_unit_test(series__value_column_is_found),
        cmocka_unit_test(series__an_ambiguous_value_column_is_an_error_with_the_columns),
        cmocka_unit_test(series__observed_rows_come_in_file_order),
        cmocka_unit_test(catalog__a_long_file_is_a_wide_file_of_one_variable),
    };
    return RUN_CASES(tests, argc, argv);
}
