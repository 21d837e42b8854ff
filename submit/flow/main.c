/* pulse-flow: workflows of our programs, here or in AWS Batch. */
#include <stdio.h>
#include <stdlib.h>

#include "base/args.h"
#include "base/file.h"
#include "base/shutdown.h"
#include "store/arguments.h"
#include "store/aws/config.h"
#include "store/aws/http.h"
#include "submit/flow/options.h"
#include "submit/lifecycle.h"

static const struct pulse_flow_command *const commands[] = {
    &pulse_flow_command_check, &pulse_flow_command_run, &pulse_flow_command_submit,
    &pulse_flow_command_status, &pulse_flow_command_cancel};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char doc[] =
    "Run workflows: steps that are command lines of pulse-data, pulse-train, pulse-tune, "
    "pulse-evaluate and pulse-report, and that wait for each other."
    "\v"
    "Commands:\n"
    "  check FILE    whether the file and all options in it are good\n"
    "  run FILE      run its steps on this machine, but for those that are done\n"
    "  submit FILE   the same as jobs of AWS Batch, which depend on each other\n"
    "  status FILE   what became of its steps, what they wait for and cost\n"
    "  cancel FILE   end its steps, here and in Batch\n"
    "\n"
    "FILE is YAML, on disk or in S3: name, results and steps, each with run, options, after, "
    "inputs, outputs, resources, queue, always and promote.\n"
    "\n"
    "Examples:\n"
    "  pulse-flow check nightly.yaml\n"
    "  pulse-flow run nightly.yaml\n"
    "  pulse-flow submit nightly.yaml\n"
    "  pulse-flow status nightly.yaml --monitor\n"
    "\n"
    "Exit codes: 0 done; that of the first step that failed; 2 bad command line or file; 3 storage "
    "refused; 75 temporary failure, try again; 130, 143 interrupted.";

static const char *name_command(int i)
{
    return i < COMMANDS ? commands[i]->name : NULL;
}

static int run_command(const struct pulse_flow_command *command, int argc, char **argv, int *code,
                       struct pulse_err *err)
{
    struct pulse_flow_options options;
    char title[64];
    (void)snprintf(title, sizeof title, "pulse-flow %s", argv[0]);
    argv[0] = title;
    if (pulse_flow_options_parse(command, argc, argv, &options, err) != 0)
        return -1;
    struct pulse_store_options store = options.store;
    store.stop = pulse_shutdown_stops_waits;
    if (pulse_aws_env("AWS_ENDPOINT_URL_S3") != NULL) /* then --endpoint-url is Batch's */
        store.endpoint_url = NULL;
    pulse_store_arguments_pass_on(&store);
    pulse_store_configure(&store);
    return command->run(&options, code, err);
}

int main(int argc, char **argv)
{
    struct pulse_args_command line = {.name = name_command};
    const struct pulse_args args = {.program = "pulse-flow",
                                    .usage = "COMMAND FILE",
                                    .doc = doc,
                                    .take_word = pulse_args_take_command,
                                    .ends_at_word = true,
                                    .check = pulse_args_check_command,
                                    .user = &line};
    struct pulse_err err = {.kind = PULSE_OK};
    int code = 0;
    pulse_file_begin_process();
    pulse_shutdown_catch_signals();
    pulse_http_stop_when(pulse_shutdown_stops_waits);
    if (pulse_args_parse(&args, argc, argv, &err) == 0)
        (void)run_command(commands[line.chosen], argc - (int)(line.words - argv), line.words, &code,
                          &err);
    return pulse_lifecycle_end(&err, code);
}
