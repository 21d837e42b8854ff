#include "submit/flow/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/terminal.h"
#include "base/text.h"
#include "submit/lifecycle.h"

static int find_width(const struct pulse_flow *flow)
{
    int width = 4;
    for (int64_t i = 0; i < flow->n; i++)
        if ((int)strlen(flow->steps[i].name) > width)
            width = (int)strlen(flow->steps[i].name);
    return width;
}

/* The names of those that a step waits for, but for those that are done; "" where there are none.
 */
static char *name_waits(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                        const struct pulse_flow_state *states, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "names", .err = err};
    for (int64_t i = 0; i < flow->n; i++)
        if (step->waits[i] && (states == NULL || states[i].fate != PULSE_FLOW_DONE))
            pulse_text_buffer_print(&text, "%s%s", text.n == 0 ? "" : ", ", flow->steps[i].name);
    return pulse_text_buffer_finish(&text);
}

static void print_state(const struct pulse_flow_record *record, int64_t i, int width, double now,
                        FILE *to)
{
    const struct pulse_flow *flow = record->flow;
    const struct pulse_flow_step *step = &flow->steps[i];
    const struct pulse_flow_state *state = &record->states[i];
    struct pulse_err ignored = {.kind = PULSE_OK};
    char took[32] = "-";
    if (state->began > 0)
        (void)pulse_format_duration(pulse_flow_state_seconds(state, now), took);
    const double hours = pulse_flow_state_cost(step, state, now);
    (void)fprintf(to, "%-*s  %-8s %-11s %8.3f", width, step->name,
                  state->reused ? "skipped" : pulse_flow_fate_name(state->fate), took, hours);
    if (flow->price > 0)
        (void)fprintf(to, " %8.2f", hours * flow->price);
    char *waits =
        state->fate == PULSE_FLOW_WAITING ? name_waits(flow, step, record->states, &ignored) : NULL;
    if (waits != NULL && waits[0] != '\0')
        (void)fprintf(to, "  waits for %s", waits);
    free(waits);
    if (state->workers.all > 0 && !state->reused && state->began > 0)
        (void)fprintf(to, "  %lld of %lld workers done, %lld running, %lld failed",
                      (long long)state->workers.done, (long long)state->workers.all,
                      (long long)state->workers.running, (long long)state->workers.failed);
    if (state->why[0] != '\0') {
        (void)fputs("  ", to);
        pulse_terminal_write(to, state->why, 0);
    }
    (void)fputc('\n', to);
}

void pulse_flow_view_print(const struct pulse_flow_record *record, FILE *to)
{
    const struct pulse_flow *flow = record->flow;
    const int width = find_width(flow);
    const double now = pulse_flow_now();
    double hours = 0;
    (void)fprintf(to, "%-*s  %-8s %-11s %8s%s\n", width, "step", "state", "time", "vCPU h",
                  flow->price > 0 ? "     cost" : "");
    for (int64_t k = 0; k < flow->n; k++) {
        print_state(record, flow->order[k], width, now, to);
        hours += pulse_flow_state_cost(&flow->steps[flow->order[k]],
                                       &record->states[flow->order[k]], now);
    }
    (void)fprintf(to, "%-*s  %-8s %-11s %8.3f", width, "all", "", "", hours);
    if (flow->price > 0)
        (void)fprintf(to, " %8.2f", hours * flow->price);
    (void)fputc('\n', to);
}

/* ---- Before it begins -------------------------------------------------------------- */

/* As a shell takes them. */
static void print_words(const struct pulse_flow_words *words, FILE *to)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct pulse_text_buffer text = {.what = "a command line", .err = &ignored};
    for (int64_t i = 0; i < words->n; i++) {
        pulse_text_buffer_add(&text, " ");
        pulse_text_buffer_add_word(&text, words->all[i].text);
    }
    pulse_terminal_write(to, text.bytes == NULL ? "" : text.bytes, 0);
    (void)fputc('\n', to);
    pulse_text_buffer_clear(&text);
}

void pulse_flow_view_plan(const struct pulse_flow *flow, FILE *to)
{
    const int width = find_width(flow);
    for (int64_t k = 0; k < flow->n; k++) {
        const struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        (void)fprintf(to, "%-*s  %s  %s ", width, step->name, step->key,
                      step->done ? "is done:     " : "would be run:");
        print_words(&step->argv, to);
    }
}

void pulse_flow_view_check(const struct pulse_flow *flow, FILE *to)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const int width = find_width(flow);
    for (int64_t k = 0; k < flow->n; k++) {
        const struct pulse_flow_step *step = &flow->steps[flow->order[k]];
        char *waits = name_waits(flow, step, NULL, &ignored);
        (void)fprintf(to, "%-*s  %-20s  %s%s\n", width, step->name, step->version,
                      waits == NULL || waits[0] == '\0' ? "begins at once" : "after ",
                      waits == NULL ? "" : waits);
        free(waits);
    }
}

int pulse_flow_view_json(const struct pulse_flow_record *record, bool compact,
                         struct pulse_err *err)
{
    json_t *root = pulse_flow_record_json(record, err);
    if (root == NULL)
        return -1;
    (void)json_dumpf(root, stdout,
                     (compact ? JSON_COMPACT : JSON_INDENT(1)) | JSON_REAL_PRECISION(15) |
                         pulse_lifecycle_json());
    (void)printf("\n");
    (void)fflush(stdout);
    json_decref(root);
    return 0;
}
