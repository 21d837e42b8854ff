/* pulse-flow submit and cancel. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "store/store.h"
#include "submit/flow/check.h"
#include "submit/flow/hold.h"
#include "submit/flow/options.h"
#include "submit/flow/plan.h"
#include "submit/flow/poll.h"
#include "submit/flow/submit.h"
#include "submit/flow/view.h"
#include "submit/lifecycle.h"

/* ---- submit ------------------------------------------------------------------------ */

/* The requests that would be sent, as JSON: an array. */
static int show_requests(const struct pulse_aws *batch, struct pulse_flow_record *record,
                         struct pulse_err *err)
{
    const struct pulse_flow_submit submit = {
        .batch = batch, .record = record, .requests = json_array()};
    pulse_flow_view_plan(record->flow, stderr);
    const int status = pulse_flow_submit(&submit, err);
    if (status == 0) {
        (void)json_dumpf(submit.requests, stdout, JSON_INDENT(2) | pulse_lifecycle_json());
        (void)printf("\n");
    }
    json_decref(submit.requests);
    return status;
}

static int submit_record(const struct pulse_flow_options *options, const struct pulse_aws *batch,
                         struct pulse_flow_record *record, struct pulse_err *err)
{
    const struct pulse_flow_submit submit = {.batch = batch, .record = record};
    record->mode = "submit";
    if (options->dry_run) {
        pulse_flow_record_renew(record);
        return show_requests(batch, record, err);
    }
    if (pulse_flow_poll(batch, record, err) != 0 ||
        pulse_flow_record_refuse_jobs(record, false, err) != 0)
        return -1;
    pulse_flow_record_renew(record);
    if (pulse_flow_submit(&submit, err) != 0)
        return -1;
    if (options->json)
        return pulse_flow_view_json(record, false, err);
    pulse_flow_view_print(record, stdout);
    (void)printf("follow it: pulse-flow status %s --monitor\n", record->flow->path);
    return 0;
}

static int submit_workflow(const struct pulse_flow_options *options, int *code,
                           struct pulse_err *err)
{
    struct pulse_flow flow;
    struct pulse_aws batch = {0};
    struct pulse_flow_record record = {0};
    struct pulse_flow_hold hold = {.fd = -1};
    *code = 0;
    int status = pulse_flow_check(options->file, &flow, err);
    if (status == 0)
        status = pulse_aws_init(&batch, "batch", options->store.region, options->store.endpoint_url,
                                err);
    if (status == 0 && !options->dry_run)
        status = pulse_flow_hold_take(flow.results, &hold, err);
    if (status == 0)
        status = pulse_flow_plan(&flow, err);
    if (status == 0)
        status = pulse_flow_record_read(&flow, &record, err);
    if (status == 0)
        status = submit_record(options, &batch, &record, err);
    pulse_flow_hold_release(&hold);
    pulse_aws_clear(&batch);
    pulse_flow_record_clear(&record);
    pulse_flow_clear(&flow);
    return status;
}

static const char submit_doc[] =
    "Submit a workflow to AWS Batch: a job for each step that is not done, depending on the jobs "
    "of "
    "those that it waits for."
    "\v"
    "Results, inputs and outputs are in S3. Jobs are named by the step's key and looked for before "
    "they are submitted: the same command never has two of a step under way, and goes on where one "
    "before it was interrupted.\n\n"
    "Examples:\n"
    "  pulse-flow submit nightly.yaml\n"
    "  pulse-flow submit nightly.yaml --dry-run >requests.json\n"
    "  pulse-flow submit s3://market-data/nightly.yaml\n\n"
    "Exit codes: 0 submitted, or all is done; 2 the file is not good, or a step could never run; 3 "
    "AWS refused; 75 no answer, try again; 130, 143 interrupted.";

const struct pulse_flow_command pulse_flow_command_submit = {
    .name = "submit", .doc = submit_doc, .run = submit_workflow, .takes_dry_run = true};

/* ---- cancel ------------------------------------------------------------------------ */

static int ask_to_end(const struct pulse_flow_holder *holder, struct pulse_err *err)
{
    if (holder->pid == 0)
        return 0;
    if (kill(holder->pid, SIGTERM) != 0 && errno == EPERM)
        return pulse_fail(err, PULSE_E_INPUT,
                          "process %d is at work on it, which is another user's: ask them",
                          (int)holder->pid);
    pulse_info("asked process %d to end", (int)holder->pid);
    return 0;
}

/* Asks the command that is at work on this machine to end, and waits for it. *holder: whoever was
 * at work. */
static int cancel_here(const struct pulse_flow *flow, struct pulse_flow_holder *holder,
                       struct pulse_err *err)
{
    enum { PATIENCE_SECONDS = 60 };
    const useconds_t pause = pulse_store_is_s3(flow->results) ? 500000 : 100000;
    const double until = pulse_seconds() + PATIENCE_SECONDS;
    if (pulse_flow_hold_look(flow->results, holder, err) != 0 || ask_to_end(holder, err) != 0)
        return -1;
    struct pulse_flow_holder now = *holder;
    while (now.taken && !now.elsewhere) {
        if (pulse_seconds() > until)
            return pulse_fail(err, PULSE_E_TEMPORARY, "%s: its steps have not ended yet",
                              flow->path);
        (void)usleep(pause);
        if (pulse_flow_hold_look(flow->results, &now, err) != 0)
            return -1;
    }
    return 0;
}

/* Jobs are ended from anywhere, processes where they are. */
static int refuse_elsewhere(const struct pulse_flow *flow, const struct pulse_flow_holder *holder,
                            struct pulse_err *err)
{
    char who[600];
    return holder->elsewhere
               ? pulse_fail(err, PULSE_E_TEMPORARY, "%.300s: %s is at work on it: cancel it there",
                            flow->path, pulse_lease_owner_describe(&holder->owner, who))
               : 0;
}

static int cancel_jobs(const struct pulse_flow_options *options, struct pulse_flow *flow,
                       int64_t *n, struct pulse_err *err)
{
    struct pulse_aws batch = {0};
    struct pulse_flow_record record = {0};
    bool open = false;
    int status = pulse_flow_record_read(flow, &record, err);
    for (int64_t i = 0; status == 0 && i < flow->n; i++)
        open = open || pulse_flow_has_open_job(&record.states[i]);
    if (status == 0 && open) {
        status = pulse_aws_init(&batch, "batch", options->store.region, options->store.endpoint_url,
                                err);
        if (status == 0)
            status = pulse_flow_poll(&batch, &record, err);
        if (status == 0)
            status = pulse_flow_terminate(&batch, &record, n, err);
        if (*n > 0 && pulse_flow_record_write(&record, err) != 0)
            status = -1;
    }
    pulse_aws_clear(&batch);
    pulse_flow_record_clear(&record);
    return status;
}

static int cancel_workflow(const struct pulse_flow_options *options, int *code,
                           struct pulse_err *err)
{
    struct pulse_flow flow;
    struct pulse_flow_holder holder = {.known = false};
    int64_t n = 0;
    *code = 0;
    int status = pulse_flow_load(options->file, &flow, err);
    if (status == 0)
        status = cancel_here(&flow, &holder, err);
    if (status == 0)
        status = cancel_jobs(options, &flow, &n, err);
    const bool here = holder.taken && !holder.elsewhere;
    if (status == 0 && options->json)
        (void)printf("{\"here\": %s, \"jobs\": %lld}\n", here ? "true" : "false", (long long)n);
    else if (status == 0)
        (void)printf("%s%s%lld jobs terminated\n", here ? "steps here ended" : "nothing ran here",
                     ", ", (long long)n);
    if (status == 0)
        status = refuse_elsewhere(&flow, &holder, err);
    pulse_flow_clear(&flow);
    return status;
}

static const char cancel_doc[] =
    "End a workflow: its steps on this machine, and its jobs in AWS Batch, whatever state they are "
    "in."
    "\v"
    "What is done stays; pulse-flow run or submit goes on from there.\n\n"
    "Examples:\n"
    "  pulse-flow cancel nightly.yaml\n\n"
    "Exit codes: 0 nothing of it runs any more; 2 the file is not good; 3 AWS refused; 75 no "
    "answer, "
    "or it has not ended yet: try again.";

const struct pulse_flow_command pulse_flow_command_cancel = {
    .name = "cancel", .doc = cancel_doc, .run = cancel_workflow};
