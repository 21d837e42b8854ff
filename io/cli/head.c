#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/wide_reader.h"
#include "data/common/columns.h"
#include "data/csv/write.h"
#include "data/dataset.h"

struct options {
    struct pulse_arguments_file file;
    const char *variable; /* NULL for all */
    int64_t rows;
};

static void print_header(const char *const *names, int64_t n)
{
    const unsigned how = isatty(STDOUT_FILENO) ? PULSE_CSV_SHOWN : 0;
    (void)fputs("date", stdout);
    for (int64_t v = 0; v < n; v++) {
        (void)putchar(',');
        pulse_csv_put_name(stdout, names[v], how);
    }
    (void)putchar('\n');
}

static void print_row(int64_t time_ns, const double *values, int64_t n, int64_t stride)
{
    char text[PULSE_INSTANT_TEXT];
    (void)fputs(pulse_format_instant(time_ns, text), stdout);
    for (int64_t v = 0; v < n; v++) {
        (void)putchar(',');
        pulse_csv_put_number(stdout, values[v * stride]);
    }
    (void)putchar('\n');
}

static int print_wide(const struct pulse_catalog *catalog, const char *const *names, int64_t n,
                      const struct options *options, struct pulse_err *err)
{
    int64_t rows = options->rows;
    enum { BLOCK_BYTES = 1 << 20 };
    const struct pulse_read_options reading =
        pulse_catalog_reading(catalog, &options->file.reading);
    struct pulse_wide_reader reader;
    struct pulse_block block;
    bool more = true;
    int rc = 0;
    pulse_wide_reader_init(&reader, catalog->entries[0].uri, &reading,
                           catalog->entries[0].bytes * catalog->n, BLOCK_BYTES);
    print_header(names, n);
    while (rc == 0 && rows > 0 && more) {
        rc = pulse_wide_reader_next(&reader, names, n, &block, &more, err);
        for (int64_t i = 0; i < block.rows && rows > 0; i++, rows--)
            print_row(block.time_ns[i], block.values + i, n, block.rows);
        pulse_block_clear(&block);
    }
    return rc;
}

static int print_long(const struct pulse_catalog_entry *entry, const struct options *options,
                      struct pulse_err *err)
{
    struct pulse_series series;
    int64_t bytes = 0;
    if (pulse_series_read(entry->uri, entry->name, &options->file.reading, &series, &bytes, err) !=
        0)
        return -1;
    print_header((const char *const[]){entry->name}, 1);
    for (int64_t i = 0; i < series.n && i < options->rows; i++)
        print_row(series.time_ns[i], &series.value[i], 1, 1);
    pulse_series_clear(&series);
    return 0;
}

/* The entry that --variable means, NULL with a message. */
static const struct pulse_catalog_entry *find_entry(const struct pulse_catalog *catalog,
                                                    const struct options *options,
                                                    struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    for (int64_t v = 0; options->variable != NULL && v < catalog->n; v++)
        if (strcmp(catalog->entries[v].name, options->variable) == 0)
            return &catalog->entries[v];
    if (options->variable == NULL && catalog->n == 1)
        return &catalog->entries[0];
    char **names = pulse_calloc(catalog->n, sizeof *names, "variable names", err);
    if (names == NULL)
        return NULL;
    for (int64_t v = 0; v < catalog->n; v++)
        names[v] = catalog->entries[v].name;
    (void)pulse_columns_list(names, catalog->n, list);
    if (options->variable == NULL)
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "%s: every variable has dates of its own; choose one "
                         "with --variable (%s)",
                         options->file.uri, list);
    else
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: no variable '%s' (it holds: %s)",
                         options->file.uri, options->variable, list);
    free(names);
    return NULL;
}

static int print_all(const struct pulse_catalog *catalog, const struct options *options,
                     struct pulse_err *err)
{
    const char **names = pulse_calloc(catalog->n, sizeof *names, "variable names", err);
    if (names == NULL)
        return -1;
    for (int64_t v = 0; v < catalog->n; v++)
        names[v] = catalog->entries[v].name;
    int rc = print_wide(catalog, names, catalog->n, options, err);
    free(names);
    return rc;
}

static int print_rows(const struct options *options, struct pulse_err *err)
{
    struct pulse_catalog catalog;
    const struct pulse_catalog_entry *entry = NULL;
    int rc = -1;
    if (pulse_catalog_open(options->file.uri, &options->file.reading, &catalog, err) != 0)
        return -1;
    bool all = catalog.wide && options->variable == NULL;
    if (!all)
        entry = find_entry(&catalog, options, err);
    if (all)
        rc = print_all(&catalog, options, err);
    else if (entry != NULL && catalog.wide)
        rc = print_wide(&catalog, (const char *const[]){entry->name}, 1, options, err);
    else if (entry != NULL)
        rc = print_long(entry, options, err);
    if (rc == 0 && fflush(stdout) != 0)
        rc = pulse_fail(err, PULSE_E_STORAGE, "writing the rows: the output was closed or full");
    pulse_catalog_clear(&catalog);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const struct pulse_arg option_table[] = {
    {"lines", 'n', "N", "How many rows (default 10)", pulse_arg_read_int,
     .at = offsetof(struct options, rows), .least = 0, .most = INT64_MAX,
     .want = "a number of rows"},
    {"variable", 'v', "NAME", "Only this variable; needed for a directory", pulse_arg_read_any,
     .at = offsetof(struct options, variable)},
    {0}};

static const char doc[] =
    "Print a dataset's first rows as CSV: times ISO 8601, numbers with all their digits, missing "
    "empty."
    "\v"
    "Examples:\n"
    "  pulse-data head panel.h5\n"
    "  pulse-data head panel.csv -n 100 > sample.csv\n"
    "  pulse-data head datasets/ --variable spx_close\n";

int pulse_command_head(int argc, char **argv)
{
    struct options options = {.rows = 10};
    const struct pulse_args args = {.program = argv[0],
                                    .usage = "FILE",
                                    .doc = doc,
                                    .tables = {{option_table, &options, NULL, 0}}};
    struct pulse_err err = {0};
    if (pulse_arguments_parse_file(&args, &options.file, argc, argv, &err) == 0 &&
        print_rows(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
