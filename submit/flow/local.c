/* pulse-flow check and run. */
#include <stdio.h>

#include "base/log.h"
#include "submit/flow/check.h"
#include "submit/flow/hold.h"
#include "submit/flow/options.h"
#include "submit/flow/plan.h"
#include "submit/flow/poll.h"
#include "submit/flow/run.h"
#include "submit/flow/view.h"

/* ---- check ------------------------------------------------------------------------- */

static int check_workflow(const struct pulse_flow_options *options, int *code,
                          struct pulse_err *err)
{
    struct pulse_flow flow;
    struct pulse_flow_record record = {.mode = "check"};
    *code = 0;
    int status = pulse_flow_check(options->file, &flow, err);
    if (status == 0)
        status = pulse_flow_plan(&flow, err);
    if (status == 0 && options->json) {
        status = pulse_flow_record_read(&flow, &record, err);
        if (status == 0) {
            pulse_flow_record_renew(&record);
            record.mode = "check";
            status = pulse_flow_view_json(&record, false, err);
        }
        pulse_flow_record_clear(&record);
    } else if (status == 0) {
        pulse_flow_view_check(&flow, stdout);
    }
    pulse_flow_clear(&flow);
    return status;
}

static const char check_doc[] =
    "Check a workflow: the file, each step's options by the program itself, that all inputs are "
    "there or written by a step."
    "\v"
    "Examples:\n"
    "  pulse-flow check nightly.yaml\n\n"
    "Exit codes: 0 all is good; 2 the file is not, which is said with its line; 3 storage refused; "
    "75 temporary failure, try again.";

const struct pulse_flow_command pulse_flow_command_check = {
    .name = "check", .doc = check_doc, .run = check_workflow};

/* ---- run --------------------------------------------------------------------------- */

static void report_failure(const struct pulse_flow_record *record)
{
    for (int64_t k = 0; k < record->flow->n; k++) {
        const int64_t i = record->flow->order[k];
        struct pulse_err err = {.kind = PULSE_OK};
        if (record->states[i].fate != PULSE_FLOW_FAILED)
            continue;
        (void)pulse_fail(&err, PULSE_E_INPUT, "step %s: %s; the same command goes on from there",
                         record->flow->steps[i].name, record->states[i].why);
        pulse_log_error(&err);
    }
}

static int run_record(const struct pulse_flow_options *options, struct pulse_flow_record *record,
                      int *code, struct pulse_err *err)
{
    const struct pulse_flow_run run = {
        .record = record, .cores = options->cores, .quiet = options->quiet};
    record->mode = "run";
    pulse_flow_record_renew(record);
    const int status = pulse_flow_run(&run, code, err);
    struct pulse_err shown = {.kind = PULSE_OK};
    if (options->json)
        (void)pulse_flow_view_json(record, false, status == 0 ? err : &shown);
    else
        pulse_flow_view_print(record, stdout);
    if (status == 0)
        report_failure(record);
    return status;
}

/* What Batch is at work on is not to be done here as well. */
static int refuse_beside_jobs(const struct pulse_flow_options *options,
                              struct pulse_flow_record *record, struct pulse_err *err)
{
    return pulse_flow_poll_once(options->store.region, options->store.endpoint_url, record, err) !=
                       0 ||
                   pulse_flow_record_refuse_jobs(record, true, err) != 0
               ? -1
               : 0;
}

static int run_workflow(const struct pulse_flow_options *options, int *code, struct pulse_err *err)
{
    struct pulse_flow flow;
    struct pulse_flow_record record = {0};
    struct pulse_flow_hold hold = {.fd = -1};
    *code = 0;
    int status = pulse_flow_check(options->file, &flow, err);
    if (status == 0 && !options->dry_run)
        status = pulse_flow_hold_take(flow.results, &hold, err);
    if (status == 0)
        status = pulse_flow_plan(&flow, err);
    if (status == 0)
        status = pulse_flow_record_read(&flow, &record, err);
    if (status == 0 && !options->dry_run)
        status = refuse_beside_jobs(options, &record, err);
    if (status == 0 && options->dry_run && options->json) {
        pulse_flow_record_renew(&record);
        record.mode = "dry run";
        status = pulse_flow_view_json(&record, false, err);
    } else if (status == 0 && options->dry_run) {
        pulse_flow_view_plan(&flow, stdout);
    } else if (status == 0) {
        status = run_record(options, &record, code, err);
    }
    pulse_flow_hold_release(&hold);
    pulse_flow_record_clear(&record);
    pulse_flow_clear(&flow);
    return status;
}

static const char run_doc[] =
    "Run a workflow on this machine: steps that do not wait for each other at once, within its "
    "cores."
    "\v"
    "A step's key is the digest of its program's version, its options, what its inputs hold and "
    "the keys of the steps that it waits for. A step is skipped where its key and its outputs are "
    "there. One that fails stops those that wait for it; the same command goes on from there.\n\n"
    "Examples:\n"
    "  pulse-flow run nightly.yaml\n"
    "  pulse-flow run nightly.yaml --dry-run\n"
    "  pulse-flow run nightly.yaml --cores 8 --json\n\n"
    "Exit codes: 0 all steps are done; that of the first step that failed; 2 the file is not good; "
    "3 storage refused; 75 temporary failure, try again; 130, 143 interrupted, and all steps are "
    "stopped.";

const struct pulse_flow_command pulse_flow_command_run = {
    .name = "run", .doc = run_doc, .run = run_workflow, .takes_dry_run = true, .takes_cores = true};
