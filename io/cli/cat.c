#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "data/csv/write.h"
#include "data/table.h"

static int print_table(struct pulse_table *table, struct pulse_err *err)
{
    int64_t n;
    bool end = false;
    int rc = 0;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    pulse_csv_put_header(stdout, columns, n);
    while (rc == 0 && !end && !ferror(stdout)) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        if (rc == 0)
            pulse_csv_put_batch(stdout, &batch);
        pulse_batch_clear(&batch);
    }
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = pulse_fail(err, PULSE_E_STORAGE, "writing the rows: the output was closed or full");
    return rc;
}

struct options {
    const char *uri;
    struct pulse_read_options reading;
};

static int print(const struct options *options, struct pulse_err *err)
{
    struct pulse_table *table;
    if (pulse_table_open(options->uri, &options->reading, &table, err) != 0)
        return -1;
    int rc = print_table(table, err);
    pulse_table_free(table);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const struct argp_option option_table[] = {
    PULSE_ARGUMENT_TIME_UNIT_ROW, PULSE_ARGUMENT_DECIMAL_ROW, {0}};

static const char doc[] =
    "Print every flat column of a file as CSV: times ISO 8601 with all their digits, numbers "
    "shortest, missing and infinite ones empty, empty text \"\"."
    "\v"
    "FILE is .csv, .tsv, .h5, .parquet or .pkl, or DIR/data/datasets/NAME of a store of records; "
    "FILE.h5#/group/name is one table of several. Columns "
    "that are lists, maps or structs are left out. What a CSV column holds, all its cells tell: "
    "times, numbers, true and false, or else text.\n"
    "\n"
    "Examples:\n"
    "  pulse-data cat panel.parquet > panel.csv\n"
    "  pulse-data cat historical_spx_close.pkl | tail\n"
    "  pulse-data cat ticks.csv --time-unit ms\n";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case PULSE_ARGUMENT_TIME_UNIT:
        return pulse_arguments_time_unit(state, arg, &options->reading);
    case PULSE_ARGUMENT_DECIMAL:
        return pulse_arguments_decimal(state, arg, &options->reading);
    case ARGP_KEY_ARG:
        if (options->uri != NULL)
            return pulse_arguments_refuse(state, "one FILE only, not '%s' too", arg);
        options->uri = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return pulse_arguments_refuse(state, "which FILE?");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int pulse_command_cat(int argc, char **argv)
{
    static const struct argp argp = {option_table, parse, "FILE", doc, NULL, NULL, NULL};
    struct options options = {.reading = pulse_arguments_reading()};
    struct pulse_err err = {0};
    if (pulse_arguments_parse(&argp, argc, argv, 0, &options, &err) == 0 &&
        print(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
