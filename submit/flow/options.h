/* The command lines of pulse-flow: one table for all of its commands, of which each takes some
 * rows.
 */
#ifndef PULSE_FLOW_OPTIONS_H
#define PULSE_FLOW_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "store/store.h"

/* Strings are borrowed from argv. */
struct pulse_flow_options {
    struct pulse_store_options store;
    const char *file;
    int cores;
    bool dry_run, json, quiet, monitor;
    double poll_seconds;
};

/* What a command says of itself. */
struct pulse_flow_command {
    const char *name; /* "run" */
    const char *doc;
    int (*run)(const struct pulse_flow_options *options, int *code, struct pulse_err *err);
    bool takes_dry_run, takes_cores, takes_monitor;
};

/* Each ends with an exit code or an error. */
extern const struct pulse_flow_command pulse_flow_command_check, pulse_flow_command_run,
    pulse_flow_command_submit, pulse_flow_command_status, pulse_flow_command_cancel;

/* Parses the arguments of a command; argv[0] is what messages begin with. PULSE_E_USAGE. */
int pulse_flow_options_parse(const struct pulse_flow_command *command, int argc, char **argv,
                             struct pulse_flow_options *options, struct pulse_err *err);

#endif
