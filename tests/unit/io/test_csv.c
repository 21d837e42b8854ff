#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "data/csv/csv.h"
#include "data/dataset.h"

/* How files are read. */
static const struct pulse_read_options as_usual = {
    .from_ns = INT64_MIN, .to_ns = INT64_MAX, .every_variable = true};
static struct pulse_read_options reading = {
    .from_ns = INT64_MIN, .to_ns = INT64_MAX, .every_variable = true};

/* The blocks of the parts, one under the other. */
static void join(const struct pulse_block *blocks, int parts, struct pulse_block *all)
{
    for (int k = 0; k < parts; k++) {
        all->rows += blocks[k].rows;
        all->columns = blocks[k].columns > all->columns ? blocks[k].columns : all->columns;
    }
    all->time_ns = calloc((size_t)all->rows + 1, sizeof *all->time_ns);
    all->values = calloc((size_t)(all->rows * all->columns) + 1, sizeof *all->values);
    if (all->time_ns == NULL || all->values == NULL)
        abort();
    for (int64_t k = 0, row = 0; k < parts; row += blocks[k++].rows)
        for (int64_t i = 0; i < blocks[k].rows; i++) {
            all->time_ns[row + i] = blocks[k].time_ns[i];
            for (int64_t c = 0; c < all->columns; c++)
                all->values[c * all->rows + row + i] = blocks[k].values[c * blocks[k].rows + i];
        }
}

/* One part through the interface of dataset.h. */
static int read_wide(const char *path, int part, int parts, const struct pulse_catalog *catalog,
                     bool *quoted, struct pulse_block *out, struct pulse_err *err)
{
    struct pulse_wide *wide;
    int64_t bytes = 0;
    const char **names = calloc((size_t)catalog->n, sizeof *names);
    assert_non_null(names);
    for (int64_t v = 0; v < catalog->n; v++)
        names[v] = catalog->entries[v].name;
    int rc = pulse_wide_open(path, part, parts, &reading, &wide, err);
    if (rc == 0) {
        rc = pulse_wide_read(wide, *quoted, names, catalog->n, out, &bytes, err);
        *quoted ^= pulse_wide_flips_quotes(wide);
        pulse_wide_free(wide);
    }
    free(names);
    return rc;
}

/* The same columns of one part, through a buffer of so many bytes. */
static int read_buffered(const char *path, int part, int parts, int64_t buffer_bytes, bool *quoted,
                         struct pulse_block *out, struct pulse_err *err)
{
    struct pulse_csv *csv;
    int64_t bytes = 0, n = 0;
    const struct pulse_location location = {.uri = (char *)path, .file = (char *)path};
    if (pulse_csv_open(&location, part, parts, buffer_bytes, &reading, &csv, err) != 0)
        return -1;
    const struct pulse_csv_layout *layout = pulse_csv_layout(csv);
    int64_t *columns = calloc((size_t)layout->n, sizeof *columns);
    assert_non_null(columns);
    for (int64_t c = 0; c < layout->n; c++)
        if (layout->numeric[c] && !layout->empty[c])
            columns[n++] = c;
    int rc = pulse_csv_read(csv, *quoted, columns, n, out, &bytes, err);
    *quoted ^= pulse_csv_flips_quotes(csv);
    free(columns);
    pulse_csv_free(csv);
    return rc;
}

/* Reads all variables of a wide file in `parts` parts, one after the other, as ranks would; through
 * a buffer of `buffer_bytes`, the usual one for 0. */
static int read_through(const char *path, int parts, int64_t buffer_bytes, struct pulse_block *all,
                        struct pulse_err *err)
{
    struct pulse_catalog catalog;
    int rc = pulse_catalog_open(path, &reading, &catalog, err);
    *all = (struct pulse_block){0};
    if (rc != 0)
        return rc;
    struct pulse_block *blocks = calloc((size_t)parts, sizeof *blocks);
    assert_non_null(blocks);
    bool quoted = false;
    for (int k = 0; rc == 0 && k < parts; k++)
        rc = buffer_bytes == 0
                 ? read_wide(path, k, parts, &catalog, &quoted, &blocks[k], err)
                 : read_buffered(path, k, parts, buffer_bytes, &quoted, &blocks[k], err);
    join(blocks, parts, all);
    for (int k = 0; k < parts; k++)
        pulse_block_clear(&blocks[k]);
    free(blocks);
    pulse_catalog_clear(&catalog);
    return rc;
}

static int read_parts(const char *path, int parts, struct pulse_block *all, struct pulse_err *err)
{
    return read_through(path, parts, 0, all, err);
}

/* "day:a/b day:a/b": days since 1970 and values, "-" where missing. */
static char *describe_block(const struct pulse_block *block)
{
    size_t size = (size_t)(block->rows * (block->columns + 1)) * 32 + 1, used = 0;
    char *text = calloc(size, 1);
    assert_non_null(text);
    for (int64_t i = 0; i < block->rows; i++) {
        used += (size_t)sprintf(text + used, "%s%lld:", i == 0 ? "" : " ",
                                (long long)pulse_day_of_ns(block->time_ns[i]));
        for (int64_t c = 0; c < block->columns; c++) {
            double x = block->values[c * block->rows + i];
            used +=
                (size_t)sprintf(text + used, isnan(x) ? "%s-" : "%s%.17g", c == 0 ? "" : "/", x);
        }
    }
    return text;
}

static void check_through(const char *path, int parts, int64_t buffer_bytes, const char *expected)
{
    struct pulse_err err = {0};
    struct pulse_block all;
    if (read_through(path, parts, buffer_bytes, &all, &err) != 0)
        fail_msg("%d parts, buffer of %d: %s", parts, (int)buffer_bytes, err.text);
    char *got = describe_block(&all);
    if (strcmp(got, expected) != 0)
        fail_msg("%d parts, buffer of %d: got %s, expected %s", parts, (int)buffer_bytes, got,
                 expected);
    free(got);
    pulse_block_clear(&all);
}

/* In many numbers of parts, and through buffers that end anywhere in the rows. */
static void check_bytes(const char *bytes, size_t length, const char *expected)
{
    const int64_t most = length < 1000 ? 160 : 70;
    char *dir = make_directory(), *path = write_bytes(dir, "panel.csv", bytes, length);
    for (int parts = 1; parts <= 9; parts++)
        check_through(path, parts, 0, expected);
    for (int parts = 1; parts <= 3; parts++)
        for (int64_t buffer = length < 1000 ? 1 : 64; buffer <= most; buffer++)
            check_through(path, parts, buffer, expected);
    free(path);
    remove_directory(dir);
}

static void check_text(const char *text, const char *expected)
{
    check_bytes(text, strlen(text), expected);
}

static void check_fails_bytes(const char *bytes, size_t length, const char *part)
{
    struct pulse_err err = {0};
    struct pulse_block all;
    char *dir = make_directory(), *path = write_bytes(dir, "panel.csv", bytes, length);
    for (int parts = 1; parts <= 5; parts++)
        for (int64_t buffer = 0; buffer <= 80; buffer++) {
            assert_int_equal(read_through(path, parts, buffer, &all, &err), -1);
            assert_int_equal(err.kind, PULSE_E_INPUT);
            assert_says(&err, part);
            assert_says(&err, "panel.csv");
            pulse_block_clear(&all);
        }
    free(path);
    remove_directory(dir);
}

static void check_fails(const char *text, const char *part)
{
    check_fails_bytes(text, strlen(text), part);
}

/* Whether the file, read as said, holds `expected` or else fails and says so. */
static void check_said(const struct pulse_read_options *said, const char *text,
                       const char *expected)
{
    struct pulse_err err = {0};
    struct pulse_block all;
    char *dir = make_directory(), *path = write_text(dir, "panel.csv", text);
    reading = *said;
    reading.from_ns = INT64_MIN;
    reading.to_ns = INT64_MAX;
    reading.every_variable = true;
    for (int parts = 1; parts <= 4; parts++) {
        if (read_parts(path, parts, &all, &err) == 0)
            check_through(path, parts, 0, expected);
        else
            assert_says(&err, expected);
        pulse_block_clear(&all);
    }
    reading = as_usual;
    free(path);
    remove_directory(dir);
}

static void check_left_out(const char *text, const char *expected)
{
    struct pulse_err err = {0};
    struct pulse_catalog catalog;
    char said[PULSE_ERR_TEXT] = "";
    char *dir = make_directory(), *path = write_text(dir, "panel.csv", text);
    assert_int_equal(pulse_catalog_open(path, &reading, &catalog, &err), 0);
    (void)pulse_catalog_left_out(&catalog, said);
    assert_string_equal(said, expected);
    pulse_catalog_clear(&catalog);
    free(path);
    remove_directory(dir);
}

/* ---- Dialects ---------------------------------------------------------------------------------
 */

static void csv__plain_file_is_read(void **state)
{
    (void)state;
    check_text("date,a,b\n1970-01-02,1,2.5\n1970-01-05,-3e2,.25\n", "1:1/2.5 4:-300/0.25");
}

static void csv__separator_is_found_in_the_header(void **state)
{
    (void)state;
    check_text("date;a;b\n1970-01-02;1;2\n", "1:1/2");
    check_text("date\ta\tb\n1970-01-02\t1\t2\n", "1:1/2");
    check_text("date;\"a,b,c,d\"\n1970-01-02;1\n", "1:1");
}

static void csv__quotes_crlf_and_byte_order_mark_are_understood(void **state)
{
    (void)state;
    check_text(
        "\xef\xbb\xbf\"date\",\"a\",\"b\"\r\n\"1970-01-02\",\"1\",\"\"\r\n1970-01-03, 2 ,3\r\n",
        "1:1/- 2:2/3");
}

static void csv__last_line_needs_no_line_end(void **state)
{
    (void)state;
    check_text("date,a\n1970-01-02,1\n1970-01-03,2", "1:1 2:2");
    check_text("date,a\r\n1970-01-02,1\r\n1970-01-03,2\r", "1:1 2:2");
    check_text("date,a\n1970-01-02,1\n1970-01-03,", "1:1 2:-");
}

static void csv__empty_lines_are_no_rows(void **state)
{
    (void)state;
    check_text("date,a\n\n1970-01-02,1\n\r\n\n1970-01-03,2\n\n\n", "1:1 2:2");
}

static void csv__every_spelling_of_missing_is_missing(void **state)
{
    (void)state;
    check_text("date,a,b,c,d\n"
               "1970-01-02,,.,NA,NaN\n"
               "1970-01-03,nan,null,NULL,N/A\n"
               "1970-01-04,inf,-inf,Infinity,#N/A\n"
               "1970-01-05,\"\",\" \",+inf,1e999\n"
               "1970-01-06,1,2,3,4\n",
               "1:-/-/-/- 2:-/-/-/- 3:-/-/-/- 4:-/-/-/- 5:1/2/3/4");
}

static void csv__all_missing_column_is_no_variable(void **state)
{
    (void)state;
    check_text("date,a,b\n1970-01-02,,1\n1970-01-03,.,2\n", "1:1 2:2");
    check_left_out("date,a,b\n1970-01-02,,1\n1970-01-03,.,2\n",
                   "1 column holds no number and is left out: a");
    check_left_out("date,a,,note,\n1970-01-02,1,7,x,\n1970-01-03,2,8,-,\n",
                   "2 columns hold no number, or have no name, and are left out: (no name), note; "
                   "a name in the header makes a variable of numbers");
    check_left_out("date,a\n1970-01-02,1\n", "");
}

static void csv__header_only_has_variables_and_no_rows(void **state)
{
    (void)state;
    check_text("date,a,b\n", "");
    check_text("date,a,b", "");
}

static void csv__time_column_may_be_anywhere_and_in_any_case(void **state)
{
    (void)state;
    check_text("a,DATE,b\n1,1970-01-02,2\n", "1:1/2");
    check_text("a,b,Observation_Date\n1,2,1970-01-02\n", "1:1/2");
    check_text("a,TimeStamp\n1,1970-01-02T05:00:00+06:00\n", "1:1"); /* the day that it shows */
}

static void csv__pandas_index_without_a_name(void **state)
{
    (void)state;
    check_text(",date,a\n0,1970-01-02,5\n1,1970-01-03,6\n", "1:5 2:6");
    check_text(",a,b\n1970-01-02,5,7\n1970-01-03,6,8\n", "1:5/7 2:6/8");
}

static void csv__text_column_is_no_variable(void **state)
{
    (void)state;
    check_text("date,a,rating\n1970-01-02,5,\n1970-01-03,6,\"AAA, of a kind\"\n", "1:5 2:6");
}

/* ---- Quotes across parts -------------------------------------------------------- */

static void csv__quoted_cell_may_hold_newline(void **state)
{
    (void)state;
    check_text("date,note,a\n"
               "1970-01-02,\"one\ntwo, \"\"three\"\"\n\",5\n"
               "1970-01-03,\"1970-01-09,x,9\n1970-01-10,y,10\n\",6\n"
               "1970-01-04,plain,7\n",
               "1:5 2:6 3:7");
    check_text("date,\"a\nb\"\n1970-01-02,1\n", "1:1");
}

static void csv__parts_make_the_file_whatever_their_number(void **state)
{
    (void)state;
    char *text = calloc(1 << 16, 1), *expected = calloc(1 << 16, 1), *t = text, *e = expected;
    assert_true(text != NULL && expected != NULL);
    uint64_t seed = 99;
    print_message("seed %llu\n", (unsigned long long)seed);
    t += sprintf(t, "note,a,date,b\n");
    for (int i = 0; i < 300; i++) {
        static const char *const notes[] = {"",         "x",         "\"\n\"", "\"a,\"\"\nb\"",
                                            "\"\"\"\"", "\"\n\n\n\""};
        int a = (int)(next_random(&seed) % 1000);
        t += sprintf(t, "%s,%d,1970-01-%02d,%s%s", notes[next_random(&seed) % 6], a, i % 28 + 1,
                     i % 7 == 0 ? "" : "0.5", i % 3 == 0 ? "\r\n" : "\n");
        e += sprintf(e, "%s%d:%d/%s", i == 0 ? "" : " ", i % 28, a, i % 7 == 0 ? "-" : "0.5");
    }
    check_text(text, expected);
    free(text);
    free(expected);
}

static void csv__more_parts_than_rows_leave_parts_empty(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_block all;
    char *dir = make_directory();
    char *path = write_text(dir, "p.csv", "date,a\n1970-01-02,1\n1970-01-03,2\n");
    for (int parts = 10; parts < 100; parts += 7) {
        assert_int_equal(read_parts(path, parts, &all, &err), 0);
        assert_int_equal(all.rows, 2);
        assert_true(all.values[0] == 1 && all.values[1] == 2);
        pulse_block_clear(&all);
    }
    free(path);
    remove_directory(dir);
}

static void csv__row_longer_than_the_read_ahead_is_finished(void **state)
{
    (void)state;
    const size_t note = 300000;
    char *text = calloc(note + 100, 1);
    assert_non_null(text);
    strcpy(text, "date,note,a\n1970-01-02,x,1\n1970-01-03,\"");
    size_t n = strlen(text);
    memset(text + n, '\n', note);
    strcpy(text + n + note, "\",2\n1970-01-04,y,3\n");
    check_text(text, "1:1 2:2 3:3");
    free(text);
}

/* ---- Rows and the buffer -------------------------------------------------------- */

static void csv__row_and_quoted_cell_longer_than_the_buffer_are_read(void **state)
{
    (void)state;
    char *text = calloc(1 << 14, 1), *t = text;
    assert_non_null(text);
    t += sprintf(t, "date,note,a\n1970-01-02,\"");
    for (int i = 0; i < 300; i++)
        t += sprintf(t, i % 7 == 0 ? "\r\n" : i % 5 == 0 ? "\"\"" : "x,");
    (void)sprintf(t, "\",1\r\n1970-01-03,x,%0200d.5\r\n1970-01-04,\"\n\",3", 2);
    check_text(text, "1:1 2:2.5 3:3");
    free(text);
}

static void csv__a_buffer_that_ends_with_the_file_is_enough(void **state)
{
    (void)state;
    static const char header[] = "date,a\n", rows[] = "1970-01-02,1\n1970-01-03,\"2\"";
    char text[64];
    (void)snprintf(text, sizeof text, "%s%s", header, rows);
    char *dir = make_directory(), *path = write_text(dir, "p.csv", text);
    for (int64_t k = -2; k <= 2; k++)
        check_through(path, 1, (int64_t)strlen(rows) + k, "1:1 2:2");
    free(path);
    remove_directory(dir);
}

static void csv__short_and_long_rows_in_any_order_all_fit(void **state)
{
    (void)state;
    enum { ROWS = 1200 };
    char *text = calloc(ROWS, 64), *dir = make_directory();
    struct pulse_err err = {0};
    struct pulse_block all;
    assert_non_null(text);
    for (int shape = 0; shape < 4; shape++) {
        char *t = text + sprintf(text, "date,note,a,b\n");
        for (int i = 0; i < ROWS; i++) {
            bool wordy = shape == 0 ? i < ROWS / 2 : shape == 1 ? i > ROWS / 2 : i % 1000 < 200;
            t += sprintf(t, "1970-01-02,%s,%d,%s\n%s", wordy ? "a long note about nothing" : "", i,
                         wordy ? "0.123456789" : "", shape == 3 ? "\n\n\n" : "");
        }
        char *path = write_text(dir, "p.csv", text);
        for (int64_t buffer = 64; buffer <= 1 << 20; buffer *= 4)
            for (int parts = 1; parts <= 3; parts++) {
                assert_int_equal(read_through(path, parts, buffer, &all, &err), 0);
                assert_int_equal(all.rows, ROWS);
                for (int i = 0; i < ROWS; i++)
                    assert_true(all.values[i] == i);
                pulse_block_clear(&all);
            }
        free(path);
    }
    free(text);
    remove_directory(dir);
}

static void csv__bytes_are_read_once_and_for_parts_twice(void **state)
{
    (void)state;
    enum { ROWS = 200000 };
    char *text = calloc(ROWS + 1, 16), *t = text;
    assert_non_null(text);
    t += sprintf(t, "date,a\n");
    for (int i = 0; i < ROWS; i++)
        t += sprintf(t, "1970-01-02,%d\n", i % 10);
    char *dir = make_directory(), *path = write_text(dir, "p.csv", text);
    for (int parts = 1; parts <= 2; parts++) {
        struct pulse_err err = {0};
        struct pulse_csv *csv;
        struct pulse_block block;
        int64_t bytes = 0, column = 1, rows = 0;
        for (int part = 0; part < parts; part++) {
            assert_int_equal(pulse_csv_open(&(struct pulse_location){.uri = path, .file = path},
                                            part, parts, PULSE_CSV_BUFFER_BYTES, &reading, &csv,
                                            &err),
                             0);
            assert_int_equal(pulse_csv_read(csv, false, &column, 1, &block, &bytes, &err), 0);
            rows += block.rows;
            pulse_block_clear(&block);
            pulse_csv_free(csv);
        }
        const int64_t some = parts * (256 << 10), size = (int64_t)strlen(text);
        assert_int_equal(rows, ROWS);
        assert_true(bytes >= parts * size && bytes <= parts * size + some);
    }
    free(path);
    free(text);
    remove_directory(dir);
}

/* ---- What is refused ------------------------------------------------------------ */

static void csv__empty_file_is_an_error(void **state)
{
    (void)state;
    check_fails("", "the file is empty");
    check_fails("\n\r\n \n", "the first line is empty");
}

static void csv__no_or_two_time_columns_are_an_error_with_the_columns(void **state)
{
    (void)state;
    check_fails("a,b\n1,2\n", "no time column (columns: a, b)");
    check_fails("date,a,Time\n1970-01-02,1,2\n", "'date' and 'Time'");
    check_fails(",when,a\n1970-01-02,1970-01-03,1\n", "no time column");
}

static void csv__equal_names_are_an_error(void **state)
{
    (void)state;
    check_fails("date,a,b,a\n1970-01-02,1,2,3\n", "two columns are called 'a'");
}

static void csv__no_numbers_at_all_are_an_error(void **state)
{
    (void)state;
    check_fails("date,rating\n1970-01-02,AAA\n", "no column of numbers");
}

static void csv__wrong_number_of_cells_names_the_line(void **state)
{
    (void)state;
    check_fails("date,a,b\n1970-01-02,1,2\n1970-01-03,1\n1970-01-04,1,2\n",
                "line 3: 2 cells where the header has 3");
    check_fails("date,a,b\n1970-01-02,1,2\n\n1970-01-03,1,2,3\n",
                "line 4: 4 cells where the header has 3");
    check_fails("date,a,b\n1970-01-02,1,2\n1970-01", "line 3: 1 cells where the header has 3");
}

static void csv__line_numbers_count_newlines_in_quotes(void **state)
{
    (void)state;
    check_fails("date,n,a\n1970-01-02,\"\n\n\",1\n1970-01-03,x,zero\n",
                "line 5: 'zero' in column 'a' is no number");
}

static void csv__a_word_among_numbers_is_an_error(void **state)
{
    (void)state;
    check_fails("date,a\n1970-01-02,1\n1970-01-03,1.5.2\n",
                "line 3: '1.5.2' in column 'a' is no number");
    check_fails("date,a\n1970-01-02,1\n1970-01-03,0x10\n", "'0x10'");
}

static void csv__decimal_commas_are_detected_where_the_separator_is_none(void **state)
{
    (void)state;
    check_text("date;a;b\n1970-01-02;1;1,5\n1970-01-03;-0,25;\"2,5e-1\"\n", "1:1/1.5 2:-0.25/0.25");
    check_text("date\ta\n1970-01-02\t0,125\n1970-01-03\t1,250\n", "1:0.125 2:1.25");
    check_text("date;a;b\n1970-01-02;1,5;.\n1970-01-03;;7\n", "1:1.5/- 2:-/7");
    check_text("date;a\n1970-01-02;0.125\n1970-01-03;1.234\n", "1:0.125 2:1.234");
    check_text("date;a;b\n1970-01-02;1;x,5\n", "1:1");
    check_text("date;a;b\n1970-01-02;1;,\n", "1:1");
}

static void csv__a_comma_of_two_meanings_is_an_error_that_says_what_to_do(void **state)
{
    (void)state;
    check_fails("date;a\n1970-01-02;1,234\n",
                "line 2: the comma of '1,234' in column 'a' may stand");
    check_fails("date;a\n1970-01-02;1,234\n", "--decimal comma or --decimal point");
    check_fails("date;a;b\n1970-01-02;1,234;2.345\n", "--decimal");
    check_fails("date;a\n1970-01-02;1.234\n", "--decimal point or --thousands point");
    check_fails("date;a\n1970-01-02;12.234\n1970-01-03;5\n", "point of '12.234'");
    check_text("date\ta\n1970-01-02\t1.234\n", "1:1.234");
    check_fails("date;a;b\n1970-01-02;1,5;2.5\n", "both '1,5' and '2.5'");
    check_fails("date;a\n1970-01-02;1.234,5\n", "'1.234,5' in column 'a' is no number: say");
    check_fails("date;a\n1970-01-02;1,234\n1970-01-03;1.5\n", "line 2: '1,234' in column 'a'");
    check_fails("date,a\n1970-01-02,\"1,234.50\"\n", "write 1234.5 for 1,234.5");
    check_fails("date,a\n1970-01-02,\"1,5\"\n", "say --decimal comma");
}

static void csv__thousands_are_read_as_said(void **state)
{
    (void)state;
    struct pulse_read_options said = {.thousands = '.'};
    check_said(&said, "date;a;b\n1970-01-02;1.234;1,5\n1970-01-03;3.579.615;-12.345,25\n",
               "1:1234/1.5 2:3579615/-12345.25");
    check_said(&said, "date;a\n1970-01-02;1.23\n", "'1.23' in column 'a' is no number");
    check_said(&said, "date;a\n1970-01-02;1234.567\n", "no number");
    said.thousands = ',';
    check_said(&said, "date,a\n1970-01-02,\"1,234.5\"\n1970-01-03,\"-1,234,567\"\n",
               "1:1234.5 2:-1234567");
    check_said(&said, "date,a\n1970-01-02,\"1,5\"\n", "no number");
    said.thousands = ' ';
    check_said(&said,
               "date;a\n1970-01-02;1\xe2\x80\xaf"
               "234,5\n1970-01-03;1\xc2\xa0"
               "000 000\n",
               "1:1234.5 2:1000000");
    said.thousands = '\'';
    check_said(&said,
               "date,a\n1970-01-02,1'234.5\n1970-01-03,1\xe2\x80\x99"
               "234\n",
               "1:1234.5 2:1234");
    said.decimal = '.', said.thousands = '.';
    check_said(&said, "date,a\n1970-01-02,1\n", "the same sign");
    check_fails("date;a\n1970-01-02;1\xe2\x80\xaf"
                "234,5\n",
                "say --thousands space");
    check_fails("date,a\n1970-01-02,1'234.5\n", "say --thousands apostrophe");
    check_fails("date;a;b\n1970-01-02;1,5;3.579.615\n", "--thousands point");
}

static void csv__times_have_the_form_that_is_said_or_shown(void **state)
{
    (void)state;
    check_text("Trade Date,a\n1970-01-02,1\n", "1:1");
    check_text("<DATE>,a\n19700102,1\n", "1:1");
    check_text("ds,y\n1970-01-02,1\n", "1:1");
    check_text("a,when\n1,1970-01-02\n", "1:1");
    check_text("date,a\n1970-02,1\n1970-03,2\n", "31:1 59:2");
    check_text("date,a\n1970-W02,2\n1970W03,3\n", "4:2 11:3");
    check_text("date,a\n1970-003,3\n1970-W02-1,2\n", "2:3 4:2");
    check_fails("date,a\n1970-02,1\n1970-W02,2\n", "line 3: '1970-W02' in column 'date' is a week");
    check_text("Datum;a\n02.01.1970;1,5\n13.01.1970;2,5\n", "1:1.5 12:2.5");
    check_fails("date;a\n02.01.1970;1,5\n03.01.1970;2,5\n", "'02.01.1970' in column 'date'");
    struct pulse_read_options said = {.date_format = "%m/%d/%Y"};
    check_said(&said, "date,a\n01/02/1970,1\n12/31/1970,2\n", "1:1 364:2");
    check_said(&said, "date,a\n13/02/1970,1\n", "is no time of the form %m/%d/%Y");
    said = (struct pulse_read_options){.time = "when"};
    check_said(&said, "date,a,when\n1970-01-05,1,1970-01-02\n", "1:1");
    check_said(&said, "date,a\n1970-01-05,1\n", "no time column when (columns: date, a)");
}

static void csv__offsets_are_of_all_stamps_or_none(void **state)
{
    (void)state;
    check_text("date,a\n1970-01-02T00:00Z,1\n1970-01-03T00:00:00+00:00,2\n", "1:1 2:2");
    check_fails("date,a\n1970-01-02T00:00Z,1\n1970-01-03T00:00,2\n", "line 3: '1970-01-03T00:00'");
    check_fails("date,a\n1970-01-02,1\n1970-01-03T00:00-05:00,2\n", "has an offset from UTC");
    check_fails("date,a\n\"1970-01-02T00:00+01\",1\n\"1970-01-03\",2\n", "has no offset");
}

static void csv__delimiters_and_lines_before_the_header_are_said_or_shown(void **state)
{
    (void)state;
    check_text("date|a|b\n1970-01-02|1|2\n", "1:1/2");
    check_fails("Source: \"x\nUnit, %\ndate,a\n1970-01-02,1\n", "panel.csv");
    check_fails("Source,x\n\ndate,a\n1970-01-02,1\n", "say --skip-rows 2 if line 3 is the header");
    check_fails("date,a\r1970-01-02,1\r1970-01-03,2\r", "carriage return alone");
    struct pulse_read_options said = {.skip_rows = 2};
    check_said(&said, "Source: \"x\nUnit, %\ndate,a\n1970-01-02,1\n1970-01-03,2\n", "1:1 2:2");
    check_said(&said, "x\ny\ndate,a\n1970-01-02,1\n1970-01-03,z\n", "line 5: 'z'");
    check_said(&said, "date,a\n", "fewer lines than --skip-rows 2");
    said = (struct pulse_read_options){.delimiter = ' '};
    check_said(&said, "date a\n1970-01-02 1\n", "1:1");
    said = (struct pulse_read_options){.delimiter = ';'};
    check_said(&said, "date,x;a\n1970-01-02;1\n", "1:1"); /* the only column of dates */
}

static void csv__words_for_missing_are_known_or_said(void **state)
{
    (void)state;
    check_text(
        "date,a,b\n1970-01-02,#N/A N/A,1\n1970-01-03,2,..\n1970-01-04,-,--\n1970-01-05,:,1\n",
        "1:-/1 2:2/- 3:-/- 4:-/1");
    check_text("date,a\n1970-01-02,-1.#IND\n1970-01-03,-Infinity\n1970-01-04,1\n", "1:- 2:- 3:1");
    check_fails("date,a\n1970-01-02,no data\n1970-01-03,1\n",
                "line 2: 'no data' in column 'a' is no number: say --missing 'no data'");
    check_fails("date,a\n1970-01-02,1\n1970-01-03,n.v.\n", "--missing 'n.v.'");
    struct pulse_read_options said = {.missing = "no data,n.v."};
    check_said(&said, "date,a\n1970-01-02,No Data\n1970-01-03,1\n1970-01-04,n.v.\n", "1:- 2:1 3:-");
    check_said(&said, "date,a\n1970-01-02,no\n1970-01-03,1\n", "'no' in column 'a'");
}

static void csv__signs_of_a_whole_column_are_read(void **state)
{
    (void)state;
    check_text("date,a,b\n1970-01-02,$100.00,\n1970-01-03,$99.5,0.50%\n1970-01-04,-$1,-0.5 %\n",
               "1:100/- 2:99.5/0.5 3:-1/-0.5");
    check_text("date;a\n1970-01-02;1,5 \xe2\x82\xac\n1970-01-03;\xe2\x88\x92"
               "2,5 \xe2\x82\xac\n",
               "1:1.5 2:-2.5");
    check_text("date,a\n1970-01-02,US$5\n1970-01-03,(US$7.5)\n", "1:5 2:-7.5");
    check_fails("date,a\n1970-01-02,5%\n1970-01-03,0.05\n", "line 3: '0.05' in column 'a'");
    check_fails("date,a\n1970-01-02,5\n1970-01-03,5%\n", "other cells have no sign");
    check_fails("date,a\n1970-01-02,$5\n1970-01-03,\xc2\xa3"
                "5\n",
                "the sign '$'");
}

static void csv__suffixes_and_parentheses_are_read(void **state)
{
    (void)state;
    check_text("date,a,b\n1970-01-02,3.58M,(12.5)\n1970-01-03,950K,4.5\n1970-01-04,1.2bn,"
               "\xe2\x88\x92"
               "1\n1970-01-05,7,(3)\n1970-01-06,2B,0\n",
               "1:3580000/-12.5 2:950000/4.5 3:1200000000/-1 4:7/-3 5:2000000000/0");
    check_text("date,a\n1970-01-02,1.1M\n1970-01-03,0.5k\n", "1:1100000 2:500");
    check_text("date,a\n1970-01-02,2k\n1970-01-03,1.5 bn\n1970-01-04,1T\n",
               "1:2000 2:1500000000 3:1000000000000");
    check_fails("date,a\n1970-01-02,1\n1970-01-03,101.2 b\n", "'101.2 b' in column 'a'");
    check_fails("date,a\n1970-01-02,1\n1970-01-03,101.2 T\n", "'101.2 T' in column 'a'");
    check_fails("date,a\n1970-01-02,288.1 K\n1970-01-03,290 K\n", "'288.1 K' in column 'a'");
    check_fails("date,a\n1970-01-02,1\n1970-01-03,101.2m\n", "'101.2m' in column 'a'");
    check_fails("date,a,b\n1970-01-02,100bp,1\n", "'100bp' in column 'a' is no number");
    check_fails("date,a,b\n1970-01-02,1.5D+02,2D0\n", "the same in column 'b'");
    check_fails("date,a\n1970-01-02,(1\n1970-01-03,1\n", "'(1'");
}

static void csv__a_number_in_a_column_of_text_is_an_error(void **state)
{
    (void)state;
    char *text = calloc(1 << 20, 1), *t = text;
    assert_non_null(text);
    t += sprintf(t, "date,a,note\n");
    for (int i = 0; i < 9000; i++)
        t += sprintf(t, "1970-01-02,1,n.v.\n");
    (void)sprintf(t, "1970-01-02,1,3.5\n");
    check_said(&as_usual, text,
               "line 9002: '3.5' in column 'note' is a number, but 'n.v.' in line 2");
    /* Empty for longer than the first rows: still the column's first value decides. */
    t = text + sprintf(text, "date,a,late,never\n");
    for (int i = 0; i < 9000; i++)
        t += sprintf(t, "1970-01-02,1,,\n");
    (void)sprintf(t, "1970-01-02,1,5%%,x\n");
    check_left_out(text, "1 column holds no number and is left out: never");
    free(text);
}

static void csv__bad_times_are_errors_that_say_what_to_write(void **state)
{
    (void)state;
    check_fails("date,a\n1970-01-02,1\n1970-02-30,2\n", "line 3: '1970-02-30' in column 'date'");
    check_fails("date,a\n1970-01-02,1\n,2\n", "line 3: no time in column 'date'");
    check_fails("date,a\n1420156800,1\n", "undeclared unit");
    check_fails("date,a\n1420156800000000000,1\n", "undeclared unit");
}

static void csv__a_quote_never_closed_is_an_error(void **state)
{
    (void)state;
    check_fails("date,a,b\n1970-01-02,1,2\n1970-01-03,\"1,2\n1970-01-04,1,2\n", "never closed");
}

static void csv__a_quote_within_a_cell_is_an_error(void **state)
{
    (void)state;
    check_fails("date,a,b\n1970-01-02,5\" x,2\n1970-01-03,5\" x,2\n",
                "line 2: the quote in '5\" x' does not begin its cell");
}

static void csv__nul_bytes_are_an_error(void **state)
{
    (void)state;
    static const char in_row[] = "date,a\n1970-01-02,1\n1970-01-03,\0002\n";
    static const char in_header[] = "date,a\0\n1970-01-02,1\n";
    check_fails_bytes(in_row, sizeof in_row - 1, "line 3: a NUL byte");
    check_fails_bytes(in_header, sizeof in_header - 1, "line 1: a NUL byte");
}

/* ---- Columns -------------------------------------------------------------------- */

static void csv__any_choice_and_order_of_columns_is_read(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    struct pulse_wide *wide;
    struct pulse_block block;
    int64_t bytes = 0;
    char *dir = make_directory();
    char *path = write_text(dir, "p.csv", "a,b,date,c,d\n1,2,1970-01-02,3,4\n5,6,1970-01-03,7,8\n");
    static const char *const choices[][3] = {{"d", "a", NULL}, {"b", NULL}, {"c", "b", "a"}};
    static const double first[][3] = {{4, 1}, {2}, {3, 2, 1}};
    for (int k = 0; k < 3; k++) {
        int64_t n = k == 0 ? 2 : k == 1 ? 1 : 3;
        assert_int_equal(pulse_wide_open(path, 0, 1, NULL, &wide, &err), 0);
        assert_int_equal(pulse_wide_read(wide, false, choices[k], n, &block, &bytes, &err), 0);
        assert_int_equal(block.rows, 2);
        for (int64_t c = 0; c < n; c++) {
            assert_true(block.values[c * 2] == first[k][c]);
            assert_true(block.values[c * 2 + 1] == first[k][c] + 4);
        }
        pulse_block_clear(&block);
        pulse_wide_free(wide);
    }
    assert_int_equal(pulse_wide_open(path, 0, 1, NULL, &wide, &err), 0);
    assert_int_equal(
        pulse_wide_read(wide, false, (const char *const[]){"z"}, 1, &block, &bytes, &err), -1);
    assert_says(&err, "no variable 'z'");
    assert_int_equal(
        pulse_wide_read(wide, false, (const char *const[]){"a", "a"}, 2, &block, &bytes, &err), -1);
    assert_says(&err, "asked twice");
    pulse_wide_free(wide);
    free(path);
    remove_directory(dir);
}

static void csv__many_rows_and_columns_come_out_in_place(void **state)
{
    (void)state;
    enum { ROWS = 1000, COLUMNS = 37 };
    struct pulse_err err = {0};
    struct pulse_block all;
    char *text = calloc((ROWS + 1) * (COLUMNS + 2), 16), *t = text;
    assert_non_null(text);
    t += sprintf(t, "date");
    for (int c = 0; c < COLUMNS; c++)
        t += sprintf(t, ",v%d", c);
    for (int r = 0; r < ROWS; r++) {
        t += sprintf(t, "\n1970-01-01");
        for (int c = 0; c < COLUMNS; c++)
            t += sprintf(t, ",%d.%03d", r, c);
    }
    char *dir = make_directory(), *path = write_text(dir, "p.csv", text);
    assert_int_equal(read_parts(path, 3, &all, &err), 0);
    assert_int_equal(all.rows, ROWS);
    for (int c = 0; c < COLUMNS; c++)
        for (int r = 0; r < ROWS; r++)
            assert_true(all.values[c * ROWS + r] == ((double)r * 1000 + c) / 1000);
    pulse_block_clear(&all);
    free(text);
    free(path);
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv__plain_file_is_read),
        cmocka_unit_test(csv__separator_is_found_in_the_header),
        cmocka_unit_test(csv__quotes_crlf_and_byte_order_mark_are_understood),
        cmocka_unit_test(csv__last_line_needs_no_line_end),
        cmocka_unit_test(csv__empty_lines_are_no_rows),
        cmocka_unit_test(csv__every_spelling_of_missing_is_missing),
        cmocka_unit_test(csv__all_missing_column_is_no_variable),
        cmocka_unit_test(csv__header_only_has_variables_and_no_rows),
        cmocka_unit_test(csv__time_column_may_be_anywhere_and_in_any_case),
        cmocka_unit_test(csv__pandas_index_without_a_name),
        cmocka_unit_test(csv__text_column_is_no_variable),
        cmocka_unit_test(csv__quoted_cell_may_hold_newline),
        cmocka_unit_test(csv__parts_make_the_file_whatever_their_number),
        cmocka_unit_test(csv__more_parts_than_rows_leave_parts_empty),
        cmocka_unit_test(csv__row_longer_than_the_read_ahead_is_finished),
        cmocka_unit_test(csv__row_and_quoted_cell_longer_than_the_buffer_are_read),
        cmocka_unit_test(csv__a_buffer_that_ends_with_the_file_is_enough),
        cmocka_unit_test(csv__short_and_long_rows_in_any_order_all_fit),
        cmocka_unit_test(csv__bytes_are_read_once_and_for_parts_twice),
        cmocka_unit_test(csv__empty_file_is_an_error),
        cmocka_unit_test(csv__no_or_two_time_columns_are_an_error_with_the_columns),
        cmocka_unit_test(csv__equal_names_are_an_error),
        cmocka_unit_test(csv__no_numbers_at_all_are_an_error),
        cmocka_unit_test(csv__wrong_number_of_cells_names_the_line),
        cmocka_unit_test(csv__line_numbers_count_newlines_in_quotes),
        cmocka_unit_test(csv__a_word_among_numbers_is_an_error),
        cmocka_unit_test(csv__decimal_commas_are_detected_where_the_separator_is_none),
        cmocka_unit_test(csv__a_comma_of_two_meanings_is_an_error_that_says_what_to_do),
        cmocka_unit_test(csv__thousands_are_read_as_said),
        cmocka_unit_test(csv__times_have_the_form_that_is_said_or_shown),
        cmocka_unit_test(csv__offsets_are_of_all_stamps_or_none),
        cmocka_unit_test(csv__delimiters_and_lines_before_the_header_are_said_or_shown),
        cmocka_unit_test(csv__words_for_missing_are_known_or_said),
        cmocka_unit_test(csv__signs_of_a_whole_column_are_read),
        cmocka_unit_test(csv__suffixes_and_parentheses_are_read),
        cmocka_unit_test(csv__a_number_in_a_column_of_text_is_an_error),
        cmocka_unit_test(csv__bad_times_are_errors_that_say_what_to_write),
        cmocka_unit_test(csv__a_quote_never_closed_is_an_error),
        cmocka_unit_test(csv__a_quote_within_a_cell_is_an_error),
        cmocka_unit_test(csv__nul_bytes_are_an_error),
        cmocka_unit_test(csv__any_choice_and_order_of_columns_is_read),
        cmocka_unit_test(csv__many_rows_and_columns_come_out_in_place),
    };
    return RUN_CASES(tests, argc, argv);
}
