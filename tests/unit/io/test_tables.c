#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "allocations.h"
#include "data/dataset.h"
#include "data/table.h"

/* ---- A table as one line of text a row ------------------------------------------ */

static const char *const kinds[] = {"bool", "int", "uint", "float", "double", "time", "text"};

static void print_cell(FILE *to, const struct pulse_vector *v, int64_t row)
{
    if (v->missing != NULL && v->missing[row]) {
        (void)fputs("-", to);
    } else if (v->kind == PULSE_KIND_TEXT) {
        int64_t begin = row == 0 ? 0 : v->text_end[row - 1];
        (void)fprintf(to, "<%.*s>", (int)(v->text_end[row] - begin), v->text + begin);
    } else if (v->reals != NULL) {
        (void)fprintf(to, "%.17g", v->reals[row]);
    } else if (v->kind == PULSE_KIND_UINT) {
        (void)fprintf(to, "%llu", (unsigned long long)v->integers[row]);
    } else {
        (void)fprintf(to, "%lld", (long long)v->integers[row]);
    }
}

static int print_table(const char *path, enum pulse_time_unit unit, FILE *to, struct pulse_err *err)
{
    const struct pulse_read_options options = {
        .time_unit = unit, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    struct pulse_table *table;
    bool end = false;
    int64_t n, rows = 0;
    if (pulse_table_open(path, &options, &table, err) != 0)
        return -1;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    for (int64_t c = 0; c < n; c++)
        (void)fprintf(to, "%s%s:%s", c > 0 ? "," : "", columns[c].name, kinds[columns[c].kind]);
    int rc = 0;
    while (rc == 0 && !end) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        for (int64_t r = 0; rc == 0 && r < batch.rows; r++, rows++)
            for (int64_t c = 0; c < n; c++) {
                (void)fputs(c > 0 ? "," : "|", to);
                print_cell(to, &batch.vectors[c], r);
            }
        pulse_batch_clear(&batch);
    }
    if (rc == 0) {
        assert_int_equal(rows, pulse_table_rows(table));
        assert_true(pulse_table_done(table) == 1);
    }
    pulse_table_free(table);
    return rc;
}

static void check_unit(const char *text, enum pulse_time_unit unit, const char *want)
{
    char *printed = NULL;
    size_t size;
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_text(dir, "x.csv", text);
    FILE *to = open_memstream(&printed, &size);
    int rc = print_table(path, unit, to, &err);
    (void)fclose(to);
    if (rc != 0)
        print_error("%s\n", err.text);
    assert_int_equal(rc, 0);
    assert_string_equal(printed, want);
    free(printed);
    free(path);
    remove_directory(dir);
}

static void check_text(const char *text, const char *want)
{
    check_unit(text, PULSE_TIME_UNIT_NONE, want);
}

static void check_fails(const char *bytes, size_t n, const char *says)
{
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_bytes(dir, "x.csv", bytes, n);
    FILE *to = fopen("/dev/null", "w");
    assert_int_equal(print_table(path, PULSE_TIME_UNIT_NONE, to, &err), -1);
    assert_int_equal(err.kind, PULSE_E_INPUT);
    assert_says(&err, says);
    (void)fclose(to);
    free(path);
    remove_directory(dir);
}

/* ---- Kinds of CSV columns ------------------------------------------------------- */

static void tables__csv_kinds_are_what_all_cells_agree_on(void **state)
{
    (void)state;
    check_text("a\n1\n-2\n+3\n", "a:int|1|-2|3");
    check_text("a\n1\n2.5\n", "a:double|1|2.5");
    check_text("a\n1\n9223372036854775808\n", "a:uint|1|9223372036854775808");
    check_text("a\n-1\n9223372036854775808\n", "a:double|-1|9.2233720368547758e+18");
    check_text("a\n-9223372036854775808\n9223372036854775807\n",
               "a:int|-9223372036854775808|9223372036854775807");
    check_text("a\n18446744073709551616\n", "a:double|1.8446744073709552e+19");
    check_text("a\ntrue\nFALSE\n", "a:bool|1|0");
    check_text("a\ntrue\n1\n", "a:text|<true>|<1>");
    check_text("a\n1970-01-02\n1970-01-01T00:00:00.000000001\n", "a:time|86400000000000|1");
    check_text("a\n1970-01-02T00:00Z\n1970-01-01T00:00:00.000000001Z\n", "a:time|86400000000000|1");
    check_text("a\n1970-01-02\n1970-01-01T00:00Z\n", "a:text|<1970-01-02>|<1970-01-01T00:00Z>");
    check_text("a\n1970-01-02\n5\n", "a:text|<1970-01-02>|<5>");
    check_text("a\n1\nx\n", "a:text|<1>|<x>");
    check_text("a\n1\ninf\n-Infinity\n", "a:double|1|inf|-inf");
    check_text("a,b\n,1\n.,2\n", "a:double,b:int|-,1|-,2");
}

static void tables__csv_missing_words_are_missing_but_in_text(void **state)
{
    (void)state;
    check_text("a,b\n1,x\nNA,NA\nnull,\n\"\",\"\"\n", "a:int,b:text|1,<x>|-,<NA>|-,-|-,-");
    check_text("a,b\ntrue,2\nNaN,nan\n", "a:bool,b:int|1,2|-,-");
}

static void tables__csv_days_of_eight_digits_only_where_time_is_named(void **state)
{
    (void)state;
    check_text("date,n\n19700102,19700102\n", "date:time,n:int|86400000000000,19700102");
    check_text("date\n19700102\n19700199\n", "date:int|19700102|19700199");
    check_text("date\n19700102\n1970-01-03\n", "date:time|86400000000000|172800000000000");
}

static void tables__csv_counts_of_a_declared_unit_are_times(void **state)
{
    (void)state;
    check_unit("Time,n\n1,1\n-1,2\n", PULSE_TIME_UNIT_MS, "Time:time,n:int|1000000,1|-1000000,2");
    check_unit("time\n19700102\n", PULSE_TIME_UNIT_NS, "time:time|19700102");
    check_unit("time\n5\n1970-01-02\n", PULSE_TIME_UNIT_S, "time:time|5000000000|86400000000000");
    check_unit("time\n1.5\n", PULSE_TIME_UNIT_S, "time:double|1.5");
}

/* ---- Cells of CSV --------------------------------------------------------------- */

static void tables__csv_text_stays_as_it_is(void **state)
{
    (void)state;
    check_text("a,b\n\"x \"\"y\"\" z\", two \n\"\"\"\",\"1\n2\"\n\"a,b\",\" c \"\r\n",
               "a:text,b:text|<x \"y\" z>,< two >|<\">,<1\n2>|<a,b>,< c >");
    check_text("a;b\n\xc3\xa9;1\n", "a:text,b:int|<\xc3\xa9>,1");
    check_text("\xef\xbb\xbf\"a\"\r\n\"1\"\r\n\r\n2", "a:int|1|2");
    check_text("a\n", "a:double");
    check_text("a\n\n\n", "a:double");
}

static void tables__csv_what_is_no_table_is_reported_with_its_line(void **state)
{
    (void)state;
    static const char nul[] = "a\n1\n\0\n";
    check_fails("a,b\n1,2\n3\n", 10, "line 3: 1 cells where the header has 2");
    check_fails("a,b\n1,\"x\ny\"\n3,4,5\n", 18, "line 4: 3 cells where the header has 2");
    check_fails("a\n1\n\"x\n", 7, "line 3: a quote is never closed");
    check_fails("a\n1\nx\xff\n", 7, "line 3: text that is not UTF-8");
    check_fails(nul, sizeof nul - 1, "NUL");
    check_fails("", 0, "x.csv: the file is empty");
}

/* Rows that end anywhere in the buffer, one longer than it, and the end without a line feed. */
static void tables__csv_rows_across_buffers(void **state)
{
    (void)state;
    enum { ROWS = 200000, LONG = 3 << 20 };
    char *printed = NULL, *text = NULL, *want = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size), *expect = open_memstream(&want, &size);
    uint64_t seed = 11;
    (void)fputs("n,t\n", to);
    (void)fputs("n:int,t:text", expect);
    for (int i = 0; i < ROWS; i++) {
        int length = (int)(next_random(&seed) % 40);
        (void)fprintf(to, "%d,\"%0*d,\n\"\"\"%s", i, length, 0, i == ROWS - 1 ? "" : "\n");
        (void)fprintf(expect, "|%d,<%0*d,\n\">", i, length, 0);
        if (i == ROWS / 2) {
            (void)fprintf(to, "-1,%0*d\n", LONG, 7);
            (void)fprintf(expect, "|-1,<%0*d>", LONG, 7);
        }
    }
    (void)fclose(to);
    (void)fclose(expect);
    struct pulse_err err = {0};
    char *dir = make_directory(), *path = write_text(dir, "x.csv", text);
    to = open_memstream(&printed, &size);
    assert_int_equal(print_table(path, PULSE_TIME_UNIT_NONE, to, &err), 0);
    (void)fclose(to);
    assert_true(strcmp(printed, want) == 0);
    free(printed);
    free(text);
    free(want);
    free(path);
    remove_directory(dir);
}

/* ---- Short of memory ------------------------------------------------------------ */

/* Whatever allocation fails, it is said so, nothing is leaked and nothing else goes wrong. */
static void check_short_of_memory(const char *path, const char *name)
{
    for (int series = 0; series < 2; series++) {
        int rc = -1;
        int64_t failures = 0;
        FILE *to = fopen("/dev/null", "w");
        assert_non_null(to);
        for (; rc != 0 && failures < 2000; failures++) {
            struct pulse_err err = {0};
            struct pulse_series read = {0};
            int64_t bytes = 0;
            allocations_fail_from(failures);
            rc = series == 0 ? print_table(path, PULSE_TIME_UNIT_NONE, to, &err)
                             : pulse_series_read(path, name, NULL, &read, &bytes, &err);
            allocations_succeed();
            if (rc != 0)
                assert_int_equal(err.kind, PULSE_E_MEMORY);
            pulse_series_clear(&read);
        }
        (void)fclose(to);
        assert_int_equal(rc, 0);
        assert_true(failures > 10);
    }
}

static void tables__csv_short_of_memory(void **state)
{
    (void)state;
    char *dir = make_directory();
    char *path = write_text(dir, "x.csv", "date,x,t\n2020-01-01,1.5,\"a\"\"b\"\n2020-01-02,,c\n");
    check_short_of_memory(path, "x");
    free(path);
    remove_directory(dir);
}

/* {"date": ["2020-01-01", "2020-01-02"], "value": [1.5, None], "t": [b"a" as bytes of Latin-1 …]}
 */
static const char lists[] =
    "(dVdate\n(lV2020-01-01\naV2020-01-02\nasVvalue\n(lF1.5\naNasVt\n(lV\\u20ac"
    "\naI5\nas.";
/* [{"date": "2020-01-01", "value": 2}, {"date": "2020-01-03", "value": 3.5, "t": "x"}] */
static const char records[] =
    "(l(dVdate\nV2020-01-01\nsVvalue\nI2\nsa(dVdate\nV2020-01-03\nsVvalue\n"
    "F3.5\nsVt\nVx\nsa.";

static void tables__pickles_short_of_memory(void **state)
{
    (void)state;
    char *dir = make_directory();
    char *path = write_bytes(dir, "x.pkl", lists, sizeof lists - 1);
    check_short_of_memory(path, "x");
    free(path);
    path = write_bytes(dir, "y.pkl", records, sizeof records - 1);
    check_short_of_memory(path, "y");
    free(path);
    remove_directory(dir);
}

static void make_below(const char *dir, const char *below)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, below);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void tables__a_store_of_records_short_of_memory(void **state)
{
    (void)state;
    static const char record[] = "(dVtimestamp\nV2020-01-01\nsVvalue\nI2\ns.";
    char *dir = make_directory(), set[512];
    make_below(dir, "data");
    make_below(dir, "data/datasets");
    make_below(dir, "data/datasets/historical_x");
    make_below(dir, "data/ab");
    make_below(dir, "data/ab/abc");
    free(write_text(dir, "data/datasets/historical_x/1_items.json", "[\"abc\", \"abc\"]"));
    (void)snprintf(set, sizeof set, "%s/data/ab/abc/latest.data", dir);
    gzFile packed = gzopen(set, "wb");
    assert_int_equal(gzwrite(packed, record, sizeof record - 1), (int)sizeof record - 1);
    assert_int_equal(gzclose(packed), Z_OK);
    (void)snprintf(set, sizeof set, "%s/data/datasets/historical_x", dir);
    check_short_of_memory(set, "x");
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables__csv_kinds_are_what_all_cells_agree_on),
        cmocka_unit_test(tables__csv_missing_words_are_missing_but_in_text),
        cmocka_unit_test(tables__csv_days_of_eight_digits_only_where_time_is_named),
        cmocka_unit_test(tables__csv_counts_of_a_declared_unit_are_times),
        cmocka_unit_test(tables__csv_text_stays_as_it_is),
        cmocka_unit_test(tables__csv_what_is_no_table_is_reported_with_its_line),
        cmocka_unit_test(tables__csv_rows_across_buffers),
        cmocka_unit_test(tables__csv_short_of_memory),
        cmocka_unit_test(tables__pickles_short_of_memory),
        cmocka_unit_test(tables__a_store_of_records_short_of_memory),
    };
    return RUN_CASES(tests, argc, argv);
}
