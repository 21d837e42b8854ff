#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    const char *data;
    struct pulse_read_options reading;
    const char *variable; /* NULL for all */
    int64_t rows;
};

static void print_header(const char *const *names, int64_t n)
{
    (void)fputs("date", stdout);
    for (int64_t v = 0; v < n; v++) {
        (void)putchar(',');
        pulse_csv_put_name(stdout, names[v]);
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
    struct pulse_wide_reader reader;
    struct pulse_block block;
    bool more = true;
    int rc = 0;
    pulse_wide_reader_init(&reader, catalog->entries[0].uri, &options->reading,
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
    if (pulse_series_read(entry->uri, entry->name, &options->reading, &series, &bytes, err) != 0)
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
                         options->data, list);
    else
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: no variable '%s' (it holds: %s)", options->data,
                         options->variable, list);
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

static int print(const struct options *options, struct pulse_err *err)
{
    struct pulse_catalog catalog;
    const struct pulse_catalog_entry *entry = NULL;
    int rc = -1;
    if (pulse_catalog_open(options->data, &options->reading, &catalog, err) != 0)
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

static const struct argp_option option_table[] = {
    {"lines", 'n', "N", 0, "How many rows (default 10)", 0},
    {"variable", 'v', "NAME", 0, "Only this variable; needed for a directory", 0},
    PULSE_ARGUMENT_TIME_UNIT_ROW,
    PULSE_ARGUMENT_DECIMAL_ROW,
    {0}};

static const char doc[] =
    "Print a dataset's first rows as CSV: times ISO 8601, numbers with all their digits, missing "
    "empty."
    "\v"
    "Examples:\n"
    "  pulse-data head panel.h5\n"
    "  pulse-data head panel.csv -n 100 > sample.csv\n"
    "  pulse-data head datasets/ --variable spx_close\n";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    char *end;
    switch (key) {
    case PULSE_ARGUMENT_TIME_UNIT:
        return pulse_arguments_time_unit(state, arg, &options->reading);
    case PULSE_ARGUMENT_DECIMAL:
        return pulse_arguments_decimal(state, arg, &options->reading);
    case 'n':
        errno = 0;
        options->rows = strtoll(arg, &end, 10);
        if (errno != 0 || end == arg || *end != '\0' || options->rows < 0)
            return pulse_arguments_refuse(state, "-n takes a number of rows, not '%s'", arg);
        return 0;
    case 'v':
        options->variable = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (options->data != NULL)
            return pulse_arguments_refuse(state, "one FILE only, not '%s' too", arg);
        options->data = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return pulse_arguments_refuse(state, "which FILE?");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int pulse_command_head(int argc, char **argv)
{
    static const struct argp argp = {option_table, parse, "FILE", doc, NULL, NULL, NULL};
    struct options options = {.rows = 10, .reading = pulse_arguments_reading()};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&argp, argc, argv, 0, &options, &err) == 0 &&
        print(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
