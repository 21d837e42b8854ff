#include "submit/flow/options.h"

#include <stddef.h>

#include "base/args.h"
#include "store/arguments.h"
#include "submit/flow/run.h"

enum { MOST_ROWS = 8 };

static const struct pulse_arg json_row = {"json",
                                          0,
                                          NULL,
                                          "JSON on standard output",
                                          pulse_arg_read_flag,
                                          .at = offsetof(struct pulse_flow_options, json)};
static const struct pulse_arg dry_run_row = {
    "dry-run",
    'n',
    NULL,
    "Show steps, keys and what would be skipped; do nothing",
    pulse_arg_read_flag,
    .at = offsetof(struct pulse_flow_options, dry_run)};
static const struct pulse_arg cores_rows[] = {
    {"cores", 0, "N", "Cores that steps share (those of this machine)", pulse_arg_read_count,
     .at = offsetof(struct pulse_flow_options, cores), .least = 1, .most = 4096},
    {"quiet", 'q', NULL, "Do not show what steps print", pulse_arg_read_flag,
     .at = offsetof(struct pulse_flow_options, quiet)}};
static const struct pulse_arg monitor_rows[] = {
    {"monitor", 0, NULL, "Follow it until nothing is left to do", pulse_arg_read_flag,
     .at = offsetof(struct pulse_flow_options, monitor)},
    {"poll-interval", 0, "SECONDS", "Time between two looks (10)", pulse_arg_read_real,
     .at = offsetof(struct pulse_flow_options, poll_seconds), .low = 0.1, .high = 3600}};

static int take_file(void *user, char **word, struct pulse_err *err)
{
    struct pulse_flow_options *options = user;
    if (options->file != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "one FILE only, not '%s' too", *word);
    options->file = *word;
    return 0;
}

static int check_file(void *user, struct pulse_err *err)
{
    const struct pulse_flow_options *options = user;
    return options->file != NULL
               ? 0
               : pulse_fail(err, PULSE_E_USAGE, "FILE is missing: which workflow?");
}

int pulse_flow_options_parse(const struct pulse_flow_command *command, int argc, char **argv,
                             struct pulse_flow_options *options, struct pulse_err *err)
{
    struct pulse_arg rows[MOST_ROWS] = {json_row};
    int n = 1;
    if (command->takes_dry_run)
        rows[n++] = dry_run_row;
    for (int i = 0; command->takes_cores && i < 2; i++)
        rows[n++] = cores_rows[i];
    for (int i = 0; command->takes_monitor && i < 2; i++)
        rows[n++] = monitor_rows[i];
    const struct pulse_args args = {
        .program = argv[0],
        .usage = "FILE",
        .doc = command->doc,
        .tables = {{rows, options, NULL, 0},
                   {pulse_store_args, &options->store, "For s3:// URIs:", 1}},
        .take_word = take_file,
        .check = check_file,
        .user = options};
    *options = (struct pulse_flow_options){.cores = pulse_flow_count_cores(), .poll_seconds = 10};
    return pulse_args_parse(&args, argc, argv, err);
}
