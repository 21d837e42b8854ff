#include <stdio.h>
#include <unistd.h>

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
    const unsigned how = isatty(STDOUT_FILENO) ? PULSE_CSV_SHOWN : 0;
    pulse_csv_put_header(stdout, columns, n, how);
    while (rc == 0 && !end && !ferror(stdout)) {
        struct pulse_batch batch;
        rc = pulse_table_next(table, &batch, &end, err);
        if (rc == 0)
            pulse_csv_put_batch(stdout, how, &batch);
        pulse_batch_clear(&batch);
    }
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = pulse_fail(err, PULSE_E_STORAGE, "writing the rows: the output was closed or full");
    return rc;
}

static int print_file(const struct pulse_arguments_file *file, struct pulse_err *err)
{
    struct pulse_table *table;
    if (pulse_table_open(file->uri, &file->reading, &table, err) != 0)
        return -1;
    int rc = print_table(table, err);
    pulse_table_free(table);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const char doc[] =
    "Print every flat column of a file as CSV: times ISO 8601 with all their digits, numbers "
    "shortest, missing and infinite ones empty, empty text \"\"."
    "\v"
    "FILE is .csv, .tsv, .h5, .parquet or .pkl, or DIR/data/datasets/NAME of a store of records; "
    "FILE.h5#/group/name is one table of several. Columns "
    "that are lists, maps or structs are left out. A CSV column is read as what all its cells are: "
    "times, numbers, true and false, or else text.\n"
    "\n"
    "Examples:\n"
    "  pulse-data cat panel.parquet > panel.csv\n"
    "  pulse-data cat historical_spx_close.pkl | tail\n"
    "  pulse-data cat ticks.csv --time-unit ms\n";

int pulse_command_cat(int argc, char **argv)
{
    const struct pulse_args args = {.program = argv[0], .usage = "FILE", .doc = doc};
    struct pulse_arguments_file file;
    struct pulse_err err = {0};
    if (pulse_arguments_parse_file(&args, &file, argc, argv, &err) == 0 &&
        print_file(&file, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
