#include "run/conclude.h"

#include "base/log.h"
#include "results/summary.h"
#include "results/table.h"

static void print_summary(const struct pulse_summary_input *input, const json_t *summary)
{
    const struct pulse_plan *plan = input->plan;
    if (input->options->json)
        pulse_summary_print(summary);
    else
        pulse_table_print(summary, input->options->output);
    if (pulse_plan_count(plan, PULSE_TRAINED) == 0)
        pulse_warn("no window was trained: %s", plan->windows[plan->last_row_window].reason);
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
