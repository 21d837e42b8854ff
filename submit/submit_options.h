/* The command line of pulse-submit: its own options, and those of pulse-train, which go on to the
 * job. Pure. */
#ifndef PULSE_SUBMIT_SUBMIT_OPTIONS_H
#define PULSE_SUBMIT_SUBMIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "submit/node_count.h"
#include "submit/request.h"

/* Strings are borrowed from argv; lists are owned. */
struct pulse_submit_options {
    struct pulse_options train; /* what pulse-train will understand */
    char **argv;                /* argc words: its command line, argv[0] its name */
    int64_t argc, cap_argv;

    const char *queue, *definition; /* definition NULL: the default's, by mode */
    const char *name_prefix;
    struct pulse_node_count_wish wish;
    int64_t vcpus, memory_mib;
    bool use_dask;
    int64_t dask_threads;
    int64_t timeout_seconds, attempts;
    char *depends_on[PULSE_MOST_DEPENDENCIES + 1];
    int64_t n_depends_on;
    char *tags[PULSE_MOST_TAGS + 1];
    int64_t n_tags;
    const char *share_identifier; /* NULL: none */
    int64_t priority;             /* -1: the definition's */
    bool no_preflight, again, dry_run, json, monitor, show_logs, only_checks;
    double poll_seconds;
    const char *region, *endpoint_url; /* NULL: not given */
};

/* Parses and checks, pulse-train's options too. PULSE_E_USAGE; --help and --version print and end
 * the program. Clear it in every case. */
int pulse_submit_options_parse(struct pulse_submit_options *options, int argc, char **argv,
                               struct pulse_err *err);
void pulse_submit_options_clear(struct pulse_submit_options *options);

#endif
