/* pulse-flow status. */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/shutdown.h"
#include "store/aws/retry_state.h"
#include "submit/flow/check.h"
#include "submit/flow/hold.h"
#include "submit/flow/options.h"
#include "submit/flow/poll.h"
#include "submit/flow/view.h"

struct look {
    const struct pulse_flow_options *options;
    struct pulse_flow flow;
    struct pulse_flow_record record;
    struct pulse_flow_holder holder;
};

/* Steps whose command has ended without a word. */
static void note_orphans(struct look *look)
{
    for (int64_t i = 0; i < look->flow.n; i++) {
        struct pulse_flow_state *state = &look->record.states[i];
        if (state->fate != PULSE_FLOW_RUNNING || state->job_id[0] != '\0' || look->holder.taken ||
            !look->holder.known)
            continue;
        state->fate = PULSE_FLOW_STOPPED;
        (void)snprintf(state->why, sizeof state->why,
                       "its command has ended; the same one goes on");
    }
}

static int take_look(struct look *look, struct pulse_err *err)
{
    pulse_flow_record_clear(&look->record);
    if (pulse_flow_hold_look(look->flow.results, &look->holder, err) != 0 ||
        pulse_flow_record_read(&look->flow, &look->record, err) != 0 ||
        pulse_flow_poll_once(look->options->store.region, look->options->store.endpoint_url,
                             &look->record, err) != 0)
        return -1;
    note_orphans(look);
    return 0;
}

static bool is_at_work(const struct look *look)
{
    const bool held = look->holder.taken || !look->holder.known;
    for (int64_t i = 0; i < look->flow.n; i++)
        if (pulse_flow_has_open_job(&look->record.states[i]) ||
            (held && (look->record.states[i].fate == PULSE_FLOW_RUNNING ||
                      look->record.states[i].fate == PULSE_FLOW_WAITING)))
            return true;
    return false;
}

/* 1 where a step failed, was not run for that, or was stopped. */
static int judge(const struct look *look)
{
    for (int64_t i = 0; i < look->flow.n; i++) {
        const enum pulse_flow_fate fate = look->record.states[i].fate;
        if (fate == PULSE_FLOW_FAILED || fate == PULSE_FLOW_NOT_RUN || fate == PULSE_FLOW_STOPPED)
            return 1;
    }
    return 0;
}

/* In a pipe nothing is shown twice: `last` is what was shown last of each step, its fate and how
 * many of its workers had ended; 0: nothing. */
static bool is_news(const struct look *look, int64_t last[PULSE_FLOW_MOST_STEPS])
{
    bool news = false;
    for (int64_t i = 0; i < look->flow.n; i++) {
        const struct pulse_flow_state *state = &look->record.states[i];
        const int64_t ended = state->workers.done + state->workers.failed;
        const int64_t seen = 1 + (int64_t)state->fate + PULSE_FLOW_FATES * ended;
        news = news || last[i] != seen;
        last[i] = seen;
    }
    return news;
}

static int show_look(const struct look *look, int64_t last[PULSE_FLOW_MOST_STEPS],
                     struct pulse_err *err)
{
    const bool follows = look->options->monitor, screen = isatty(STDOUT_FILENO) != 0;
    if (!is_news(look, last) && (look->options->json || !screen))
        return 0;
    if (look->options->json)
        return pulse_flow_view_json(&look->record, follows, err);
    if (follows && screen)
        (void)fputs("\033[H\033[J", stdout);
    pulse_flow_view_print(&look->record, stdout);
    (void)fflush(stdout);
    return 0;
}

/* Whether a look that failed is no end yet: whoever follows for a night looks again. */
static bool may_look_again(const struct look *look, int outages, struct pulse_err *err)
{
    enum { MOST_OUTAGES = 5 }; /* in a row */
    if (!look->options->monitor || err->kind != PULSE_E_TEMPORARY || outages >= MOST_OUTAGES)
        return false;
    pulse_warn("%s; the workflow is looked at again", err->text);
    *err = (struct pulse_err){.kind = PULSE_OK};
    return true;
}

static int follow(struct look *look, struct pulse_err *err)
{
    int64_t last[PULSE_FLOW_MOST_STEPS] = {0};
    for (int outages = 0;;) {
        const int status = take_look(look, err) != 0 ? -1 : show_look(look, last, err);
        outages = status == 0 ? 0 : outages + 1;
        if (status != 0 && !may_look_again(look, outages, err))
            return -1;
        if (status == 0 && (!look->options->monitor || !is_at_work(look)))
            return 0;
        if (pulse_retry_state_sleep(pulse_seconds() + look->options->poll_seconds, err) != 0)
            return -1;
        if (pulse_shutdown_get_signal() != PULSE_OK)
            return pulse_fail(err, pulse_shutdown_get_signal(),
                              "interrupted: the workflow goes on");
    }
}

static int show_status(const struct pulse_flow_options *options, int *code, struct pulse_err *err)
{
    struct look look = {.options = options};
    *code = 0;
    int status = pulse_flow_load(options->file, &look.flow, err);
    if (status == 0)
        status = follow(&look, err);
    if (status == 0)
        *code = judge(&look);
    pulse_flow_record_clear(&look.record);
    pulse_flow_clear(&look.flow);
    return status;
}

static const char status_doc[] =
    "Show a workflow on one screen: each step's state, what it waits for, how long it took and "
    "what "
    "it cost so far."
    "\v"
    "Cost is in vCPU hours, and in money where the file says the price of one.\n\n"
    "Examples:\n"
    "  pulse-flow status nightly.yaml\n"
    "  pulse-flow status nightly.yaml --monitor\n\n"
    "Exit codes: 0 done or under way; 1 a step failed or was stopped; 2 the file is not good; 3 "
    "AWS "
    "refused; 75 no answer, try again; 130, 143 interrupted, and the workflow goes on.";

const struct pulse_flow_command pulse_flow_command_status = {
    .name = "status", .doc = status_doc, .run = show_status, .takes_monitor = true};
