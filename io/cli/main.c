/* pulse-data: look at datasets and make them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/shutdown.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "data/hdf5/put.h"
#include "store/store.h"

static const char doc[] =
    "Look at datasets, make them and move them, on disk and in S3."
    "\v"
    "Commands:\n"
    "  info FILE|DIR     which variables, from when to when, how much is missing\n"
    "  head FILE         the first rows, as CSV\n"
    "  cat FILE          every column and row, as CSV\n"
    "  convert FROM TO   write a dataset in another format\n"
    "  prepare SOURCE... one checked panel out of many sources\n"
    "  ls DIR            what lies in a directory or under an s3 prefix\n"
    "  get URI... TO     copy objects to this machine\n"
    "  put FILE... URI   copy files to S3\n"
    "  rm URI...         remove files or objects\n"
    "  synth OUTPUT      make a market panel whose true model is known\n"
    "\n"
    "Examples:\n"
    "  pulse-data synth panel.csv --rows 2000 --variables 8\n"
    "  pulse-data info panel.csv\n"
    "  pulse-data head panel.csv -n 5\n"
    "  pulse-data synth --help\n"
    "\n"
    "Datasets: a wide .csv, .h5, .parquet or .pkl file (a date column and a column per variable), "
    "or a directory of historical_NAME.csv, .h5, .parquet or .pkl files (a time column and a value "
    "column each), of which .csv and .pkl may be packed (.csv.gz, .csv.zst); s3://BUCKET/KEY "
    "wherever FILE or DIR stands.\n"
    "\n"
    "Exit codes: 0 done, 2 bad command line or data, 3 the disk or S3 refused, 4 a gate of "
    "prepare is not met, 75 for the time being (try again), 130 and 143 interrupted.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"info", pulse_command_info},       {"head", pulse_command_head},
                {"cat", pulse_command_cat},         {"convert", pulse_command_convert},
                {"prepare", pulse_command_prepare}, {"ls", pulse_command_ls},
                {"get", pulse_command_get},         {"put", pulse_command_put},
                {"rm", pulse_command_rm},           {"synth", pulse_command_synth}};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *name_command(int i)
{
    return i < COMMANDS ? commands[i].name : NULL;
}

static int run_command(int i, int argc, char **argv)
{
    char title[64];
    (void)snprintf(title, sizeof title, "pulse-data %s", argv[0]);
    argv[0] = title;
    return commands[i].run(argc, argv);
}

int main(int argc, char **argv)
{
    struct pulse_args_command line = {.name = name_command};
    const struct pulse_args args = {.program = "pulse-data",
                                    .usage = "COMMAND [ARGUMENT...]",
                                    .doc = doc,
                                    .take_word = pulse_args_take_command,
                                    .ends_at_word = true,
                                    .check = pulse_args_check_command,
                                    .user = &line};
    struct pulse_err err = {0};
    pulse_file_begin_process();
    pulse_shutdown_end_on_signals();
    if (pulse_arguments_parse(&args, argc, argv, &err) != 0) {
        pulse_log_error(&err);
        return pulse_exit_code(err.kind);
    }
    const int code = pulse_log_check_output(
        run_command(line.chosen, argc - (int)(line.words - argv), line.words));
    pulse_store_finish();
    pulse_h5_end_process(code);
    return code;
}
