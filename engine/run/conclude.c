#include "run/conclude.h"

#include "base/log.h"
#include "results/summary.h"
#include "results/table.h"

/* Why the exit code is 4: the first reason, and where the others are. */
static void warn_of_errors(const json_t *summary)
{
    const json_t *errors = json_object_get(summary, "errors");
    const size_t n = json_array_size(errors);
    if (n > 0)
        pulse_warn("%s%s", json_string_value(json_array_get(errors, 0)),
                   n > 1 ? "; the others stand under errors in summary.json" : "");
}

static void print_summary(const struct pulse_summary_input *input, const json_t *summary)
{
    const struct pulse_plan *plan = input->plan;
    if (input->options->json)
        pulse_summary_print(summary);
    else
        pulse_table_print(summary, input->options->output);
    if (pulse_plan_count(plan, PULSE_TRAINED) == 0)
        pulse_warn("no window was trained: %s", plan->windows[plan->last_row_window].reason);
    warn_of_errors(summary);
}

int pulse_run_conclude(const struct pulse_comm *comm, struct pulse_summary_input *input,
                       const struct pulse_run_checkpoint *checkpoint, struct pulse_results *results,
                       struct pulse_delivery *delivery, struct pulse_err *err)
{
    struct pulse_err lost = {.kind = PULSE_OK};
    if (pulse_delivery_run(comm, input, results, delivery, err) == 0 && comm->rank == 0) {
        pulse_run_checkpoint_remove(input->options, checkpoint);
        print_summary(input, delivery->summary);
    }
    (void)pulse_barrier_sleep(comm, &lost);
    return pulse_comm_agree(comm, err);
}
